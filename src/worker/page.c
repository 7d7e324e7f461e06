/* SPDX-License-Identifier: ISC */
#include "page.h"

#include "status.h"

static const char begin[] =
	"<!doctype html>\n"
	"<html lang=\"en\">\n"
	"<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\">\n"
	"<style>\n"
	":root{color-scheme:light dark}\n"
	"body{margin:15vh auto;max-width:32em;padding:0 1.2em;"
	"font:1.1em/1.5 system-ui,sans-serif;overflow-wrap:anywhere;color:#222;background:#fff}\n"
	"small{color:#666}\n"
	"@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}"
	"small{color:#999}a{color:#8ab4f8}}\n"
	"</style>\n"
	"<title>";

void page_add(struct text *text, unsigned number, const char *link, size_t length)
{
	const struct status *status = status_find(number);

	if (!status->sentence)
		return;
	text_add(text, begin);
	text_add(text, status->phrase);
	text_add(text, "</title>\n<h1>");
	text_add(text, status->phrase);
	text_add(text, "</h1>\n<p>");
	text_add(text, status->sentence);
	if (link) {
		text_add(text, "\n<a href=\"");
		text_html(text, link, length);
		text_add(text, "\">");
		text_html(text, link, length);
		text_add(text, "</a>");
	}
	text_add(text, "</p>\n<p><small>");
	text_number(text, number);
	text_add(text, " &middot; sulid</small></p>\n</html>\n");
}
