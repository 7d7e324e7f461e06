/* SPDX-License-Identifier: ISC */
#include "admit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/log.h"
#include "contract/handoff.h"
#include "contract/inherit.h"

#include "account.h"
#include "finish.h"
#include "intake.h"

#define PER_TURN    16     /* connections taken from one source */
#define UNSENT      131072 /* bytes that may wait in a socket: what a slow reader pins */
#define BLOCK_US    10000  /* see tune */
#define SHORTAGE_MS 1000   /* out of descriptors: look again after this */

/*
 * SO_SNDTIMEO: from 6.5 on sendfile that meets the end of the file pushes the open TLS record
 * whatever O_NONBLOCK says, and would wait for a sleeping reader.
 */
static void tune(int fd)
{
	static const struct timeval block = {.tv_sec = 0, .tv_usec = BLOCK_US};
	static const int yes = 1, unsent = UNSENT;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &block, sizeof block);
}

/* ---- room ---- */

static void listen_to(struct server *server, bool listen)
{
	struct loop *loop = &server->loop;

	for (uint32_t i = 0; i < server->acceptor_count; i++) {
		if (listen)
			loop_add(loop, &server->acceptors[i].source, EPOLLIN);
		else
			loop_forget(loop, &server->acceptors[i].source);
	}
	if (server->handoff_ended)
		return;
	if (listen)
		loop_add(loop, &server->handoff, EPOLLIN);
	else
		loop_forget(loop, &server->handoff);
}

static void hold(struct server *server)
{
	if (server->paused)
		return;
	server->paused = true;
	listen_to(server, false);
}

void admit_resume(struct server *server)
{
	if (server->resume_at <= server->loop.now)
		server->resume_at = INT64_MAX;
	if (!server->paused || server->resume_at != INT64_MAX ||
		server->conns.used >= server->limit)
		return;
	server->paused = false;
	listen_to(server, true);
}

/* Descriptors or memory are short: a pause, or the loop would spin on what it cannot take. */
static void shortage(struct server *server)
{
	static struct log_limit limit;
	unsigned long suppressed;

	if (log_allowed(&limit, 60, &suppressed))
		log_warn("accept (raise the limit of open files)");
	server->resume_at = server->loop.now + SHORTAGE_MS;
	hold(server);
}

/* At the limit: the oldest idle connection gives way. False: there is none. */
static bool make_room(struct server *server)
{
	struct deadline *oldest;

	if (server->conns.used < server->limit)
		return true;
	counter_add(server->counters, COUNTER_LIMIT_CONNECTIONS, 1);
	oldest = deadline_oldest(&server->waits[WAIT_IDLE]);
	if (!oldest)
		return false;
	finish_begin(conn_of_deadline(oldest));
	return true;
}

/* Takes fd over. handoff: NULL for plain http. */
static void adopt(struct server *server, int fd, uint16_t listener, const struct handoff *handoff,
	const struct sockaddr_storage *peer)
{
	bool room = make_room(server);
	struct conn *conn = conn_make(server, fd);

	if (!conn) {
		close(fd);
		return;
	}
	conn->listener = listener;
	if (handoff) {
		/* The four fit their fields: the record was checked. */
		conn->vhost = handoff->vhost;
		conn->path = handoff->path & 0xfu;
		conn->protocol = handoff->protocol & 0xfu;
		conn->version = handoff->version & 0xfu;
		conn->cipher = handoff->cipher & 0xfu;
		conn->resumed = handoff->resumed;
		conn->identified = handoff->identified;
		conn->peer = handoff->peer;
		memcpy(conn->digest, handoff->digest, DIGEST_SIZE);
		conn->not_before = handoff->not_before;
		conn->not_after = handoff->not_after;
	} else {
		conn->path = PATH_PLAIN;
		conn->protocol = PROTOCOL_HTTP;
		conn->peer = address_from_sockaddr(peer);
		conn->proxied = image_find_network(
			&server->image, server->image.listeners[listener].proxy, &conn->peer);
	}
	account_conn(conn);
	conn_enter(conn, CONN_FIRST);
	if (!room)
		intake_refuse(conn);
	if (server->conns.used >= server->conns.count)
		hold(server);
}

