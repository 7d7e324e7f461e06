/* SPDX-License-Identifier: ISC */
#include "gemini.h"

#include <string.h>

#include "base/text.h"

#include "gemini_request.h"
#include "lookup.h"
#include "serve.h"
#include "target.h"

#define GEMINI_PORT 1965
#define META_MAX    1024 /* bytes */
#define NANOSECONDS 1000000000

/*
 * Is it for us: host, port, and the vhost of the handshake? "*" stands for bare addresses here,
 * never for somebody else's name.
 */
static bool is_ours(
	const struct conn *conn, const struct authority *authority, enum name_match *match)
{
	const struct image *image = &conn->server->image;
	uint16_t port = authority->port != 0 ? authority->port : GEMINI_PORT;
	uint32_t vhost =
		image_find_vhost(image, conn->listener, authority->name, authority->length, match);

	return port == image->listeners[conn->listener].port && vhost == conn->vhost &&
	       (*match != MATCH_ANY || authority->literal);
}

static unsigned lead(struct answer *answer, bool fits, unsigned status)
{
	if (fits && answer->location_length <= META_MAX)
		return status;
	answer->location_length = 0;
	return 51;
}

/* The same at the vhost's first name. */
static unsigned lead_to_name(
	const struct conn *conn, const struct target *target, struct answer *answer)
{
	const struct image *image = &conn->server->image;
	uint16_t port = image->listeners[conn->listener].port;
	char bytes[AUTHORITY_MAX + 32];
	struct text prefix = text_over(bytes, sizeof bytes);

	text_add(&prefix, "gemini://");
	text_add(&prefix, image_string(image, image->vhosts[conn->vhost].name));
	if (port != GEMINI_PORT) {
		text_byte(&prefix, ':');
		text_number(&prefix, port);
	}
	return lead(answer, answer_locate(answer, text_string(&prefix), target), 31);
}

static unsigned lead_on(const struct lookup *lookup, const struct target *target, const char *host,
	unsigned status, struct answer *answer)
{
	const struct image_settings *settings = lookup->settings;

	return lead(answer,
		answer_locate_text(answer, image_string(lookup->image, settings->location),
			settings->location_key, target, host),
		status);
}

static unsigned serve_path(const struct conn *conn, const struct target *target, const char *host,
	struct answer *answer)
{
	int64_t now = serve_wall(conn->server) / NANOSECONDS;
	struct lookup lookup;

	lookup.image = &conn->server->image;
	lookup.vhost = conn->vhost;
	lookup.index = lookup.image->vhosts[conn->vhost].index_gemini;
	lookup.peer = &conn->peer;
	lookup.digest = conn->identified ? conn->digest : NULL;
	lookup.current = conn->not_before <= now && now <= conn->not_after;
	switch (lookup_find(&lookup, target)) {
	case FOUND_FILE:
		answer->resource = lookup.resource;
		return 20;
	case FOUND_SLASH:
		return lead(answer, answer_locate_slash(answer, target), 31);
	case FOUND_MOVED:
		return lead_on(&lookup, target, host, 31, answer);
	case FOUND_REDIRECT:
		return lead_on(&lookup, target, host, 30, answer);
	case FOUND_GONE:
		return 52;
	case FOUND_DIRECTORY: /* there are listings on the web only */
		lookup_close(&lookup);
		return 51;
	case FOUND_FORBIDDEN:
	case FOUND_MISSING:
		return 51;
	case FOUND_UNIDENTIFIED:
		return 60;
	case FOUND_STRANGER:
		return 61;
	case FOUND_EXPIRED:
		return 62;
	case FOUND_BUSY:
		return 41;
	case FOUND_FAILED:
		break;
	}
	return 40;
}

static unsigned decide(
	const struct conn *conn, const struct gemini_request *request, struct answer *answer)
{
	struct target target;
	enum name_match match;

	if (!is_ours(conn, &request->authority, &match))
		return 53;
	switch (target_parse(request->target.bytes, request->target.length, &target)) {
	case TARGET_GOOD:
		return match == MATCH_MOVED
			       ? lead_to_name(conn, &target, answer)
			       : serve_path(conn, &target, request->authority.name, answer);
	case TARGET_OUTSIDE:
		answer->reason = "The path leads out of the root";
		break;
	case TARGET_SYNTAX:
	case TARGET_LONG:
		break;
	}
	return 59;
}

void gemini_refuse(const struct conn *conn, unsigned status, struct answer *answer)
{
	answer->status = status;
	answer->vhost = conn->vhost;
	answer->close = answer->unread = true;
}

enum answer_state gemini_answer(
	const struct conn *conn, const char *bytes, size_t length, struct answer *answer)
{
	struct gemini_request request;
	const char *reason = NULL;
	enum gemini_error error = gemini_request_parse(bytes, length, &request, &reason);

	if (error == GEMINI_INCOMPLETE)
		return ANSWER_INCOMPLETE;
	answer_init(answer);
	answer->vhost = conn->vhost;
	answer->used = length;
	answer->close = true;
	answer->line = request.line;
	switch (error) {
	case GEMINI_GOOD:
		answer->status = decide(conn, &request, answer);
		break;
	case GEMINI_FOREIGN:
		answer->status = 53;
		answer->reason = reason;
		break;
	case GEMINI_BAD:
	case GEMINI_INCOMPLETE:
		answer->status = 59;
		answer->reason = reason;
		answer->unread = true;
		break;
	}
	return ANSWER_READY;
}
