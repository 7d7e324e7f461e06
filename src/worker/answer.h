/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_ANSWER_H
#define SULID_WORKER_ANSWER_H

/*
 * What a request is answered with: decided by http.c or gemini.c, written out by respond.c. It
 * lives for one call; its spans point into the received bytes.
 */

#include <stdbool.h>
#include <stdint.h>

#include "conn.h"
#include "resolve.h"
#include "span.h"

#define LOCATION_MAX                                                                 \
	6144 /* bytes; with the other fields of a head and a page within BUFFER_SIZE \
	      */

struct answer {
	unsigned status;          /* HTTP or Gemini */
	size_t used;              /* bytes of the request, without its body */
	uint32_t skip;            /* bytes of its body, to be dropped */
	uint32_t vhost;           /* who answers, for the log; IMAGE_NONE: nobody */
	bool close;               /* no further request on this connection */
	bool unread;              /* the peer may be sending what nobody will read */
	bool say_keep_alive;      /* to an HTTP/1.0 client that asked for it */
	bool bodyless;            /* HEAD: the body counts, but is not sent */
	struct resource resource; /* fd -1: there is no file */
	const char *reason;       /* Gemini: META of a failure; NULL: the usual words */
	struct span line;         /* for the log */
	struct span referer;
	struct span user_agent;
	size_t location_length; /* 0: none */
	char location[LOCATION_MAX];
};

/* All fields but the text of "location"; nobody answers 200 with nothing. */
void answer_init(struct answer *answer);

/*
 * The location. Too long: false, and there is none. The first is path and query as they were
 * received behind "https://…", what may not stand in a URI encoded; the second that of a
 * directory which was asked for without its slash, from its decoded path, so that "//host" cannot
 * lead elsewhere.
 */
bool answer_locate(struct answer *answer, const char *prefix, const struct target *target);
bool answer_locate_slash(struct answer *answer, const struct target *target);

/* Close the file, if there is one. */
void answer_drop(struct answer *answer);

#endif
