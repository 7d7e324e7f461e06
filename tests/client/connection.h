/* SPDX-License-Identifier: ISC */
/*
 * A connection with a buffer, so that responses can be read line by line, and the connections that
 * were left open, by name (those belong to the main thread).
 */
#ifndef SULID_CLIENT_CONNECTION_H
#define SULID_CLIENT_CONNECTION_H

#include "client.h"
#include "transport.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fin {
	FIN_UNKNOWN,
	FIN_YES,
	FIN_NO,
	FIN_RST
};

struct connection {
	struct connection *next; /* among those left open */
	char *name;              /* NULL if it is not among them */
	struct transport transport;
	enum backend backend;
	enum proto proto;
	char authority[256]; /* the name it was opened for, and the port: those of later requests */
	int64_t port;
	size_t start, end; /* of what is in the buffer */
	uint8_t buffer[16384];
};

/*
 * Connects and shakes hands, as the request says. On failure transport.end is not END_OPEN and
 * transport.error says why; NULL only if memory ran out. Ended by connection_free.
 */
struct connection *connection_open(struct client *client, const struct request *rq);

/*
 * How the client itself ends it: HOW_NOTIFY (or HOW_ANY) is close_notify and FIN, HOW_FIN is FIN
 * alone. One that has ended already is only closed.
 */
void connection_close(struct connection *c, enum how how);
void connection_free(struct connection *c); /* accepts NULL */

/* Reads more into the buffer. Returns false at the end; transport.end then tells which. */
bool connection_fill(struct connection *c);

/* Sends as drip and gap_ms of the request say. Returns 0, or -1 with transport.end set. */
int connection_send(struct connection *c, const struct request *rq, const void *data, size_t len);

/* Reads and drops until the end (or the deadline); returns how many bytes came. */
int64_t connection_drain(struct connection *c);

/* After close_notify: whether FIN follows. At most so long, and never beyond the deadline. */
enum fin connection_fin(struct connection *c, int64_t wait_ms);

/* Those left open. put frees one of the same name; take returns NULL if there is none. */
int connection_put(struct client *client, struct connection *c, const char *name);
struct connection *connection_find(const struct client *client, const char *name);
void connection_take(struct client *client, struct connection *c);

#endif
