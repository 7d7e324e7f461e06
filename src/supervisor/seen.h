/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_SEEN_H
#define SULID_SUPERVISOR_SEEN_H

/* What is the same, once: bytes → the number they were first seen with. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

struct seen {
	struct arena *arena;
	struct seen_entry *entries; /* open addressing, at most half full */
	size_t size;                /* a power of two, or 0 */
	size_t count;
};

/* The number of these bytes; of new ones, which are copied, it is what *number was, and true is
 * returned. */
bool seen_add(struct seen *seen, const void *bytes, size_t length, uint32_t *number);

#endif
