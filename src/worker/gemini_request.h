/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_GEMINI_REQUEST_H
#define SULID_WORKER_GEMINI_REQUEST_H

/* The bytes of a Gemini request → authority and target (Gemini specification 0.24.1). */

#include <stddef.h>

#include "authority.h"
#include "span.h"

#define GEMINI_URI_MAX     1024
#define GEMINI_REQUEST_MAX (GEMINI_URI_MAX + 2) /* with CRLF: what a buffer has to hold */

enum gemini_error {
	GEMINI_GOOD,
	GEMINI_INCOMPLETE, /* no CRLF so far, and fewer bytes than could hold one */
	GEMINI_BAD,        /* 59; *reason says why in a few words */
	GEMINI_FOREIGN,    /* 53: well-formed, of another scheme */
};

struct gemini_request {
	size_t length;              /* with CRLF; 0 if there is none */
	struct span line;           /* the URI as received, for the log; on errors what there is */
	struct authority authority; /* only if GEMINI_GOOD */
	struct span target;         /* path and query, for target_parse; may be empty; only if
				       GEMINI_GOOD */
};

/*
 * An absolute URI of at most 1024 bytes and CRLF. A bare LF is no end of line, and nothing is
 * judged before there is one or there can be none. GEMINI_BAD: userinfo, fragment, relative or
 * empty URI, bytes that are not UTF-8, a byte order mark, spaces and control characters, bad host
 * or port, no CRLF within 1026 bytes. The verdict on a prefix is that on everything that begins
 * with it, unless it is GEMINI_INCOMPLETE. *reason is a static string, set on GEMINI_BAD and
 * GEMINI_FOREIGN.
 */
enum gemini_error gemini_request_parse(
	const char *bytes, size_t length, struct gemini_request *request, const char **reason);

#endif
