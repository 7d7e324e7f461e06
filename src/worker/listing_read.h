/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_LISTING_READ_H
#define SULID_WORKER_LISTING_READ_H

/*
 * A directory's entries one by one, in its own order. Only what a client could get: regular files
 * that can be read, and directories that can be entered.
 */

#include "listing.h"
#include "listing_entry.h"

struct listing_reader {
	const struct listing *listing;
	char *buffer; /* the caller's, aligned for 8 bytes */
	size_t size;
	size_t at; /* in the buffer, the next record */
	size_t end;
};

/*
 * At the directory's beginning. The symbolic links that are followed stay below it, and count as
 * what they lead to.
 */
struct listing_reader listing_reader(const struct listing *listing, char *buffer, size_t size);

/* 1: *entry is the next, its name good until the next call. 0: that was all. -1 with errno. */
int listing_read(struct listing_reader *reader, struct listing_entry *entry);

#endif
