/* SPDX-License-Identifier: ISC */
#include "intake.h"

#include <errno.h>
#include <string.h>

#include "base/proxy.h"

#include "account.h"
#include "answer.h"
#include "finish.h"
#include "gemini.h"
#include "http.h"
#include "listings.h"
#include "pace.h"
#include "parts.h"
#include "record.h"
#include "respond.h"
#include "send.h"
#include "serve.h"

/* The bytes of a request, and what came after it: in conn->in or in server->received. */
struct input {
	char *bytes;
	size_t length;
};

/* Into the connection's own buffer, at its beginning. False: there is no buffer. */
static bool keep(struct conn *conn, struct input input)
{
	if (!conn->in)
		conn->in = conn_borrow(conn);
	if (!conn->in)
		return false;
	memmove(conn->in, input.bytes, input.length);
	conn->in_length = (uint16_t)input.length;
	return true;
}

static size_t drop_body(struct conn *conn, size_t available)
{
	size_t drop = conn->skip < available ? conn->skip : available;

	conn->skip -= (uint32_t)drop;
	return drop;
}

/* The answer went out as a whole: the next request, or the end. */
static void answered(struct conn *conn, struct input input)
{
	size_t used = conn->in_used;

	if (conn->answering)
		account_answer(conn, true);
	conn_close_file(conn);
	conn_return(conn, &conn->out);
	if (conn->close || conn->records >= SEND_RECORDS) {
		finish_begin(conn);
		return;
	}
	used += drop_body(conn, input.length - used);
	input = (struct input){input.bytes + used, input.length - used};
	if (input.length == 0) {
		conn_return(conn, &conn->in);
		conn_enter(conn, CONN_IDLE);
		return;
	}
	if (!keep(conn, input)) {
		finish_begin(conn);
		return;
	}
	conn->begun_us = serve_clock_us();
	conn_enter(conn, CONN_QUEUED);
}

/* The socket is full: what is in the worker's own pages moves to the connection's. */
static void wait_for_room(struct conn *conn, struct input input, bool any)
{
	if ((conn->out_sent < conn->out_length || conn->parted) && !conn->out) {
		conn->out = conn_borrow(conn);
		if (!conn->out) {
			conn_abort(conn);
			return;
		}
		memcpy(conn->out, conn->server->answer,
			conn->parted ? BUFFER_SIZE : (size_t)conn->out_length);
	}
	if (!conn->in && input.length > 0 && !keep(conn, input)) {
		/* Better a line without its request than no answer. */
		account_forget(conn);
		conn->close = conn->unread = true;
	}
	if (conn->state != CONN_SEND)
		conn_enter(conn, CONN_SEND);
	conn_watch(conn, INTEREST_WRITE | (any ? 0u : INTEREST_EDGE));
}

static void go_on(struct conn *conn, struct input input)
{
	switch (send_step(conn)) {
	case SENT_ALL:
		answered(conn, input);
		break;
	case SENT_SLICE:
	case SENT_SOME:
		wait_for_room(conn, input, true);
		break;
	case SENT_NONE:
		wait_for_room(conn, input, false);
		break;
	case SENT_CUT:
		conn_abort(conn);
		break;
	case SENT_GONE:
		conn_destroy(conn);
		break;
	}
}

static void take_file(struct conn *conn, struct answer *answer)
{
	const struct resource *resource = &answer->resource;

	if (resource->fd < 0)
		return;
	if (answer->bodyless) {
		answer_drop(answer);
		return;
	}
	conn->file_fd = resource->fd;
	conn->listed = answer->listed;
	conn->server->listings += answer->listed;
	conn->links = resource->links;
	conn->fresh = true;
	conn->file = (struct conn_file){
		.offset = answer->range_count > 0 ? answer->ranges[0].first : 0,
		.size = resource->size,
		.mtime = resource->mtime,
		.ctime = resource->ctime,
	};
}

/* The answer's bytes into the server's page. */
static void write_out(struct conn *conn, struct answer *answer)
{
	struct server *server = conn->server;
	struct text text = text_over(server->answer, sizeof server->answer);
	struct respond_with with = {
		.image = &server->image,
		.secure = conn->protocol == PROTOCOL_HTTPS,
	};

	if (conn->protocol == PROTOCOL_GEMINI) {
		conn->out_head = (uint16_t)respond_gemini(&text, answer);
	} else {
		serve_wall(server);
		with.date = server->date;
		serve_number(conn, with.number);
		conn->out_head = (uint16_t)respond_http(&text, answer, &with);
	}
	conn->out_sent = 0;
	conn->out_length = (uint16_t)text.length;
	conn->part = 0;
	conn->parted = answer->range_count > 0 && !answer->bodyless;
	/* The other texts come one after the other. */
	if (conn->parted)
		conn->out_length =
			(uint16_t)(conn->out_head + parts_of(server->answer)->part[0].text_length);
}

static void begin(struct conn *conn, struct input input, struct answer *answer)
{
	write_out(conn, answer);
	conn->in_used = (uint16_t)answer->used;
	conn->skip = answer->skip;
	conn->close = answer->close;
	conn->unread = answer->unread;
	take_file(conn, answer);
	go_on(conn, input);
}

/*
 * What only the client may know is not in the log: in the place of a sensitive input's query stands
 * one "*", however long it was.
 */
