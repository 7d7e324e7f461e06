/* SPDX-License-Identifier: ISC */
#include "handshake.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/proxy.h"

#define FIRSTS_PER_TURN 16 /* they are the dear ones: others must not wait for many */
#define RETRY_MS        50 /* for a handoff of which epoll does not tell when it can be */
#define DISCARD_PIECES  8
#define DISCARD_SIZE    4096
/* A header that is not yet whole stays in the socket: only what is new may wake us. */
#define HEADER_EVENTS (EPOLLIN | EPOLLET)

struct handshake {
	struct handshakes *all;
	struct source source;
	struct deadline deadline;
	struct handshake *next; /* in a queue */
	bool queued;
	enum handshake_state state;
	SSL *ssl; /* NULL before the first byte */
	uint32_t listener;
	bool attached;
	uint32_t events;  /* what epoll was asked for */
	uint64_t written; /* bytes of our flights */
	int64_t began_us;
	struct address peer;
	struct address local;
	union {
		struct negotiation negotiation; /* HEADER, FIRST, SECOND */
		struct parcel parcel;           /* PACKED */
	};
};

static int64_t clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- queues --------------------------------------------------------------------------------- */

static void queue_init(struct handshake_queue *queue)
{
	queue->first = NULL;
	queue->end = &queue->first;
}

static void queue_add(struct handshake *handshake)
{
	struct handshake_queue *queue = &handshake->all->queues[handshake->state];

	if (handshake->queued)
		return;
	handshake->queued = true;
	handshake->next = NULL;
	*queue->end = handshake;
	queue->end = &handshake->next;
}

static struct handshake *queue_take(struct handshake_queue *queue)
{
	struct handshake *handshake = queue->first;

	if (!handshake)
		return NULL;
	queue->first = handshake->next;
	if (!queue->first)
		queue->end = &queue->first;
	handshake->queued = false;
	return handshake;
}

/* Only one that ends while others are looked at is not at the head. */
static void queue_remove(struct handshake *handshake)
{
	struct handshake_queue *queue = &handshake->all->queues[handshake->state];
	struct handshake **place = &queue->first;

	if (!handshake->queued)
		return;
	while (*place != handshake)
		place = &(*place)->next;
	*place = handshake->next;
	if (!*place)
		queue->end = place;
	handshake->queued = false;
}

/* ---- the end -------------------------------------------------------------------------------- */

/* Its memory; ssl, socket and parcel are somebody else's by now. */
static void release(struct handshake *handshake)
{
	struct handshakes *all = handshake->all;

	deadline_stop(&handshake->deadline);
	queue_remove(handshake);
	if (handshake->state != HANDSHAKE_PACKED)
		secrets_wipe(&handshake->negotiation.secrets);
	all->open--;
	counter_subtract(all->counters, COUNTER_HANDSHAKES_OPEN, 1);
	free(handshake);
}

/*
 * Our alert may be on its way. Bytes of the client's that nobody has read would make close() send
 * RST, which overtakes it.
 */
static void discard_input(int socket)
{
	uint8_t bytes[DISCARD_SIZE];

	for (int i = 0; i < DISCARD_PIECES; i++)
		if (recv(socket, bytes, sizeof bytes, MSG_DONTWAIT) <= 0)
			return;
}

static void close_handshake(struct handshake *handshake, enum counter outcome)
{
	counter_add(handshake->all->counters, outcome, 1);
	loop_forget(handshake->all->loop, &handshake->source);
	SSL_free(handshake->ssl);
	discard_input(handshake->source.fd);
	close(handshake->source.fd);
	release(handshake);
}

static void fail(struct handshake *handshake, const char *reason)
{
	char peer[ADDRESS_TEXT];

	address_format(&handshake->peer, peer);
	log_debug("handshake with %s failed: %s", peer, reason);
	close_handshake(handshake, COUNTER_HANDSHAKES_FAILED);
}

static void fail_by_openssl(struct handshake *handshake, int error)
{
	unsigned long code = ERR_peek_error();
	const char *words = code != 0 ? ERR_reason_error_string(code) : NULL;

	/* Of the ClientHello's callback OpenSSL says only that it failed. */
	if (handshake->negotiation.vhost == IMAGE_NONE &&
		ERR_GET_REASON(code) == SSL_R_CALLBACK_FAILED)
		words = "no virtual host here has the name it asks for";
	if (!words)
		words = error == SSL_ERROR_SYSCALL && errno != 0 ? strerror(errno)
								 : "the client went away";
	fail(handshake, words);
	ERR_clear_error();
}

