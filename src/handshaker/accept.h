/* SPDX-License-Identifier: ISC */
#ifndef SULID_HANDSHAKER_ACCEPT_H
#define SULID_HANDSHAKER_ACCEPT_H

/*
 * Who comes in. All handshakers share the listening sockets; one that has enough to do takes them
 * out of its epoll, and the connections wait in the kernel or go to another handshaker.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"
#include "contract/counters.h"
#include "contract/image.h"

#include "handshake.h"

struct listener {
	struct source source;
	struct acceptor *acceptor;
	uint32_t index; /* in the image */
	bool ready;     /* in this turn */
};

struct acceptor {
	struct loop *loop;
	struct counters *counters;
	struct handshakes *handshakes;
	struct listener *listeners;
	uint32_t count;
	uint32_t limit; /* handshakes in progress */
	bool attach;    /* TCP_ULP at once */
	bool listening; /* the listeners are in epoll */
	bool full;      /* the limit was reached, and we are not yet below 90 % of it */
	int64_t paused; /* until then nothing is accepted: out of descriptors or memory */
};

/* The listeners of the image, at their inherited numbers. -1 with errno. */
int acceptor_open(struct acceptor *acceptor, struct loop *loop, struct counters *counters,
	struct handshakes *handshakes, const struct image *image, bool attach);

/* At the end of each turn: accept, and decide whether to listen in the next. */
void acceptor_work(struct acceptor *acceptor);

/* When acceptor_work wants to be called without an event, or "than" if that is earlier. */
int64_t acceptor_deadline(const struct acceptor *acceptor, int64_t than);

/* Accept nothing more, for good: the sockets are closed. */
void acceptor_close(struct acceptor *acceptor);

#endif
