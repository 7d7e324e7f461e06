/* SPDX-License-Identifier: ISC */
/* The one context of the program. */
#ifndef SULID_CLIENT_CLIENT_H
#define SULID_CLIENT_CLIENT_H

#include "request.h"
#include "sessions.h"

struct client {
	void *shared[BACKENDS]; /* what each transport's start made */
	struct sessions sessions;
	struct connection *open; /* connections left open, by name */
};

#endif
