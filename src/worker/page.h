/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_PAGE_H
#define SULID_WORKER_PAGE_H

/* The small built-in pages: errors and redirects, for people. */

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

#define PAGE_TYPE "text/html; charset=utf-8"

/*
 * An HTML page for this HTTP status, complete in itself. link: where a redirect leads, or NULL.
 * Nothing is added if the status has no page.
 */
void page_add(struct text *text, unsigned status, const char *link, size_t length);

/* A page that asks for something: the answer comes as the field "q" of this page's query. */
void page_ask(struct text *text, const char *prompt, bool sensitive);

#endif
