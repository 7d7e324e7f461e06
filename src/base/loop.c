/* SPDX-License-Identifier: ISC */
#include "base/loop.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

int64_t loop_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int loop_open(struct loop *loop)
{
	loop->count = loop->current = 0;
	loop->now = loop_clock();
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	return loop->epoll < 0 ? -1 : 0;
}

void loop_close(struct loop *loop)
{
	if (loop->epoll >= 0)
		close(loop->epoll);
	loop->epoll = -1;
}

static int control(struct loop *loop, int operation, struct source *source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	return epoll_ctl(loop->epoll, operation, source->fd, &event);
}

int loop_add(struct loop *loop, struct source *source, uint32_t events)
{
	return control(loop, EPOLL_CTL_ADD, source, events);
}

int loop_change(struct loop *loop, struct source *source, uint32_t events)
{
	return control(loop, EPOLL_CTL_MOD, source, events);
}

void loop_forget(struct loop *loop, struct source *source)
{
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, source->fd, NULL);
	for (int i = loop->current + 1; i < loop->count; i++)
		if (loop->events[i].data.ptr == source)
			loop->events[i].data.ptr = NULL;
}

/* epoll_wait's milliseconds from now until the deadline. */
static int wait_time(const struct loop *loop, int64_t deadline)
{
	int64_t left = deadline - loop->now;

	if (deadline == INT64_MAX)
		return -1;
	if (left <= 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

int loop_turn(struct loop *loop, int64_t deadline)
{
	loop->now = loop_clock();
	loop->count = epoll_wait(loop->epoll, loop->events, LOOP_EVENTS, wait_time(loop, deadline));
	loop->now = loop_clock();
	if (loop->count < 0) {
		loop->count = 0;
		return errno == EINTR ? 0 : -1;
	}
	for (loop->current = 0; loop->current < loop->count; loop->current++) {
		struct source *source = loop->events[loop->current].data.ptr;

		if (source)
			source->ready(source, loop->events[loop->current].events);
	}
	loop->count = loop->current = 0;
	return 0;
}
