/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_LISTING_ENTRY_H
#define SULID_WORKER_LISTING_ENTRY_H

/* One line of a listing, between those who read, sort and write it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct listing_entry {
	const char *name; /* not terminated */
	size_t length;
	uint64_t size; /* bytes; 0 of directories: what a file system says of them means nothing */
	int64_t modified; /* milliseconds since 1970 */
	bool directory;   /* else a regular file */
};

#endif
