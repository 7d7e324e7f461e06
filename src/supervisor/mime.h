/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_MIME_H
#define SULID_SUPERVISOR_MIME_H

/*
 * Media types by file name ending, from a file in the format of /etc/mime.types, or those that we
 * know if there is none. Gemtext is always known.
 */

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

struct mime_type {
	const char *ending; /* lower case, without the dot */
	const char *type;   /* without parameters */
};

struct mime {
	struct mime_type *types; /* sorted for image_find_type, each ending once */
	size_t count;
};

/* Everything is allocated from the arena. A file that cannot be read is as good as none. */
struct mime mime_load(struct arena *arena, const char *path);

/* Is it text, which has a charset? */
bool mime_is_text(const char *type);

/* Is it worth compressing, or compressed already? */
bool mime_is_compressible(const char *type);

#endif
