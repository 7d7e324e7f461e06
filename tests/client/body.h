/* SPDX-License-Identifier: ISC */
/* What becomes of the bytes of a body: counted, hashed, and as asked saved, kept or compared. */
#ifndef SULID_CLIENT_BODY_H
#define SULID_CLIENT_BODY_H

#include "hash.h"
#include "request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BODY_KEPT_MAX 65536

struct body {
	struct hash hash;
	int64_t bytes;
	char sha256[HASH_HEX]; /* after body_end */
	uint8_t *kept;         /* the first BODY_KEPT_MAX bytes, if asked for */
	size_t kept_len;
	bool keep;
	int save_fd, prefix_fd; /* or -1 */
	int64_t differs;        /* where it first differs from the file, or -1 */
	const char *error;      /* a file could not be opened or written */
};

void body_start(struct body *b, const struct request *rq);
void body_add(struct body *b, const void *data, size_t len);
void body_end(struct body *b);  /* closes; what was kept stays */
void body_free(struct body *b); /* what was kept */

#endif
