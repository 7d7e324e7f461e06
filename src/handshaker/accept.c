/* SPDX-License-Identifier: ISC */
#include "accept.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ktls.h"
#include "base/log.h"
#include "contract/inherit.h"

#define ACCEPTS_PER_TURN 16
#define PAUSE_MS         100 /* when there are no descriptors, no memory */
#define YIELD_MS                                                                                 \
	1000 /* who has kept us waiting for less does not give way: a storm of honest clients is \
		one */

/* ---- one connection ------------------------------------------------------------------------- */

/*
 * Attached at once: later the client may have sent FIN, and then the kernel refuses. One that has
 * done so already cannot finish a handshake anyway.
 */
static bool attach(int socket, bool *attached)
{
	static struct log_limit limit;
	unsigned long suppressed;

	*attached = ktls_attach(socket) == 0;
	if (*attached)
		return true;
	if (errno == ENOTCONN || errno == ECONNRESET)
		return false;
	if (log_allowed(&limit, 60, &suppressed))
		log_warn("kernel TLS was there at the start but cannot be attached now; %s",
			ktls_remedy(0, errno));
	return true;
}

static void welcome(
	const struct listener *listener, int socket, const struct sockaddr_storage *from)
{
	struct acceptor *acceptor = listener->acceptor;
	struct address peer = address_from_sockaddr(from);
	bool attached = false;
	int on = 1;

	if (acceptor->attach && !attach(socket, &attached)) {
		counter_add(acceptor->counters, COUNTER_HANDSHAKES_FAILED, 1);
		close(socket);
		return;
	}
	/* Tickets must not wait for the client's acknowledgement of what went before. */
	setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	handshake_open(acceptor->handshakes, socket, listener->index, &peer, attached);
}

/* What accept() said: go on, or stop for this turn. */
static bool go_on_after(struct acceptor *acceptor, int error)
{
	static struct log_limit limit;
	unsigned long suppressed;

	switch (error) {
	case EAGAIN:
		return false;
	case EINTR:
	case ECONNABORTED:
	case EPROTO:
	case ENOPROTOOPT:
	case ENETDOWN:
	case ENETUNREACH:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ENONET:
	case EOPNOTSUPP:
	case EPERM:
		/* That connection's trouble, accept(2). */
		return true;
	default:
		acceptor->paused = acceptor->loop->now + PAUSE_MS;
		if (log_allowed(&limit, 10, &suppressed)) {
			errno = error;
			log_warn(
				"no connection can be accepted (%lu more since the last such line)",
				suppressed);
		}
		return false;
	}
}

/* ---- a turn --------------------------------------------------------------------------------- */

static bool oldest_gives_way(const struct acceptor *acceptor)
{
	int64_t since = handshakes_waiting_since(acceptor->handshakes);

	return since != INT64_MAX && acceptor->loop->now - since >= YIELD_MS;
}

/* Is there room for one more, or somebody who would give way? */
static bool has_room(struct acceptor *acceptor)
{
	if (acceptor->handshakes->open < acceptor->limit)
		return true;
	if (!acceptor->full) {
		acceptor->full = true;
		counter_add(acceptor->counters, COUNTER_LIMIT_HANDSHAKES, 1);
	}
	return oldest_gives_way(acceptor);
}

/* Only now that somebody has really come: another handshaker may have been faster. */
static void make_room(struct acceptor *acceptor)
{
	while (acceptor->handshakes->open > acceptor->limit && oldest_gives_way(acceptor))
		handshakes_abandon_oldest(acceptor->handshakes);
}

/* false: no more in this turn. */
static bool accept_one(struct listener *listener, bool *empty)
{
	struct acceptor *acceptor = listener->acceptor;
	struct sockaddr_storage from;
	socklen_t length = sizeof from;
	int socket = accept4(listener->source.fd, (struct sockaddr *)&from, &length,
		SOCK_NONBLOCK | SOCK_CLOEXEC);

	*empty = false;
	if (socket < 0) {
		*empty = errno == EAGAIN;
		return go_on_after(acceptor, errno);
	}
	welcome(listener, socket, &from);
	make_room(acceptor);
	return true;
}

static bool may_accept(const struct acceptor *acceptor)
{
	return acceptor->count > 0 && !handshakes_held(acceptor->handshakes) &&
	       acceptor->loop->now >= acceptor->paused;
}

