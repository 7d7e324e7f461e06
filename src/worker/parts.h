/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_PARTS_H
#define SULID_WORKER_PARTS_H

/*
 * A response that is sent in parts: some text of the buffer with the answer's head, then some bytes
 * of the file. One range is one part without text; multipart/byteranges (RFC 9110 §14.6) has the
 * text between the parts, and a last part with the closing delimiter and nothing of the file.
 *
 * The table stands at the end of the same buffer of BUFFER_SIZE bytes.
 */

#include <stdint.h>

#include "conn.h"
#include "range.h"

struct part {
	uint16_t text; /* where in the buffer it begins */
	uint16_t text_length;
	int64_t first; /* bytes of the file: from here on */
	int64_t end;   /* up to this one, without it */
};

struct parts {
	uint32_t count;
	struct part part[RANGES_MAX + 1];
};

/* Bytes that are left for the text. */
#define PARTS_TEXT (BUFFER_SIZE - sizeof(struct parts))

_Static_assert(BUFFER_SIZE % 8 == 0 && sizeof(struct parts) % 8 == 0, "the table is aligned");

static inline struct parts *parts_in(char *buffer)
{
	return (struct parts *)(void *)(buffer + PARTS_TEXT);
}

static inline const struct parts *parts_of(const char *buffer)
{
	return (const struct parts *)(const void *)(buffer + PARTS_TEXT);
}

#endif
