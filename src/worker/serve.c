/* SPDX-License-Identifier: ISC */
#include "serve.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

#include "account.h"
#include "admit.h"
#include "finish.h"
#include "intake.h"
#include "listings.h"
#include "mix.h"
#include "pace.h"

#define BUFFERS_LEAST 64
#define BUFFERS_MOST  4096

/* What each state asks for. */
static const struct {
	uint8_t interest;
	uint8_t wait;
} rules[CONN_STATE_COUNT] = {
	[CONN_FIRST] = {INTEREST_READ, WAIT_FIRST_BYTE},
	[CONN_HEAD] = {INTEREST_READ, WAIT_HEAD},
	[CONN_SEND] = {INTEREST_WRITE, WAIT_PACE},
	[CONN_QUEUED] = {INTEREST_WRITE, WAIT_PACE},
	[CONN_WAIT] = {INTEREST_NONE, WAIT_CREW},
	[CONN_IDLE] = {INTEREST_READ, WAIT_IDLE},
	[CONN_NOTIFY] = {INTEREST_WRITE, WAIT_LOOK},
	[CONN_LINGER] = {INTEREST_READ | INTEREST_EDGE, WAIT_LOOK}, /* finish_linger reads all */
};

int64_t serve_clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t serve_wall(struct server *server)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	if (now.tv_sec != server->date_second) {
		server->date_second = now.tv_sec;
		date_http(server->date, now.tv_sec);
	}
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void serve_number(const struct conn *conn, uint64_t number[static 2])
{
	const struct server *server = conn->server;

	for (unsigned i = 0; i < 2; i++)
		number[i] = mix(mix(server->secret[i] + (uint64_t)conn->begun_us) +
				(uint64_t)conn->source.fd);
}

/* ---- a connection's states ---- */

/* RDHUP too: with kTLS a FIN alone is not "readable" (6.12). */
static uint32_t epoll_events(unsigned interest)
{
	return (interest & INTEREST_READ ? EPOLLIN | EPOLLRDHUP : 0u) |
	       (interest & INTEREST_WRITE ? (uint32_t)EPOLLOUT : 0u) |
	       (interest & INTEREST_EDGE ? (uint32_t)EPOLLET : 0u);
}

void conn_watch(struct conn *conn, unsigned interest)
{
	if (conn->interest == interest)
		return;
	conn->interest = (uint8_t)interest;
	loop_change(&conn->server->loop, &conn->source, epoll_events(interest));
}

void conn_enter(struct conn *conn, enum conn_state state)
{
	struct server *server = conn->server;

	assert(state != CONN_FREE);
	conn->state = (uint8_t)state;
	deadline_start(&server->waits[rules[state].wait], &conn->deadline, server->loop.now);
	if (rules[state].interest & INTEREST_WRITE)
		pace_begin(conn);
	conn_watch(conn, rules[state].interest);
}

static void conn_ready(struct source *source, uint32_t events)
{
	struct conn *conn = conn_of_source(source);

	if (events & (EPOLLERR | EPOLLHUP)) {
		conn_destroy(conn);
		return;
	}
	switch ((enum conn_state)conn->state) {
	case CONN_FIRST:
	case CONN_HEAD:
	case CONN_IDLE:
		intake_readable(conn);
		break;
	case CONN_SEND:
		intake_writable(conn);
		break;
	case CONN_QUEUED:
		intake_queued(conn);
		break;
	case CONN_NOTIFY:
		finish_notify(conn);
		break;
	case CONN_LINGER:
		finish_linger(conn);
		break;
	case CONN_WAIT: /* nothing is asked for */
		break;
	case CONN_FREE:
	case CONN_STATE_COUNT:
		assert(false);
	}
}

struct conn *conn_make(struct server *server, int fd)
{
	struct conn *conn = slab_take(&server->conns);

