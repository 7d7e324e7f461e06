/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_PACE_H
#define SULID_WORKER_PACE_H

/*
 * How fast a peer takes what it asked for. What counts is what left the kernel's send queue, not
 * what went into it: with a large socket buffer a slow reader makes room only now and then.
 *
 * Judged once per window (at most WINDOW_MS): who took something but less than limits.min_rate is
 * too slow; who took nothing has until timeouts.send is over.
 */

#include <stdbool.h>
#include <stdint.h>

#include "conn.h"

/* A new measurement begins. */
void pace_begin(struct conn *conn);

/* So many bytes went into the kernel. */
void pace_add(struct conn *conn, uint64_t bytes);

/* The window is over: may the peer go on? If so the next one begins. */
bool pace_judge(struct conn *conn);

/* Bytes that the peer has not taken yet (SIOCOUTQ), as far as the kernel tells; 0 if it does not.
 */
int pace_queue(const struct conn *conn);

#endif
