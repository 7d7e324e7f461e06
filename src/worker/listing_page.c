/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/date.h"

#include "listing_form.h"
#include "listing_icon.h"
#include "listing_look.h"
#include "listing_words.h"
#include "page.h"

#define CRUMBS 24 /* parts of a path that are links, counted from its end: the page stays small */

/* ---- names ---- */

static void add_shown(struct text *text, const char *bytes, size_t length)
{
	listing_add_shown(text, bytes, length, text_html);
}

/* For an attribute: of what a URL may hold, HTML escapes two characters. */
static void add_link(struct text *text, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] == '&' || bytes[i] == '\'')
			text_html(text, bytes + i, 1);
		else
			text_url(text, bytes + i, 1);
	}
}

static void add_icon(struct text *text, const char *icon)
{
	text_add(text, "<svg aria-hidden=\"true\"><use href=\"#");
	text_add(text, icon);
	text_add(text, "\"/></svg>");
}

/* ---- numbers ---- */

/* "1,234,567" */
static void add_grouped(struct text *text, uint64_t number)
{
	uint64_t divisor = 1;

	while (number / divisor >= 1000)
		divisor *= 1000;
	text_number(text, number / divisor);
	for (divisor /= 1000; divisor > 0; divisor /= 1000) {
		text_byte(text, ',');
		text_padded(text, number / divisor % 1000, 3);
	}
}

static void add_count(struct text *text, uint64_t count, const char *one, const char *more)
{
	add_grouped(text, count);
	text_add(text, count == 1 ? one : more);
}

/* From within an element's tag: "1.2 MB", and the exact number as its title. */
static void add_size_inside(struct text *text, uint64_t size)
{
	text_add(text, " title=\"");
	add_count(text, size, " byte", " bytes");
	text_add(text, "\">");
	listing_add_size(text, size);
}

/* <time datetime="2026-11-21T14:03:22Z">2026-11-21 14:03 UTC</time> */
static void add_date(struct text *text, int64_t milliseconds)
{
	char iso[DATE_ISO];

	date_iso(iso, milliseconds / 1000 - (milliseconds % 1000 < 0), 0);
	text_add(text, "<time datetime=\"");
	text_bytes(text, iso, 19);
	text_add(text, "Z\">");
	text_bytes(text, iso, 10);
	text_byte(text, ' ');
	text_bytes(text, iso + 11, 5);
	text_add(text, " UTC</time>");
}

/* ---- the page ---- */

/* One part of the path, the names below it counted in "depth": its link leads so far up. */
static void add_crumb(struct text *text, const char *name, size_t length, size_t depth)
{
	text_add(text, "<a href=\"");
	text_add(text, depth == 0 ? "./\" aria-current=\"page" : "");
	for (size_t i = 0; i < depth; i++)
		text_add(text, "../");
	if (length > 0) {
		text_add(text, "\"><bdi>");
		add_shown(text, name, length);
		text_add(text, "</bdi></a>/");
	} else {
		text_add(text, "\" aria-label=\"Root\">");
		add_icon(text, "home");
		text_add(text, "</a>/");
	}
}

/* Links are relative: a proxy in front may have put the site below another path. */
static void add_crumbs(struct text *text, const struct listing *listing)
{
	size_t depth = 0, begin = 1;

	for (size_t i = 1; i < listing->path_length; i++)
		depth += listing->path[i] == '/';
	add_crumb(text, "", 0, depth);
	for (size_t i = 1; i < listing->path_length; i++) {
		if (listing->path[i] != '/')
			continue;
		depth--;
		if (depth < CRUMBS)
			add_crumb(text, listing->path + begin, i - begin, depth);
		else if (depth == CRUMBS)
			text_add(text, "&hellip;/");
		begin = i + 1;
	}
}

struct head {
	const char *title;
	const char *class;
	const char *word; /* of the query */
	enum listing_column column;
	bool descending; /* at first: the largest and the newest are looked for */
};

static const struct head heads[] = {
	{"Name", "name", "name", LISTING_NAME, false},
	{"Size", "size", "size", LISTING_SIZE, true},
	{"Modified", "date", "date", LISTING_DATE, true},
};

