/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_LINK_H
#define SULID_TOOL_LINK_H

/*
 * Where a link leads, by its scheme (RFC 3986 §3.1), and whether a page of ours may have it: a
 * document may come from anybody, and what a browser or a program on somebody's desktop does with
 * javascript:, data:, file: or ms-something: is not for it to decide. So only known schemes live.
 */

#include "gemtext.h"

enum link_kind {
	LINK_RELATIVE, /* there is no scheme */
	LINK_WEB,      /* http, https */
	LINK_OTHER,    /* known, for a program other than the browser; "scheme" tells which */
	LINK_DEAD,     /* not known */
};

/* *scheme: in lower case, for LINK_WEB and LINK_OTHER. */
enum link_kind link_judge(struct gemtext_part url, const char **scheme);

#endif
