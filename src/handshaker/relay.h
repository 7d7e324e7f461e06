/* SPDX-License-Identifier: ISC */
#ifndef SULID_HANDSHAKER_RELAY_H
#define SULID_HANDSHAKER_RELAY_H

/*
 * Connections that the kernel could not take: this process keeps the SSL, a worker gets one end of
 * an AF_UNIX stream pair, and the bytes are moved between the two.
 *
 * What ends mean, on the worker's side of it:
 *
 *   the worker shuts down its sending     it has finished: everything is delivered, then
 * close_notify the worker closes without that        an abort (or its death): RST to the client, no
 * close_notify the client ends its sending           https: the relay shuts down its sending to the
 * worker, which reads 0 as it would from the kernel, and may go on with its response. Gemini:
 * nothing, unless the client has not sent a byte the connection to the client breaks   the relay
 * closes
 *
 * After the relay has shut down its sending, a finish and an abort by the worker look the same to
 * it, since AF_UNIX knows one "hung up" for both. It then takes it for a finish: an HTTP response
 * has a length, and its client sees that bytes are missing. A Gemini response has none but
 * close_notify, so there the relay never does this; nothing is lost, as such a connection is never
 * idle.
 */

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/deadline.h"
#include "base/loop.h"
#include "contract/counters.h"

#define RELAY_BUFFER                                                                 \
	0x4000 /* bytes each way: one record, so that none is left in the SSL object \
		*/

struct relays {
	struct loop *loop;
	struct counters *counters;
	uint32_t limit; /* at the same time */
	uint32_t stall; /* milliseconds without any progress, once the worker has finished */
	uint32_t open;
	struct deadline_list watched; /* those whose worker has finished */
};

struct relay;

void relays_init(struct relays *relays, struct loop *loop, struct counters *counters,
	uint32_t limit, uint32_t stall);

/*
 * A relay for this connection, which it owns from now on (ssl and its socket), also after a
 * failure. *worker is the end that the worker gets; the caller closes it. It moves nothing before
 * relay_start. half_close: tell the worker when the client has ended its sending (https). NULL with
 * errno: EMFILE and the like, or EDQUOT at the limit; then all is closed.
 */
struct relay *relay_open(struct relays *relays, SSL *ssl, int client, bool half_close, int *worker);

/* The worker has its end. The relay lives by itself from now on, and frees itself. */
void relay_start(struct relay *relay);

/* The worker did not get it: close all. */
void relay_drop(struct relay *relay);

/* Look after those that end. */
void relays_expire(struct relays *relays);

/* When relays_expire wants to be called, or "than" if that is earlier. */
int64_t relays_deadline(const struct relays *relays, int64_t than);

#endif
