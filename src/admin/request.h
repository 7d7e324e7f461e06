/* SPDX-License-Identifier: ISC */
#ifndef SULID_ADMIN_REQUEST_H
#define SULID_ADMIN_REQUEST_H

/*
 * The head of an HTTP/1.x request, as little of it as three plain pages need (RFC 9112). Lines end
 * in CRLF and nothing else. A body is never looked at: each connection has one request.
 */

#include <stdbool.h>
#include <stddef.h>

#define REQUEST_LINE 2048 /* bytes of a request line, with its CRLF */
#define REQUEST_HEAD 4096 /* bytes of a whole head, with the empty line */

enum request_status {
	REQUEST_MORE = 0, /* incomplete */
	REQUEST_GOOD = 200,
	REQUEST_BAD = 400,
	REQUEST_METHOD = 405, /* well-formed, neither GET nor HEAD */
	REQUEST_LINE_LONG = 414,
	REQUEST_HEAD_LONG = 431,
};

struct request {
	bool body;        /* GET; after HEAD the answer has none */
	const char *path; /* in the bytes; without a query, not NUL-terminated */
	size_t length;
};

/* What is to be said to these first bytes of a connection. *request holds only if REQUEST_GOOD. */
enum request_status request_parse(const char *bytes, size_t length, struct request *request);

bool request_is(const struct request *request, const char *path);

#endif
