/* SPDX-License-Identifier: ISC */
#ifndef SULID_BASE_LOOP_H
#define SULID_BASE_LOOP_H

/*
 * An event loop over epoll that has no state of its own beyond the epoll descriptor and the time
 * of the turn. A source is embedded in whatever owns the descriptor; the owner frees it.
 *
 * One turn: wait, take the time once, call each ready source, then the caller looks at its
 * deadlines. A source destroyed during a turn may still have an event queued in that turn:
 * loop_forget takes it out, so a callback never sees a dead source.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#define LOOP_EVENTS 64 /* taken per turn */

struct source {
	void (*ready)(struct source *source, uint32_t events); /* EPOLLIN … */
	int fd;
};

struct loop {
	int epoll;
	int count;   /* events of this turn */
	int current; /* the one being handled */
	int64_t now; /* CLOCK_MONOTONIC, milliseconds, of this turn */
	struct epoll_event events[LOOP_EVENTS];
};

/* -1 with errno. */
int loop_open(struct loop *loop);
void loop_close(struct loop *loop);

/* Level-triggered, unless EPOLLET is among the events. source->fd and source->ready are set. -1
 * with errno. */
int loop_add(struct loop *loop, struct source *source, uint32_t events);
int loop_change(struct loop *loop, struct source *source, uint32_t events);
/* Out of epoll, and out of the rest of this turn. The descriptor stays open. */
void loop_forget(struct loop *loop, struct source *source);

/* Wait until "deadline" (loop->now's clock; INT64_MAX: no limit) at most, then call what is ready.
 * -1 with errno, never EINTR. */
int loop_turn(struct loop *loop, int64_t deadline);

/* CLOCK_MONOTONIC in milliseconds, now. */
int64_t loop_clock(void);

#endif
