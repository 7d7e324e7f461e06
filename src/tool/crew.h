/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_CREW_H
#define SULID_TOOL_CREW_H

/*
 * Threads that work on a plan, a file each. What comes of a file depends on no other and on no
 * number of threads, and is reported in the order of the plan.
 */

#include <stdbool.h>
#include <stddef.h>

#include "interrupt.h"
#include "neighbour.h"
#include "plan.h"
#include "progress.h"

struct crew_order {
	int root;
	const struct plan *plan;
	const struct neighbour_rules *rules;
	unsigned jobs; /* threads at most */
	struct interrupt *interrupt;
	struct progress *progress;
	/* In the thread that called crew_run. */
	void (*report)(void *context, const struct plan_file *file,
		const struct neighbour_outcome *outcome);
	void *context;
};

/* -1 with errno if there is nobody to do it. It ends early if it is interrupted. */
int crew_run(const struct crew_order *order);

#endif
