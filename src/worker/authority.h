/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_AUTHORITY_H
#define SULID_WORKER_AUTHORITY_H

/*
 * Host or authority → name and port, the same for HTTP and Gemini (RFC 3986 §3.2). An international
 * name may come in A-labels, in UTF-8, or in UTF-8 with percent escapes: it is in A-labels
 * afterwards, as the image has it and as a redirect says it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUTHORITY_MAX 256

struct authority {
	char name[AUTHORITY_MAX]; /* for image_find_vhost: ASCII in lower case, without trailing
				     dot; an IPv6 literal in its shortest form without brackets;
				     NUL-terminated */
	size_t length;            /* of name, without the NUL */
	bool literal;             /* an IP address */
	uint16_t port;            /* 0 if none was given */
};

/*
 * "host", "host:port", "[v6]:port". false for userinfo, an empty host or label, a bad port, for
 * bytes that no host name has, be they escaped, for an escaped dot, and for what is not UTF-8. A
 * v4-mapped literal is its IPv4 address.
 * Upper case beyond ASCII and decomposed letters stay what they are and so match no name: to map
 * them takes tables, and clients do it (RFC 5891 §5.2).
 */
bool authority_parse(const char *bytes, size_t length, struct authority *authority);

#endif
