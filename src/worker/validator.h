/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_VALIDATOR_H
#define SULID_WORKER_VALIDATOR_H

/* What tells one version of a representation from another (RFC 9110 §8.8). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encoding.h"
#include "resolve.h"

#define VALIDATOR_ETAG 64 /* bytes, the longest entity tag with its quotes and W/ */

struct validator {
	char etag[VALIDATOR_ETAG]; /* no NUL */
	size_t etag_length;
	bool weak;        /* the entity tag is: the file may still change without a new time */
	bool dated;       /* there is a modification date; a file from before 1970 has none */
	int64_t modified; /* Unix time, seconds */
};

/*
 * From time (nanoseconds), size and inode of the file that is sent, and its encoding. now:
 * nanoseconds since 1970, by the clock that files are stamped with (CLOCK_REALTIME_COARSE), from
 * before the file's time was read. Weak while the file is younger than the granularity of its
 * clock: the kernel's tick, or 2 s on a file system that keeps whole seconds (or FAT's two); a file
 * from the future always is, and its date is now (§8.8.2.1).
 */
void validator_make(struct validator *validator, const struct resource *resource,
	enum encoding encoding, int64_t now);

#endif
