/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_PLAN_H
#define SULID_TOOL_PLAN_H

/*
 * What there is to do below a root: the files whose neighbours are missing or stale, in the order
 * of the walk. Temporary files that were left behind are swept away while looking.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "neighbour.h"
#include "tally.h"

struct plan_directory {
	char *path;  /* below the root */
	bool pruned; /* originals are gone: its record is to be tidied afterwards */
};

struct plan_file {
	size_t directory; /* its number */
	char *name;       /* of the original */
	uint64_t size;    /* as it was; 0: it is gone */
};

struct plan {
	struct plan_directory *directories;
	size_t directory_count, directory_room;
	struct plan_file *files;
	size_t count, room;
	uint64_t bytes; /* of all files */
};

struct plan_scan {
	int root;
	const struct neighbour_rules *rules;
	struct tally *tally; /* of files that were looked at, and of what is left alone */
	/* For each directory: before it is read, if not NULL; after it, where false ends the scan;
	 * and for one that cannot be read, with errno's number. */
	void (*opened)(void *context, int fd, const char *path);
	bool (*looked)(void *context, const struct plan *plan);
	void (*failed)(void *context, const char *path, int error);
	void *context;
};

/* Add what there is to do in a directory below the root, if recursive also below it. false: it was
 * ended, or there is no memory for more, which "failed" was told. */
bool plan_add(struct plan *plan, const struct plan_scan *scan, const char *path, bool recursive);

void plan_free(struct plan *plan);

#endif
