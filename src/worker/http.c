/* SPDX-License-Identifier: ISC */
#include "http.h"

#include <string.h>

#include "base/text.h"
#include "contract/inherit.h"

#include "authority.h"
#include "http_head.h"
#include "serve.h"
#include "target.h"

#define BODY_MAX   65536 /* bytes of a request body that are read for nothing rather than closing */
#define CHALLENGE  "/.well-known/acme-challenge/"
#define HTTPS_PORT 443

/* A request on its way to an answer. */
struct request {
	const struct conn *conn;
	const struct image *image;
	const struct http_head *head;
	struct authority host; /* length 0: none was given */
	uint32_t vhost;
	struct target target;
};

static unsigned status_of(enum resolved resolved)
{
	switch (resolved) {
	case RESOLVED_FILE:
		return 200;
	case RESOLVED_DIRECTORY:
		return 301;
	case RESOLVED_NO_INDEX:
	case RESOLVED_FORBIDDEN:
		return 403;
	case RESOLVED_MISSING:
		return 404;
	case RESOLVED_BUSY:
		return 503;
	case RESOLVED_FAILED:
		break;
	}
	return 500;
}

/* Host, or what an absolute-form names. */
static bool find_host(struct request *request)
{
	const struct span *host = &request->head->host;

	request->host.length = 0;
	if (host->length == 0)
		return true;
	return authority_parse(host->bytes, host->length, &request->host);
}

/* On https the handshake's vhost is the only one that may answer. */
static bool find_vhost(struct request *request)
{
	const struct conn *conn = request->conn;
	enum name_match match;

	if (conn->protocol == PROTOCOL_HTTPS && request->host.length == 0) {
		request->vhost = conn->vhost;
		return true;
	}
	request->vhost = image_find_vhost(
		request->image, conn->listener, request->host.name, request->host.length, &match);
	if (request->vhost == IMAGE_NONE)
		return false;
	return conn->protocol != PROTOCOL_HTTPS || request->vhost == conn->vhost;
}

/* A file for a certificate authority, for every name (RFC 8555 §8.3). */
static bool answer_challenge(struct request *request, struct answer *answer)
{
	static const struct image_range no_index = {0, 0};
	const struct image *image = request->image;
	uint32_t root = image->header->acme_root;
	const char *path = request->target.path, *token = path + strlen(CHALLENGE);

	if (request->conn->protocol != PROTOCOL_HTTP || root == IMAGE_NONE ||
		strncmp(path, CHALLENGE, strlen(CHALLENGE)) != 0)
		return false;
	/* base64url; nothing else may be asked for here. */
	if (*token == '\0' || token[strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
						  "abcdefghijklmnopqrstuvwxyz0123456789-_")])
		return false;
	if (resolve_open(image, inherit_root(image, root), &request->target, no_index,
		    &answer->resource) != RESOLVED_FILE)
		return false;
	answer->resource.type = "application/octet-stream";
	answer->status = 200;
	return true;
}

/*
 * To the same on https, by the name that was asked for. Without one it is the vhost's first; where
 * that is "*" or a wildcard there is nowhere to lead.
 */
static unsigned redirect(struct request *request, struct answer *answer)
{
	const struct image_vhost *vhost = &request->image->vhosts[request->vhost];
	const struct authority *host = &request->host;
	const char *name = host->name;
	char bytes[AUTHORITY_MAX + 32];
	struct text prefix = text_over(bytes, sizeof bytes);

	if (host->length == 0)
		name = image_string(request->image, vhost->name);
	if (vhost->https_port == 0 || *name == '*')
		return 421;
	text_add(&prefix, "https://");
	text_add(&prefix, strchr(name, ':') ? "[" : "");
	text_add(&prefix, name);
	text_add(&prefix, strchr(name, ':') ? "]" : "");
	if (vhost->https_port != HTTPS_PORT) {
		text_byte(&prefix, ':');
		text_number(&prefix, vhost->https_port);
	}
	return answer_locate(answer, text_string(&prefix), &request->target) ? 301 : 414;
}