/* "?sort=size&order=desc": a click on the active column turns it round. */
static void add_sort(struct text *text, const struct head *head, bool active, bool descending)
{
	if (active)
		text_add(text,
			descending ? " aria-sort=\"descending\"" : " aria-sort=\"ascending\"");
	text_add(text, "><a href=\"?sort=");
	text_add(text, head->word);
	if (active ? descending : !head->descending)
		text_add(text, "&amp;order=asc\">");
	else
		text_add(text, "&amp;order=desc\">");
	text_add(text, head->title);
	if (active)
		add_icon(text, descending ? "desc" : "asc");
	text_add(text, "</a></th>\n");
}

static void add_heads(struct text *text, struct listing_order order, bool sorted)
{
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		const struct head *head = &heads[i];

		text_add(text, "<th scope=\"col\" class=\"");
		text_add(text, head->class);
		text_byte(text, '"');
		if (sorted) {
			add_sort(text, head, head->column == order.column, order.descending);
			continue;
		}
		text_add(text, "><span>");
		text_add(text, head->title);
		text_add(text, "</span></th>\n");
	}
}

/* The empty icon keeps a browser from asking for /favicon.ico. */
static void begin(
	struct text *text, const struct listing *listing, const struct listing_summary *summary)
{
	text_add(text, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		       "<meta name=\"viewport\" content=\"width=device-width\">\n"
		       "<link rel=\"icon\" href=\"data:,\"/>\n<title>");
	add_shown(text, listing->path, listing->path_length);
	text_add(text, "</title>\n");
	listing_add_style(text);
	text_add(text, "</head>\n<body>\n");
	listing_add_symbols(text);
	text_add(text, "<header><nav aria-label=\"Path\"><h1 translate=\"no\">");
	add_crumbs(text, listing);
	text_add(text, "</h1></nav></header>\n<main>\n");
	if (!summary->sorted)
		text_add(text, "<p class=\"note\">There are too many entries to sort: they are in "
			       "the directory&#39;s own order.</p>\n");
	text_add(text, "<table>\n<thead>\n<tr>\n");
	add_heads(text, listing->order, summary->sorted);
	text_add(text, "</tr>\n</thead>\n<tbody translate=\"no\">\n");
	if (listing->path_length > 1) {
		text_add(text, "<tr><td colspan=\"3\"><a href=\"../\" aria-label=\".. (parent "
			       "directory)\">");
		add_icon(text, "up");
		text_add(text, "<bdi>..</bdi></a></td></tr>\n");
	}
}

static void add_row(struct text *text, const struct listing_entry *entry, bool first)
{
	const char *slash = entry->directory ? "/" : "";

	(void)first;
	/* "./": a name with a colon is no scheme. */
	text_add(text, "<tr><td><a href=\"./");
	add_link(text, entry->name, entry->length);
	text_add(text, slash);
	text_add(text, "\">");
	add_icon(text, listing_icon(entry));
	text_add(text, "<bdi>");
	add_shown(text, entry->name, entry->length);
	text_add(text, slash);
	text_add(text, "</bdi></a></td><td class=\"size\"");
	if (entry->directory) {
		text_byte(text, '>');
	} else {
		add_size_inside(text, entry->size);
	}
	text_add(text, "</td><td class=\"date\">");
	add_date(text, entry->modified);
	text_add(text, "</td></tr>\n");
}

static void end(struct text *text, const struct listing_summary *summary)
{
	bool empty = summary->directories == 0 && summary->files == 0;

	if (empty)
		text_add(text, "<tr><td colspan=\"3\" class=\"note\">This directory is "
			       "empty.</td></tr>\n");
	text_add(text, "</tbody>\n</table>\n");
	if (!summary->complete)
		text_add(text,
			"<p class=\"note\">This is not all: a page holds no more. The directory "
			"has more entries.</p>\n");
	text_add(text, "</main>\n<footer>");
	if (!empty) {
		add_count(text, summary->directories, " directory, ", " directories, ");
		add_count(text, summary->files, " file, ", " files, ");
		text_add(text, "<span");
		add_size_inside(text, summary->bytes);
		text_add(text, "</span> &middot; ");
	}
	text_add(text, "sulid</footer>\n</body>\n</html>\n");
}

const struct listing_form listing_page = {
	.type = PAGE_TYPE,
	.begin = begin,
	.entry = add_row,
	.end = end,
};
