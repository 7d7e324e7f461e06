/* SPDX-License-Identifier: ISC */
#include "http.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/text.h"
#include "contract/inherit.h"

#include "http_file.h"
#include "listings.h"
#include "prompt.h"
#include "serve.h"

#define BODY_MAX   65536 /* bytes of a request body that are read for nothing rather than closing */
#define CHALLENGE  "/.well-known/acme-challenge/"
#define HTTPS_PORT 443
#define HTTP_PORT  80
#define ID_MAX     64 /* bytes of a request id that came along */

/* Host, or what an absolute-form names. */
static bool find_host(struct http_request *request)
{
	const struct span *host = &request->head->host;

	request->host.length = 0;
	if (host->length == 0)
		return true;
	return authority_parse(host->bytes, host->length, &request->host);
}

/* On https the handshake's vhost is the only one that may answer. */
static bool find_vhost(struct http_request *request)
{
	const struct conn *conn = request->conn;
	request->match = MATCH_EXACT;
	if (conn->protocol == PROTOCOL_HTTPS && request->host.length == 0) {
		request->vhost = conn->vhost;
		return true;
	}
	request->vhost = image_find_vhost(request->image, conn->listener, request->host.name,
		request->host.length, &request->match);
	if (request->vhost == IMAGE_NONE)
		return false;
	return conn->protocol != PROTOCOL_HTTPS || request->vhost == conn->vhost;
}

/* A file for a certificate authority, for every name (RFC 8555 §8.3). */
static bool answer_challenge(struct http_request *request, struct answer *answer)
{
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
	if (resolve_file(inherit_root(image, root), path, SYMLINKS_WITHIN, &answer->resource) !=
		RESOLVED_FILE)
		return false;
	answer->resource.type = "application/octet-stream";
	answer->status = 200;
	return true;
}

/* "https://name:port" of a place to lead to. */
static void add_origin(
	struct text *text, const char *scheme, const char *name, uint16_t port, uint16_t usual)
{
	bool bare = strchr(name, ':') && name[0] != '[';

	text_add(text, scheme);
	text_add(text, bare ? "[" : "");
	text_add(text, name);
	text_add(text, bare ? "]" : "");
	if (port != usual) {
		text_byte(text, ':');
		text_number(text, port);
	}
}

/*
 * To the same on https, by the name that was asked for. Without one, and for a name that the vhost
 * had before, it is the vhost's first; where that is "*" or a wildcard there is nowhere to lead.
 */
static unsigned lead_to(struct http_request *request, bool secure, struct answer *answer)
{
	const struct image *image = request->image;
	const struct image_vhost *vhost = &image->vhosts[request->vhost];
	const struct authority *host = &request->host;
	const char *name = host->name;
	char bytes[AUTHORITY_MAX + 32];
	struct text prefix = text_over(bytes, sizeof bytes);

	if (host->length == 0 || request->match == MATCH_MOVED)
		name = image_string(image, vhost->name);
	if ((secure && vhost->https_port == 0) || *name == '*')
		return 421;
	if (secure)
		add_origin(&prefix, "https://", name, vhost->https_port, HTTPS_PORT);
	else
		add_origin(&prefix, "http://", name, image->listeners[request->conn->listener].port,
			HTTP_PORT);
	return answer_locate(answer, text_string(&prefix), &request->target) ? 301 : 414;
}

/* Where the configuration leads. */
static unsigned lead_on(struct http_request *request, unsigned status, struct answer *answer)
{
	const struct image_settings *settings = request->lookup.settings;
	const struct image *image = request->image;
	const char *host = request->host.name;
	char bytes[AUTHORITY_MAX + 32];
	struct text text = text_over(bytes, sizeof bytes);

	if (request->host.length == 0)
		host = image_string(image, image->vhosts[request->vhost].name);
	add_origin(&text, "", host, 0, 0);
	return answer_locate_text(answer, image_string(image, settings->location),
		       settings->location_key, &request->target, text_string(&text))
		       ? status
		       : 414;
}

static enum found find(struct http_request *request, struct answer *answer)
{
	struct lookup *lookup = &request->lookup;
	enum found found;

	lookup_begin(lookup, request->conn, request->vhost, request->now);
	lookup->index = request->image->vhosts[request->vhost].index_http;
	if (request->listing != LISTING_NONE)
		lookup->limits = NULL;
	found = lookup_find(lookup, &request->target);
	if (found == FOUND_INPUT)
		found = prompt_find(lookup, &request->target, PROMPT_HTML);
	if (answer->sensitive)
		lookup->cache = "no-store";
	answer->settings = lookup->settings;
	return found;
}

/* The form. */
static unsigned ask(const struct http_request *request, struct answer *answer)
{
	answer->prompt = image_string(request->image, request->lookup.settings->prompt);
	answer->cache = request->lookup.cache;
	return 200;
}

