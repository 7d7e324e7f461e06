/* SPDX-License-Identifier: ISC */
/* Gemini 0.24.1: two digits, a space and META, CRLF; then the body until close_notify. */
#include "response.h"

#include <ctype.h>

#define META_MAX 1024

static bool line_read(struct response *r)
{
	const char *line = r->head;

	if (r->head_len < 2 || !isdigit((unsigned char)line[0]) ||
		!isdigit((unsigned char)line[1]) || (line[2] && line[2] != ' ')) {
		r->error = "not a Gemini response";
		return false;
	}
	if (r->head_len > 3 + META_MAX) {
		r->error = "META is longer than 1024 bytes";
		return false;
	}
	r->status = (line[0] - '0') * 10 + line[1] - '0';
	r->meta = line[2] ? line + 3 : line + 2;
	return true;
}

void gemini_read(struct response *r, struct connection *c, const struct request *rq)
{
	const struct transport *t = &c->transport;

	if (!response_read_head(r, c, "\r\n", RESPONSE_HEAD_MAX) || !line_read(r))
		return;
	response_stall(c, rq);
	response_read_body(r, c, rq, -1);
	r->complete = t->end == (t->ops == &plain_transport ? END_EOF : END_CLOSE_NOTIFY);
	if (r->complete && r->body.bytes && r->status / 10 != 2)
		r->error = "a body in a response that is not 2x";
}
