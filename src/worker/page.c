/* SPDX-License-Identifier: ISC */
#include "page.h"

#include <string.h>

#include "status.h"

/* The empty icon keeps a browser from asking for /favicon.ico, which would be the next error. Each
 * pair of colours has a contrast of 4.5 at least (WCAG 2.2, 1.4.3). */
static const char begin[] =
	"<!doctype html>\n"
	"<html lang=\"en\">\n"
	"<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\">\n"
	"<link rel=\"icon\" href=\"data:,\">\n"
	"<style>\n"
	":root{color-scheme:light dark}\n"
	"body{display:grid;grid-template-columns:fit-content(32em);place-content:center;"
	"min-height:85vh;margin:0;padding:0 1.5em;font:1.1em/1.5 system-ui,sans-serif;"
	"overflow-wrap:anywhere;color:#222;background:#fff}\n"
	"h1{margin:.15em 0 0;font-size:2.2em;line-height:1.2}\n"
	"p{margin:.8em 0 0}input,button{font:inherit;padding:.2em .5em;max-width:100%}\n"
	"small{color:#666}a{color:#0b57d0}\n"
	"@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}"
	"small{color:#999}a{color:#8ab4f8}}\n"
	"</style>\n"
	"<title>";

/* Where nothing is, the beginning of the site may be what is looked for. */
static bool wants_start(unsigned number)
{
	return number == 404 || number == 410;
}

void page_add(struct text *text, unsigned number, const char *link, size_t length)
{
	const struct status *status = status_find(number);

	if (!status->sentence)
		return;
	text_add(text, begin);
	text_add(text, status->phrase);
	text_add(text, "</title>\n<small>");
	text_number(text, number);
	text_add(text, " &middot; sulid</small>\n<h1>");
	text_add(text, status->phrase);
	text_add(text, "</h1>\n<p>");
	text_add(text, status->sentence);
	if (link) {
		text_add(text, "\n<a href=\"");
		text_html(text, link, length);
		text_add(text, "\">");
		text_html(text, link, length);
		text_add(text, "</a>");
	} else if (wants_start(number)) {
		text_add(text, "</p>\n<p><a href=\"/\">To the start page</a>");
	}
	text_add(text, "</p>\n</html>\n");
}

void page_ask(struct text *text, const char *prompt, bool sensitive)
{
	text_add(text, begin);
	text_add(text, "Question</title>\n<small>sulid</small>\n<form><h1><label for=\"q\">");
	text_html(text, prompt, strlen(prompt));
	text_add(text, "</label></h1>\n<p><input id=\"q\" name=\"q\" required autofocus");
	text_add(text, sensitive ? " type=\"password\" autocomplete=\"off\">" : ">");
	text_add(text, " <button>Answer</button></p></form>\n</html>\n");
}
