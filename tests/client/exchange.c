/* SPDX-License-Identifier: ISC */
#include "exchange.h"

#include "clock.h"
#include "message.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void complain(struct result *res, const char *what)
{
	if (!*res->error && what)
		snprintf(res->error, sizeof(res->error), "%s", what);
}

static void deadline_renew(struct connection *c, const struct request *rq)
{
	c->transport.wire.deadline = clock_us() + rq->timeout_ms * 1000;
}

static void status_note(struct result *res, int status)
{
	char *statuses = realloc(res->statuses, res->statuses_len + 16);

	if (!statuses)
		return;
	res->statuses = statuses;
	res->statuses_len += (size_t)snprintf(
		statuses + res->statuses_len, 16, "%s%d", res->statuses_len ? "," : "", status);
}

/* Reads one response into res->last. Returns whether another one can follow. */
static bool response_take(
	struct result *res, struct connection *c, const struct request *rq, bool head)
{
	char previous[HASH_HEX];
	struct response *r = &res->last;

	memcpy(previous, r->body.sha256, sizeof(previous));
	response_free(r);
	deadline_renew(c, rq);
	response_read(r, c, rq, head);
	complain(res, r->error);
	if (!r->status)
		return false;
	if (res->responses > 0 && strcmp(previous, r->body.sha256) != 0)
		res->same = false;
	res->responses++;
	res->total += r->body.bytes;
	status_note(res, r->status);
	return r->persistent && !r->error && !r->cut && c->transport.end == END_OPEN;
}

static int keys_update(struct connection *c, const struct request *rq)
{
	struct transport *t = &c->transport;

	for (int64_t i = 0; i < rq->keyupdates; i++)
		if (t->ops->key_update(t, rq->keyupdate_request))
			return -1;
	return 0;
}

/* Writes the message and reads what it is to be answered with. */
static bool round_trip(struct result *res, struct connection *c, const struct request *rq,
	const char *message, size_t len)
{
	const int64_t expected = rq->responses >= 0 ? rq->responses : rq->pipeline;
	const bool head = message_is_head(rq);
	struct transport *t = &c->transport;
	bool more = true;

	deadline_renew(c, rq);
	if (keys_update(c, rq) || connection_send(c, rq, message, len))
		return false;
	if (rq->how == HOW_NOTIFY)
		t->ops->notify(t);
	if (rq->how == HOW_HALF)
		wire_half_close(&t->wire);
	for (int64_t i = 0; i < expected && more; i++)
		more = response_take(res, c, rq, head);
	return more;
}

static void talk(struct result *res, struct connection *c, const struct request *rq)
{
	size_t len = 0;
	char *message = message_make(rq, rq->pipeline, &len);
	bool more = true;

	if (!message) {
		complain(res, "out of memory");
		return;
	}
	wire_pace(&c->transport.wire, rq->rate);
	for (int64_t i = 0; i < rq->count && more; i++)
		more = round_trip(res, c, rq, message, len);
	free(message);
	/* What coalescing held back goes out even if nothing is to be read. */
	wire_wait(&c->transport.wire, 0);
}

/* Nothing more is to be read: who ends the connection, and how did the peer? */
static void part(struct result *res, struct connection *c, const struct request *rq)
{
	struct transport *t = &c->transport;
	const bool leave = rq->keep || rq->conn;
	const bool halved = rq->how == HOW_HALF || rq->how == HOW_NOTIFY;
	const bool usable = !res->responses || res->last.persistent;

	if (t->end != END_OPEN) {
		res->end = t->end;
	} else if (res->last.cut) {
		res->end = END_CUT;
		connection_close(c, rq->how == HOW_FIN ? HOW_FIN : HOW_RST);
	} else if (*res->error) {
		res->end = END_ERROR;
	} else if (rq->keep || (usable && (leave || !halved))) {
		res->end = END_KEEP;
		if (!leave)
			res->extra = (int64_t)(c->end - c->start);
	} else {
		deadline_renew(c, rq);
		res->extra = connection_drain(c);
		res->end = t->end;
	}
	if (res->end == END_CLOSE_NOTIFY)
		res->fin = connection_fin(c, rq->fin_wait_ms);
	complain(res, t->error);
	if (res->extra)
		complain(res, "bytes came that belong to no response");
	if (res->end == END_KEEP && t->wire.send_errno)
		complain(res, "send: the peer is gone");
}

static void session_save(struct client *client, struct connection *c, const struct request *rq)
{
	struct transport *t = &c->transport;
	struct blob blob;

	if (!rq->session || !*t->facts.version)
		return;
	t->ops->session(t, &blob);
	sessions_put(&client->sessions, rq->session, c->backend, &blob);
}

static void dispose(
	struct client *client, struct result *res, struct connection *c, const struct request *rq)
{
	const char *name = rq->keep ? rq->keep : rq->conn;

	if (res->end == END_KEEP && name && c->name && strcmp(c->name, name) == 0)
		return;
	if (c->name)
		connection_take(client, c);
	if (res->end == END_KEEP && name && connection_put(client, c, name) == 0)
		return;
	if (res->end == END_KEEP)
		connection_close(c, (enum how)rq->how);
	connection_free(c);
}

static void start(struct result *res)
{
	*res = (struct result){
		.same = true,
		.last = {.length = -1, .meta = ""},
		.facts = {.version = "", .alert = -1},
		.end = END_ERROR,
		.start_us = clock_us(),
	};
}

/* What a request on a connection left open does not say is what that one was opened for. */
static void request_complete(struct request *rq, const struct connection *c)
{
	if (!rq->sni)
		rq->sni = c->authority;
	if (!rq->port)
		rq->port = c->port;
	rq->proto = (int)c->proto;
}

void exchange_run(struct client *client, const struct request *given, struct result *res)
{
	struct request own = *given;
	const struct request *rq = &own;
	struct connection *c;

	start(res);
	c = rq->conn ? connection_find(client, rq->conn) : connection_open(client, rq);
	res->connected_us = res->end_us = clock_us();
	if (!c) {
		complain(res, rq->conn ? "no such connection" : "out of memory");
		return;
	}
	if (rq->conn)
		request_complete(&own, c);
	if (c->transport.end == END_OPEN)
		talk(res, c, rq);
	if (c->transport.end == END_OPEN)
		session_save(client, c, rq);
	part(res, c, rq);
	if (c->transport.end == END_CLOSE_NOTIFY)
		session_save(client, c, rq);
	res->end_us = clock_us();
	res->facts = c->transport.facts;
	res->sent = c->transport.wire.sent;
	dispose(client, res, c, rq);
}

void exchange_wait(struct client *client, const struct request *rq, struct result *res)
{
	struct connection *c = connection_find(client, rq->conn);

	start(res);
	res->connected_us = res->end_us = res->start_us;
	if (!c) {
		complain(res, "no such connection");
		return;
	}
	deadline_renew(c, rq);
	res->extra = connection_drain(c);
	res->end = c->transport.end;
	if (res->end == END_CLOSE_NOTIFY)
		res->fin = connection_fin(c, rq->fin_wait_ms);
	complain(res, c->transport.error);
	res->end_us = clock_us();
	res->facts = c->transport.facts;
	res->sent = c->transport.wire.sent;
	transport_resume(&c->transport);
	if (c->transport.end == END_OPEN)
		return;
	connection_take(client, c);
	connection_free(c);
}
