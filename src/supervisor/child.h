/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_CHILD_H
#define SULID_SUPERVISOR_CHILD_H

/*
 * One child process: its pid, its control socket, its counters. A generation owns its children;
 * whoever wants to know what a child says gives a function for its messages.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"
#include "contract/control.h"
#include "contract/counters.h"

#include "spawn.h"

struct child {
	struct source source; /* the control socket; fd -1: closed */
	enum role role;
	pid_t pid; /* 0: there is none */
	uint32_t
		slot; /* names its counters to the admin process; unique in the supervisor's life */
	bool ready;
	bool drained;
	bool outdated;   /* a worker that lets nobody in by the generation's identities any more */
	int64_t started; /* loop's clock */
	int64_t retry;   /* when to spawn it again; 0: now running or not wanted */
	unsigned failures;   /* in a row, for the back-off */
	int counters_reader; /* -1: none */
	const struct counters *counters;
	struct loop *loop;
	void *owner; /* struct generation */
	/* A message; fd, if there is one, is closed afterwards. */
	void (*said)(struct child *child, const struct control *message, int fd);
};

/* What a child gets besides what each one gets (error log, image, control, counters). */
struct child_inheritance {
	int program;
	int image;
	int handoff;    /* -1: /dev/null */
	int tickets;    /* -1: /dev/null */
	const int *fds; /* from INHERIT_FIRST on */
	int count;
	struct account account;
	int nice;
	uint32_t generation;
};

/* Spawn it and listen to its control socket. -1 with errno, and the child is as before. */
int child_start(struct child *child, const struct child_inheritance *inheritance);

/* -1 if the message could not be sent; the child is then dead or stuck, which its end will tell. */
int child_tell(const struct child *child, enum control_type type, uint32_t index, int fd);

/* After waitpid: give back everything. The totals it counted are added to "totals" (COUNTER_COUNT
 * numbers). */
void child_gone(struct child *child, uint64_t *totals);

#endif