/* From the ready listeners in turns, so that a busy one does not starve the others. */
static void accept_some(struct acceptor *acceptor)
{
	unsigned left = ACCEPTS_PER_TURN;
	bool any = true;

	while (any && left > 0) {
		any = false;
		for (uint32_t i = 0; i < acceptor->count && left > 0; i++) {
			struct listener *listener = &acceptor->listeners[i];
			bool empty;

			if (!listener->ready)
				continue;
			if (!may_accept(acceptor) || !has_room(acceptor))
				return;
			left--;
			if (!accept_one(listener, &empty)) {
				listener->ready = false;
				if (!empty)
					return;
			}
			any = true;
		}
	}
}

/* Full, it listens only while somebody can be made to give way. */
static bool wants_to_listen(struct acceptor *acceptor)
{
	uint32_t open = acceptor->handshakes->open;

	if (acceptor->full && (uint64_t)open * 10 < (uint64_t)acceptor->limit * 9)
		acceptor->full = false;
	return may_accept(acceptor) && (!acceptor->full || oldest_gives_way(acceptor));
}

void acceptor_work(struct acceptor *acceptor)
{
	accept_some(acceptor);
	for (uint32_t i = 0; i < acceptor->count; i++)
		acceptor->listeners[i].ready = false;
	if (wants_to_listen(acceptor) == acceptor->listening)
		return;
	acceptor->listening = !acceptor->listening;
	for (uint32_t i = 0; i < acceptor->count; i++) {
		struct source *source = &acceptor->listeners[i].source;

		if (!acceptor->listening)
			loop_forget(acceptor->loop, source);
		else if (loop_add(acceptor->loop, source, EPOLLIN) < 0)
			log_error("a listening socket cannot be watched");
	}
}

int64_t acceptor_deadline(const struct acceptor *acceptor, int64_t than)
{
	int64_t at = INT64_MAX;

	if (acceptor->count == 0 || acceptor->listening)
		return than;
	if (acceptor->paused > acceptor->loop->now) {
		at = acceptor->paused;
	} else if (acceptor->full && !handshakes_held(acceptor->handshakes)) {
		int64_t since = handshakes_waiting_since(acceptor->handshakes);

		if (since != INT64_MAX)
			at = since + YIELD_MS;
	}
	return at < than ? at : than;
}

/* ---- beginning and end ---------------------------------------------------------------------- */

static void listener_ready(struct source *source, uint32_t events)
{
	struct listener *listener = deadline_owner(source, struct listener, source);

	(void)events;
	listener->ready = true;
}

int acceptor_open(struct acceptor *acceptor, struct loop *loop, struct counters *counters,
	struct handshakes *handshakes, const struct image *image, bool attach_at_once)
{
	uint32_t next = 0;

	memset(acceptor, 0, sizeof *acceptor);
	acceptor->loop = loop;
	acceptor->counters = counters;
	acceptor->handshakes = handshakes;
	acceptor->limit =
		image->header->limits.handshakes > 0 ? image->header->limits.handshakes : 1;
	acceptor->attach = attach_at_once;
	acceptor->listeners = calloc(inherit_listeners(image) + 1, sizeof *acceptor->listeners);
	if (!acceptor->listeners)
		return -1;
	for (uint32_t i = 0; i < image->header->listeners.count; i++) {
		uint32_t socket = image->listeners[i].socket;

		if (socket == IMAGE_NONE)
			continue;
		acceptor->listeners[next] = (struct listener){
			.source = {.ready = listener_ready, .fd = inherit_listener(image, socket)},
			.acceptor = acceptor,
			.index = i,
		};
		/* One that systemd made may block. */
		if (fcntl(acceptor->listeners[next++].source.fd, F_SETFL, O_NONBLOCK) < 0)
			return -1;
	}
	acceptor->count = next;
	return 0;
}

void acceptor_close(struct acceptor *acceptor)
{
	for (uint32_t i = 0; i < acceptor->count; i++) {
		if (acceptor->listening)
			loop_forget(acceptor->loop, &acceptor->listeners[i].source);
		close(acceptor->listeners[i].source.fd);
	}
	acceptor->count = 0;
	acceptor->listening = false;
	free(acceptor->listeners);
	acceptor->listeners = NULL;
}
