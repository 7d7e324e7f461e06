/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_TARGET_H
#define SULID_WORKER_TARGET_H

/*
 * URL path → path below a root, the same for HTTP and Gemini (RFC 3986 §6.2.2, RFC 9110 §7.1).
 * Decoded once, then everything looks at the result only.
 */

#include <stdbool.h>
#include <stddef.h>

#include "span.h"

#define TARGET_MAX 4096 /* decoded path with its NUL: PATH_MAX */

enum target_error {
	TARGET_GOOD,
	TARGET_SYNTAX,  /* not a path; bad percent-encoding; space or control character, encoded
			   NUL or "/" among them; not UTF-8 */
	TARGET_OUTSIDE, /* dot segments that climb above the root */
	TARGET_LONG,
};

struct target {
	char path[TARGET_MAX]; /* "/a/b.html": begins with '/', no "//", no "." or ".." segment,
				  NUL-terminated, UTF-8 without control characters */
	size_t length;         /* of path without the NUL */
	bool directory;        /* ends in '/' */
	bool hidden;       /* a segment begins with '.', other than the first being ".well-known" */
	struct span query; /* as received, without '?'; absent if there is none */
	struct span raw;   /* the path as received */
};

/*
 * bytes: from the path's first '/' (or empty, which is "/") up to the end of the query; a '#' is a
 * syntax error. Empty segments do not count: "/a//../b" is "/b".
 */
enum target_error target_parse(const char *bytes, size_t length, struct target *target);

#endif
