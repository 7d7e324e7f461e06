/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_ORDER_H
#define SULID_TOOL_ORDER_H

/*
 * What a person asks of a command that makes neighbours: the directories, the options that all such
 * commands have, and carrying it out: a pass over each directory, the summary, and watching them.
 */

#include <stdbool.h>
#include <stddef.h>

#include "neighbour.h"
#include "options.h"

/* Numbers of the options that all have; those of a command's own begin with ORDER_OPTIONS. */
enum {
	ORDER_JOBS,
	ORDER_WATCH,
	ORDER_PRUNE,
	ORDER_REPLACE,
	ORDER_DRY_RUN,
	ORDER_QUIET,
	ORDER_HELP,
	ORDER_OPTIONS
};

/* Their rows, for the head of a command's table. */
/* clang-format off */
#define ORDER_ROWS                                                  \
	[ORDER_JOBS] = {"jobs", "a number of threads", 'j'},        \
	[ORDER_WATCH] = {"watch", NULL, 'w'},                       \
	[ORDER_PRUNE] = {"prune", NULL, 0},                         \
	[ORDER_REPLACE] = {"replace", NULL, 0},                     \
	[ORDER_DRY_RUN] = {"dry-run", NULL, 'n'},                   \
	[ORDER_QUIET] = {"quiet", NULL, 'q'},                       \
	[ORDER_HELP] = {"help", NULL, 'h'}
/* clang-format on */

struct order {
	const char *help; /* all of it; its first line is the usage */
	const struct option_row *rows;
	size_t row_count;
	/* An option of the command's own. NULL, or what is wrong with it. */
	const char *(*take)(struct order *order, int option, const char *value);
	struct neighbour_rules rules; /* with the craft, and what holds if nothing is said */
	/* From the command line: */
	const char **names; /* of the directories */
	size_t count;
	unsigned jobs;
	bool watch, quiet;
};

/* Read the command line (without the command's name, NULL-terminated) and do it. Returns the exit
 * status. */
int order_run(struct order *order, char *const *arguments);

#endif
