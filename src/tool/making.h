/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_MAKING_H
#define SULID_TOOL_MAKING_H

/*
 * One neighbour that is being made: the bytes of the original go through the encoder into a
 * temporary file, as long as that is worth it.
 */

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "craft.h"
#include "encoder.h"
#include "record.h"
#include "temporary.h"

struct making {
	struct encoder_sink sink; /* first: the encoder knows this only */
	unsigned kind;
	const struct encoder_row *row; /* what the encoder is one of */
	struct temporary temporary;    /* there is one if all went well so far */
	void *encoder;                 /* NULL: it has not begun, or has ended */
	EVP_MD_CTX *hash;              /* of what came out so far */
	uint8_t digest[RECORD_DIGEST]; /* of all, once it is finished */
	uint64_t bytes, limit;         /* that came out, that may */
	bool vain;                     /* it would save less than 5 %, or say nothing */
	int error;                     /* what failed, errno's number */
};

/* false: out of memory. */
bool making_create(struct making *making, unsigned kind);
void making_destroy(struct making *making);

/* As if nothing had happened yet. */
void making_reset(struct making *making);

/* Of an original in that directory, by what the craft has for this kind. It failed if there is an
 * error. */
void making_start(struct making *making, const struct craft *craft, int directory,
	enum encoder_level level, const struct encoder_original *original);

/* The next bytes, as long as there is an encoder; "last": all of them have come. */
void making_feed(struct making *making, const uint8_t *bytes, size_t length, bool last);

/* End the encoder, before its time or not; the temporary file goes unless all went well. */
void making_stop(struct making *making);

/* All came out: give the file its original's attributes, and have it on the disk. -1 with errno. */
int making_finish(struct making *making, const struct stat *original);

#endif
