/* SPDX-License-Identifier: ISC */
#include "finish.h"

#include <errno.h>
#include <sys/socket.h>

#include "pace.h"
#include "record.h"
#include "serve.h"

#define READS     8    /* buffers discarded per event */
#define PLAIN_MS  1000 /* wait so long for the peer's end once it has taken everything */
#define UNREAD_MS 5000 /* and so long if it may still be sending what we will not read */

void finish_begin(struct conn *conn)
{
	conn_release(conn);
	conn->finish = (struct conn_finish){0};
	if (conn->path == PATH_KERNEL) {
		conn_enter(conn, CONN_NOTIFY);
		return;
	}
	if (shutdown(conn->source.fd, SHUT_WR) < 0) {
		conn_destroy(conn);
		return;
	}
	pace_begin(conn);
	conn_enter(conn, CONN_LINGER);
	if (conn->ended)
		finish_look(conn);
}

void finish_notify(struct conn *conn)
{
	if (record_close_notify(conn->source.fd) == 0) {
		conn_enter(conn, CONN_LINGER);
		finish_linger(conn);
	} else if (errno == EAGAIN || errno == ENOMEM) {
		/* epoll says writable: ask it no more, finish_look tries again. */
		conn_watch(conn, INTEREST_NONE);
	} else {
		conn_destroy(conn);
	}
}

/* Read and discard. False: the connection is destroyed. *drained: nothing is left for now. */
static bool discard(struct conn *conn, bool *drained)
{
	struct server *server = conn->server;

	*drained = conn->ended || conn->deaf;
	for (int i = 0; i < READS && !*drained; i++) {
		size_t length;

		switch (record_receive(conn->source.fd, (enum path)conn->path, server->received,
			sizeof server->received, &length)) {
		case RECEIVED_BYTES:
			continue;
		case RECEIVED_NOTHING:
			break;
		case RECEIVED_END:
			conn->ended = true;
			break;
		case RECEIVED_REKEY:
			conn->deaf = true;
			break;
		case RECEIVED_BROKEN:
			conn_destroy(conn);
			return false;
		}
		*drained = true;
	}
	return true;
}

/* How long the peer may still go on when all is taken, milliseconds. */
static int64_t patience(const struct conn *conn)
{
	switch ((enum path)conn->path) {
	case PATH_RELAYED: /* it has its own clock for its client, which ends before */
		return 2 * (int64_t)conn->server->image.header->timeouts.send;
	case PATH_KERNEL:
		return conn->unread && !conn->deaf ? UNREAD_MS : 0;
	case PATH_PLAIN:
		break;
	}
	return conn->unread ? UNREAD_MS : PLAIN_MS;
}

/* May it be closed? */
static bool is_over(struct conn *conn, bool drained)
{
	struct server *server = conn->server;

	/* A plain socket's close goes on sending by itself; the relay has all there is. */
	if (conn->ended && conn->path != PATH_KERNEL)
		return true;
	if (pace_queue(conn) > 0)
		return false;
	if (conn->ended || (drained && patience(conn) == 0))
		return true;
	if (conn->finish.until == 0)
		conn->finish.until =
			server->loop.now + (patience(conn) > 0 ? patience(conn) : UNREAD_MS);
	return server->loop.now >= conn->finish.until;
}

void finish_linger(struct conn *conn)
{
	bool drained;

	if (!discard(conn, &drained))
		return;
	if (is_over(conn, drained)) {
		conn_destroy(conn);
		return;
	}
	if (conn->ended || conn->deaf)
		conn_watch(conn, INTEREST_NONE);
	else
		conn_watch(conn, INTEREST_READ | (drained ? INTEREST_EDGE : 0u));
}

void finish_look(struct conn *conn)
{
	struct server *server = conn->server;

	if ((uint32_t)server->loop.now - conn->window_at >= server->waits[WAIT_PACE].length &&
		!pace_judge(conn) && pace_queue(conn) > 0) {
		counter_add(server->counters, COUNTER_TIMEOUT_SEND, 1);
		counter_add(server->counters, COUNTER_RESPONSES_ABORTED, 1);
		conn_abort(conn);
		return;
	}
	if (conn->state == CONN_NOTIFY && conn->interest == INTEREST_NONE)
		finish_notify(conn);
	else if (conn->state == CONN_LINGER)
		finish_linger(conn);
}
