/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_SPAN_H
#define SULID_WORKER_SPAN_H

/* A stretch of bytes that somebody else owns: parsers point into what was received. */

#include <stddef.h>

struct span {
	const char *bytes; /* NULL: absent */
	size_t length;
};

#endif
