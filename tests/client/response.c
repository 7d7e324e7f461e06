/* SPDX-License-Identifier: ISC */
#include "response.h"

#include "clock.h"

#include <stdlib.h>
#include <string.h>

static bool head_append(struct response *r, const uint8_t *data, size_t len)
{
	char *head = realloc(r->head, r->head_len + len + 1);

	if (!head) {
		r->error = "out of memory";
		return false;
	}
	memcpy(head + r->head_len, data, len);
	r->head = head;
	r->head_len += len;
	head[r->head_len] = '\0';
	return true;
}

/* Where the mark ends in head, of which the first `seen` bytes were looked at before; 0 if not. */
static size_t find_mark(const struct response *r, size_t seen, const char *mark)
{
	const size_t len = strlen(mark);
	const size_t from = seen < len ? 0 : seen - len + 1;
	const char *found = memmem(r->head + from, r->head_len - from, mark, len);

	return found ? (size_t)(found - r->head) + len : 0;
}

bool response_read_head(struct response *r, struct connection *c, const char *mark, size_t max)
{
	for (;;) {
		size_t seen = r->head_len, more = c->end - c->start, end;

		if (more && !r->first_us)
			r->first_us = clock_us();
		if (more && !head_append(r, c->buffer + c->start, more))
			return false;
		end = more ? find_mark(r, seen, mark) : 0;
		if (end) {
			c->start += end - seen;
			r->head_len = end - strlen(mark);
			r->head[r->head_len] = '\0';
			return true;
		}
		c->start = c->end = 0;
		if (r->head_len > max) {
			r->error = "the head is too long";
			return false;
		}
		if (!connection_fill(c)) {
			if (r->head_len)
				r->error = "the head is not complete";
			return false;
		}
	}
}

void response_stall(struct connection *c, const struct request *rq)
{
	if (!rq->stall_ms)
		return;
	c->transport.wire.deadline += rq->stall_ms * 1000;
	clock_sleep_until(clock_us() + rq->stall_ms * 1000);
}

void response_read_body(
	struct response *r, struct connection *c, const struct request *rq, int64_t bytes)
{
	int64_t limit = rq->close_after;

	for (;;) {
		int64_t here = (int64_t)(c->end - c->start);

		if (bytes >= 0 && here > bytes - r->body.bytes)
			here = bytes - r->body.bytes;
		if (limit >= 0 && here > limit - r->body.bytes)
			here = limit - r->body.bytes;
		body_add(&r->body, c->buffer + c->start, (size_t)here);
		c->start += (size_t)here;
		if (limit >= 0 && r->body.bytes == limit) {
			r->cut = true;
			return;
		}
		if (r->body.bytes == bytes || !connection_fill(c))
			return;
	}
}

void response_read(struct response *r, struct connection *c, const struct request *rq, bool head)
{
	*r = (struct response){.length = -1, .meta = ""};
	body_start(&r->body, rq);
	if (c->proto == PROTO_GEMINI)
		gemini_read(r, c, rq);
	else
		http_read(r, c, rq, head);
	body_end(&r->body);
	if (!r->error)
		r->error = r->body.error;
}

void response_free(struct response *r)
{
	free(r->head);
	r->head = NULL;
	body_free(&r->body);
}
