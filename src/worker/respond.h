/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_RESPOND_H
#define SULID_WORKER_RESPOND_H

/* Answer → bytes: the head of a response, and a built-in page behind it if there is no file. */

#include <stddef.h>
#include <stdint.h>

#include "base/date.h"
#include "base/text.h"

#include "answer.h"

#define RESPOND_ID 32 /* bytes of a request id of ours */

/* What an answer does not know itself. */
struct respond_with {
	const struct image *image;
	const char *date;   /* DATE_HTTP bytes: now */
	uint64_t number[2]; /* nobody else's: the id, and the boundary between parts */
	bool secure;        /* https */
};

/*
 * Into text, which is over the whole of a buffer of BUFFER_SIZE bytes: it always fits. Returns the
 * length of the head; what follows is the body. An answer with ranges also leaves the table of
 * parts.h at the buffer's end; if there is no room for that, its ranges are taken away, and it
 * becomes 200.
 */
size_t respond_http(struct text *text, struct answer *answer, const struct respond_with *with);
size_t respond_gemini(struct text *text, const struct answer *answer);

/* RESPOND_ID bytes, no NUL. */
void respond_id(char id[static RESPOND_ID], const uint64_t number[static 2]);

#endif
