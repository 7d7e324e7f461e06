/* SPDX-License-Identifier: ISC */
/*
 * TLS sessions by name, to be resumed. What one library saved the other cannot read, so that a
 * name is kept for each. May be used by several threads.
 */
#ifndef SULID_CLIENT_SESSIONS_H
#define SULID_CLIENT_SESSIONS_H

#include "transport.h"

#include <pthread.h>

struct sessions {
	pthread_mutex_t mutex;
	struct session *first;
};

void sessions_start(struct sessions *s);
void sessions_stop(struct sessions *s);

/* Takes over what blob has; one without data leaves the older one in place. */
void sessions_put(struct sessions *s, const char *name, enum backend backend, struct blob *blob);

/* Makes a copy, to be freed; without data if there is none. */
void sessions_get(struct sessions *s, const char *name, enum backend backend, struct blob *blob);

#endif
