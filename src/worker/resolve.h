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

enum resolved {
	RESOLVED_FILE,
	RESOLVED_DIRECTORY, /* a directory, where a file was asked for */
	RESOLVED_MISSING,   /* nothing there, or behind a link that may not be followed */
	RESOLVED_FORBIDDEN, /* not ours to read, or neither file nor directory */
	RESOLVED_BUSY,      /* out of descriptors or memory: later perhaps */
	RESOLVED_FAILED,    /* the disk or the file system; errno says what */
};

/* An open regular file. Times in nanoseconds since 1970. */
struct resource {
	int fd; /* the caller's, read only, close-on-exec; -1 unless RESOLVED_FILE */
	int64_t size;
	int64_t mtime;
	int64_t ctime;
	uint64_t inode;
	uint32_t links;
	const char *type; /* media type, in the image or static; for whoever knows the name */
};

/*
 * root: descriptor of a directory (or of anything else: then all is missing). path: from its '/'
 * on. *resource is filled, but for its type, if it is a file.
 */
enum resolved resolve_file(
	int root, const char *path, enum symlinks symlinks, struct resource *resource);

/* A directory, for reading: RESOLVED_DIRECTORY and *fd, the caller's; fd NULL: only whether it is
 * there. */
enum resolved resolve_directory(int root, const char *path, enum symlinks symlinks, int *fd);

/* Are both there, and one file or directory? By names alone: no symbolic link is followed. */
bool resolve_same(int root, const char *path, int other_root, const char *other);

/* Nanoseconds; what does not fit is as early or late as can be. */
int64_t resolve_time(const struct timespec *time);

#endif
