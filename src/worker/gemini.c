/* SPDX-License-Identifier: ISC */
#include "gemini.h"

#include <string.h>
#include <unistd.h>

#include "base/text.h"

#include "gemini_request.h"
#include "listings.h"
#include "lookup.h"
#include "prompt.h"
#include "serve.h"
#include "target.h"

#define GEMINI_PORT 1965
#define META_MAX    1024 /* bytes */

/* A request on its way to an answer; it lives for one call. */
struct gemini_asked {
	const struct conn *conn;
	const struct image *image;
	int listing; /* what there is of one, see listings.h; -1 once it was taken */
	struct gemini_request request;
	struct target target;
	struct lookup lookup;
};

/*
 * Is it for us: host, port, and the vhost of the handshake? "*" stands for bare addresses here,
 * never for somebody else's name.
 */
static bool is_ours(const struct gemini_asked *asked, enum name_match *match)
{
	const struct conn *conn = asked->conn;
	const struct authority *authority = &asked->request.authority;
	uint16_t port = authority->port != 0 ? authority->port : GEMINI_PORT;
	uint32_t vhost = image_find_vhost(
		asked->image, conn->listener, authority->name, authority->length, match);

	return port == asked->image->listeners[conn->listener].port && vhost == conn->vhost &&
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
static unsigned lead_to_name(const struct gemini_asked *asked, struct answer *answer)
{
	const struct image *image = asked->image;
	uint16_t port = image->listeners[asked->conn->listener].port;
	char bytes[AUTHORITY_MAX + 32];
	struct text prefix = text_over(bytes, sizeof bytes);

	text_add(&prefix, "gemini://");
	text_add(&prefix, image_string(image, image->vhosts[asked->conn->vhost].name));
	if (port != GEMINI_PORT) {
		text_byte(&prefix, ':');
		text_number(&prefix, port);
	}
	return lead(answer, answer_locate(answer, text_string(&prefix), &asked->target), 31);
}

static unsigned lead_on(const struct gemini_asked *asked, unsigned status, struct answer *answer)
{
	const struct image_settings *settings = asked->lookup.settings;
	const char *host = asked->request.authority.name;
	bool brackets = strchr(host, ':') != NULL;
	char bytes[AUTHORITY_MAX + 2];
	struct text name = text_over(bytes, sizeof bytes);

	text_add(&name, brackets ? "[" : "");
	text_add(&name, host);
	text_add(&name, brackets ? "]" : "");
	return lead(answer,
		answer_locate_text(answer, image_string(asked->image, settings->location),
			settings->location_key, &asked->target, text_string(&name)),
		status);
}

/* A listing; 0: it has to be made first. */
static unsigned list(struct gemini_asked *asked, struct answer *answer)
{
	answer->format = LISTING_GEMTEXT;
	switch (listings_answer(&asked->listing, &asked->lookup, &asked->target, answer)) {
	case LISTED_READY:
		return 20;
	case LISTED_WAITS:
		return 0;
	case LISTED_BUSY:
		return 41;
	case LISTED_FAILED:
		break;
	}
	return 40;
}

static unsigned ask(const struct gemini_asked *asked, struct answer *answer)
{
	const struct image_settings *settings = asked->lookup.settings;

	answer->prompt = image_string(asked->image, settings->prompt);
	return settings->action == ACTION_SENSITIVE ? 11 : 10;
}

static enum found find(struct gemini_asked *asked)
{
	const struct conn *conn = asked->conn;
	struct lookup *lookup = &asked->lookup;
	enum found found;

	lookup_begin(lookup, conn, conn->vhost, serve_wall(conn->server));
	lookup->index = asked->image->vhosts[conn->vhost].index_gemini;
	if (asked->listing != LISTING_NONE)
		lookup->limits = NULL;
	found = lookup_find(lookup, &asked->target);
	if (found == FOUND_INPUT)
		found = prompt_find(lookup, &asked->target, PROMPT_GEMINI);
	return found;
}

static unsigned serve_path(struct gemini_asked *asked, struct answer *answer)
{
	switch (find(asked)) {
	case FOUND_FILE:
		answer->resource = asked->lookup.resource;
		asked->lookup.resource.fd = -1;
		return 20;
	case FOUND_DIRECTORY:
		return list(asked, answer);
	case FOUND_SLASH:
		return lead(answer, answer_locate_slash(answer, &asked->target), 31);
	case FOUND_MOVED:
		return lead_on(asked, 31, answer);
	case FOUND_REDIRECT:
		return lead_on(asked, 30, answer);
	case FOUND_INPUT:
		return ask(asked, answer);
	case FOUND_SLOW_DOWN:
		answer->wait = asked->lookup.wait;
		return 44;
	case FOUND_MALFORMED:
		return 59;
	case FOUND_GONE:
		return 52;
	case FOUND_FORBIDDEN:
	case FOUND_MISSING:
		return 51;
	case FOUND_UNIDENTIFIED:
		return 60;
	case FOUND_STRANGER:
		return 61;
	case FOUND_EXPIRED:
		return 62;
	case FOUND_OUTDATED:
	case FOUND_BUSY:
		return 41;
	case FOUND_FAILED:
		break;
	}
	return 40;
}

/* The status; 0: a listing has to be made first. */
static unsigned decide(struct gemini_asked *asked, struct answer *answer)
{
	const struct span *target = &asked->request.target;
	enum name_match match;

	if (!is_ours(asked, &match))
		return 53;
	switch (target_parse(target->bytes, target->length, &asked->target)) {
	case TARGET_GOOD:
		answer_keep_secret(answer, asked->image, asked->conn->vhost, &asked->target);
		return match == MATCH_MOVED ? lead_to_name(asked, answer)
					    : serve_path(asked, answer);
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

enum answer_state gemini_answer(const struct conn *conn, const char *bytes, size_t length,
	int listing, struct answer *answer)
{
	struct gemini_asked asked;
	const char *reason = NULL;
	enum gemini_error error = gemini_request_parse(bytes, length, &asked.request, &reason);

	if (error == GEMINI_INCOMPLETE)
		return ANSWER_INCOMPLETE;
	answer_init(answer);
	answer->vhost = conn->vhost;
	answer->used = length;
	answer->close = true;
	answer->line = asked.request.line;
	asked.conn = conn;
	asked.image = &conn->server->image;
	asked.listing = listing;
	asked.lookup.resource.fd = asked.lookup.directory = -1;
	switch (error) {
	case GEMINI_GOOD:
		answer->status = decide(&asked, answer);
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
	lookup_close(&asked.lookup);
	if (asked.listing >= 0)
		close(asked.listing);
	return answer->status != 0 ? ANSWER_READY : ANSWER_WAITS;
}
