/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_DISPLAY_H
#define SULID_TOOL_DISPLAY_H

/*
 * For people and terminals: names of files, which may hold anything, and sizes.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* A name as it is, other than control characters and bytes that are not UTF-8: those become \xHH.
 */
void display_name(struct text *text, const char *name);

/* Columns that a text takes, never too few: what may be wide (beyond U+10FF) counts as two. */
size_t display_columns(const char *bytes, size_t length);

/* The end of a text that is no wider than so many columns. */
const char *display_tail(const char *bytes, size_t length, size_t columns);

/* "812 B", "3.4 MB", "900 KB": powers of 1000, two or three digits. */
void display_size(struct text *text, uint64_t bytes);

#endif
