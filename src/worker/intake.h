/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_INTAKE_H
#define SULID_WORKER_INTAKE_H

/*
 * From bytes to requests to answers, one request per call: what a client has sent beyond it waits
 * in the connection's buffer for the next turn. After each call the connection may be destroyed.
 */

#include "conn.h"

void intake_readable(struct conn *conn); /* FIRST, HEAD, IDLE */
void intake_writable(struct conn *conn); /* SEND */
void intake_queued(struct conn *conn);   /* QUEUED */

/* WAIT: the listing is there, the connection's from now on; or LISTING_FAILED, LISTING_BUSY. */
void intake_listed(struct conn *conn, int listing);

/* HEAD: the rest of the request did not come in time. */
void intake_late(struct conn *conn);

/* FIRST: there is no room for this connection. */
void intake_refuse(struct conn *conn);

#endif
