/* SPDX-License-Identifier: ISC */
#include "base/date.h"

#include "listing_form.h"
#include "listing_words.h"

/* Gemtext (Gemini specification 0.24.1): a line per entry, as clients show links. */

static void add_shown(struct text *text, const char *bytes, size_t length)
{
	listing_add_shown(text, bytes, length, text_bytes);
}

static void begin(
	struct text *text, const struct listing *listing, const struct listing_summary *summary)
{
	text_add(text, "# ");
	add_shown(text, listing->path, listing->path_length);
	text_add(text, "\n\n");
	if (!summary->sorted)
		text_add(text, "There are too many entries to sort: they are in the directory's "
			       "own order.\n\n");
	if (listing->path_length > 1)
		text_add(text, "=> ../ ..\n");
}

static void add_entry(struct text *text, const struct listing_entry *entry, bool first)
{
	char date[DATE_ISO];

	(void)first;
	/* "./": a name with a colon is no scheme. */
	text_add(text, "=> ./");
	text_url(text, entry->name, entry->length);
	text_add(text, entry->directory ? "/ " : " ");
	add_shown(text, entry->name, entry->length);
	if (entry->directory) {
		text_add(text, "/\n");
		return;
	}
	date_iso(date, entry->modified / 1000 - (entry->modified % 1000 < 0), 0);
	text_add(text, " (");
	listing_add_size(text, entry->size);
	text_add(text, ", ");
	text_bytes(text, date, sizeof "2026-01-31" - 1);
	text_add(text, ")\n");
}

static void end(struct text *text, const struct listing_summary *summary)
{
	if (summary->directories == 0 && summary->files == 0)
		text_add(text, "This directory is empty.\n");
	if (!summary->complete)
		text_add(text, "\nThis is not all: a page holds no more. The directory has more "
			       "entries.\n");
}

const struct listing_form listing_gemtext = {
	.type = "text/gemini; charset=utf-8",
	.begin = begin,
	.entry = add_entry,
	.end = end,
};
