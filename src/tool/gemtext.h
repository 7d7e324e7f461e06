/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_GEMTEXT_H
#define SULID_TOOL_GEMTEXT_H

/*
 * The lines of a text/gemini document (Gemini hypertext format specification 0.24.1): what each is
 * can be told from its first three bytes, and from whether a preformatting toggle is open. A line
 * ends with LF or CRLF, the last one also with the document; a byte order mark at the beginning is
 * no part of it. Nothing is copied: lines point into the document. Any bytes make some lines.
 */

#include <stdbool.h>
#include <stddef.h>

enum gemtext_type {
	GEMTEXT_TEXT,
	GEMTEXT_LINK,
	GEMTEXT_HEADING, /* with a level */
	GEMTEXT_ITEM,    /* of a list */
	GEMTEXT_QUOTE,
	GEMTEXT_OPEN,         /* preformatting begins; the text is the alt text */
	GEMTEXT_PREFORMATTED, /* the whole line is text */
	GEMTEXT_CLOSE,        /* preformatting ends; clients must ignore the text */
};

struct gemtext_part {
	const char *bytes;
	size_t length;
};

struct gemtext_line {
	enum gemtext_type type;
	unsigned level; /* of a heading, 1 to 3 */
	/* Without the bytes that tell the type, and but for text and preformatted lines without
	 * spaces and tabs around it. Of a link it is the label, which may be empty. */
	struct gemtext_part text;
	struct gemtext_part url; /* of a link; it is not empty and has no space or tab */
};

struct gemtext {
	const char *next, *end;
	bool preformatted;
};

struct gemtext gemtext_over(const char *bytes, size_t length);

/* false: there are no more. */
bool gemtext_next(struct gemtext *gemtext, struct gemtext_line *line);

/* The first heading with a text; nothing if there is none. */
struct gemtext_part gemtext_title(const char *bytes, size_t length);

/* The number of bytes of a date YYYY-MM-DD, a real one from year 1 on, that a text begins with, and
 * that no further digit follows: 10, or 0. Gemini subscriptions find their entries by it. */
size_t gemtext_date(struct gemtext_part text);

#endif
