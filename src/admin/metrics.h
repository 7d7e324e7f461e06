/* SPDX-License-Identifier: ISC */
#ifndef SULID_ADMIN_METRICS_H
#define SULID_ADMIN_METRICS_H

/*
 * The counters of all processes, and their sums as text for Prometheus (exposition format 0.0.4).
 * What a process has counted stays counted when it is gone. A slot whose role is ROLE_SUPERVISOR is
 * no child: it holds the totals of children that were gone before this process started.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "contract/counters.h"

#define METRICS_PROCESSES 4096  /* at once, of all generations */
#define METRICS_TEXT      16384 /* bytes; the text fits with every number at its longest (tested) */

struct metrics {
	size_t count;
	struct metrics_process {
		uint32_t slot; /* the supervisor's number for it */
		const struct counters *counters;
	} processes[METRICS_PROCESSES];
	uint64_t gone[COUNTER_COUNT];
};

/*
 * A process's counters memfd, mapped here; the descriptor stays the caller's. The supervisor gives
 * each slot only once in its life, so a slot that is known is that same process, and nothing
 * changes. -1 with errno; ENOSPC beyond METRICS_PROCESSES, EPROTO if it is another build's.
 */
int metrics_add(struct metrics *metrics, uint32_t slot, int fd);

/* The process is gone: its totals are kept. Nothing happens if the slot is not known. */
void metrics_remove(struct metrics *metrics, uint32_t slot);

void metrics_write(const struct metrics *metrics, bool ready, struct text *text);

#endif
