/* SPDX-License-Identifier: ISC */
#include "html.h"

#include <string.h>

#include "link.h"

/*
 * Each pair of colours has a contrast of 4.5 at least (WCAG 2.2, 1.4.3). Every paragraph runs in
 * the direction of its own letters, as gemtext does not say which. The arrow of a link that leads
 * to another site is no part of what is read aloud.
 */
static const char style[] =
	"<style>\n"
	":root{color-scheme:light dark;--ink:#222;--quiet:#5c5c5c;--paper:#fff;--line:#e2e2e2;"
	"--over:#f1f4f9;--link:#0b57d0}\n"
	"@media(prefers-color-scheme:dark){:root{--ink:#ddd;--quiet:#a3a3a3;--paper:#181818;"
	"--line:#333;--over:#242930;--link:#8ab4f8}}\n"
	"body{margin:0;padding:2.5em 1.2em 4em;font:1.0625em/1.6 system-ui,sans-serif;"
	"overflow-wrap:anywhere;color:var(--ink);background:var(--paper)}\n"
	"main{max-width:38rem;margin:auto}\n"
	"h1,h2,h3{margin:1.6em 0 .5em;line-height:1.25;text-wrap:balance}\n"
	"h1{font-size:2em}h2{font-size:1.4em}h3{font-size:1.1em}\n"
	"main>:first-child{margin-top:0}\n"
	"p,ul,blockquote,figure,pre{margin:0 0 1em}\n"
	"p,li,h1,h2,h3,figcaption{unicode-bidi:plaintext;text-align:start}\n"
	"ul{padding-left:1.3em}\n"
	"li{margin:.25em 0}\n"
	".links{padding:0;list-style:none}\n"
	".links li{padding-left:1.2em;text-indent:-1.2em}\n"
	"a{color:var(--link);text-decoration-thickness:.06em;text-underline-offset:.18em}\n"
	"a:hover{text-decoration-thickness:.12em}\n"
	"a:focus-visible{outline:2px solid;outline-offset:2px;border-radius:2px}\n"
	"a[href*=\"//\"]:not([class]):after{content:\"\\a0\\2197\" / \"\"}\n"
	"small{display:inline-block;margin-left:.4em;border:1px solid var(--line);"
	"border-radius:.6em;font-size:.8em;line-height:1.5;text-indent:0;white-space:pre;"
	"color:var(--quiet)}\n"
	"time{font-variant-numeric:tabular-nums;color:var(--quiet)}\n"
	"blockquote{padding:.1em 0 .1em 1em;border-left:3px solid var(--line);color:var(--quiet)}\n"
	"blockquote p{margin:.5em 0}\n"
	"code,pre{font:.85em/1.5 ui-monospace,monospace}\n"
	"pre{padding:.8em 1em;overflow-x:auto;overflow-wrap:normal;border-radius:4px;"
	"background:var(--over)}\n"
	"figcaption{margin:0 0 .3em;font-size:.85em;color:var(--quiet)}\n"
	"@media print{body{padding:0}pre{white-space:pre-wrap}"
	"main a[href*=\"//\"]:after{content:\" (\" attr(href) \")\"}}\n"
	"</style>\n";

/* What is open between two lines. */
enum block {
	BLOCK_NONE,
	BLOCK_LIST,
	BLOCK_LINKS,
	BLOCK_LINK, /* only one */
	BLOCK_QUOTE,
	BLOCK_FIGURE, /* preformatted, with an alt text */
	BLOCK_PREFORMATTED,
};

static const struct {
	const char *begin, *end;
} blocks[] = {
	[BLOCK_NONE] = {"", ""},
	[BLOCK_LIST] = {"<ul>\n", "</ul>\n"},
	[BLOCK_LINKS] = {"<ul class=\"links\">\n", "</ul>\n"},
	[BLOCK_LINK] = {"", ""},
	[BLOCK_QUOTE] = {"<blockquote>\n", "</blockquote>\n"},
	[BLOCK_FIGURE] = {"<figure>\n", "</figure>\n"},
	[BLOCK_PREFORMATTED] = {"", ""},
};

struct writing {
	struct markup *markup;
	struct gemtext rest; /* what follows the line that is written */
	enum block block;
	bool pre;   /* <pre> is open, in whichever block */
	bool empty; /* nothing was written so far */
};