	if (!conn)
		return NULL;
	memset(conn, 0, sizeof *conn);
	conn->server = server;
	conn->file_fd = -1;
	conn->vhost = conn->answer_vhost = IMAGE_NONE;
	conn->source = (struct source){.ready = conn_ready, .fd = fd};
	conn->interest = INTEREST_READ; /* what most begin with */
	if (loop_add(&server->loop, &conn->source, epoll_events(INTEREST_READ)) < 0) {
		log_warn("epoll");
		slab_give(&server->conns, conn);
		return NULL;
	}
	counter_add(server->counters, COUNTER_CONNECTIONS_OPEN, 1);
	return conn;
}

char *conn_borrow(struct conn *conn)
{
	struct server *server = conn->server;
	struct deadline *oldest;
	char *buffer = slab_take(&server->buffers);

	if (buffer)
		return buffer;
	counter_add(server->counters, COUNTER_LIMIT_BUFFERS, 1);
	oldest = deadline_oldest(&server->waits[WAIT_HEAD]);
	if (!oldest || conn_of_deadline(oldest) == conn)
		return NULL;
	finish_begin(conn_of_deadline(oldest));
	return slab_take(&server->buffers);
}

void conn_return(struct conn *conn, char **buffer)
{
	if (*buffer)
		slab_give(&conn->server->buffers, *buffer);
	*buffer = NULL;
}

void conn_release(struct conn *conn)
{
	conn_return(conn, &conn->in);
	conn_return(conn, &conn->out);
	conn_close_file(conn);
	if (conn->state == CONN_WAIT)
		listings_forget(conn);
}

void conn_close_file(struct conn *conn)
{
	if (conn->file_fd >= 0)
		close(conn->file_fd);
	conn->file_fd = -1;
	if (conn->listed)
		conn->server->listings--;
	conn->listed = false;
}

void conn_destroy(struct conn *conn)
{
	struct server *server = conn->server;

	assert(conn->state != CONN_FREE);
	if (conn->answering)
		account_answer(conn, false);
	conn_release(conn);
	deadline_stop(&conn->deadline);
	loop_forget(&server->loop, &conn->source);
	close(conn->source.fd);
	conn->state = CONN_FREE;
	slab_give(&server->conns, conn);
	counter_subtract(server->counters, COUNTER_CONNECTIONS_OPEN, 1);
	admit_resume(server);
}

