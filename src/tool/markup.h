/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_MARKUP_H
#define SULID_TOOL_MARKUP_H

/*
 * Text for HTML and XML, written piece by piece to where an encoder's bytes go. What comes from a
 * document is escaped here, and nowhere else.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encoder.h"
#include "gemtext.h"

struct markup {
	struct encoder_sink *sink;
	size_t length;
	bool ended; /* the sink wants no more */
	uint8_t chunk[ENCODER_CHUNK];
};

void markup_begin(struct markup *markup, struct encoder_sink *sink);

/* All of it is written, unless the sink ended it: false. */
bool markup_end(struct markup *markup);

/* Markup as it is. */
void markup_add(struct markup *markup, const char *string);

/*
 * Text of a document, for between tags and in quoted attributes. U+FFFD stands for each byte that
 * is not UTF-8, and for characters that neither HTML nor XML can hold: controls but the tab,
 * noncharacters (HTML §13.2.3.5, XML 1.0 §2.2).
 */
void markup_text(struct markup *markup, struct gemtext_part text);

/*
 * A URL of a document, for a quoted attribute: what RFC 3986 does not let stand there is
 * percent-encoded, so that a browser, which would drop a control or a space, reads the same
 * scheme that link.h did.
 */
void markup_url(struct markup *markup, struct gemtext_part url);

/* Names of files with slashes between as a part of a URL's path; and one as a relative URL. */
void markup_path(struct markup *markup, struct gemtext_part path);
void markup_file(struct markup *markup, const char *name);

#endif
