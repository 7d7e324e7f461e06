/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_HTML_H
#define SULID_TOOL_HTML_H

/*
 * A text/gemini document as a page for browsers: HTML that says what the lines are, with a small
 * style of its own, no script, and nothing that is fetched from anywhere. It looks like the pages
 * that the server makes itself (src/worker/page.c, listing_look.c).
 */

#include "gemtext.h"
#include "markup.h"

struct html_page {
	const char *name; /* of the file, for those who rather read the original */
	const char *lang; /* RFC 5646, or NULL: it is not known */
	const char *feed; /* the name of a feed in the same directory, or NULL */
};

void html_write(
	struct markup *markup, const struct html_page *page, const char *bytes, size_t length);

#endif
