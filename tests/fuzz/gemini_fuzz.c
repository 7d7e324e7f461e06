/* SPDX-License-Identifier: ISC */
/* links: worker */

/* Any bytes as a Gemini request. */

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "gemini_request.h"
#include "must.h"

static void check_good(const struct gemini_request *request, const char *bytes)
{
	struct span line = request->line, target = request->target;

	must(strncasecmp(bytes, "gemini://", 9) == 0);
	must(text_is_utf8(line.bytes, line.length));
	must(memchr(line.bytes, '#', line.length) == NULL);
	for (size_t i = 0; i < line.length; i++)
		must((unsigned char)line.bytes[i] > ' ' && line.bytes[i] != 0x7f);
	must(target.bytes > line.bytes + 9);
	must(target.bytes + target.length == line.bytes + line.length);
	must(target.length == 0 || target.bytes[0] == '/' || target.bytes[0] == '?');
	must(memchr(line.bytes, '@', (size_t)(target.bytes - line.bytes)) == NULL);
	must(strchr(request->authority.name, '%') == NULL);
	must(request->authority.length > 0);
	must(strlen(request->authority.name) == request->authority.length);
}

static void check_whole(enum gemini_error error, const struct gemini_request *request,
	const char *bytes, size_t size)
{
	must(request->line.bytes == bytes && request->line.length <= GEMINI_URI_MAX);
	if (request->length == 0) {
		must(error == GEMINI_BAD && size > GEMINI_URI_MAX);
		return;
	}
	must(request->length <= size && request->length == request->line.length + 2);
	must(memcmp(bytes + request->line.length, "\r\n", 2) == 0);
	must(memmem(bytes, request->line.length + 1, "\r\n", 2) == NULL);
	if (error == GEMINI_GOOD)
		check_good(request, bytes);
}

static enum gemini_error parse(const char *bytes, size_t size, struct gemini_request *request)
{
	const char *reason = NULL;
	enum gemini_error error = gemini_request_parse(bytes, size, request, &reason);

	if (error == GEMINI_BAD || error == GEMINI_FOREIGN)
		must(reason != NULL && strlen(reason) > 0 && strlen(reason) < 64);
	return error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gemini_request request, again;
	const char *bytes = (const char *)data;
	enum gemini_error error = parse(bytes, size, &request), part;

	if (error != GEMINI_INCOMPLETE)
		check_whole(error, &request, bytes, size);
	else
		must(size < GEMINI_REQUEST_MAX && memmem(bytes, size, "\r\n", 2) == NULL);
	for (size_t length = 0; length < size; length += size < 128 ? 1 : size / 32) {
		part = parse(bytes, length, &again);
		must(part == GEMINI_INCOMPLETE || part == error);
		must(length < GEMINI_REQUEST_MAX || part != GEMINI_INCOMPLETE);
	}
	return 0;
}
