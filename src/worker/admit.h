/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_ADMIT_H
#define SULID_WORKER_ADMIT_H

/*
 * New connections: from the handoff and from the plain http listeners, which all workers share. At
 * the limit the connection that has been idle the longest gives way; if none is idle the newcomer
 * is answered 503 or 41 from a small reserve; if that is used up nothing is taken until one has
 * ended.
 */

#include "serve.h"

/* Listen to all of them. -1 with errno. */
int admit_open(struct server *server);

/* Take connections on again, if there is room and it was stopped. */
void admit_resume(struct server *server);

/* No more from the listeners, and from the handoff only what is in it. */
void admit_drain(struct server *server);

#endif
