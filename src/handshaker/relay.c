/* SPDX-License-Identifier: ISC */
#include "relay.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define TURN_PIECES  4     /* buffers moved each way before others have their turn */
#define PAIR_BUFFER  65536 /* bytes each way that the kernel holds between worker and relay */
#define WATCH_MS     50    /* between two looks at one that ends */
#define LINGER_MS    2000  /* for the client to end its sending when it has everything */
#define DISCARD_SIZE 4096

enum state {
	RELAY_WAITING, /* for relay_start */
	RELAY_MOVING,
	RELAY_CLOSING, /* the worker has finished: flush, then close_notify */
	RELAY_LEAVING, /* close_notify is sent: read and discard until the client has everything */
};

struct buffer {
	size_t from; /* first byte not yet passed on */
	size_t to;
	uint8_t bytes[RELAY_BUFFER];
};

struct relay {
	struct relays *relays;
	enum state state;
	struct source client;
	struct source worker;
	SSL *ssl;
	uint32_t client_events; /* what epoll was asked for */
	uint32_t worker_events;
	bool half_close;
	bool half_closed;  /* the worker was told that the client sends no more */
	bool client_ended; /* its close_notify or FIN was read */
	bool client_spoke; /* at least a byte */
	bool worker_ended; /* it sends no more; what it has sent may still be in the pair */
	bool worker_deaf;  /* it takes no more bytes */
	bool worker_hung;  /* epoll would tell for ever: it is read from without being told */
	bool wants_write;  /* OpenSSL waits for room in the client's socket */
	struct deadline deadline;
	int64_t changed;    /* when the last progress was seen, while ending */
	size_t left;        /* what was not acknowledged then */
	struct buffer up;   /* client to worker */
	struct buffer down; /* worker to client */
};

/* ---- the end -------------------------------------------------------------------------------- */