static void hide(struct input input, struct answer *answer)
{
	struct span secret = answer->secret, *line = &answer->line;
	char *at = input.bytes + (secret.bytes - input.bytes);

	if (secret.length == 0)
		return;
	*at = '*';
	memmove(at + 1, at + secret.length,
		(size_t)(line->bytes + line->length - secret.bytes) - secret.length);
	line->length -= secret.length - 1;
}

/* Answer the request at the beginning of the input, if it is all there. listing: what there is of
 * one that it asks for. */
static void take(struct conn *conn, struct input input, int listing)
{
	struct answer answer;
	enum answer_state state =
		conn->protocol == PROTOCOL_GEMINI
			? gemini_answer(conn, input.bytes, input.length, listing, &answer)
			: http_answer(conn, input.bytes, input.length, listing, &answer);

	/* What waits, or is not all there yet, is looked at again from its beginning. */
	if (state != ANSWER_READY && !conn->in && !keep(conn, input)) {
		if (state == ANSWER_WAITS)
			answer_drop(&answer);
		finish_begin(conn);
	} else if (state == ANSWER_READY) {
		hide(input, &answer);
		account_request(conn, input.bytes, &answer);
		begin(conn, input, &answer);
	} else if (state == ANSWER_INCOMPLETE) {
		if (conn->state != CONN_HEAD)
			conn_enter(conn, CONN_HEAD);
	} else if (!listings_begin(conn, &answer)) {
		answer_drop(&answer);
		take(conn, (struct input){conn->in, conn->in_length}, LISTING_BUSY);
	}
}

void intake_listed(struct conn *conn, int listing)
{
	/* It waits no more: what follows may destroy it. */
	conn->state = CONN_QUEUED;
	take(conn, (struct input){conn->in, conn->in_length}, listing);
}

/* So many bytes were received behind what was there. */
static void arrive(struct conn *conn, size_t length)
{
	char *received = conn->server->received;
	size_t drop;

	if (conn->in) {
		conn->in_length = (uint16_t)(conn->in_length + length);
		take(conn, (struct input){conn->in, conn->in_length}, LISTING_NONE);
		return;
	}
	drop = drop_body(conn, length);
	if (drop == length)
		return;
	if (drop > 0)
		memmove(received, received + drop, length - drop);
	conn->begun_us = serve_clock_us();
	take(conn, (struct input){received, length - drop}, LISTING_NONE);
}

/* Whom a load balancer speaks for. False: not all of it is there yet, or it is over. */
static bool take_proxy(struct conn *conn)
{
	struct address peer;

	switch (proxy_receive(conn->source.fd, &peer)) {
	case PROXY_GOOD:
		if (peer.family != 0)
			conn->peer = peer;
		conn->proxied = false;
		return true;
	case PROXY_INCOMPLETE:
		/* What has come stays in the socket, which is readable all the time. */
		conn_watch(conn, INTEREST_READ | INTEREST_EDGE);
		return false;
	case PROXY_BAD:
		break;
	}
	/* A balancer that only looks whether somebody is there is no offence. */
	if (errno == 0)
		counter_add(conn->server->counters, COUNTER_PROXY_BAD, 1);
	conn_abort(conn);
	return false;
}

void intake_readable(struct conn *conn)
{
	struct server *server = conn->server;
	size_t have = conn->in ? conn->in_length : 0u, length;
	char *to = conn->in ? conn->in + have : server->received;

	if (conn->proxied && !take_proxy(conn))
		return;
	switch (record_receive(
		conn->source.fd, (enum path)conn->path, to, BUFFER_SIZE - have, &length)) {
	case RECEIVED_BYTES:
		conn_watch(conn, INTEREST_READ);
		arrive(conn, length);
		break;
	case RECEIVED_NOTHING:
		conn_watch(conn, INTEREST_READ | INTEREST_EDGE);
		break;
	case RECEIVED_END:
		conn->ended = true;
		finish_begin(conn);
		break;
	case RECEIVED_REKEY:
		conn->deaf = true;
		counter_add(server->counters, COUNTER_KEY_UPDATES, 1);
		finish_begin(conn);
		break;
	case RECEIVED_BROKEN:
		conn_destroy(conn);
		break;
	}
}

void intake_writable(struct conn *conn)
{
	go_on(conn, (struct input){conn->in, conn->in ? conn->in_length : 0u});
}

void intake_queued(struct conn *conn)
{
	take(conn, (struct input){conn->in, conn->in_length}, LISTING_NONE);
}

void intake_late(struct conn *conn)
{
	struct input input = {conn->in, conn->in_length};
	const char *end = memchr(input.bytes, '\r', input.length);
	struct answer answer;

	if (conn->protocol == PROTOCOL_GEMINI) {
		finish_begin(conn);
		return;
	}
	answer_init(&answer);
	http_refuse(conn, 408, &answer);
	answer.used = input.length;
	answer.line = (struct span){input.bytes, end ? (size_t)(end - input.bytes) : input.length};
	account_request(conn, input.bytes, &answer);
	begin(conn, input, &answer);
}

void intake_refuse(struct conn *conn)
{
	struct answer answer;

	answer_init(&answer);
	if (conn->protocol == PROTOCOL_GEMINI)
		gemini_refuse(conn, 41, &answer);
	else
		http_refuse(conn, 503, &answer);
	begin(conn, (struct input){NULL, 0}, &answer);
}
