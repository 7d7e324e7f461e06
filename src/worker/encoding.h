/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_ENCODING_H
#define SULID_WORKER_ENCODING_H

/* Content codings (RFC 9110 §8.4, §12.5.3): which neighbour of a file a client prefers. */

#include "http_head.h"

enum encoding {
	ENCODING_BROTLI,
	ENCODING_ZSTD,
	ENCODING_GZIP,
	ENCODING_IDENTITY,
	ENCODING_COUNT,
};

struct encoding_row {
	const char *name;   /* "br"; of identity too, for q-values */
	const char *ending; /* ".br"; "" of identity */
};

extern const struct encoding_row encoding_rows[ENCODING_COUNT];

/* The ones that the client takes, the best first; count 0: none, not even identity. */
struct encoding_choice {
	enum encoding order[ENCODING_COUNT];
	unsigned count;
};

/*
 * From all lines of Accept-Encoding, by q-value; equal ones in the order of the enum. "x-gzip" is
 * gzip. identity may always be sent unless it or, where it is not named, "*" has q=0; without being
 * named it comes last, and without the field alone. What is named twice has the lower q-value. A
 * line that cannot be understood counts as absent.
 */
void encoding_choose(const struct http_head *head, struct encoding_choice *choice);

#endif
