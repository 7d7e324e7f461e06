/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_CONN_H
#define SULID_WORKER_CONN_H

/*
 * One connection. Everything about it is in its struct conn; the loop has no state of its own.
 *
 *        adopted (admit.c)
 *            │                    ┌───────────────── bytes ─────────────┐
 *        ┌───▼───┐   bytes    ┌───▼──┐ whole head ┌──────┐ keep-alive ┌─┴────┐
 *        │ FIRST ├───────────►│ HEAD ├───────────►│ SEND ├───────────►│ IDLE │
 *        └───┬───┘            └─▲─┬──┘            └─▲─┬─┬┘            └─┬────┘
 *            │                  │ │    whole head   │ │ │               │
 *            │    part of a head│ │          ┌──────┘ │ │               │
 *            │                  │ │       ┌──┴─────┐  │ │               │
 *            │                  └─┼───────┤ QUEUED │◄─┘ │ last answer:  │
 *            │ timeout            │       └────────┘    │ close, error, │ timeout, drain,
 *            │                    │ timeout: 408        │ Gemini        │ peer's end
 *            └──────────────┬─────┴─────────────────────┴───────────────┘
 *                      ┌────▼───┐ close_notify  ┌────────┐
 *                      │ NOTIFY ├──────────────►│ LINGER ├──► destroyed
 *                      └────────┘               └────────┘
 *                     kernel path only
 *
 * WAIT stands between HEAD (or FIRST, IDLE, QUEUED) and SEND where a thread of the crew makes what
 * is to be sent: a listing.
 *
 * An answer that fits the socket's buffer never stops in SEND, and a request that comes in one
 * piece never in HEAD. From every state: EPOLLERR, EPOLLHUP or a failing call destroys the
 * connection at once, and a response cut short by us is an abort (RST, no close_notify).
 *
 *   state   waits for                      deadline                      owns
 *   FIRST   the first byte                 timeouts.first_byte           -
 *   HEAD    the rest of a request head     timeouts.head, from its       in
 *                                          first byte on
 *   SEND    room in the socket             a pace judged by timeouts     in, perhaps out, file
 *                                          .send and limits.min_rate
 *   QUEUED  its turn (socket writable)     as SEND                       in
 *   WAIT    a thread of the crew           timeouts.send: 503            in, a job
 *   IDLE    the next request               timeouts.idle                 -
 *   NOTIFY  room for close_notify          as SEND                       -
 *   LINGER  the peer to take what we sent  as SEND, looked at every      -
 *                                          50 ms
 *
 * serve.c alone changes the state (conn_enter) and destroys (conn_destroy, conn_abort).
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/deadline.h"
#include "base/loop.h"
#include "contract/handoff.h"

#define CONN_SIZE 256 /* bytes, the most that an idle connection costs here */

/* Bytes of one buffer of the second slab: a request head at its longest. */
#define BUFFER_SIZE 8192

struct server;

enum conn_state {
	CONN_FREE, /* not a connection */
	CONN_FIRST,
	CONN_HEAD,
	CONN_SEND,
	CONN_QUEUED,
	CONN_WAIT,
	CONN_IDLE,
	CONN_NOTIFY,
	CONN_LINGER,
	CONN_STATE_COUNT,
};

/* Part of the bytes received, for the access log; length 0: absent. */
struct conn_span {
	uint16_t offset;
	uint16_t length;
};

/* The file that is being sent, as it was when opened. Times in nanoseconds since 1970. */
struct conn_file {
	int64_t offset; /* where in it the next byte to be sent is */
	int64_t size;
	int64_t mtime;
	int64_t ctime;
};

/* The end of the connection. */
struct conn_finish {
	int64_t until; /* loop's clock: how long the peer may still send; 0: it has not yet taken
			  all */
};

/* What a thread makes for it. */
struct conn_wait {
	uint32_t job; /* of the crew */
};

struct conn {
	struct source source;     /* fd: the socket */
	struct deadline deadline; /* in the list of its state */
	struct server *server;
	char *in;  /* borrowed: the request being answered, then what came after it */
	char *out; /* borrowed: an answer's head and page, if the socket did not take all of it */

	union {
		struct conn_file file;     /* SEND, if file_fd >= 0 */
		struct conn_finish finish; /* NOTIFY, LINGER */
		struct conn_wait wait;     /* WAIT */
	};
	int64_t begun_us;   /* CLOCK_MONOTONIC, microseconds: the request's first byte */
	uint32_t window_at; /* loop's clock modulo 2^32: since when the reader's pace is measured */
	uint32_t window_sent; /* bytes given to the kernel since; stays at the highest value */
	int32_t window_queue; /* the kernel's send queue then, bytes */

	uint32_t vhost;        /* the handshake's; IMAGE_NONE on plain http */
	uint32_t answer_vhost; /* the request's, for the log; or IMAGE_NONE */
	uint32_t skip;         /* bytes of a request body that are still to be dropped */
	uint32_t records;      /* TLS records sent, at least; kernel path */
	uint32_t head_us;      /* from the request's first byte to its last, microseconds */
	uint32_t links;        /* of the file, when it was opened */
	int file_fd;           /* of the body; -1: none */
	uint16_t listener;     /* index in the image */
	uint16_t stalled;      /* windows in a row in which the reader took nothing */

	struct conn_span line;
	struct conn_span referer;
	struct conn_span user_agent;
	struct conn_span request_id;
	uint16_t in_length; /* bytes in "in" */
	uint16_t in_used;   /* of those, the request that is being answered */
	uint16_t out_length;
	uint16_t out_sent;
	uint16_t out_head; /* of out_length, the head; the rest is the body */
	uint16_t status;   /* of the answer */

	uint8_t state;        /* enum conn_state */
	uint8_t interest;     /* what epoll is asked for, INTEREST_… of serve.c */
	uint8_t part;         /* of a response in parts, the one that is being sent */
	uint8_t path : 4;     /* enum path */
	uint8_t protocol : 4; /* enum protocol */
	uint8_t version : 4;  /* enum tls_version */
	uint8_t cipher : 4;   /* enum tls_cipher */

	bool resumed : 1;
	bool identified : 1; /* digest, not_before, not_after are the client certificate's */
	bool answering : 1;  /* a request is owed its line in the access log */
	bool close : 1;      /* no further request after this answer */
	bool ended : 1;      /* the peer will send nothing more */
	bool unread : 1;     /* the peer may still be sending something that we did not want */
	bool deaf : 1;       /* the peer wants new keys: never read again */
	bool fresh : 1;      /* the file was opened just now */
	bool edge : 1;       /* epoll called us for what recv says is not there */
	bool refused : 1;    /* there was no room for it; it gets 503 or 41 */
	bool proxied : 1;    /* a PROXY header is still to come */
	bool parted : 1;     /* the response is in parts, see parts.h */
	bool listed : 1;     /* the file is a listing: one of few that may be open */
	bool with_id : 1;    /* the request has an id: request_id, or one of ours */

	struct address peer;
	uint8_t digest[DIGEST_SIZE];
	int64_t not_before; /* Unix time, seconds */
	int64_t not_after;
};

_Static_assert(sizeof(struct conn) <= CONN_SIZE, "struct conn outgrew its size");

/* The connection that a source or a deadline is embedded in. */
static inline struct conn *conn_of_source(struct source *source)
{
	return deadline_owner(source, struct conn, source);
}

static inline struct conn *conn_of_deadline(struct deadline *deadline)
{
	return deadline_owner(deadline, struct conn, deadline);
}

/* Bytes of the body sent so far. */
uint64_t conn_body_sent(const struct conn *conn);

#endif
