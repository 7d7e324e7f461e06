/* SPDX-License-Identifier: ISC */
#ifndef SULID_HANDSHAKER_HELLO_H
#define SULID_HANDSHAKER_HELLO_H

/* The one field of a ClientHello that is read here and not by OpenSSL: which server is wanted. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HELLO_NAME_MAX 255 /* RFC 6066 §3: a DNS host name */

/*
 * The host_name in the body of a server_name extension, lower case and without a trailing dot.
 * false if the extension is malformed, or its name is empty, too long, or holds anything that is
 * in no host name (a NUL above all).
 */
bool hello_server_name(
	const uint8_t *bytes, size_t size, char name[static HELLO_NAME_MAX], size_t *length);

#endif
