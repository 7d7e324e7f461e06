/* SPDX-License-Identifier: ISC */
#include "listing_look.h"

/* Each pair of colours has a contrast of 4.5 at least, that of a folder 3 (WCAG 2.2, 1.4.3 and
 * 1.4.11). On a phone a row is two lines, all of which is its link. */
static const char style[] =
	"<style>\n"
	":root{color-scheme:light dark;--ink:#222;--quiet:#5c5c5c;--paper:#fff;--line:#e2e2e2;"
	"--over:#f1f4f9;--link:#0b57d0;--dir:#bb7608;--image:#197a3e;--audio:#8a3ab9;"
	"--video:#b3236b;--pack:#7a5230;--code:#0b6b85;--pdf:#c5221f}\n"
	"@media(prefers-color-scheme:dark){:root{--ink:#ddd;--quiet:#a3a3a3;--paper:#181818;"
	"--line:#333;--over:#242930;--link:#8ab4f8;--dir:#f2c063;--image:#81c995;--audio:#d0a0f0;"
	"--video:#f48fb1;--pack:#d2a679;--code:#78d0e8;--pdf:#f28b82}}\n"
	"body{margin:0 auto;max-width:58em;padding:1.5em 1.2em;font:1em/1.5 system-ui,sans-serif;"
	"color:var(--ink);background:var(--paper)}\n"
	"a{color:var(--link);text-decoration:none}\n"
	"a:hover{text-decoration:underline}\n"
	"a:focus-visible{outline:2px solid var(--link);outline-offset:-2px;border-radius:4px}\n"
	"svg{width:1.25em;height:1.25em;flex:none;fill:none;stroke:currentColor;stroke-width:1.2;"
	"stroke-linejoin:round;stroke-linecap:round;color:var(--quiet)}\n"
	".symbols{display:none}\n"
	"#dir{color:var(--dir)}#image{color:var(--image)}#audio{color:var(--audio)}"
	"#video{color:var(--video)}#pack{color:var(--pack)}#code{color:var(--code)}"
	"#pdf{color:var(--pdf)}\n"
	"h1{margin:0 0 .5em;font-size:1.35em;font-weight:600;line-height:1.7;color:var(--quiet);"
	"overflow-wrap:anywhere}\n"
	"h1 a{padding:.3em .35em;-webkit-box-decoration-break:clone;"
	"box-decoration-break:clone}\n"
	"h1 svg{color:inherit;vertical-align:-.24em}\n"
	"[aria-current]{color:var(--ink)}\n"
	"table{width:100%;border-spacing:0;table-layout:fixed}\n"
	"th,td{padding:0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;"
	"font-weight:400}\n"
	"th{position:sticky;top:0;background:var(--paper);color:var(--quiet)}\n"
	"th>*{display:flex;align-items:center;gap:.2em;padding:.4em .5em;color:inherit}\n"
	"th svg{width:1em;height:1em;color:inherit;stroke-width:1.6}\n"
	"[aria-sort]{color:var(--ink);font-weight:600}\n"
	"td a{display:flex;gap:.6em;padding:.4em .5em}\n"
	"td svg{margin-top:.12em}\n"
	"bdi{min-width:0;overflow-wrap:anywhere}\n"
	".size{width:6em;text-align:right}\n"
	".size>*{justify-content:flex-end}\n"
	".date{width:13.5em;padding-left:1em}\n"
	"td.size,td.date{padding-top:.4em;padding-bottom:.4em;padding-right:.5em;color:var(--quiet)"
	";"
	"white-space:nowrap;font-variant-numeric:tabular-nums}\n"
	"td.date{padding-left:1.5em}\n"
	"tbody tr:hover{background:var(--over)}\n"
	".note{padding:.6em .5em;color:var(--quiet)}\n"
	"p.note{margin:0 0 .6em;padding:.5em .8em;border-left:3px solid var(--dir);"
	"background:var(--over);color:var(--ink)}\n"
	"footer{padding:1em .5em;font-size:.9em;color:var(--quiet)}\n"
	"@media(max-width:40em){\n"
	"body{padding:.8em .6em}\n"
	"h1{margin-bottom:.2em;font-size:1.2em;line-height:1.9}\n"
	"h1 a{padding:.45em .35em}\n"
	"table,thead,tbody{display:block}\n"
	"thead{position:sticky;top:0;z-index:1;background:var(--paper)}\n"
	"tr{display:grid;grid-template-columns:1fr auto;position:relative;"
	"border-bottom:1px solid var(--line)}\n"
	"thead tr{grid-template-columns:1fr auto auto}\n"
	"th,td{border:0}\n"
	"th>*,td a{padding:.7em .5em}\n"
	".size,.date,td.date{width:auto;padding-left:0}\n"
	"td:first-child{grid-column:1/3}\n"
	"td a:after{content:\"\";position:absolute;inset:0}\n"
	"td:not(:only-child) a{padding-bottom:.1em}\n"
	"td.size,td.date{padding-top:0;padding-bottom:.7em;font-size:.875em}\n"
	"td.date{grid-area:2/1;padding-left:2.69em}\n"
	"td.size{grid-area:2/2}\n"
	"}\n"
	"</style>\n";

