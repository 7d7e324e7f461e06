/* SPDX-License-Identifier: ISC */
#include "request.h"

#include <string.h>
#include <strings.h>

/* RFC 9110 §5.6.2 */
static bool is_token(const char *bytes, size_t length)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < length; i++) {
		char c = bytes[i];

		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
			    (c != '\0' && strchr(others, c))))
			return false;
	}
	return length > 0;
}

/* RFC 9110 §5.5: no control character but HTAB. */
static bool is_value(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static bool is_target(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] <= ' ' || bytes[i] > '~')
			return false;
	}
	return length > 0;
}

/* "HTTP/1.0" and up; another major version is not for us. */
static bool is_version(const char *bytes, size_t length)
{
	return length == 8 && memcmp(bytes, "HTTP/1.", 7) == 0 && bytes[7] >= '0' &&
	       bytes[7] <= '9';
}

/* One field line, without CRLF. A line that continues another (obs-fold) has no token. Counts Host.
 */
static bool parse_field(const char *line, size_t length, unsigned *hosts)
{
	const char *colon = memchr(line, ':', length);

	if (!colon)
		return false;

	size_t name = (size_t)(colon - line);

	if (!is_token(line, name) || !is_value(colon + 1, length - name - 1))
		return false;
	if (name == 4 && strncasecmp(line, "host", 4) == 0)
		++*hosts;
	return true;
}

/* The fields up to the empty line, which is there. */
static bool parse_fields(const char *line, const char *end, bool host_required)
{
	unsigned hosts = 0;

	while (line < end) {
		const char *next = memmem(line, (size_t)(end - line), "\r\n", 2);

		if (!next || !parse_field(line, (size_t)(next - line), &hosts))
			return false;
		line = next + 2;
	}
	return hosts == 1 || (hosts == 0 && !host_required); /* RFC 9112 §3.2 */
}

/* The path of a target in origin form, or in absolute form as proxies send it (RFC 9112 §3.2). */
static bool find_path(const char *target, size_t length, struct request *request)
{
	const char *end = target + length;
	const char *query = memchr(target, '?', length);

	if (query)
		end = query;
	if (length >= 7 && strncasecmp(target, "http://", 7) == 0)
		target = end - target > 7 ? memchr(target + 7, '/', (size_t)(end - target - 7))
					  : NULL;
	if (!target || *target != '/')
		return false;
	request->path = target;
	request->length = (size_t)(end - target);
	return true;
}

static enum request_status parse_head(
	const char *line, size_t length, const char *end, struct request *request)
{
	const char *target = memchr(line, ' ', length);
	const char *version =
		target ? memchr(target + 1, ' ', length - (size_t)(target + 1 - line)) : NULL;

	if (!version)
		return REQUEST_BAD;

	size_t method_length = (size_t)(target++ - line);
	size_t target_length = (size_t)(version++ - target);
	size_t version_length = (size_t)(line + length - version);

	if (!is_token(line, method_length) || !is_target(target, target_length) ||
		!is_version(version, version_length) ||
		!parse_fields(line + length + 2, end, version[7] != '0'))
		return REQUEST_BAD;
	request->body = method_length == 3 && memcmp(line, "GET", 3) == 0;
	if (!request->body && !(method_length == 4 && memcmp(line, "HEAD", 4) == 0))
		return REQUEST_METHOD;
	return find_path(target, target_length, request) ? REQUEST_GOOD : REQUEST_BAD;
}

enum request_status request_parse(const char *bytes, size_t length, struct request *request)
{
	size_t head_most = length < REQUEST_HEAD ? length : REQUEST_HEAD;
	size_t line_most = length < REQUEST_LINE ? length : REQUEST_LINE;
	const char *line_end = memmem(bytes, line_most, "\r\n", 2);
	const char *end = memmem(bytes, head_most, "\r\n\r\n", 4);

	*request = (struct request){0};
	if (!line_end)
		return length >= REQUEST_LINE ? REQUEST_LINE_LONG : REQUEST_MORE;
	if (!end)
		return length >= REQUEST_HEAD ? REQUEST_HEAD_LONG : REQUEST_MORE;
	return parse_head(bytes, (size_t)(line_end - bytes), end + 2, request);
}

bool request_is(const struct request *request, const char *path)
{
	return request->length == strlen(path) && memcmp(request->path, path, request->length) == 0;
}
