/* SPDX-License-Identifier: ISC */
#include "gemini_request.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

/* The first line's length without CRLF; false if there is none within the longest request. */
static bool find_end(const char *bytes, size_t length, size_t *end)
{
	for (*end = 0; *end + 1 < length && *end <= GEMINI_URI_MAX; (*end)++)
		if (bytes[*end] == '\r' && bytes[*end + 1] == '\n')
			return true;
	return false;
}

/* No URI of any scheme may look like this. NULL if it is fine so far. */
static const char *find_fault(struct span uri)
{
	if (uri.length == 0)
		return "empty request";
	if (uri.length >= 3 && memcmp(uri.bytes, "\xef\xbb\xbf", 3) == 0)
		return "begins with a byte order mark";
	if (!text_is_utf8(uri.bytes, uri.length))
		return "not UTF-8";
	for (size_t i = 0; i < uri.length; i++)
		if ((unsigned char)uri.bytes[i] <= ' ' || uri.bytes[i] == 0x7f)
			return "space or control character";
	if (memchr(uri.bytes, '#', uri.length) != NULL)
		return "fragment not allowed";
	return NULL;
}

/* Of the scheme in front of ':' (RFC 3986 §3.1); 0 if there is none. */
static size_t scheme_length(struct span uri)
{
	for (size_t i = 0; i < uri.length; i++) {
		char byte = uri.bytes[i];
		bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');

		if (byte == ':')
			return i;
		if (!letter && (i == 0 || byte == '\0' || strchr("0123456789+-.", byte) == NULL))
			return 0;
	}
	return 0;
}

/* What follows "gemini:". NULL, or what is wrong with it. */
static const char *parse_rest(struct span rest, struct gemini_request *request)
{
	size_t end;

	if (rest.length < 2 || memcmp(rest.bytes, "//", 2) != 0)
		return "no host";
	for (end = 2; end < rest.length; end++)
		if (rest.bytes[end] == '/' || rest.bytes[end] == '?')
			break;
	if (end == 2)
		return "no host";
	if (memchr(rest.bytes, '@', end) != NULL)
		return "userinfo not allowed";
	if (!authority_parse(rest.bytes + 2, end - 2, &request->authority))
		return "bad host or port";
	request->target = (struct span){rest.bytes + end, rest.length - end};
	return NULL;
}

enum gemini_error gemini_request_parse(
	const char *bytes, size_t length, struct gemini_request *request, const char **reason)
{
	size_t end, scheme;
	struct span uri;

	memset(request, 0, sizeof *request);
	if (!find_end(bytes, length, &end)) {
		if (length <= GEMINI_URI_MAX ||
			(length == GEMINI_URI_MAX + 1 && bytes[GEMINI_URI_MAX] == '\r'))
			return GEMINI_INCOMPLETE;
		request->line = (struct span){bytes, GEMINI_URI_MAX};
		*reason = "longer than 1024 bytes";
		return GEMINI_BAD;
	}
	uri = (struct span){bytes, end};
	request->line = uri;
	request->length = end + 2;
	*reason = find_fault(uri);
	if (*reason != NULL)
		return GEMINI_BAD;
	scheme = scheme_length(uri);
	if (scheme == 0) {
		*reason = "not an absolute URI";
		return GEMINI_BAD;
	}
	if (scheme != 6 || strncasecmp(bytes, "gemini", 6) != 0) {
		*reason = "scheme is not gemini";
		return GEMINI_FOREIGN;
	}
	uri = (struct span){bytes + scheme + 1, uri.length - scheme - 1};
	*reason = parse_rest(uri, request);
	return *reason == NULL ? GEMINI_GOOD : GEMINI_BAD;
}