static unsigned serve_file(struct request *request, struct answer *answer)
{
	const struct image *image = request->image;
	const struct image_vhost *vhost = &image->vhosts[request->vhost];
	enum resolved resolved;

	if (vhost->root == IMAGE_NONE || request->target.hidden)
		return 404;
	resolved = resolve_open(image, inherit_root(image, vhost->root), &request->target,
		vhost->index_http, &answer->resource);
	if (resolved == RESOLVED_DIRECTORY && !answer_locate_slash(answer, &request->target))
		return 414;
	return status_of(resolved);
}

static unsigned target_status(enum target_error error)
{
	switch (error) {
	case TARGET_GOOD:
		return 0;
	case TARGET_LONG:
		return 414;
	case TARGET_SYNTAX:
	case TARGET_OUTSIDE:
		break;
	}
	return 400;
}

static unsigned method_status(enum http_method method)
{
	switch (method) {
	case METHOD_GET:
	case METHOD_HEAD:
		return 0;
	case METHOD_OPTIONS:
		return 204;
	case METHOD_KNOWN:
		return 405;
	case METHOD_UNKNOWN:
		break;
	}
	return 501;
}

/* From whose it is to what there is; returns the status. */
static unsigned decide(struct request *request, struct answer *answer)
{
	const struct http_head *head = request->head;
	bool star = head->path.length == 1 && head->path.bytes[0] == '*';
	unsigned method = method_status(head->method), target;
	const struct image_vhost *vhost;
	bool found;

	if (!find_host(request))
		return 400;
	found = find_vhost(request);
	if (found)
		answer->vhost = request->vhost;
	else if (request->conn->protocol == PROTOCOL_HTTPS)
		return 421;
	target = method == 405 || star ? 0
				       : target_status(target_parse(head->path.bytes,
						 head->path.length, &request->target));
	if (target == 0 && method == 0 && answer_challenge(request, answer))
		return answer->status;
	vhost = &request->image->vhosts[found ? request->vhost : 0];
	if (!found || (request->conn->protocol == PROTOCOL_HTTP && vhost->http == HTTP_NONE))
		return 421;
	if (method != 0)
		return method;
	if (target != 0)
		return target;
	if (request->conn->protocol == PROTOCOL_HTTP && vhost->http == HTTP_REDIRECT)
		return redirect(request, answer);
	return serve_file(request, answer);
}

/*
 * What follows the head. A small body is dropped; for a larger one, a chunked one, or one that the
 * client holds back until we say so (RFC 9110 §10.1.1), the answer is the last on this connection.
 */
static void frame(const struct http_head *head, struct answer *answer)
{
	bool body = head->content_length > 0 || head->chunked;

	answer->bodyless = head->method == METHOD_HEAD;
	answer->close = head->close;
	answer->say_keep_alive = head->keep_alive;
	if (head->chunked || head->content_length > BODY_MAX || (head->expect && body))
		answer->close = answer->unread = true;
	else
		answer->skip = (uint32_t)head->content_length;
	/* There may be more of it than we can drop before this answer closes. */
	if (answer->skip > 0 && answer->close)
		answer->unread = true;
}

void http_refuse(const struct conn *conn, unsigned status, struct answer *answer)
{
	answer->status = status;
	answer->vhost = conn->vhost;
	answer->close = answer->unread = true;
}

bool http_answer(const struct conn *conn, const char *bytes, size_t length, struct answer *answer)
{
	const struct server *server = conn->server;
	struct http_head head;
	struct request request;
	int status = http_head_parse(bytes, length, server->head_limit, &head);

	if (status < 0)
		return false;
	answer_init(answer);
	answer->line = head.line;
	if (status > 0) {
		answer->used = length;
		http_refuse(conn, (unsigned)status, answer);
		return true;
	}
	answer->used = head.length;
	answer->referer = head.referer;
	answer->user_agent = head.user_agent;
	request.conn = conn;
	request.image = &server->image;
	request.head = &head;
	frame(&head, answer);
	answer->status = decide(&request, answer);
	if (server->draining)
		answer->close = true;
	return true;
}
