/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_AUTHORITY_H
#define SULID_WORKER_AUTHORITY_H

/* Host or authority → name and port, the same for HTTP and Gemini (RFC 3986 §3.2). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUTHORITY_MAX 256

struct authority {
	char name[AUTHORITY_MAX]; /* for image_find_vhost: lower case, without trailing dot; an IPv6
				     literal in its shortest form without brackets; NUL-terminated
				   */
	size_t length;            /* of name, without the NUL */
	bool literal;             /* an IP address */
	uint16_t port;            /* 0 if none was given */
};

/*
 * "host", "host:port", "[v6]:port". false for userinfo, an empty host or label, a bad port, and
 * bytes that no host name has, "%" among them: nothing is decoded. UTF-8 is kept (Gemini).
 * A v4-mapped literal is its IPv4 address.
 */
bool authority_parse(const char *bytes, size_t length, struct authority *authority);

#endif
