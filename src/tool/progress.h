/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_PROGRESS_H
#define SULID_TOOL_PROGRESS_H

/* One line at the bottom of a terminal that is written over again and again; nothing elsewhere. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct progress_state {
	size_t done, total; /* files */
	uint64_t bytes_done, bytes_total;
	bool saves;       /* is it about saving? */
	uint64_t saved;   /* bytes */
	const char *name; /* of the file that is worked on, or NULL */
};

struct progress {
	int fd;        /* the terminal; -1: there is none */
	bool shown;    /* a line is there */
	int64_t drawn; /* when, milliseconds */
};

/* Shows something only if the descriptor is a terminal that can rewrite a line. */
struct progress progress_on(int fd);

/* At most ten times a second; now: CLOCK_MONOTONIC in milliseconds. */
void progress_draw(struct progress *progress, const struct progress_state *state, int64_t now);

/* While the number of files is not known: how many there are so far. */
void progress_look(struct progress *progress, size_t files, int64_t now);

/* Take the line away, to write something else or to end. */
void progress_clear(struct progress *progress);

/* The line, at most so many columns wide. */
void progress_line(struct text *text, const struct progress_state *state, size_t columns);

#endif
