/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_LISTING_WORDS_H
#define SULID_WORKER_LISTING_WORDS_H

/* Names and sizes in a listing, as people are shown them. */

#include "base/text.h"

/*
 * Each character through "escape"; U+FFFD for what is not UTF-8, for control characters, and for
 * what turns the direction of a line or ends it.
 */
void listing_add_shown(struct text *text, const char *bytes, size_t length,
	void (*escape)(struct text *, const char *, size_t));

/* "1.2 MB": powers of 1000, two digits at least. */
void listing_add_size(struct text *text, uint64_t size);

#endif