static void enter(struct writing *writing, enum block block)
{
	if (writing->block == block)
		return;
	if (writing->pre)
		markup_add(writing->markup, "</pre>\n");
	writing->pre = false;
	markup_add(writing->markup, blocks[writing->block].end);
	markup_add(writing->markup, blocks[block].begin);
	writing->block = block;
}

static void add_element(
	struct writing *writing, const char *begin, struct gemtext_part text, const char *end)
{
	markup_add(writing->markup, begin);
	markup_text(writing->markup, text);
	markup_add(writing->markup, end);
	if (text.length > 0)
		writing->empty = false;
}

/* Is the next line a link, too? */
static bool link_follows(const struct writing *writing)
{
	struct gemtext rest = writing->rest;
	struct gemtext_line line;

	return gemtext_next(&rest, &line) && line.type == GEMTEXT_LINK;
}

/* A date that a label begins with, as people have it in their logs, is one for programs, too, and
 * stands before the link that the rest is. */
static struct gemtext_part add_date(struct writing *writing, struct gemtext_part label)
{
	struct gemtext_part date = {label.bytes, gemtext_date(label)};
	size_t length = date.length;

	while (length < label.length && label.bytes[length] && strchr(" \t-:", label.bytes[length]))
		length++;
	if (date.length == 0 || length == label.length)
		return label;
	add_element(writing, "<time datetime=\"", date, "\">");
	add_element(writing, "", date, "</time>");
	markup_text(writing->markup,
		(struct gemtext_part){label.bytes + date.length, length - date.length});
	return (struct gemtext_part){label.bytes + length, label.length - length};
}

static void add_dead(struct writing *writing, const struct gemtext_line *line)
{
	markup_text(writing->markup, line->text);
	markup_add(writing->markup, line->text.length > 0 ? " " : "");
	add_element(writing, "<code>", line->url, "</code>");
}

/* The scheme of a link for another program is told to eyes and ears alike; in a bare URL it is told
 * already. */
static void add_link(struct writing *writing, const struct gemtext_line *line)
{
	struct markup *markup = writing->markup;
	const char *scheme = NULL;
	enum link_kind kind = link_judge(line->url, &scheme);
	struct gemtext_part label = line->url;

	if (kind == LINK_DEAD) {
		add_dead(writing, line);
		return;
	}
	if (line->text.length > 0)
		label = add_date(writing, line->text);
	markup_add(markup, "<a href=\"");
	markup_url(markup, line->url);
	if (kind == LINK_OTHER) {
		markup_add(markup, "\" class=\"");
		markup_add(markup, scheme);
	}
	add_element(writing, "\">", label, "");
	if (kind == LINK_OTHER && line->text.length > 0) {
		markup_add(markup, "<small> ");
		markup_add(markup, scheme);
		markup_add(markup, " </small>");
	}
	markup_add(markup, "</a>");
}

static void write_link(struct writing *writing, const struct gemtext_line *line)
{
	bool many = writing->block == BLOCK_LINKS || link_follows(writing);

	enter(writing, many ? BLOCK_LINKS : BLOCK_LINK);
	markup_add(writing->markup, many ? "<li>" : "<p class=\"link\">");
	add_link(writing, line);
	markup_add(writing->markup, many ? "</li>\n" : "</p>\n");
}

/* Of preformatted text nothing is known but its alt text, which may be "A gannet" or "python": were
 * it given in place of the text, as that of a picture, code would be out of reach. So it is a
 * caption before it. */
static void open_preformatted(struct writing *writing, const struct gemtext_line *line)
{
	enter(writing, BLOCK_NONE);
	if (line->text.length == 0)
		return;
	enter(writing, BLOCK_FIGURE);
	add_element(writing, "<figcaption>", line->text, "</figcaption>\n");
}

/* The line feed after <pre> is no part of it (HTML §13.1.2.5). */
static void write_preformatted(struct writing *writing, const struct gemtext_line *line)
{
	if (writing->block != BLOCK_FIGURE)
		enter(writing, BLOCK_PREFORMATTED);
	if (!writing->pre)
		markup_add(writing->markup, "<pre>\n");
	writing->pre = true;
	add_element(writing, "", line->text, "\n");
}

