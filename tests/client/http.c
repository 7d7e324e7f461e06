/* SPDX-License-Identifier: ISC */
/* HTTP/1.x: enough to know where a response ends. */
#include "response.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool status_read(struct response *r)
{
	static const char start[] = "HTTP/1.";
	const char *minor = r->head + sizeof(start) - 1, *code = minor + 2;

	if (strncmp(r->head, start, sizeof(start) - 1) != 0 || !isdigit((unsigned char)*minor) ||
		minor[1] != ' ' || strspn(code, "0123456789") != 3 ||
		!strchr(" \r", code[3])) { /* which finds NUL, too */
		r->error = "not an HTTP response";
		return false;
	}
	r->status = atoi(code);
	r->persistent = *minor >= '1';
	return true;
}

static void length_read(struct response *r, const char *value)
{
	char *end;
	long long length = strtoll(value, &end, 10);

	if (!isdigit((unsigned char)*value) || (*end && *end != '\r'))
		r->error = "bad Content-Length";
	else if (r->length >= 0)
		r->error = "two Content-Length";
	else
		r->length = length;
}

/* line is a field, its end a CR or NUL. */
static void field_read(struct response *r, const char *line)
{
	static const char length[] = "Content-Length:", coding[] = "Transfer-Encoding:",
			  connection[] = "Connection:";
	const char *value = strchr(line, ':');

	if (!value || line[strcspn(line, ": \t\r")] != ':') {
		r->error = "a header is not of the form Name: value";
		return;
	}
	value++;
	value += strspn(value, " \t");
	if (strncasecmp(line, length, sizeof(length) - 1) == 0)
		length_read(r, value);
	else if (strncasecmp(line, coding, sizeof(coding) - 1) == 0)
		r->error = "Transfer-Encoding is not understood";
	else if (strncasecmp(line, connection, sizeof(connection) - 1) == 0)
		r->persistent = strncasecmp(value, "close", 5) != 0;
}

static bool fields_read(struct response *r)
{
	const char *end = r->head;

	if (strlen(r->head) != r->head_len)
		r->error = "NUL in a head";
	for (size_t i = 0; i < r->head_len; i++)
		if ((r->head[i] == '\n') != (i > 0 && r->head[i - 1] == '\r'))
			r->error = "CR or LF alone in a head";
	while (!r->error && (end = strstr(end, "\r\n"))) {
		end += 2;
		field_read(r, end);
	}
	return !r->error;
}

/* How many bytes of body follow; -1 for all until the end. RFC 9112 §6.3. */
static int64_t body_length(const struct response *r, bool head)
{
	if (head || r->status == 204 || r->status == 304)
		return 0;
	return r->length;
}

/* One head; those of 1xx are read over. */
static bool head_read(struct response *r, struct connection *c)
{
	for (;;) {
		if (!response_read_head(r, c, "\r\n\r\n", RESPONSE_HEAD_MAX) || !status_read(r) ||
			!fields_read(r))
			return false;
		if (r->status >= 200)
			return true;
		r->informational++;
		r->head_len = 0;
		r->length = -1;
		r->status = 0;
	}
}

void http_read(struct response *r, struct connection *c, const struct request *rq, bool head)
{
	const struct transport *t = &c->transport;
	int64_t bytes;

	if (!head_read(r, c))
		return;
	response_stall(c, rq);
	bytes = body_length(r, head);
	if (bytes < 0)
		r->persistent = false;
	if (bytes || rq->close_after == 0)
		response_read_body(r, c, rq, bytes);
	if (bytes >= 0)
		r->complete = r->body.bytes == bytes;
	else
		r->complete = t->end == (t->ops == &plain_transport ? END_EOF : END_CLOSE_NOTIFY);
}
