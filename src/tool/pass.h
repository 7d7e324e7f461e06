/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_PASS_H
#define SULID_TOOL_PASS_H

/*
 * One pass over a document root, or over some directories of it: look what there is to do, do it,
 * and say what failed.
 */

#include <stdbool.h>
#include <stddef.h>

#include "interrupt.h"
#include "neighbour.h"
#include "progress.h"
#include "tally.h"

struct pass_root {
	const char *name; /* as it was given */
	int fd;
};

struct pass_place {
	char *path; /* below the root; "" is the root itself */
	bool recursive;
};

struct pass {
	struct neighbour_rules rules;
	unsigned jobs;
	bool tells;   /* each neighbour on standard output */
	bool patient; /* a file that is being written is no failure: it is looked at again */
	struct interrupt *interrupt;
	struct progress *progress;
	struct tally tally; /* of all passes */
	/* For each directory before it is read, or NULL. */
	void (*opened)(void *context, const struct pass_root *root, int fd, const char *path);
	void *context;
};

/* false: it was interrupted, or there is no memory or thread to be had, which is counted as failed.
 */
bool pass_run(struct pass *pass, const struct pass_root *root, const struct pass_place *places,
	size_t count);

/* "sulid COMMAND: ROOT/DIRECTORY/NAME: PROBLEM" on standard error; the last two may be empty.
 */
void pass_complain(struct pass *pass, const struct pass_root *root, const char *directory,
	const char *name, const char *problem);

#endif
