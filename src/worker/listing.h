/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_LISTING_H
#define SULID_WORKER_LISTING_H

/*
 * A directory as a page for people, as JSON or as gemtext. Made by a thread of the crew: the
 * entries are gathered in an arena of fixed size, sorted there, and written into a memory file,
 * which is then sent like any other file. What does not fit the arena is written in the directory's
 * own order, with a line that says so.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "span.h"

#define LISTING_ARENA 4194304  /* bytes per thread: about 85,000 entries with names of 20 bytes */
#define LISTING_MOST  33554432 /* bytes of one listing; there it ends, with a line that says so */

enum listing_format {
	LISTING_HTML,
	LISTING_JSON,
	LISTING_GEMTEXT,
};

enum listing_column {
	LISTING_NAME,
	LISTING_SIZE,
	LISTING_DATE,
};

struct listing_order {
	enum listing_column column;
	bool descending;
};

struct listing {
	int directory;    /* open for reading, the caller's */
	const char *path; /* decoded, as the client asked: begins and ends with '/' */
	size_t path_length;
	enum listing_format format;
	struct listing_order order;
	bool dotfiles; /* show names that begin with '.' */
	bool follow; /* symbolic links count as what they lead to, if that is below the directory */
};

/* "sort=size&order=desc" → order; what is unknown is left out: by name, ascending. sort: name,
 * size, date; order: asc, desc. */
struct listing_order listing_parse_order(struct span query);

/* Media type of a format, with its charset. */
const char *listing_type(enum listing_format format);

/*
 * Write it. Returns a memory file (close-on-exec, the caller's) positioned anywhere, or -1 with
 * errno. The arena is aligned for 8 bytes; ENOMEM if it is below 96 KiB.
 *
 * There are the regular files that may be read, and the directories that may be entered. Sorted,
 * directories come first whatever the order. Names to which no URL leads (target.h) are left out.
 *
 * HTML: ".." is the first line, except of "/"; all links are relative.
 * JSON: {"path":"/x/","entries":[{"name":…,"type":"file","size":…,"modified":RFC 3339},…],
 * "complete":true,"sorted":true}. Of type "directory" there is no size. "complete" is false
 * if it ended at LISTING_MOST, "sorted" if there were more entries than fit the arena.
 */
int listing_write(const struct listing *listing, void *arena, size_t size);

#endif