/* An element of a line in a block. One without text says nothing, but ends a block of another
 * kind. */
static void write_line(struct writing *writing, enum block block, const char *begin,
	struct gemtext_part text, const char *end)
{
	if (text.length > 0) {
		enter(writing, block);
		add_element(writing, begin, text, end);
	} else if (writing->block != block) {
		enter(writing, BLOCK_NONE);
	}
}

static void write_heading(struct writing *writing, const struct gemtext_line *line)
{
	static const char *const begin[] = {"<h1>", "<h2>", "<h3>"};
	static const char *const end[] = {"</h1>\n", "</h2>\n", "</h3>\n"};

	write_line(writing, BLOCK_NONE, begin[line->level - 1], line->text, end[line->level - 1]);
}

static struct gemtext_part without_blanks(struct gemtext_part text)
{
	while (text.length > 0 && (text.bytes[0] == ' ' || text.bytes[0] == '\t'))
		text = (struct gemtext_part){text.bytes + 1, text.length - 1};
	return text;
}

static void write_any(struct writing *writing, const struct gemtext_line *line)
{
	switch (line->type) {
	case GEMTEXT_TEXT:
		write_line(writing, BLOCK_NONE, "<p>", without_blanks(line->text), "</p>\n");
		break;
	case GEMTEXT_LINK:
		write_link(writing, line);
		break;
	case GEMTEXT_HEADING:
		write_heading(writing, line);
		break;
	case GEMTEXT_ITEM:
		write_line(writing, BLOCK_LIST, "<li>", line->text, "</li>\n");
		break;
	case GEMTEXT_QUOTE:
		write_line(writing, BLOCK_QUOTE, "<p>", line->text, "</p>\n");
		break;
	case GEMTEXT_OPEN:
		open_preformatted(writing, line);
		break;
	case GEMTEXT_PREFORMATTED:
		write_preformatted(writing, line);
		break;
	case GEMTEXT_CLOSE:
		enter(writing, BLOCK_NONE);
		break;
	}
}

/* The first heading; without one the file's name up to its ending. */
static struct gemtext_part title_of(const struct html_page *page, const char *bytes, size_t length)
{
	const char *dot = strrchr(page->name, '.');
	struct gemtext_part title = gemtext_title(bytes, length);

	if (title.length > 0)
		return title;
	return (struct gemtext_part){
		page->name, dot ? (size_t)(dot - page->name) : strlen(page->name)};
}

static void add_head(struct markup *markup, const struct html_page *page, struct gemtext_part title)
{
	markup_add(markup, "<!doctype html>\n<html");
	if (page->lang) {
		markup_add(markup, " lang=\"");
		markup_add(markup, page->lang);
		markup_add(markup, "\"");
	}
	markup_add(markup, ">\n<head>\n"
			   "<meta charset=\"utf-8\">\n"
			   "<meta name=\"viewport\" content=\"width=device-width\">\n"
			   "<meta name=\"color-scheme\" content=\"light dark\">\n"
			   "<title>");
	markup_text(markup, title);
	markup_add(markup, "</title>\n<link rel=\"alternate\" type=\"text/gemini\" href=\"");
	markup_file(markup, page->name);
	markup_add(markup, "\">\n");
	if (page->feed) {
		markup_add(markup, "<link rel=\"alternate\" type=\"application/atom+xml\" href=\"");
		markup_file(markup, page->feed);
		markup_add(markup, "\">\n");
	}
	markup_add(markup, style);
	markup_add(markup, "</head>\n<body>\n<main>\n");
}

void html_write(
	struct markup *markup, const struct html_page *page, const char *bytes, size_t length)
{
	struct writing writing = {
		.markup = markup, .rest = gemtext_over(bytes, length), .empty = true};
	struct gemtext_part title = title_of(page, bytes, length);
	struct gemtext_line line;

	add_head(markup, page, title);
	while (gemtext_next(&writing.rest, &line))
		write_any(&writing, &line);
	enter(&writing, BLOCK_NONE);
	/* A page that shows nothing looks broken. */
	if (writing.empty)
		add_element(&writing, "<h1>", title, "</h1>\n");
	markup_add(markup, "</main>\n</body>\n</html>\n");
}