/* ---- the sources ---- */

static void acceptor_ready(struct source *source, uint32_t events)
{
	struct acceptor *acceptor = deadline_owner(source, struct acceptor, source);
	struct server *server = acceptor->server;

	(void)events;
	for (int i = 0; i < PER_TURN && !server->paused; i++) {
		struct sockaddr_storage peer;
		socklen_t length = sizeof peer;
		int fd = accept4(source->fd, (struct sockaddr *)&peer, &length,
			SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			adopt(server, fd, acceptor->listener, NULL, &peer);
			continue;
		}
		if (errno == EAGAIN)
			return;
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
			shortage(server);
		/* All else concerns that one connection (accept(2)). */
	}
}

static void handoff_end(struct server *server)
{
	loop_forget(&server->loop, &server->handoff);
	server->handoff_ended = true;
}

/* False: nothing more for now. */
static bool handoff_take(struct server *server)
{
	struct handoff record;
	int fd = handoff_receive(server->handoff.fd, &server->image, &record);

	if (fd >= 0) {
		int flags = fcntl(fd, F_GETFL);

		if (flags >= 0 && !(flags & O_NONBLOCK))
			fcntl(fd, F_SETFL, flags | O_NONBLOCK);
		if (record.path == PATH_KERNEL)
			tune(fd);
		adopt(server, fd, (uint16_t)record.listener, &record, NULL);
		return true;
	}
	switch (errno) {
	case EAGAIN:
		return false;
	case EBADMSG:
	case EPROTO:
		counter_add(server->counters, COUNTER_HANDOFF_BAD, 1);
		return true;
	case ENOLINK:
	case ECONNRESET:
		handoff_end(server);
		return false;
	default:
		shortage(server);
		return false;
	}
}

static void handoff_ready(struct source *source, uint32_t events)
{
	struct server *server = deadline_owner(source, struct server, handoff);

	(void)events;
	for (int i = 0; i < PER_TURN && !server->paused; i++)
		if (!handoff_take(server))
			return;
}

void admit_drain(struct server *server)
{
	for (uint32_t i = 0; i < server->acceptor_count; i++) {
		if (!server->paused)
			loop_forget(&server->loop, &server->acceptors[i].source);
		close(server->acceptors[i].source.fd);
	}
	server->acceptor_count = 0;
}

static int open_acceptor(struct server *server, uint16_t listener)
{
	const struct image *image = &server->image;
	struct acceptor *acceptor = &server->acceptors[server->acceptor_count++];
	int fd = inherit_listener(image, image->listeners[listener].socket);

	*acceptor = (struct acceptor){
		.source = {.ready = acceptor_ready, .fd = fd},
		.server = server,
		.listener = listener,
	};
	/* What is accepted inherits these. */
	tune(fd);
	return loop_add(&server->loop, &acceptor->source, EPOLLIN);
}

int admit_open(struct server *server)
{
	const struct image *image = &server->image;
	uint32_t listeners = image->header->listeners.count;
	void *acceptors;

	if (listeners > UINT16_MAX) {
		errno = E2BIG;
		return -1;
	}
	acceptors = mmap(NULL, (listeners + 1) * sizeof(struct acceptor), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (acceptors == MAP_FAILED)
		return -1;
	server->acceptors = acceptors;
	for (uint32_t i = 0; i < listeners; i++)
		if (image->listeners[i].socket != IMAGE_NONE &&
			image->listeners[i].protocol == PROTOCOL_HTTP &&
			open_acceptor(server, (uint16_t)i) < 0)
			return -1;
	server->handoff = (struct source){.ready = handoff_ready, .fd = INHERIT_HANDOFF};
	return loop_add(&server->loop, &server->handoff, EPOLLIN);
}