/* ---- the end of a good one ------------------------------------------------------------------ */

static void channel_ready(struct source *source, uint32_t events)
{
	struct handshakes *all = deadline_owner(source, struct handshakes, channel);

	(void)events;
	/* Once is enough: handshakes_work tries, and asks again if it is still full. */
	loop_forget(all->loop, source);
	all->channel_watched = false;
	all->retry = all->loop->now;
}

/* The workers are behind: keep those that are done until they take them. */
static void wait_for_workers(struct handshakes *all)
{
	all->retry = INT64_MAX;
	if (errno == EAGAIN && !all->channel_watched &&
		loop_add(all->loop, &all->channel, EPOLLOUT) == 0)
		all->channel_watched = true;
	if (!all->channel_watched)
		all->retry = all->loop->now + RETRY_MS;
}

static bool can_wait(int error)
{
	return error == EAGAIN || error == ENOBUFS;
}

static void report_lost(void)
{
	static struct log_limit limit;
	unsigned long more;

	if (log_allowed(&limit, 10, &more))
		log_warn("no worker can be given a connection (and %lu more before it)", more);
}

/* Give it away. false: the queue is full, and it is as it was. */
static bool deliver(struct handshake *handshake)
{
	struct handoff *record = &handshake->parcel.record;

	record->handshake_us = (uint64_t)(clock_us() - handshake->began_us);
	if (transfer_send(handshake->all->transfer, &handshake->parcel) < 0) {
		if (can_wait(errno))
			return false;
		report_lost();
		transfer_drop(&handshake->parcel);
	}
	release(handshake);
	return true;
}

static void finish(struct handshake *handshake)
{
	struct handshakes *all = handshake->all;
	struct parcel parcel;
	bool packed;

	if (!contexts_session_belongs(handshake->ssl)) {
		fail(handshake, "it resumed a session of another virtual host");
		return;
	}
	counter_add(all->counters,
		SSL_session_reused(handshake->ssl) ? COUNTER_HANDSHAKES_RESUMED
						   : COUNTER_HANDSHAKES_FULL,
		1);
	/* The worker will hold this socket: closing it here would not take it out of epoll. */
	loop_forget(all->loop, &handshake->source);
	deadline_stop(&handshake->deadline);
	queue_remove(handshake);
	packed = transfer_pack(all->transfer, handshake->ssl, handshake->source.fd,
		handshake->attached, &handshake->negotiation, &parcel);
	handshake->ssl = NULL;
	if (!packed) {
		release(handshake);
		return;
	}
	parcel.record.peer = handshake->peer;
	parcel.record.local = handshake->local;
	handshake->parcel = parcel;
	handshake->state = HANDSHAKE_PACKED;
	/* In order: those that wait already go first. */
	if (!all->queues[HANDSHAKE_PACKED].first && deliver(handshake))
		return;
	if (!all->queues[HANDSHAKE_PACKED].first)
		wait_for_workers(all);
	queue_add(handshake);
}

/* ---- a step --------------------------------------------------------------------------------- */

/* false: it is gone. */
static bool watch(struct handshake *handshake, uint32_t events)
{
	if (handshake->events == events)
		return true;
	handshake->events = events;
	if (loop_change(handshake->all->loop, &handshake->source, events) == 0)
		return true;
	fail(handshake, strerror(errno));
	return false;
}

/* false: it is gone. */
static bool wait_for_client(struct handshake *handshake, uint32_t events)
{
	struct handshakes *all = handshake->all;
	uint64_t written = BIO_number_written(SSL_get_wbio(handshake->ssl));

	if (!watch(handshake, events))
		return false;
	if (written != handshake->written) {
		/* We have sent a flight. */
		handshake->written = written;
		handshake->state = HANDSHAKE_SECOND;
		deadline_start(&all->waiting, &handshake->deadline, loop_clock());
	}
	return true;
}

static bool begin_tls(struct handshake *handshake)
{
	handshake->ssl = contexts_begin(
		handshake->all->contexts, &handshake->negotiation, handshake->listener);
	handshake->negotiation.local = handshake->local;
	return handshake->ssl && SSL_set_fd(handshake->ssl, handshake->source.fd) == 1;
}

