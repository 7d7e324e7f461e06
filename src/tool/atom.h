/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_ATOM_H
#define SULID_TOOL_ATOM_H

/*
 * An Atom feed (RFC 4287) of a log in text/gemini, by the convention of "Subscribing to Gemini
 * pages": the entries are the links whose label begins with a date; what follows it, but for
 * "-" or ":", is the title, and noon in UTC the time.
 */

#include <stdbool.h>

#include "gemtext.h"
#include "markup.h"

struct atom_feed {
	const char *base;      /* the URL of the root: a scheme, "://", a host, a path, "/" */
	const char *directory; /* of the log, its path below the root; "" is the root itself */
	const char *name;      /* of the feed in it */
};

/* What is wrong with a base, for a person; NULL: nothing. */
const char *atom_judge_base(const char *base);

/* Is there an entry? */
bool atom_has_entries(const char *bytes, size_t length);

void atom_write(
	struct markup *markup, const struct atom_feed *feed, const char *bytes, size_t length);

#endif
