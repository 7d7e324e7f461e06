/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_MULTIPART_H
#define SULID_WORKER_MULTIPART_H

/* multipart/byteranges (RFC 9110 §14.6, RFC 2046 §5.1): the text between the ranges. */

#include <stdint.h>

#include "base/text.h"

#include "answer.h"
#include "parts.h"

#define MULTIPART_TEXT 5632 /* bytes: RANGES_MAX parts, each with a type of 200 bytes */

struct multipart {
	uint64_t number; /* makes the boundary */
	uint64_t length; /* of the body, bytes */
	uint32_t count;  /* texts: one before each range, and the closing delimiter */
	bool overflow;
	uint16_t end[RANGES_MAX + 1]; /* of each text */
	char bytes[MULTIPART_TEXT];
};

/* For an answer with several ranges. */
void multipart_make(struct multipart *multipart, const struct answer *answer, uint64_t number);

/* The field Content-Type. */
void multipart_add_type(const struct multipart *multipart, struct text *text);

/* "bytes 0-4/10" */
void multipart_add_range(struct text *text, const struct range *range, int64_t size);

/*
 * The texts behind the head, which is there, and the table of parts at the end of text's buffer.
 * multipart NULL: a single range without text. text->overflow: there is no room for it.
 */
void multipart_lay(
	const struct multipart *multipart, const struct answer *answer, struct text *text);

#endif
