/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_RESOLVE_H
#define SULID_WORKER_RESOLVE_H

/*
 * Path → open file, by opening it: openat2 below a root's descriptor, which no ".." and no symbolic
 * link leaves (RESOLVE_BENEATH), then fstat of the result. What was opened is what is sent.
 */

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "contract/image.h"

#include "target.h"

enum resolved {
	RESOLVED_FILE,
	RESOLVED_DIRECTORY, /* a directory, but asked for without its slash */
	RESOLVED_NO_INDEX,  /* a directory without any of the index files */
	RESOLVED_MISSING,   /* nothing there, or behind a link that leaves the root */
	RESOLVED_FORBIDDEN, /* not ours to read, or not a regular file */
	RESOLVED_BUSY,      /* out of descriptors or memory: later perhaps */
	RESOLVED_FAILED,    /* the disk or the file system; errno says what */
};

/* An open regular file. Times in nanoseconds since 1970. */
struct resource {
	int fd; /* the caller's, read only, close-on-exec; -1 unless RESOLVED_FILE */
	int64_t size;
	int64_t mtime;
	int64_t ctime;
	uint32_t links;
	const char *type; /* media type, in the image or static */
};

/* root: descriptor of a directory (or of anything else: then all is missing). index: texts of the
 * image, for a path that ends in '/'. */
enum resolved resolve_open(const struct image *image, int root, const struct target *target,
	struct image_range index, struct resource *resource);

int64_t resolve_time(const struct timespec *time);

#endif
