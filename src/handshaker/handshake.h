/* SPDX-License-Identifier: ISC */
#ifndef SULID_HANDSHAKER_HANDSHAKE_H
#define SULID_HANDSHAKER_HANDSHAKE_H

/*
 * Handshakes in progress, from the accepted socket to the worker.
 *
 *   HANDSHAKE_HEADER  waiting for the PROXY header that all connections of its network begin with
 *   HANDSHAKE_FIRST   waiting for a ClientHello; there is no SSL object before its first byte
 *   HANDSHAKE_SECOND  we have answered, and wait for the client's second flight
 *   HANDSHAKE_PACKED  done, but the queue to the workers is full
 *
 * The clock of a handshake runs only while we wait for its client: it starts anew with each flight
 * that we have sent (three at most), never with bytes that complete no flight. A PROXY header is
 * none: it and the ClientHello have to come in the time of one.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/deadline.h"
#include "base/loop.h"
#include "contract/counters.h"

#include "contexts.h"
#include "transfer.h"

enum handshake_state {
	HANDSHAKE_HEADER,
	HANDSHAKE_FIRST,
	HANDSHAKE_SECOND,
	HANDSHAKE_PACKED,
	HANDSHAKE_STATES,
};

struct handshake; /* one of them */

/* A queue of those that are to be looked at in this turn, or that wait for the workers. */
struct handshake_queue {
	struct handshake *first;
	struct handshake **end;
};

struct handshakes {
	struct loop *loop;
	struct counters *counters;
	const struct contexts *contexts;
	const struct transfer *transfer;
	uint32_t open;                                   /* all of them */
	struct deadline_list waiting;                    /* for their clients */
	struct handshake_queue queues[HANDSHAKE_STATES]; /* PACKED: held; the others: ready */
	struct source channel;                           /* the handoff, while it is full */
	bool channel_watched;
	int64_t retry; /* when to try the handoff again; INT64_MAX: not by the clock */
};

/* timeout: milliseconds for each flight of a client. */
void handshakes_init(struct handshakes *handshakes, struct loop *loop, struct counters *counters,
	const struct contexts *contexts, const struct transfer *transfer, uint32_t timeout);

/* A connection that was accepted on a listener of the image; takes the socket. peer is its address,
 * which a PROXY header may replace by that of the client; attached: TCP_ULP is set. */
void handshake_open(struct handshakes *handshakes, int socket, uint32_t listener,
	const struct address *peer, bool attached);

/* Work of a turn: second flights, PROXY headers, then some of the first flights, then what has
 * expired or waits for the workers. */
void handshakes_work(struct handshakes *handshakes);

/* Are workers behind, so that nobody should be accepted? */
bool handshakes_held(const struct handshakes *handshakes);

/* When the one that has waited longest for its client began to; INT64_MAX if none waits. */
int64_t handshakes_waiting_since(const struct handshakes *handshakes);

/* End that one to make room, unless its client has answered meanwhile. */
void handshakes_abandon_oldest(struct handshakes *handshakes);

/* When handshakes_work wants to be called without an event, or "than" if that is earlier. */
int64_t handshakes_deadline(const struct handshakes *handshakes, int64_t than);

#endif
