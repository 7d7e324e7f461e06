/* SPDX-License-Identifier: ISC */
#include "connection.h"

#include "clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void shape(struct wire *w, const struct request *rq)
{
	w->budget = rq->cut;
	w->cut_by_rst = rq->how != HOW_FIN;
	w->coalesce = rq->coalesce;
	w->trickle = rq->drip == DRIP_SEGMENTS;
	w->gap_us = rq->gap_ms * 1000;
}

/* A cut after nothing does not wait for the first byte to be sent. */
static void connected(struct connection *c, struct client *client, const struct request *rq)
{
	struct transport *t = &c->transport;
	struct blob session = {0};

	shape(&t->wire, rq);
	if (rq->cut == 0 && wire_send(&t->wire, "", 0) < 0) {
		transport_end_of_wire(t, NULL);
		return;
	}
	if (rq->session)
		sessions_get(&client->sessions, rq->session, c->backend, &session);
	t->ops->handshake(t, rq, &session);
	free(session.data);
}

struct connection *connection_open(struct client *client, const struct request *rq)
{
	struct connection *c = calloc(1, sizeof(*c));
	struct transport *t;

	if (!c)
		return NULL;
	t = &c->transport;
	c->backend = (enum backend)rq->backend;
	c->proto = (enum proto)rq->proto;
	c->port = rq->port;
	snprintf(c->authority, sizeof(c->authority), "%s", request_authority(rq));
	t->ops = transports[rq->backend];
	t->shared = client->shared[rq->backend];
	t->facts.version = "";
	t->facts.alert = -1;
	if (wire_connect(&t->wire, &rq->target, clock_us() + rq->timeout_ms * 1000))
		transport_end_of_wire(t, "connect");
	else
		connected(c, client, rq);
	return c;
}

void connection_close(struct connection *c, enum how how)
{
	struct transport *t = &c->transport;

	if (t->end == END_OPEN && how != HOW_RST && how != HOW_FIN)
		t->ops->notify(t);
	wire_close(&t->wire, how == HOW_RST);
}

void connection_free(struct connection *c)
{
	if (!c)
		return;
	wire_close(&c->transport.wire, false);
	c->transport.ops->forget(&c->transport);
	free(c->name);
	free(c);
}

bool connection_fill(struct connection *c)
{
	struct transport *t = &c->transport;
	size_t received;

	if (t->end != END_OPEN)
		return false;
	if (c->start == c->end)
		c->start = c->end = 0;
	if (c->start && c->end == sizeof(c->buffer)) {
		memmove(c->buffer, c->buffer + c->start, c->end - c->start);
		c->end -= c->start;
		c->start = 0;
	}
	if (c->end == sizeof(c->buffer)) {
		transport_fail(t, "receive", "a line is longer than the buffer");
		return false;
	}
	received = t->ops->recv(t, c->buffer + c->end, sizeof(c->buffer) - c->end);
	c->end += received;
	return received > 0;
}

int connection_send(struct connection *c, const struct request *rq, const void *data, size_t len)
{
	struct transport *t = &c->transport;
	const uint8_t *bytes = data;

	/* Of a connection that was left open only now is known how it is to be used. */
	t->wire.trickle = rq->drip == DRIP_SEGMENTS;
	t->wire.gap_us = rq->gap_ms * 1000;
	if (rq->drip != DRIP_RECORDS)
		return len ? t->ops->send(t, bytes, len) : 0;
	for (size_t i = 0; i < len && !t->wire.send_errno; i++) {
		if (t->ops->send(t, bytes + i, 1))
			return -1;
		if (wire_pause(&t->wire)) {
			transport_end_of_wire(t, "send");
			return -1;
		}
	}
	return 0;
}

int64_t connection_drain(struct connection *c)
{
	int64_t bytes = 0;

	do {
		bytes += (int64_t)(c->end - c->start);
		c->start = c->end = 0;
	} while (connection_fill(c));
	return bytes;
}

enum fin connection_fin(struct connection *c, int64_t wait_ms)
{
	struct wire *w = &c->transport.wire;
	const int64_t until = clock_us() + wait_ms * 1000;
	ssize_t n;
	char byte;

	if (until < w->deadline)
		w->deadline = until;
	n = wire_recv(w, &byte, 1);
	if (n == 0)
		return FIN_YES;
	if (n > 0)
		transport_fail(&c->transport, "bytes came after close_notify", NULL);
	return w->end == WIRE_RST ? FIN_RST : FIN_NO;
}

struct connection *connection_find(const struct client *client, const char *name)
{
	struct connection *c = client->open;

	while (c && strcmp(c->name, name) != 0)
		c = c->next;
	return c;
}

void connection_take(struct client *client, struct connection *c)
{
	struct connection **at = &client->open;

	while (*at && *at != c)
		at = &(*at)->next;
	if (*at)
		*at = c->next;
	c->next = NULL;
	free(c->name);
	c->name = NULL;
}

int connection_put(struct client *client, struct connection *c, const char *name)
{
	struct connection *same = connection_find(client, name);
	char *copy = strdup(name);

	if (!copy)
		return -1;
	if (same) {
		connection_take(client, same);
		connection_free(same);
	}
	c->name = copy;
	c->next = client->open;
	client->open = c;
	return 0;
}