void listing_add_style(struct text *text)
{
	text_add(text, style);
}

#define SHEET "M3.5 1.5h6l3 3v10h-9zM9.5 1.5v3h3"
#define FRAME "M1.5 2.5h13v11h-13z"

struct symbol {
	const char *id;
	const char *lines;  /* SVG paths, on 16 by 16 */
	const char *filled; /* or NULL */
};

static const struct symbol symbols[] = {
	{"home", "M2 8l6-5.5L14 8M3.8 6.8v6.7h8.4V6.8", NULL},
	{"up", "M8 13.5v-11M3.5 7L8 2.5 12.5 7", NULL},
	{"asc", "M4 10l4-4 4 4", NULL},
	{"desc", "M4 6l4 4 4-4", NULL},
	{"dir", NULL, "M1.5 3h4.6l1.5 2h6.9v8.5h-13z"},
	{"file", SHEET, NULL},
	{"text", SHEET "M5.5 7.5h5M5.5 9.7h5M5.5 11.9h3", NULL},
	{"code", SHEET "M7 7.5L5.3 9.7 7 11.9M9 7.5l1.7 2.2L9 11.9", NULL},
	{"pdf",
		"M3.5 6V1.5h6l3 3V6M9.5 1.5v3h3M1.5 13.5v-5h1.1a1.5 1.5 0 0 1 0 3H1.5"
		"M6.4 13.5v-5h.8a2.1 2.5 0 0 1 0 5zM11.8 13.5v-5h2.7M11.8 11h2.2",
		NULL},
	{"image",
		FRAME
		"M1.5 11.5l4-4L9 11l2-2 3.5 3.5M9.7 5.7a1.1 1.1 0 1 0 2.2 0 1.1 1.1 0 1 0-2.2 0",
		NULL},
	{"audio",
		"M5.5 12.2V3.5l7-1.5v8.7M2.3 12.2a1.6 1.6 0 1 0 3.2 0 1.6 1.6 0 1 0-3.2 0"
		"M9.3 10.7a1.6 1.6 0 1 0 3.2 0 1.6 1.6 0 1 0-3.2 0",
		NULL},
	{"video", FRAME, "M6.5 5.5l4 2.5-4 2.5z"},
	{"pack", "M1.5 2.5h13v3.3h-13zM2.5 5.8v7.7h11V5.8M6.3 8.5h3.4", NULL},
};

static void add_path(struct text *text, const char *begin, const char *path)
{
	if (!path)
		return;
	text_add(text, begin);
	text_add(text, path);
	text_add(text, "\"/>");
}

void listing_add_symbols(struct text *text)
{
	text_add(text, "<svg class=\"symbols\" aria-hidden=\"true\">\n");
	for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
		text_add(text, "<symbol id=\"");
		text_add(text, symbols[i].id);
		text_add(text, "\" viewBox=\"0 0 16 16\">");
		add_path(text, "<path d=\"", symbols[i].lines);
		add_path(text, "<path fill=\"currentColor\" d=\"", symbols[i].filled);
		text_add(text, "</symbol>\n");
	}
	text_add(text, "</svg>\n");
}