static void destroy(struct relay *relay, bool reset)
{
	struct relays *relays = relay->relays;
	struct linger abort = {.l_onoff = 1, .l_linger = 0};

	deadline_stop(&relay->deadline);
	if (relay->state != RELAY_WAITING) {
		loop_forget(relays->loop, &relay->client);
		loop_forget(relays->loop, &relay->worker);
	}
	/* Best effort: without it the client gets FIN or RST as the kernel finds fit. */
	if (reset)
		setsockopt(relay->client.fd, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
	SSL_free(relay->ssl);
	close(relay->client.fd);
	close(relay->worker.fd);
	relays->open--;
	counter_subtract(relays->counters, COUNTER_RELAYED_OPEN, 1);
	free(relay);
}

/* A reset has ended it: nothing of what is queued will ever be sent, though SIOCOUTQ goes on
 * counting it. */
static bool client_is_gone(const struct relay *relay)
{
	struct tcp_info info;
	socklen_t size = sizeof info;

	return getsockopt(relay->client.fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
	       info.tcpi_state == TCP_CLOSE;
}

/* What the client has not acknowledged, and what has not even been sent; all of it, once the worker
 * has finished. */
static size_t undelivered(const struct relay *relay)
{
	int queued = 0, waiting = 0;

	if (ioctl(relay->client.fd, SIOCOUTQ, &queued) < 0 || client_is_gone(relay))
		queued = 0;
	if (ioctl(relay->worker.fd, SIOCINQ, &waiting) < 0)
		waiting = 0;
	return (size_t)queued + (size_t)waiting + (relay->down.to - relay->down.from);
}

static void watch(struct relay *relay)
{
	deadline_start(&relay->relays->watched, &relay->deadline, relay->relays->loop->now);
}

/* From now on the client's progress is ours to look after. */
static void begin_watching(struct relay *relay)
{
	relay->worker_ended = true;
	relay->changed = relay->relays->loop->now;
	relay->left = undelivered(relay);
	watch(relay);
}

static void begin_closing(struct relay *relay)
{
	relay->state = RELAY_CLOSING;
	if (!relay->worker_ended)
		begin_watching(relay);
}

/* Progress counts, not time: a slow reader may take long for what is queued. */
static void look_after(struct relay *relay)
{
	int64_t now = relay->relays->loop->now;
	size_t left = undelivered(relay);
	int64_t patience = relay->relays->stall;

	if (left != relay->left) {
		relay->left = left;
		relay->changed = now;
	}
	if (relay->state == RELAY_LEAVING && left == 0) {
		if (relay->client_ended) {
			destroy(relay, false);
			return;
		}
		patience = LINGER_MS < patience ? LINGER_MS : patience;
	}
	if (now - relay->changed >= patience) {
		destroy(relay, left > 0);
		return;
	}
	watch(relay);
}

/* ---- moving bytes --------------------------------------------------------------------------- */

enum outcome {
	MOVED,   /* something, there may be more */
	BLOCKED, /* an event will tell */
	BROKEN,  /* the connection to the client, or it is aborted: destroy it */
};

/* After SSL_read, SSL_write or SSL_shutdown: BLOCKED, BROKEN, or MOVED for the peer's orderly end.
 */
static enum outcome tls_outcome(struct relay *relay, int result)
{
	switch (SSL_get_error(relay->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return BLOCKED;
	case SSL_ERROR_WANT_WRITE:
		relay->wants_write = true;
		return BLOCKED;
	case SSL_ERROR_ZERO_RETURN:
		return MOVED;
	default:
		ERR_clear_error();
		return BROKEN;
	}
}

static bool worker_hung_up(const struct relay *relay)
{
	struct pollfd look = {.fd = relay->worker.fd};

	return poll(&look, 1, 0) < 0 || (look.revents & POLLHUP);
}

/* The client sends no more. */
static enum outcome end_of_client(struct relay *relay)
{
	relay->client_ended = true;
	if (!relay->client_spoke) {
		/* Nothing was asked for, and nothing will be. */
		begin_closing(relay);
		return BLOCKED;
	}
	/* Of a worker that has hung up already it is known that it was an abort. */
	if (relay->half_close && !worker_hung_up(relay) && shutdown(relay->worker.fd, SHUT_WR) == 0)
		relay->half_closed = true;
	return BLOCKED;
}

static enum outcome read_client(struct relay *relay)
{
	int n;

	ERR_clear_error();
	n = SSL_read(relay->ssl, relay->up.bytes, sizeof relay->up.bytes);
	if (n <= 0) {
		enum outcome outcome = tls_outcome(relay, n);

		return outcome == MOVED ? end_of_client(relay) : outcome;
	}
	relay->client_spoke = true;
	relay->up.from = 0;
	relay->up.to = (size_t)n;
	return MOVED;
}

static enum outcome write_worker(struct relay *relay)
{
	struct buffer *up = &relay->up;
	ssize_t n;

	if (!relay->worker_deaf) {
		n = send(relay->worker.fd, up->bytes + up->from, up->to - up->from, MSG_NOSIGNAL);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return BLOCKED;
		if (n >= 0) {
			up->from += (size_t)n;
			return MOVED;
		}
		/* It has closed, and what it said before that is still to be read. */
		relay->worker_deaf = true;
	}
	up->from = up->to;
	return MOVED;
}

/* Client to worker, one step. */
static enum outcome step_up(struct relay *relay)
{
	if (relay->up.from < relay->up.to)
		return write_worker(relay);
	if (relay->client_ended || relay->state != RELAY_MOVING)
		return BLOCKED;
	return read_client(relay);
}

static enum outcome end_of_worker(struct relay *relay)
{
	if (!relay->half_closed && worker_hung_up(relay))
		return BROKEN;
	begin_closing(relay);
	return MOVED;
}

static enum outcome read_worker(struct relay *relay)
{
	ssize_t n = recv(relay->worker.fd, relay->down.bytes, sizeof relay->down.bytes, 0);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? BLOCKED : BROKEN;
	if (n == 0)
		return end_of_worker(relay);
	relay->down.from = 0;
	relay->down.to = (size_t)n;
	return MOVED;
}

static enum outcome write_client(struct relay *relay)
{
	struct buffer *down = &relay->down;
	int n;

	ERR_clear_error();
	n = SSL_write(relay->ssl, down->bytes + down->from, (int)(down->to - down->from));
	if (n <= 0)
		return tls_outcome(relay, n) == BLOCKED ? BLOCKED : BROKEN;
	down->from += (size_t)n;
	return MOVED;
}

/* Everything is flushed: close_notify, then FIN. */
static enum outcome say_goodbye(struct relay *relay)
{
	int result;

	ERR_clear_error();
	result = SSL_shutdown(relay->ssl);
	if (result < 0 && tls_outcome(relay, result) != MOVED)
		return relay->wants_write ? BLOCKED : BROKEN;
	if (shutdown(relay->client.fd, SHUT_WR) < 0)
		return BROKEN;
	relay->state = RELAY_LEAVING;
	return MOVED;
}

/* What a client sends after the worker has finished is nobody's; unread, it would make close() send
 * RST. */
static enum outcome discard_client(struct relay *relay)
{
	uint8_t bytes[DISCARD_SIZE];
	ssize_t n;

	if (relay->client_ended)
		return BLOCKED;
	n = recv(relay->client.fd, bytes, sizeof bytes, 0);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? BLOCKED : BROKEN;
	if (n > 0)
		return MOVED;
	relay->client_ended = true;
	return BLOCKED;
}

/* Worker to client, one step. */
static enum outcome step_down(struct relay *relay)
{
	if (relay->down.from < relay->down.to)
		return write_client(relay);
	switch (relay->state) {
	case RELAY_MOVING:
		return read_worker(relay);
	case RELAY_CLOSING:
		return say_goodbye(relay);
	default:
		return discard_client(relay);
	}
}

/* ---- events --------------------------------------------------------------------------------- */

static bool apply(struct relay *relay, struct source *source, uint32_t *is, uint32_t wanted)
{
	if (*is == wanted)
		return true;
	*is = wanted;
	return loop_change(relay->relays->loop, source, wanted) == 0;
}

/* Ask for exactly what can make progress: a level-triggered event that nobody wants spins. */
static bool choose_events(struct relay *relay)
{
	bool up_full = relay->up.from < relay->up.to, down_full = relay->down.from < relay->down.to;
	uint32_t client = 0, worker = 0;

	if (relay->wants_write || down_full || relay->state == RELAY_CLOSING ||
		(relay->worker_hung && relay->state == RELAY_MOVING))
		client |= EPOLLOUT;

	if (!relay->client_ended &&
		(relay->state == RELAY_LEAVING || (relay->state == RELAY_MOVING && !up_full)))
		client |= EPOLLIN;
	if (relay->state == RELAY_MOVING && !down_full)
		worker |= EPOLLIN;
	if (relay->state == RELAY_MOVING && up_full)
		worker |= EPOLLOUT;
	if (!relay->worker_ended)
		worker |= EPOLLRDHUP;
	return apply(relay, &relay->client, &relay->client_events, client) &&
	       (relay->worker_hung || apply(relay, &relay->worker, &relay->worker_events, worker));
}

static void move(struct relay *relay)
{
	enum outcome up = MOVED, down = MOVED;

	relay->wants_write = false;
	for (int i = 0; i < 2 * TURN_PIECES && (up == MOVED || down == MOVED); i++) {
		if (up == MOVED)
			up = step_up(relay);
		if (down == MOVED && up != BROKEN)
			down = step_down(relay);
		if (up == BROKEN || down == BROKEN) {
			destroy(relay, true);
			return;
		}
	}
	if (relay->state == RELAY_LEAVING && relay->client_ended) {
		/* Both sides have said FIN: epoll would tell for ever. What is still on its way is
		 * looked after by the clock. */
		if (undelivered(relay) == 0) {
			destroy(relay, false);
			return;
		}
		loop_forget(relay->relays->loop, &relay->client);
		loop_forget(relay->relays->loop, &relay->worker);
		return;
	}
	if (!choose_events(relay))
		destroy(relay, true);
}

static void client_ready(struct source *source, uint32_t events)
{
	struct relay *relay = deadline_owner(source, struct relay, client);

	/* HUP is both directions: RST, or our FIN and theirs. Only the latter is an orderly end. */
	if ((events & EPOLLERR) || ((events & EPOLLHUP) && relay->state != RELAY_LEAVING)) {
		destroy(relay, true);
		return;
	}
	move(relay);
}

static void worker_ready(struct source *source, uint32_t events)
{
	struct relay *relay = deadline_owner(source, struct relay, worker);

	/* Hung up while its last bytes cannot be passed on yet: an abort, unless it may be the end
	 * of one that was told to finish. */
	if ((events & (EPOLLHUP | EPOLLERR)) && !(relay->worker_events & EPOLLIN)) {
		if (relay->state == RELAY_MOVING && !relay->half_closed) {
			destroy(relay, true);
			return;
		}
		loop_forget(relay->relays->loop, source);
		relay->worker_hung = true;
	}
	if ((events & (EPOLLRDHUP | EPOLLHUP)) && !relay->worker_ended)
		begin_watching(relay);
	move(relay);
}

/* ---- interface ------------------------------------------------------------------------------ */

void relays_init(struct relays *relays, struct loop *loop, struct counters *counters,
	uint32_t limit, uint32_t stall)
{
	*relays =
		(struct relays){.loop = loop, .counters = counters, .limit = limit, .stall = stall};
	deadline_list_init(&relays->watched, WATCH_MS);
}

static struct relay *allocate(struct relays *relays, int pair[2])
{
	struct relay *relay;
	int size = PAIR_BUFFER;

	if (relays->open >= relays->limit) {
		counter_add(relays->counters, COUNTER_LIMIT_RELAYED, 1);
		errno = EDQUOT;
		return NULL;
	}
	relay = malloc(sizeof *relay);
	if (!relay)
		return NULL;
	memset(relay, 0, offsetof(struct relay, up));
	relay->up.from = relay->up.to = relay->down.from = relay->down.to = 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0) {
		free(relay);
		return NULL;
	}
	/* As good as it gets; the default works too. */
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	return relay;
}

struct relay *relay_open(struct relays *relays, SSL *ssl, int client, bool half_close, int *worker)
{
	int pair[2];
	struct relay *relay = allocate(relays, pair);

	if (!relay) {
		int error = errno;

		SSL_free(ssl);
		close(client);
		errno = error;
		return NULL;
	}
	relay->relays = relays;
	relay->ssl = ssl;
	relay->client = (struct source){.ready = client_ready, .fd = client};
	relay->worker = (struct source){.ready = worker_ready, .fd = pair[0]};
	relay->half_close = half_close;
	*worker = pair[1];
	relays->open++;
	counter_add(relays->counters, COUNTER_RELAYED_OPEN, 1);
	return relay;
}

void relay_start(struct relay *relay)
{
	struct loop *loop = relay->relays->loop;

	if (loop_add(loop, &relay->client, 0) < 0 || loop_add(loop, &relay->worker, 0) < 0) {
		destroy(relay, true);
		return;
	}
	relay->state = RELAY_MOVING;
	/* The request may be in the SSL object already: no event would tell. */
	move(relay);
}

void relay_drop(struct relay *relay)
{
	destroy(relay, true);
}

void relays_expire(struct relays *relays)
{
	struct deadline *expired;

	while ((expired = deadline_expired(&relays->watched, relays->loop->now)) != NULL)
		look_after(deadline_owner(expired, struct relay, deadline));
}

int64_t relays_deadline(const struct relays *relays, int64_t than)
{
	return deadline_next(&relays->watched, than);
}
