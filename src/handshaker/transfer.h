/* SPDX-License-Identifier: ISC */
#ifndef SULID_HANDSHAKER_TRANSFER_H
#define SULID_HANDSHAKER_TRANSFER_H

/*
 * The end of a handshake: the keys go into the kernel and the SSL object goes away, or a relay
 * keeps it; then the connection goes to the workers.
 */

#include <openssl/ssl.h>
#include <stdbool.h>

#include "contract/counters.h"
#include "contract/handoff.h"

#include "contexts.h"
#include "kernel.h"
#include "relay.h"

struct transfer {
	int channel; /* the handoff's write end */
	const struct image *image;
	struct counters *counters;
	const struct kernel *kernel;
	struct relays *relays;
};

/* A connection ready to go. */
struct parcel {
	struct handoff record;
	int fd;              /* what the worker gets; ours until it has it */
	struct relay *relay; /* or NULL */
};

/*
 * Make a parcel of a finished handshake. attached: TCP_ULP is set. Takes ssl and socket in any
 * case; the negotiation's secrets are wiped. The record's times and addresses are left to the
 * caller. false: it had to be closed, which is counted.
 */
bool transfer_pack(const struct transfer *transfer, SSL *ssl, int socket, bool attached,
	struct negotiation *negotiation, struct parcel *parcel);

/*
 * Give it to the workers; the parcel is then empty. -1 with errno: EAGAIN the queue is full and
 * epoll tells when it is not; ENOBUFS it cannot be done now and epoll does not tell when it can;
 * else nobody will ever take it. The parcel stays as it is.
 */
int transfer_send(const struct transfer *transfer, struct parcel *parcel);

/* Close what nobody took. */
void transfer_drop(struct parcel *parcel);

#endif
