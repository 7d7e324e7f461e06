/* SPDX-License-Identifier: ISC */
#include "pace.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "serve.h"

int pace_queue(const struct conn *conn)
{
	int queue = 0;

	return ioctl(conn->source.fd, SIOCOUTQ, &queue) < 0 ? 0 : queue;
}

static void window_begin(struct conn *conn, int queue)
{
	conn->window_at = (uint32_t)conn->server->loop.now;
	conn->window_sent = 0;
	conn->window_queue = queue;
}

void pace_begin(struct conn *conn)
{
	conn->stalled = 0;
	window_begin(conn, pace_queue(conn));
}

void pace_add(struct conn *conn, uint64_t bytes)
{
	uint32_t room = UINT32_MAX - conn->window_sent;

	conn->window_sent += bytes < room ? (uint32_t)bytes : room;
}

bool pace_judge(struct conn *conn)
{
	const struct server *server = conn->server;
	int queue = pace_queue(conn);
	/* Approximate: the queue counts what TLS adds, and on AF_UNIX the kernel's own headers. */
	int64_t taken = (int64_t)conn->window_sent + conn->window_queue - queue;
	uint32_t elapsed = (uint32_t)server->loop.now - conn->window_at;
	uint64_t rate = server->image.header->limits.min_rate;

	if (taken <= 0) {
		if (++conn->stalled >= server->stall_limit)
			return false;
	} else {
		conn->stalled = 0;
		if ((queue > 0 || conn->state == CONN_SEND) &&
			(uint64_t)taken < rate * (uint64_t)elapsed / 1000)
			return false;
	}
	window_begin(conn, queue);
	return true;
}