/* Read what there is and answer it. The handshake is not in a queue. true: it goes on waiting for
 * its client; else it is done, or gone. */
static bool step(struct handshake *handshake)
{
	int result, error;

	if (!handshake->ssl && !begin_tls(handshake)) {
		fail(handshake, "out of memory");
		return false;
	}
	ERR_clear_error();
	errno = 0;
	result = SSL_do_handshake(handshake->ssl);
	if (result == 1) {
		finish(handshake);
		return false;
	}
	error = SSL_get_error(handshake->ssl, result);
	switch (error) {
	case SSL_ERROR_WANT_READ:
		return wait_for_client(handshake, EPOLLIN);
	case SSL_ERROR_WANT_WRITE:
		return wait_for_client(handshake, EPOLLOUT);
	default:
		fail_by_openssl(handshake, error);
		return false;
	}
}

/* ---- the PROXY header ----------------------------------------------------------------------- */

/* Its network is listed, so this is a matter of two configurations, and no stranger's doing. */
static void report_no_header(const struct handshake *handshake)
{
	static struct log_limit limit;
	unsigned long more;
	char peer[ADDRESS_TEXT];

	counter_add(handshake->all->counters, COUNTER_PROXY_BAD, 1);
	if (!log_allowed(&limit, 10, &more))
		return;
	address_format(&handshake->peer, peer);
	log_warnx("%s is in a network of \"proxy\", but a connection of its began without a PROXY "
		  "header (and %lu more before it)",
		peer, more);
}

static void refuse(struct handshake *handshake, int error)
{
	if (error == 0) {
		report_no_header(handshake);
		fail(handshake, "it began without a PROXY header");
	} else {
		/* Balancers also connect just to see whether we are there. */
		fail(handshake, strerror(error));
	}
}

/* The handshake is not in a queue. false: it is gone; else it goes on waiting, for the header or
 * for a ClientHello. */
static bool take_header(struct handshake *handshake)
{
	struct address client;

	switch (proxy_receive(handshake->source.fd, &client)) {
	case PROXY_INCOMPLETE:
		return true;
	case PROXY_BAD:
		refuse(handshake, errno);
		return false;
	case PROXY_GOOD:
		break;
	}
	if (client.family != 0)
		handshake->peer = client;
	handshake->state = HANDSHAKE_FIRST;
	/* Of a ClientHello that is there already epoll tells in the next turn. */
	return watch(handshake, EPOLLIN);
}

static bool begins_with_header(
	const struct image *image, uint32_t listener, const struct address *peer)
{
	return image_find_network(image, image->listeners[listener].proxy, peer) != NULL;
}

/* ---- interface ------------------------------------------------------------------------------ */

/* Its time is over: read once more what may have come while we were busy, and end it if that was no
 * flight. */
static void last_chance(struct handshake *handshake, enum counter outcome)
{
	queue_remove(handshake);
	deadline_stop(&handshake->deadline);
	if (handshake->state == HANDSHAKE_HEADER && !take_header(handshake))
		return;
	if (handshake->state == HANDSHAKE_HEADER) {
		if (outcome == COUNTER_HANDSHAKES_TIMEOUT)
			report_no_header(handshake);
	} else if (!step(handshake) || handshake->deadline.next) {
		return;
	}
	close_handshake(handshake, outcome);
}

static void ready(struct source *source, uint32_t events)
{
	struct handshake *handshake = deadline_owner(source, struct handshake, source);

	(void)events;
	queue_add(handshake);
}

void handshakes_init(struct handshakes *handshakes, struct loop *loop, struct counters *counters,
	const struct contexts *contexts, const struct transfer *transfer, uint32_t timeout)
{
	memset(handshakes, 0, sizeof *handshakes);
	handshakes->loop = loop;
	handshakes->counters = counters;
	handshakes->contexts = contexts;
	handshakes->transfer = transfer;
	handshakes->channel = (struct source){.ready = channel_ready, .fd = transfer->channel};
	handshakes->retry = INT64_MAX;
	deadline_list_init(&handshakes->waiting, timeout);
	for (int state = 0; state < HANDSHAKE_STATES; state++)
		queue_init(&handshakes->queues[state]);
}

