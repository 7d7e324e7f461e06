/* SPDX-License-Identifier: ISC */
#include "atom.h"

#include <string.h>

#include "link.h"

#define DATE_BYTES 10

struct entry {
	struct gemtext_part date, title, url;
};

static struct gemtext_part part_of(const char *string)
{
	return (struct gemtext_part){string, strlen(string)};
}

/* ---- the entries ---- */

static struct gemtext_part title_after(struct gemtext_part label)
{
	struct gemtext_part rest = {label.bytes + DATE_BYTES, label.length - DATE_BYTES};

	while (rest.length > 0 && rest.bytes[0] && strchr(" \t-:", rest.bytes[0]))
		rest = (struct gemtext_part){rest.bytes + 1, rest.length - 1};
	return rest;
}

/* false: there are no more. */
static bool next_entry(struct gemtext *gemtext, struct entry *entry)
{
	struct gemtext_line line;
	const char *scheme;

	while (gemtext_next(gemtext, &line)) {
		if (line.type != GEMTEXT_LINK || gemtext_date(line.text) == 0 ||
			link_judge(line.url, &scheme) == LINK_DEAD)
			continue;
		entry->date = (struct gemtext_part){line.text.bytes, DATE_BYTES};
		entry->title = title_after(line.text);
		entry->url = line.url;
		if (entry->title.length == 0)
			entry->title = line.url;
		return true;
	}
	return false;
}

bool atom_has_entries(const char *bytes, size_t length)
{
	struct gemtext gemtext = gemtext_over(bytes, length);
	struct entry entry;

	return next_entry(&gemtext, &entry);
}

/* ---- URLs ---- */

const char *atom_judge_base(const char *base)
{
	const char *host = strstr(base, "://"), *scheme = "";
	enum link_kind kind = link_judge(part_of(base), &scheme);

	if (!host || (kind != LINK_WEB && strcmp(scheme, "gemini") != 0))
		return "--feed wants an absolute URL, such as https://example.org/";
	if (host[3] == '\0' || strchr("/?#@:", host[3]))
		return "--feed wants a URL with a host";
	for (const char *at = base; *at; at++) {
		if (*at <= ' ' || *at > '~' || strchr("?#<>\"{}|\\^`", *at))
			return "--feed wants a URL without a query, a fragment, spaces and the "
			       "like";
	}
	return NULL;
}

/* Where the path of a base begins. */
static size_t root_of(const char *base)
{
	const char *host = strstr(base, "://") + 3;

	return (size_t)(strchrnul(host, '/') - base);
}

/* The directory's URL, without its last so many segments: those of the path below the root first,
 * then those of the base. */
static void add_directory(struct markup *markup, const struct atom_feed *feed, unsigned up)
{
	struct gemtext_part base = part_of(feed->base), path = part_of(feed->directory);
	size_t root = root_of(feed->base);

	while (up > 0 && path.length > 0) {
		while (path.length > 0 && path.bytes[path.length - 1] != '/')
			path.length--;
		path.length -= path.length > 0;
		up--;
	}
	while (base.length > root && base.bytes[base.length - 1] == '/')
		base.length--;
	while (up > 0 && base.length > root) {
		while (base.length > root && base.bytes[base.length - 1] != '/')
			base.length--;
		base.length -= base.length > root;
		up--;
	}
	markup_url(markup, base);
	markup_add(markup, "/");
	if (path.length > 0) {
		markup_path(markup, path);
		markup_add(markup, "/");
	}
}

static bool begins(struct gemtext_part part, const char *prefix)
{
	return part.length >= strlen(prefix) && memcmp(part.bytes, prefix, strlen(prefix)) == 0;
}

static void cut(struct gemtext_part *part, size_t length)
{
	part->bytes += length;
	part->length -= length;
}

/* RFC 3986 §5.2, but that dot segments are looked for at the beginning only, where people write
 * them. */
static void add_resolved(
	struct markup *markup, const struct atom_feed *feed, struct gemtext_part url)
{
	unsigned up = 0;
	const char *scheme;

	if (link_judge(url, &scheme) != LINK_RELATIVE) {
		markup_url(markup, url);
		return;
	}
	if (begins(url, "//")) {
		markup_url(markup, (struct gemtext_part){feed->base,
					   (size_t)(strchr(feed->base, ':') + 1 - feed->base)});
		markup_url(markup, url);
		return;
	}
	if (begins(url, "/")) {
		markup_url(markup, (struct gemtext_part){feed->base, root_of(feed->base)});
		markup_url(markup, url);
		return;
	}
	for (;;) {
		if (begins(url, "../")) {
			cut(&url, 3);
			up++;
		} else if (begins(url, "./")) {
			cut(&url, 2);
		} else {
			break;
		}
	}
	add_directory(markup, feed, up);
	markup_url(markup, url);
}

/* ---- the document ---- */

static void add_time(struct markup *markup, struct gemtext_part date)
{
	markup_add(markup, "<updated>");
	markup_text(markup, date);
	markup_add(markup, "T12:00:00Z</updated>\n");
}

static void add_text(
	struct markup *markup, const char *begin, struct gemtext_part text, const char *end)
{
	markup_add(markup, begin);
	markup_text(markup, text);
	markup_add(markup, end);
}

static void add_entry(
	struct markup *markup, const struct atom_feed *feed, const struct entry *entry)
{
	add_text(markup, "<entry>\n<title>", entry->title, "</title>\n<id>");
	add_resolved(markup, feed, entry->url);
	markup_add(markup, "</id>\n");
	add_time(markup, entry->date);
	markup_add(markup, "<link rel=\"alternate\" href=\"");
	add_resolved(markup, feed, entry->url);
	markup_add(markup, "\"/>\n</entry>\n");
}

/* The time of the feed is that of its latest entry: the same log makes the same feed. Dates of
 * this form are in the order of their bytes. */
static struct gemtext_part latest(const char *bytes, size_t length)
{
	struct gemtext gemtext = gemtext_over(bytes, length);
	struct gemtext_part date = part_of("0001-01-01");
	struct entry entry;

	while (next_entry(&gemtext, &entry)) {
		if (memcmp(entry.date.bytes, date.bytes, DATE_BYTES) > 0)
			date = entry.date;
	}
	return date;
}

/* An author must be named (RFC 4287 §4.1.1); the log knows no other name than its own. */
static void add_head(struct markup *markup, const struct atom_feed *feed, struct gemtext_part title,
	struct gemtext_part date)
{
	if (title.length == 0)
		title = part_of(feed->base);
	markup_add(markup, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
			   "<feed xmlns=\"http://www.w3.org/2005/Atom\">\n");
	add_text(markup, "<title>", title, "</title>\n<author><name>");
	add_text(markup, "", title, "</name></author>\n<id>");
	add_directory(markup, feed, 0);
	markup_add(markup, "</id>\n");
	add_time(markup, date);
	markup_add(markup, "<link rel=\"alternate\" href=\"");
	add_directory(markup, feed, 0);
	markup_add(markup, "\"/>\n<link rel=\"self\" type=\"application/atom+xml\" href=\"");
	add_directory(markup, feed, 0);
	markup_file(markup, feed->name);
	markup_add(markup, "\"/>\n");
}

void atom_write(
	struct markup *markup, const struct atom_feed *feed, const char *bytes, size_t length)
{
	struct gemtext gemtext = gemtext_over(bytes, length);
	struct entry entry;

	add_head(markup, feed, gemtext_title(bytes, length), latest(bytes, length));
	while (next_entry(&gemtext, &entry))
		add_entry(markup, feed, &entry);
	markup_add(markup, "</feed>\n");
}
