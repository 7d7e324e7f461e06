/* SPDX-License-Identifier: ISC */
/* links: worker */

/*
 * Any bytes as an HTTP request head. What is accepted is looked at a second time here, line by line
 * and without cleverness: nothing in it may be readable in two ways.
 */

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "http_head.h"
#include "must.h"

#define LIMIT       8192
#define SMALL_LIMIT 64

static bool is_status(int status)
{
	return status == 0 || status == -1 || status == 400 || status == 414 || status == 431 ||
	       status == 501 || status == 505;
}

static bool same(struct span a, struct span b, const char *base_a, const char *base_b)
{
	if (a.bytes == NULL || b.bytes == NULL)
		return a.bytes == b.bytes;
	return a.length == b.length && a.bytes - base_a == b.bytes - base_b;
}

/* Inside of the head, and on one line. */
static void check_span(struct span span, const char *bytes, size_t length)
{
	if (span.bytes == NULL) {
		must(span.length == 0);
		return;
	}
	must(span.bytes >= bytes && span.bytes + span.length <= bytes + length);
	for (size_t i = 0; i < span.length; i++) {
		unsigned char byte = (unsigned char)span.bytes[i];

		must((byte >= ' ' && byte != 0x7f) || byte == '\t');
	}
}

static void check_spans(const struct http_head *head, const char *bytes)
{
	const struct span spans[] = {head->method_text, head->target, head->path, head->line,
		head->host, head->accept, head->accept_encoding, head->if_match,
		head->if_none_match, head->if_modified_since, head->if_unmodified_since,
		head->if_range, head->range, head->referer, head->user_agent, head->request_id};

	for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++)
		check_span(spans[i], bytes, head->length);
	must(head->method_text.length > 0 && head->target.length > 0);
	must(memchr(head->target.bytes, ' ', head->target.length) == NULL);
	must(head->path.bytes + head->path.length == head->target.bytes + head->target.length);
	must(!(head->close && head->keep_alive));
	must(head->minor == 1 || (!head->expect && !head->chunked));
}

static bool is_field(const char *line, size_t length, const char *name)
{
	size_t have = strlen(name);

	return length > have && strncasecmp(line, name, have) == 0 && line[have] == ':';
}

/* What a reader that is more lenient than ours could make of the same bytes. */
static void check_lines(const struct http_head *head, const char *bytes)
{
	unsigned hosts = 0, lengths = 0, codings = 0;
	const char *end = bytes + head->length, *line, *next;

	must(head->length >= 4 && memcmp(end - 4, "\r\n\r\n", 4) == 0);
	must(memchr(bytes, '\0', head->length) == NULL);
	for (const char *at = bytes; at < end; at++) {
		must(*at != '\n' || (at > bytes && at[-1] == '\r'));
		must(*at != '\r' || (at + 1 < end && at[1] == '\n'));
	}
	for (line = head->line.bytes; line < end; line = next) {
		size_t length;

		next = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1;
		length = (size_t)(next - line) - 2;
		must(length > 0 || next == end); /* the empty line is the last */
		must(length == 0 || (*line != ' ' && *line != '\t'));
		hosts += is_field(line, length, "host");
		lengths += is_field(line, length, "content-length");
		codings += is_field(line, length, "transfer-encoding");
	}
	must(hosts <= 1 && (hosts == 1 || head->minor == 0));
	must(lengths + codings <= 1);
	must((codings == 1) == head->chunked);
	must(head->content_length == 0 || lengths == 1);
}

/* http_head_next finds the lines of a field, all of them, and the first is what was kept. */
static void check_next(const struct http_head *head, const char *name, const struct span *kept)
{
	const char *end = head->fields.bytes + head->fields.length;
	struct span value;
	size_t at = 0;
	bool first = true;

	for (const char *line = head->fields.bytes, *next; line < end; line = next) {
		size_t length;

		next = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1;
		length = (size_t)(next - line) - 2;
		if (!is_field(line, length, name))
			continue;
		must(http_head_next(head, name, &at, &value));
		must(at == (size_t)(next - head->fields.bytes));
		must(value.bytes > line && value.bytes + value.length <= line + length);
		must(value.length == 0 || !strchr(" \t", value.bytes[0]));
		must(value.length == 0 || !strchr(" \t", value.bytes[value.length - 1]));
		must(!first || value.bytes == kept->bytes);
		first = false;
	}
	must(!http_head_next(head, name, &at, &value));
	must(!first || kept->bytes == NULL);
}

static void check_fields(const struct http_head *head, const char *bytes)
{
	must(head->fields.bytes == head->line.bytes + head->line.length + 2);
	must(head->fields.bytes + head->fields.length + 2 == bytes + head->length);
	check_next(head, "accept", &head->accept);
	check_next(head, "accept-encoding", &head->accept_encoding);
	check_next(head, "if-match", &head->if_match);
	check_next(head, "if-none-match", &head->if_none_match);
	check_next(head, "user-agent", &head->user_agent);
}

/* The verdict does not depend on how much of the input is here yet. */
static void check_prefix(const char *bytes, size_t part, size_t limit, int whole)
{
	struct http_head head;
	int status = http_head_parse(bytes, part, limit, &head);

	must(status == -1 || status == whole);
	if (status == 0)
		check_spans(&head, bytes);
}

static void check_more_behind(const char *bytes, const struct http_head *head)
{
	static char more[LIMIT + 64];
	struct http_head again;

	memset(more, 0, sizeof more);
	memcpy(more, bytes, head->length);
	must(http_head_parse(more, head->length + 64, LIMIT, &again) == 0);
	must(again.length == head->length && again.method == head->method);
	must(again.minor == head->minor && again.content_length == head->content_length);
	must(again.close == head->close && again.chunked == head->chunked);
	must(same(again.target, head->target, more, bytes));
	must(same(again.path, head->path, more, bytes));
	must(same(again.host, head->host, more, bytes));
	must(same(again.range, head->range, more, bytes));
	must(same(again.user_agent, head->user_agent, more, bytes));
	/* to the byte */
	must(http_head_parse(bytes, head->length, head->length, &again) == 0);
	must(http_head_parse(bytes, head->length - 1, LIMIT, &again) == -1);
	must(http_head_parse(bytes, head->length, head->length - 1, &again) >= 414);
}

static void check(const char *bytes, size_t size, size_t limit)
{
	struct http_head head;
	int status = http_head_parse(bytes, size, limit, &head);
	size_t step = size <= 128 ? 1 : size / 32;

	must(is_status(status));
	if (status == 0) {
		must(head.length <= size && head.length <= limit);
		check_spans(&head, bytes);
		check_lines(&head, bytes);
		check_fields(&head, bytes);
		check_more_behind(bytes, &head);
	} else {
		check_span(head.line, bytes, size);
		must(head.length == 0 && head.target.bytes == NULL && head.host.bytes == NULL);
		must(head.fields.bytes == NULL);
		must(status != -1 || size < limit);
	}
	for (size_t part = 0; part < size; part += step)
		check_prefix(bytes, part, limit, status);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check((const char *)data, size, LIMIT);
	check((const char *)data, size, SMALL_LIMIT);
	return 0;
}
