/* SPDX-License-Identifier: ISC */
#include "gemini.h"

#include "contract/inherit.h"

#include "gemini_request.h"
#include "serve.h"
#include "target.h"

#define GEMINI_PORT 1965
#define META_MAX    1024 /* bytes */

static unsigned status_of(enum resolved resolved)
{
	switch (resolved) {
	case RESOLVED_FILE:
		return 20;
	case RESOLVED_DIRECTORY:
		return 31;
	case RESOLVED_NO_INDEX:
	case RESOLVED_FORBIDDEN:
	case RESOLVED_MISSING:
		return 51;
	case RESOLVED_BUSY:
		return 41;
	case RESOLVED_FAILED:
		break;
	}
	return 40;
}

/*
 * Is it for us: host, port, and the vhost of the handshake? "*" stands for bare addresses here,
 * never for somebody else's name.
 */
static bool is_ours(const struct conn *conn, const struct authority *authority)
{
	const struct image *image = &conn->server->image;
	uint16_t port = authority->port != 0 ? authority->port : GEMINI_PORT;
	enum name_match match;
	uint32_t vhost =
		image_find_vhost(image, conn->listener, authority->name, authority->length, &match);

	return port == image->listeners[conn->listener].port && vhost == conn->vhost &&
	       (match != MATCH_ANY || authority->literal);
}

static unsigned serve_file(
	const struct conn *conn, const struct target *target, struct answer *answer)
{
	const struct image *image = &conn->server->image;
	const struct image_vhost *vhost = &image->vhosts[conn->vhost];
	enum resolved resolved;

	if (vhost->root == IMAGE_NONE || target->hidden)
		return 51;
	resolved = resolve_open(image, inherit_root(image, vhost->root), target,
		vhost->index_gemini, &answer->resource);
	if (resolved == RESOLVED_DIRECTORY &&
		(!answer_locate_slash(answer, target) || answer->location_length > META_MAX)) {
		answer->location_length = 0;
		return 51;
	}
	return status_of(resolved);
}

static unsigned decide(
	const struct conn *conn, const struct gemini_request *request, struct answer *answer)
{
	struct target target;

	if (!is_ours(conn, &request->authority))
		return 53;
	switch (target_parse(request->target.bytes, request->target.length, &target)) {
	case TARGET_GOOD:
		return serve_file(conn, &target, answer);
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

bool gemini_answer(const struct conn *conn, const char *bytes, size_t length, struct answer *answer)
{
	struct gemini_request request;
	const char *reason = NULL;
	enum gemini_error error = gemini_request_parse(bytes, length, &request, &reason);

	if (error == GEMINI_INCOMPLETE)
		return false;
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
	return true;
}
