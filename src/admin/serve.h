/* SPDX-License-Identifier: ISC */
#ifndef SULID_ADMIN_SERVE_H
#define SULID_ADMIN_SERVE_H

/*
 * /metrics, /healthz and /readyz on the inherited listeners. Each connection has one request and
 * five seconds for all of it. When all places are taken, the connection that is there longest gives
 * way, so that idle ones cannot keep a health check waiting.
 *
 *   READING ──head──► WRITING ──all sent──► ENDING ──end of file──► FREE
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/deadline.h"
#include "base/loop.h"
#include "base/text.h"
#include "metrics.h"
#include "request.h"

#define SERVE_LISTENERS    16
#define SERVE_CONNECTIONS  64
#define SERVE_MILLISECONDS 5000
#define SERVE_REPLY        (METRICS_TEXT + 512)

enum connection_state {
	CONNECTION_FREE,
	CONNECTION_READING,
	CONNECTION_WRITING,
	CONNECTION_ENDING, /* the client has all of it; what it still sends is dropped until it
			      closes */
};

struct server;

struct connection {
	struct source source;
	struct deadline deadline;
	struct server *server;
	enum connection_state state;
	size_t received; /* bytes in "head" */
	size_t sent;     /* bytes of "reply" */
	size_t length;
	char head[REQUEST_HEAD];
	char reply[SERVE_REPLY];
};

struct listener {
	struct source source;
	struct server *server;
};

struct server {
	struct loop *loop;
	struct metrics metrics;
	bool ready;
	char reason[512]; /* what is not ready */
	uint32_t listener_count;
	size_t open;    /* connections */
	int64_t resume; /* accepting pauses until then, for want of descriptors; 0: it does not */
	struct deadline_list deadlines;
	struct listener listeners[SERVE_LISTENERS];
	struct connection connections[SERVE_CONNECTIONS];
	char body[METRICS_TEXT]; /* of the reply that is being made */
};

/* The server is all zero before. Not ready until told. */
void server_open(struct server *server, struct loop *loop);

/* Accept on this socket, which becomes non-blocking. At most SERVE_LISTENERS. -1 with errno. */
int server_listen(struct server *server, int fd);

/* reason: a NUL-terminated text, looked at only if it is not ready. */
void server_set_ready(struct server *server, bool ready, const char *reason);

/* Accept no more and close the listeners. Connections that are open go on. */
void server_drain(struct server *server);

/* When to call server_expire at the latest; the loop's clock. */
int64_t server_deadline(const struct server *server);
/* After each turn. */
void server_expire(struct server *server);

#endif
