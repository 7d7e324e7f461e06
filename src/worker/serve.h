/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_SERVE_H
#define SULID_WORKER_SERVE_H

/*
 * The worker: what it was given, what it made of that at start, and the one loop. Nothing is
 * allocated after serve_open, and no state of a connection is here: see conn.h.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/date.h"
#include "base/deadline.h"
#include "base/loop.h"
#include "contract/counters.h"
#include "contract/image.h"

#include "access_log.h"
#include "conn.h"
#include "crew.h"
#include "limit.h"
#include "slab.h"

#define RESERVE       16    /* connections beyond the limit, to answer 503 or 41 with */
#define LOOK_MS       50    /* how often a connection that is ending is looked at */
#define WINDOW_MS     10000 /* a reader's pace is judged over at most this */
#define DRAIN_IDLE_MS 1000  /* how long an idle connection is kept while draining */

/* One list of deadlines per kind: all entries of a list wait equally long. */
enum wait {
	WAIT_FIRST_BYTE,
	WAIT_HEAD,
	WAIT_IDLE,
	WAIT_CREW,
	WAIT_PACE,
	WAIT_LOOK,
	WAIT_COUNT,
};

/* What a connection asks of epoll. */
enum interest {
	INTEREST_NONE = 0, /* errors and hang-up only */
	INTEREST_READ = 1,
	INTEREST_WRITE = 2,
	INTEREST_EDGE = 4, /* only when something changes */
};

/* A plain http listener. */
struct acceptor {
	struct source source;
	struct server *server;
	uint16_t listener; /* index in the image */
};

struct server {
	struct loop loop;
	struct image image;
	struct counters *counters;
	struct access_logs *logs;
	struct slab conns;
	struct slab buffers;
	struct limits limits; /* who has asked how often */
	struct deadline_list waits[WAIT_COUNT];

	struct crew *crew;  /* makes listings */
	uint32_t listings;  /* of them being sent */
	struct source made; /* the crew has something */
	struct source control;
	struct source handoff;
	struct acceptor *acceptors; /* mapped at start */
	uint32_t acceptor_count;
	int null; /* /dev/null, what a root that is gone becomes */

	uint32_t limit;       /* connections; conns has RESERVE more */
	size_t head_limit;    /* bytes of a request head */
	uint16_t stall_limit; /* windows without a byte taken that end a connection */
	int64_t resume_at;    /* when to accept again after a shortage; INT64_MAX: not waiting */
	bool paused;          /* neither listeners nor handoff are looked at */
	bool draining;
	bool outdated;      /* another generation knows who may see what */
	bool handoff_ended; /* nobody is left who could hand over */
	bool ended;         /* the supervisor is gone */
	int status;         /* to exit with */

	uint64_t secret[2];  /* random: for the numbers of requests, and who is where in "limits" */
	int64_t date_second; /* what "date" says */
	char date[DATE_HTTP];
	/* Of the connection that is being handled: */
	char received[BUFFER_SIZE];
	_Alignas(8) char answer[BUFFER_SIZE]; /* its head and page, and the table of parts.h */
};

/*
 * Slabs and lists, as the image's limits and timeouts say. server->image, counters and logs are
 * set. -1 with errno.
 */
int serve_open(struct server *server);

/* Turns until the supervisor is gone, all is drained or epoll fails. Returns the exit status. */
int serve_run(struct server *server);

/* One turn; for serve_run and tests. */
int serve_turn(struct server *server);

/* No more connections are taken on; those there are end as soon as they may. outdated: because
 * another generation has taken over. */
void serve_drain(struct server *server, bool outdated);

/* A zeroed connection in no state for this socket, which it owns from now on; NULL: all are taken.
 */
struct conn *conn_make(struct server *server, int fd);

/* The only change of state: what epoll is asked for and the deadline, which begins anew, follow
 * from it. */
void conn_enter(struct conn *conn, enum conn_state state);

/* Ask epoll for something else within a state. */
void conn_watch(struct conn *conn, unsigned interest);

/* Borrowed buffers, the file and the crew's work go back. */
void conn_release(struct conn *conn);
void conn_close_file(struct conn *conn);

/* A buffer, if need be of the connection that has kept one waiting the longest; NULL: none
 * (counted). */
char *conn_borrow(struct conn *conn);
void conn_return(struct conn *conn, char **buffer);

/* The end, at once. An answer that was not finished is logged as cut. */
void conn_destroy(struct conn *conn);

/* The same with RST: what the peer has is not all. */
void conn_abort(struct conn *conn);

/* Nanoseconds since 1970, a tick old at most; server->date says the same. */
int64_t serve_wall(struct server *server);

/* Two numbers that no other request has, and nobody can guess; the same as long as this one lasts.
 */
void serve_number(const struct conn *conn, uint64_t number[static 2]);

/* CLOCK_MONOTONIC in microseconds. */
int64_t serve_clock_us(void);

#endif