/* What the path stands for; 0: a listing has to be made first. */
static unsigned serve_path(struct http_request *request, struct answer *answer)
{
	switch (find(request, answer)) {
	case FOUND_FILE:
		return http_file_answer(request, answer);
	case FOUND_DIRECTORY:
		return http_listing_answer(request, answer);
	case FOUND_SLASH:
		return answer_locate_slash(answer, &request->target) ? 301 : 414;
	case FOUND_MOVED:
		return lead_on(request, 301, answer);
	case FOUND_REDIRECT:
		return lead_on(request, 302, answer);
	case FOUND_INPUT:
		return ask(request, answer);
	case FOUND_SLOW_DOWN:
		answer->wait = request->lookup.wait;
		return 429;
	case FOUND_MALFORMED:
		return 400;
	case FOUND_GONE:
		return 410;
	case FOUND_MISSING:
		return 404;
	case FOUND_FORBIDDEN:
	case FOUND_UNIDENTIFIED:
	case FOUND_STRANGER:
	case FOUND_EXPIRED:
		return 403;
	case FOUND_OUTDATED:
		answer->wait = 0;
		return 503;
	case FOUND_BUSY:
		return 503;
	case FOUND_FAILED:
		break;
	}
	return 500;
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

/* An "https" URI where nothing is secured: its owner would not want it answered (RFC 9110 §7.4). */
static bool is_insecure(const struct http_request *request)
{
	static const char scheme[] = "https:";
	const struct span *target = &request->head->target;

	return request->conn->protocol == PROTOCOL_HTTP && target->length >= sizeof scheme - 1 &&
	       strncasecmp(target->bytes, scheme, sizeof scheme - 1) == 0;
}

/* From whose it is to what there is; returns the status. */
static unsigned decide(struct http_request *request, struct answer *answer)
{
	const struct http_head *head = request->head;
	bool star = head->path.length == 1 && head->path.bytes[0] == '*';
	unsigned method = method_status(head->method), target = 0;
	const struct image_vhost *vhost;
	bool found;

	if (!find_host(request))
		return 400;
	if (is_insecure(request))
		return 421;
	found = find_vhost(request);
	if (found)
		answer->vhost = request->vhost;
	else if (request->conn->protocol == PROTOCOL_HTTPS)
		return 421;
	if (!star)
		target = target_status(
			target_parse(head->path.bytes, head->path.length, &request->target));
	if (found && !star && target == 0)
		answer_keep_secret(answer, request->image, request->vhost, &request->target);
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
		return lead_to(request, true, answer);
	if (request->match == MATCH_MOVED)
		return lead_to(request, request->conn->protocol == PROTOCOL_HTTPS, answer);
	return serve_path(request, answer);
}

/* The id that came along, if nobody could be harmed by it. */
static bool is_safe_id(struct span id)
{
	if (id.length == 0 || id.length > ID_MAX)
		return false;
	for (size_t i = 0; i < id.length; i++)
		if (!((id.bytes[i] >= '0' && id.bytes[i] <= '9') ||
			    (id.bytes[i] >= 'A' && id.bytes[i] <= 'Z') ||
			    (id.bytes[i] >= 'a' && id.bytes[i] <= 'z') ||
			    (id.bytes[i] && strchr("-._~:/=+@", id.bytes[i]))))
			return false;
	return true;
}

/* What holds for all answers of a vhost, whatever became of the request. */
static void conclude(struct http_request *request, struct answer *answer)
{
	const struct image *image = request->image;
	const struct image_vhost *vhost;

	if (answer->vhost == IMAGE_NONE)
		return;
	vhost = &image->vhosts[answer->vhost];
	answer->with_id = vhost->request_id;
	if (answer->with_id && is_safe_id(request->head->request_id))
		answer->request_id = request->head->request_id;
	if (!answer->settings)
		answer->settings = &image->settings[vhost->settings];
	if (answer->status >= 400 && request->lookup.image)
		http_error_page(request, answer);
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

static enum answer_state answer_head(
	const struct conn *conn, const struct http_head *head, int listing, struct answer *answer)
{
	struct http_request request;

	request.conn = conn;
	request.image = &conn->server->image;
	request.head = head;
	request.now = serve_wall(conn->server);
	request.listing = listing;
	request.lookup.image = NULL; /* nothing was looked up */
	request.lookup.resource.fd = request.lookup.directory = -1;
	frame(head, answer);
	answer->status = decide(&request, answer);
	if (answer->status != 0)
		conclude(&request, answer);
	lookup_close(&request.lookup);
	if (request.listing >= 0)
		close(request.listing);
	if (conn->server->draining)
		answer->close = true;
	return answer->status != 0 ? ANSWER_READY : ANSWER_WAITS;
}

enum answer_state http_answer(const struct conn *conn, const char *bytes, size_t length,
	int listing, struct answer *answer)
{
	struct http_head head;
	int status = http_head_parse(bytes, length, conn->server->head_limit, &head);

	if (status < 0)
		return ANSWER_INCOMPLETE;
	answer_init(answer);
	answer->line = head.line;
	if (status > 0) {
		answer->used = length;
		http_refuse(conn, (unsigned)status, answer);
		return ANSWER_READY;
	}
	answer->used = head.length;
	answer->referer = head.referer;
	answer->user_agent = head.user_agent;
	return answer_head(conn, &head, listing, answer);
}
