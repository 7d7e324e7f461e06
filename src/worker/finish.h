/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_FINISH_H
#define SULID_WORKER_FINISH_H

/*
 * The end of a connection in order, so that the client has all of it and knows that it has.
 *
 * kernel   close_notify once the socket is writable; no shutdown (what is encrypted but not sent
 *          yet would be lost, seen on 6.1 and 6.12); read and discard; close when the send queue is
 *          empty and nothing is left to read, or the peer has ended too.
 * plain    shutdown, read and discard until the peer's end, or a moment after it has taken all.
 * relayed  shutdown, then wait for the relay's end: it says close_notify. A close before it has
 *          read our end would look like an abort.
 *
 * A peer that does not take what was sent is held to its pace as always, then it is an abort.
 */

#include "conn.h"

/* No answer is being sent. conn may be destroyed on return. */
void finish_begin(struct conn *conn);

/* Events: NOTIFY is writable, LINGER readable. */
void finish_notify(struct conn *conn);
void finish_linger(struct conn *conn);

/* Every LOOK_MS in both. */
void finish_look(struct conn *conn);

#endif
