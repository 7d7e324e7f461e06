/* SPDX-License-Identifier: ISC */
#include "wire.h"

#include "clock.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

/* The largest piece that slow reading takes at once, and how many pieces a second it makes. */
#define PIECE_MAX         16384
#define PIECES_PER_SECOND 20

static const char *resolve_one(
	const char *host, const char *port, struct sockaddr_storage *address, socklen_t *len)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *found;
	int error = getaddrinfo(host, port, &hints, &found);

	if (error)
		return gai_strerror(error);
	memcpy(address, found->ai_addr, found->ai_addrlen);
	*len = found->ai_addrlen;
	freeaddrinfo(found);
	return NULL;
}

static const char *resolve_unix(struct wire_target *target, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(address.sun_path))
		return "the path of the socket is too long";
	memcpy(address.sun_path, path, strlen(path) + 1);
	memcpy(&target->peer, &address, sizeof(address));
	target->peer_len = sizeof(address);
	return NULL;
}

const char *wire_resolve(struct wire_target *target, const char *host, int port, const char *from)
{
	char service[12];
	const char *error;

	if (*host == '/')
		return resolve_unix(target, host);
	if (port <= 0)
		return "port is missing";
	snprintf(service, sizeof(service), "%d", port);
	error = resolve_one(host, service, &target->peer, &target->peer_len);
	if (!error && from)
		error = resolve_one(from, "0", &target->from, &target->from_len);
	return error;
}

static void fail(struct wire *w)
{
	w->end = errno == ECONNRESET ? WIRE_RST : WIRE_FAILED;
	w->error = errno;
}

static bool is_late(struct wire *w)
{
	if (clock_us() < w->deadline)
		return false;
	w->end = WIRE_TIMEOUT;
	errno = ETIMEDOUT;
	return true;
}

/* Waits until the descriptor is ready or the deadline is over. */
static int await(struct wire *w, short events)
{
	while (!is_late(w)) {
		struct pollfd p = {.fd = w->fd, .events = events};
		int64_t left = (w->deadline - clock_us() + 999) / 1000;
		int n = poll(&p, 1, left > 60000 ? 60000 : left < 0 ? 0 : (int)left);

		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR) {
			fail(w);
			return -1;
		}
	}
	return -1;
}

static int prepare(int fd, const struct wire_target *target)
{
	static const int on = 1;

	if (target->rcvbuf &&
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &target->rcvbuf, sizeof(target->rcvbuf)))
		return -1;
	if (target->peer.ss_family == AF_UNIX)
		return 0;
	/* Without this a byte sent alone would wait for the acknowledgement of the one before. */
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
		return -1;
	if (target->from_len == 0)
		return 0;
	/* The port is then chosen by connect, and may be shared by connections to other ports. */
	if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)))
		return -1;
	return bind(fd, (const struct sockaddr *)&target->from, target->from_len);
}

static int await_connected(struct wire *w)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (await(w, POLLOUT) || getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &error, &len))
		return -1;
	errno = error;
	return error ? -1 : 0;
}

int wire_connect(struct wire *w, const struct wire_target *target, int64_t deadline)
{
	const struct sockaddr *peer = (const struct sockaddr *)&target->peer;
	int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, error;

	*w = (struct wire){.fd = -1, .budget = -1, .deadline = deadline};
	w->fd = socket(peer->sa_family, type, 0);
	if (w->fd < 0)
		goto fail;
	if (prepare(w->fd, target))
		goto fail;
	if (connect(w->fd, peer, target->peer_len) == 0)
		return 0;
	if (errno == EINPROGRESS && await_connected(w) == 0)
		return 0;
fail:
	error = errno;
	if (w->end == WIRE_OPEN)
		fail(w);
	wire_close(w, false);
	errno = error;
	return -1;
}

void wire_pace(struct wire *w, int64_t rate)
{
	w->rate = rate;
	w->rate_start = clock_us();
	w->rate_count = 0;
}

static int transmit(struct wire *w, const uint8_t *data, size_t len)
{
	while (len && !w->send_errno) {
		ssize_t n = send(w->fd, data, len, MSG_NOSIGNAL);

		if (n >= 0) {
			data += n;
			len -= (size_t)n;
			w->sent += n;
		} else if (errno == EAGAIN) {
			if (await(w, POLLOUT))
				return -1;
		} else if (errno != EINTR) {
			w->send_errno = errno;
		}
	}
	return 0;
}

