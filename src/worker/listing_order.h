/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_LISTING_ORDER_H
#define SULID_WORKER_LISTING_ORDER_H

/*
 * Entries gathered in memory of fixed size, and sorted there. Directories come before files,
 * whatever the order; equal ones are sorted by name.
 *
 * Names are compared as people do: "a" and "A" are neighbours, and digits count as a number
 * ("v9" before "v10"). What is alike then, and all that is not ASCII, is compared by its bytes.
 */

#include "listing.h"
#include "listing_entry.h"

struct listing_item {
	struct listing_item *next;
	uint64_t size;
	int64_t modified;
	uint16_t length;
	bool directory;
	char name[];
};

struct listing_items {
	char *bytes; /* the caller's, aligned for 8 bytes */
	size_t size;
	size_t used;
	struct listing_item *first;
	struct listing_item *last;
};

/* Kept as the last, name and all. False: there is no room for it. */
bool listing_keep(struct listing_items *items, const struct listing_entry *entry);

struct listing_entry listing_entry(const struct listing_item *item);

/* Takes no memory; n log n. Nothing can be kept after that. */
void listing_sort(struct listing_items *items, struct listing_order order);

#endif
