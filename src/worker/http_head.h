/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_HTTP_HEAD_H
#define SULID_WORKER_HTTP_HEAD_H

/*
 * The bytes of an HTTP/1.x request head → fields (RFC 9112). Nothing is copied: the fields point
 * into the bytes that were given. No connection, no clock, no policy: what is refused here is what
 * no HTTP server may accept.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "span.h"

enum http_method {
	METHOD_GET,
	METHOD_HEAD,
	METHOD_OPTIONS,
	METHOD_KNOWN,   /* POST, PUT, DELETE, PATCH, TRACE, CONNECT: 405 */
	METHOD_UNKNOWN, /* anything else that is a token: 501 */
};

/*
 * Of a list field on several lines (Accept, If-Match, …) the first line is kept; http_head_next
 * finds the others. A field that may appear once (Range, If-Range, the two dates, X-Request-Id) but
 * does not is empty and not absent: no value, so that what depends on it does not hold.
 */
struct http_head {
	size_t length; /* of the head with its empty line; the body or the next request follows */
	enum http_method method;
	struct span method_text;
	struct span target; /* as received: origin-form, absolute-form or "*" */
	struct span path;   /* for target_parse: target without an absolute-form's scheme and
			       authority; may be empty; "*" stays */
	struct span fields; /* all field lines with their CRLF, without the empty line */
	struct span line;   /* request line without CRLF, for the log; on errors what there is */
	unsigned minor;     /* HTTP/1.minor; 0 or 1, a higher one counts as 1 */
	struct span host; /* Host, or the authority of an absolute-form target, which wins (RFC 9112
			     §3.2.2); absent only in 1.0, may be empty, authority_parse checks it */
	bool close;       /* Connection: close, or HTTP/1.0 without keep-alive */
	bool keep_alive;  /* HTTP/1.0 with keep-alive: the answer has to say so */
	bool expect;      /* Expect: 100-continue, in 1.1 */
	bool chunked;     /* Transfer-Encoding: chunked */
	uint64_t content_length; /* 0 if absent */
	struct span accept;
	struct span accept_encoding;
	struct span if_match;
	struct span if_none_match;
	struct span if_modified_since;
	struct span if_unmodified_since;
	struct span if_range;
	struct span range;
	struct span referer;
	struct span user_agent;
	struct span request_id; /* X-Request-Id */
};

/*
 * Parse what has been received so far. Returns
 *   0     a whole head; *head is filled
 *   -1    incomplete so far and nothing wrong yet (it may begin with up to two empty lines,
 *         RFC 9112 §2.2)
 *   else  the status to refuse it with; of *head only "line" is set:
 *         400  syntax and smuggling: CR, LF or NUL inside a field, bare LF, obs-fold, space before
 *              the colon, control characters; missing (1.1) or second Host, or beside an
 *              absolute-form a malformed one; second or malformed Content-Length, or with
 *              Transfer-Encoding; Transfer-Encoding twice, in 1.0, or without chunked at its end
 *         414  request line longer than limit
 *         431  head longer than limit
 *         501  a transfer coding before chunked
 *         505  HTTP/2 preface, HTTP/2.0 and the like
 * limit: longest head in bytes, at most what "bytes" can ever hold. The verdict on a prefix is that
 * on everything that begins with it, unless it is -1. After an error the connection is closed,
 * nothing resynchronises.
 */
int http_head_parse(const char *bytes, size_t length, size_t limit, struct http_head *head);

/*
 * The value of the next line with a field of this name (lower case), in order; *at is 0 to begin
 * with. False: there is none. For list fields, whose lines are one list (RFC 9110 §5.3).
 */
bool http_head_next(const struct http_head *head, const char *name, size_t *at, struct span *value);

#endif
