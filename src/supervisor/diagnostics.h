/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_DIAGNOSTICS_H
#define SULID_SUPERVISOR_DIAGNOSTICS_H

/*
 * Errors and warnings about a configuration: all of one run are collected, then printed in order
 * of file and line, each with its source line and a caret.
 *
 *   sulid.yaml:12:9: unknown key "rot"; did you mean "root"?
 *           rot: /srv/www
 *           ^
 *
 * Everything is copied, so diagnostics outlive the configuration.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "arena.h"

/* Where something was said. line 0: nowhere; it is a default, or was set by code. */
struct position {
	const char *file; /* as the person named it; NULL if line is 0 */
	uint32_t line;    /* from 1 */
	uint32_t column;  /* from 1, in characters */
};

struct diagnostic {
	const char *file; /* NULL: about no file */
	uint32_t line;    /* 0: about the whole */
	uint32_t column;
	bool warning;
	const char *text;
	const char *source; /* the line, or NULL */
	size_t file_order;
	size_t order;
};

struct diagnostics {
	unsigned errors; /* all that were found, also those beyond the number that is kept */
	unsigned warnings;
	struct diagnostic *list; /* sorted by diagnostics_sort */
	size_t count;
	struct diagnostics_source *sources;
	size_t source_count;
	struct arena arena;
};

/* {0} is ready for use; this frees what it holds and makes it so again. */
void diagnostics_free(struct diagnostics *diagnostics);

/* The text of a file that positions will name, for the source lines. Order of calls is the order of
 * files. */
void diagnostics_source(
	struct diagnostics *diagnostics, const char *file, const char *bytes, size_t size);

/* position NULL or with line 0: the message stands without a place. errno is not looked at. */
void diagnostics_error(struct diagnostics *diagnostics, const struct position *position,
	const char *format, ...) __attribute__((format(printf, 3, 4)));
void diagnostics_warn(struct diagnostics *diagnostics, const struct position *position,
	const char *format, ...) __attribute__((format(printf, 3, 4)));

/* By file in the order of diagnostics_source, line and column; diagnostics_print does it by itself.
 */
void diagnostics_sort(struct diagnostics *diagnostics);
void diagnostics_print(struct diagnostics *diagnostics, FILE *to);

/* What was found so far has been said: drop it, but keep the sources for what may still be found.
 */
void diagnostics_said(struct diagnostics *diagnostics);

#endif