void conn_abort(struct conn *conn)
{
	static const struct linger reset = {.l_onoff = 1, .l_linger = 0};

	if (conn->answering)
		counter_add(conn->server->counters, COUNTER_RESPONSES_ABORTED, 1);
	/* A relay takes the plain close of its pair for this. */
	if (conn->path != PATH_RELAYED)
		setsockopt(conn->source.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	conn_destroy(conn);
}

/* ---- time ---- */

static void pace_over(struct conn *conn)
{
	struct server *server = conn->server;

	if (!pace_judge(conn)) {
		counter_add(server->counters, COUNTER_TIMEOUT_SEND, 1);
		conn_abort(conn);
		return;
	}
	deadline_start(&server->waits[WAIT_PACE], &conn->deadline, server->loop.now);
	/* Should a change have been missed, it is found now. */
	conn_watch(conn, INTEREST_WRITE);
}

static void wait_over(struct conn *conn, enum wait wait)
{
	struct server *server = conn->server;

	switch (wait) {
	case WAIT_FIRST_BYTE:
		counter_add(server->counters, COUNTER_TIMEOUT_HEAD, 1);
		finish_begin(conn);
		break;
	case WAIT_HEAD:
		counter_add(server->counters, COUNTER_TIMEOUT_HEAD, 1);
		intake_late(conn);
		break;
	case WAIT_IDLE:
		if (!server->draining)
			counter_add(server->counters, COUNTER_TIMEOUT_IDLE, 1);
		finish_begin(conn);
		break;
	case WAIT_CREW:
		listings_forget(conn);
		intake_listed(conn, LISTING_BUSY);
		break;
	case WAIT_PACE:
		pace_over(conn);
		break;
	case WAIT_LOOK:
		deadline_start(&server->waits[WAIT_LOOK], &conn->deadline, server->loop.now);
		finish_look(conn);
		break;
	case WAIT_COUNT:
		assert(false);
	}
}

/* Every branch of wait_over takes the entry out of its list or to its end. */
static void expire(struct server *server)
{
	for (enum wait wait = 0; wait < WAIT_COUNT; wait++) {
		struct deadline *deadline;

		while ((deadline = deadline_expired(&server->waits[wait], server->loop.now)))
			wait_over(conn_of_deadline(deadline), wait);
	}
	if (server->resume_at <= server->loop.now)
		admit_resume(server);
}

/* ---- the loop ---- */

int serve_turn(struct server *server)
{
	int64_t deadline = server->resume_at;

	for (enum wait wait = 0; wait < WAIT_COUNT; wait++)
		deadline = deadline_next(&server->waits[wait], deadline);
	if (loop_turn(&server->loop, deadline) < 0)
		return -1;
	expire(server);
	access_log_flush(server->logs);
	counter_add(server->counters, COUNTER_TURNS, 1);
	return 0;
}

static bool drained(const struct server *server)
{
	return server->draining && server->handoff_ended && server->conns.used == 0;
}

int serve_run(struct server *server)
{
	while (!server->ended && !drained(server)) {
		if (serve_turn(server) < 0) {
			log_error("epoll");
			return EXIT_FAILED;
		}
	}
	access_log_flush(server->logs);
	return server->status;
}

void serve_drain(struct server *server, bool outdated)
{
	struct deadline_list *idle = &server->waits[WAIT_IDLE];

	server->outdated |= outdated;
	if (server->draining)
		return;
	server->draining = true;
	admit_drain(server);
	/* To close them at once would cost each client that is just asking a failed request. */
	idle->length = DRAIN_IDLE_MS;
	for (struct deadline *d = idle->head.next; d != &idle->head; d = d->next)
		d->at = server->loop.now + DRAIN_IDLE_MS;
}

static uint32_t clamp(uint32_t value, uint32_t least, uint32_t most)
{
	return value < least ? least : value > most ? most : value;
}

int serve_open(struct server *server)
{
	const struct image_timeouts *timeouts = &server->image.header->timeouts;
	uint32_t head = server->image.header->limits.head;
	uint32_t send = timeouts->send > 0 ? timeouts->send : 1;
	uint32_t windows = (send + WINDOW_MS - 1) / WINDOW_MS;

	if (windows > UINT16_MAX)
		windows = UINT16_MAX;
	server->head_limit = head < BUFFER_SIZE ? head : BUFFER_SIZE;
	server->stall_limit = (uint16_t)windows;
	server->resume_at = INT64_MAX;
	server->date_second = -1;
	deadline_list_init(&server->waits[WAIT_FIRST_BYTE], timeouts->first_byte);
	deadline_list_init(&server->waits[WAIT_HEAD], timeouts->head);
	deadline_list_init(&server->waits[WAIT_IDLE], timeouts->idle);
	deadline_list_init(&server->waits[WAIT_CREW], send);
	deadline_list_init(&server->waits[WAIT_PACE], (send + windows - 1) / windows);
	deadline_list_init(&server->waits[WAIT_LOOK], LOOK_MS);
	if (slab_open(&server->conns, sizeof(struct conn), server->limit + RESERVE) < 0 ||
		slab_open(&server->buffers, BUFFER_SIZE,
			clamp(server->limit / 4, BUFFERS_LEAST, BUFFERS_MOST)) < 0)
		return -1;
	if (getrandom(server->secret, sizeof server->secret, 0) != sizeof server->secret ||
		limit_open(&server->limits, &server->image, server->secret) < 0 ||
		loop_open(&server->loop) < 0)
		return -1;
	return listings_open(server);
}