void handshake_open(struct handshakes *handshakes, int socket, uint32_t listener,
	const struct address *peer, bool attached)
{
	struct handshake *handshake = calloc(1, sizeof *handshake);
	struct sockaddr_storage local;
	socklen_t length = sizeof local;

	if (!handshake || getsockname(socket, (struct sockaddr *)&local, &length) < 0)
		goto fail;
	handshake->all = handshakes;
	handshake->source = (struct source){.ready = ready, .fd = socket};
	handshake->listener = listener;
	handshake->attached = attached;
	handshake->state = HANDSHAKE_FIRST;
	handshake->events = EPOLLIN;
	if (begins_with_header(handshakes->contexts->image, listener, peer)) {
		handshake->state = HANDSHAKE_HEADER;
		handshake->events = HEADER_EVENTS;
	}
	handshake->began_us = clock_us();
	handshake->peer = *peer;
	handshake->local = address_from_sockaddr(&local);
	if (loop_add(handshakes->loop, &handshake->source, handshake->events) < 0)
		goto fail;
	handshakes->open++;
	counter_add(handshakes->counters, COUNTER_HANDSHAKES_OPEN, 1);
	deadline_start(&handshakes->waiting, &handshake->deadline, handshakes->loop->now);
	return;
fail:
	counter_add(handshakes->counters, COUNTER_HANDSHAKES_FAILED, 1);
	close(socket);
	free(handshake);
}

static void deliver_packed(struct handshakes *handshakes)
{
	struct handshake_queue *queue = &handshakes->queues[HANDSHAKE_PACKED];

	if (!queue->first || handshakes->loop->now < handshakes->retry)
		return;
	handshakes->retry = INT64_MAX;
	while (queue->first) {
		struct handshake *handshake = queue->first;

		/* Out of the queue first: it ends if it is taken. */
		queue_take(queue);
		if (deliver(handshake))
			continue;
		handshake->queued = true;
		handshake->next = queue->first;
		if (!queue->first)
			queue->end = &handshake->next;
		queue->first = handshake;
		wait_for_workers(handshakes);
		return;
	}
}

static void expire(struct handshakes *handshakes)
{
	struct deadline *expired;

	while ((expired = deadline_expired(&handshakes->waiting, handshakes->loop->now)) != NULL)
		last_chance(deadline_owner(expired, struct handshake, deadline),
			COUNTER_HANDSHAKES_TIMEOUT);
}

void handshakes_work(struct handshakes *handshakes)
{
	struct handshake *handshake;

	deliver_packed(handshakes);
	while ((handshake = queue_take(&handshakes->queues[HANDSHAKE_SECOND])) != NULL)
		step(handshake);
	while ((handshake = queue_take(&handshakes->queues[HANDSHAKE_HEADER])) != NULL)
		take_header(handshake);
	/* The rest keeps its places: epoll tells of it again, which is not needed. */
	for (int i = 0; i < FIRSTS_PER_TURN; i++) {
		handshake = queue_take(&handshakes->queues[HANDSHAKE_FIRST]);
		if (!handshake)
			break;
		step(handshake);
	}
	expire(handshakes);
}

bool handshakes_held(const struct handshakes *handshakes)
{
	return handshakes->queues[HANDSHAKE_PACKED].first != NULL;
}

int64_t handshakes_waiting_since(const struct handshakes *handshakes)
{
	const struct deadline *oldest = deadline_oldest(&handshakes->waiting);

	return oldest ? oldest->at - handshakes->waiting.length : INT64_MAX;
}

void handshakes_abandon_oldest(struct handshakes *handshakes)
{
	struct deadline *oldest = deadline_oldest(&handshakes->waiting);

	if (oldest)
		last_chance(deadline_owner(oldest, struct handshake, deadline),
			COUNTER_HANDSHAKES_ABANDONED);
}

int64_t handshakes_deadline(const struct handshakes *handshakes, int64_t than)
{
	than = deadline_next(&handshakes->waiting, than);
	/* Firsts that were put off want another turn at once. */
	if (handshakes->queues[HANDSHAKE_FIRST].first)
		return handshakes->loop->now;
	return handshakes->queues[HANDSHAKE_PACKED].first && handshakes->retry < than
		       ? handshakes->retry
		       : than;
}