int wire_pause(struct wire *w)
{
	const int64_t until = clock_us() + w->gap_us;

	if (w->gap_us)
		clock_sleep_until(until < w->deadline ? until : w->deadline);
	return is_late(w) ? -1 : 0;
}

static int transmit_shaped(struct wire *w, const uint8_t *data, size_t len)
{
	if (!w->trickle)
		return transmit(w, data, len);
	for (size_t i = 0; i < len && !w->send_errno; i++) {
		if (transmit(w, data + i, 1) || wire_pause(w))
			return -1;
	}
	return 0;
}

static int hold(struct wire *w, const void *data, size_t len)
{
	if (w->held_size - w->held_len < len) {
		size_t size = (w->held_len + len) * 2;
		uint8_t *held = realloc(w->held, size);

		if (!held) {
			fail(w);
			return -1;
		}
		w->held = held;
		w->held_size = size;
	}
	memcpy(w->held + w->held_len, data, len);
	w->held_len += len;
	return 0;
}

static int flush(struct wire *w)
{
	size_t len = w->held_len;

	w->held_len = 0;
	return len ? transmit_shaped(w, w->held, len) : 0;
}

ssize_t wire_send(struct wire *w, const void *data, size_t len)
{
	const bool cut = w->budget >= 0 && (uint64_t)w->budget <= len;
	const size_t allowed = cut ? (size_t)w->budget : len;

	if (w->fd < 0) {
		errno = ECANCELED;
		return -1;
	}
	if (w->coalesce ? hold(w, data, allowed) : transmit_shaped(w, data, allowed))
		return -1;
	if (w->budget >= 0)
		w->budget -= (int64_t)allowed;
	if (!cut)
		return (ssize_t)len;
	wire_close(w, w->cut_by_rst);
	w->end = WIRE_CUT;
	errno = ECANCELED;
	return -1;
}

/* How much may be received now; sleeps first if that much is not due yet. */
static size_t paced(struct wire *w, size_t len)
{
	int64_t piece = w->rate / PIECES_PER_SECOND;
	int64_t due = w->rate_start + w->rate_count * 1000000 / w->rate;

	if (piece < 1)
		piece = 1;
	if (piece > PIECE_MAX)
		piece = PIECE_MAX;
	clock_sleep_until(due < w->deadline ? due : w->deadline);
	return len < (size_t)piece ? len : (size_t)piece;
}

static void note_end(struct wire *w, ssize_t received)
{
	/*
	 * The kernel reports a reset once. If a send met it, what is received after that is an
	 * end of file that nobody sent.
	 */
	if (received == 0)
		w->end = w->send_errno == ECONNRESET ? WIRE_RST : WIRE_FIN;
	else
		fail(w);
}

ssize_t wire_recv(struct wire *w, void *data, size_t len)
{
	if (w->fd < 0) {
		errno = ECANCELED;
		return -1;
	}
	if (flush(w))
		return -1;
	if (w->rate)
		len = paced(w, len);
	/* The clock is looked at first: a peer that never pauses must not outlast the deadline. */
	while (!is_late(w)) {
		ssize_t n = recv(w->fd, data, len, 0);

		if (n > 0) {
			w->rate_count += n;
			return n;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			if (await(w, POLLIN))
				return -1;
			continue;
		}
		note_end(w, n);
		if (w->end != WIRE_RST)
			return n;
		errno = ECONNRESET;
		return -1;
	}
	return -1;
}

int wire_wait(struct wire *w, unsigned ms)
{
	struct pollfd p = {.fd = w->fd, .events = POLLIN};

	if (w->fd < 0 || flush(w))
		return -1;
	return poll(&p, 1, ms > 60000 ? 60000 : (int)ms);
}

void wire_half_close(struct wire *w)
{
	if (w->fd < 0 || flush(w))
		return;
	shutdown(w->fd, SHUT_WR);
}

void wire_close(struct wire *w, bool rst)
{
	static const struct linger reset = {.l_onoff = 1, .l_linger = 0};

	if (w->fd >= 0) {
		flush(w);
		if (rst)
			setsockopt(w->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		else
			shutdown(w->fd, SHUT_WR);
		close(w->fd);
		w->fd = -1;
	}
	free(w->held);
	w->held = NULL;
	w->held_len = w->held_size = 0;
}
