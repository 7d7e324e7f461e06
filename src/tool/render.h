/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_RENDER_H
#define SULID_TOOL_RENDER_H

/*
 * sulid render DIR...: pages for browsers beside the text/gemini documents of a capsule, and a feed
 * beside its logs if that is wanted.
 */

#include "craft.h"

enum {
	RENDER_PAGE,
	RENDER_FEED,
	RENDER_COUNT
};

struct render_wishes {
	const char *lang; /* of all documents, or NULL */
	const char *base; /* the URL of the root, for feeds; NULL: there are to be none */
};

/* Its wishes are a struct render_wishes. */
extern const struct craft render_craft;

/* The command; arguments without its name, NULL-terminated. Returns the exit status. */
int render_command(char *const *arguments);

#endif
