/* SPDX-License-Identifier: ISC */
#include "message.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define GEMINI_PORT 1965

static void authority_write(FILE *out, const char *name)
{
	fprintf(out, strchr(name, ':') ? "[%s]" : "%s", name);
}

static void gemini_write(FILE *out, const struct request *rq)
{
	fputs("gemini://", out);
	authority_write(out, request_authority(rq));
	if (rq->port != GEMINI_PORT && rq->port)
		fprintf(out, ":%" PRId64, rq->port);
	fprintf(out, "%s\r\n", rq->path);
}

static void http_write(FILE *out, const struct request *rq)
{
	bool has_host = false;

	for (int i = 0; i < rq->headers_count; i++)
		has_host |= strncasecmp(rq->headers[i], "Host:", 5) == 0;
	fprintf(out, "%s %s HTTP/1.1\r\n", rq->method, rq->path);
	if (!has_host) {
		fputs("Host: ", out);
		authority_write(out, request_authority(rq));
		fputs("\r\n", out);
	}
	for (int i = 0; i < rq->headers_count; i++)
		fprintf(out, "%s\r\n", rq->headers[i]);
	fputs("\r\n", out);
}

char *message_make(const struct request *rq, int64_t copies, size_t *len)
{
	char *bytes = NULL;
	FILE *out = open_memstream(&bytes, len);

	if (!out)
		return NULL;
	for (int64_t i = 0; i < copies; i++) {
		if (rq->raw.value)
			fwrite(rq->raw.value, 1, rq->raw.len, out);
		else if (rq->proto == PROTO_GEMINI)
			gemini_write(out, rq);
		else
			http_write(out, rq);
	}
	if (fclose(out) == 0)
		return bytes;
	free(bytes);
	return NULL;
}

bool message_is_head(const struct request *rq)
{
	if (rq->proto == PROTO_GEMINI)
		return false;
	if (rq->raw.value && rq->raw.len)
		return strncmp(rq->raw.value, "HEAD ", 5) == 0;
	return strcmp(rq->method, "HEAD") == 0;
}
