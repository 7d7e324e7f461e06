/* SPDX-License-Identifier: ISC */
#include "base/date.h"

#include "listing_form.h"

/* One line per entry: for jq as well as for grep. */

static void begin(
	struct text *text, const struct listing *listing, const struct listing_summary *summary)
{
	(void)summary;
	text_add(text, "{\"path\":\"");
	text_json(text, listing->path, listing->path_length);
	text_add(text, "\",\"entries\":[");
}

static void add_entry(struct text *text, const struct listing_entry *entry, bool first)
{
	char modified[DATE_ISO];
	int64_t second = entry->modified / 1000, rest = entry->modified % 1000;

	if (rest < 0) {
		second--;
		rest += 1000;
	}
	text_add(text, first ? "\n{\"name\":\"" : ",\n{\"name\":\"");
	text_json(text, entry->name, entry->length);
	text_add(text, entry->directory ? "\",\"type\":\"directory\"" : "\",\"type\":\"file\"");
	if (!entry->directory) {
		text_add(text, ",\"size\":");
		text_number(text, entry->size);
	}
	date_iso(modified, second, (unsigned)rest);
	text_add(text, ",\"modified\":\"");
	text_bytes(text, modified, sizeof modified);
	text_add(text, "\"}");
}

static void end(struct text *text, const struct listing_summary *summary)
{
	text_add(text, "\n],\"complete\":");
	text_add(text, summary->complete ? "true" : "false");
	text_add(text, ",\"sorted\":");
	text_add(text, summary->sorted ? "true}\n" : "false}\n");
}

const struct listing_form listing_json = {
	.type = "application/json",
	.begin = begin,
	.entry = add_entry,
	.end = end,
};
