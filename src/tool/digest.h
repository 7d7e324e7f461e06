/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_DIGEST_H
#define SULID_TOOL_DIGEST_H

/*
 * sulid digest FILE...: SHA-256 over the DER of a certificate. This is what identifies a client, so
 * the handshaker computes the same over what the client sent.
 */

#include <stddef.h>
#include <stdint.h>

#define DIGEST_BYTES 32
#define DIGEST_TEXT  (7 + 2 * DIGEST_BYTES + 1) /* "sha256:", hexadecimal, NUL */

void digest_format(const uint8_t digest[static DIGEST_BYTES], char text[static DIGEST_TEXT]);

/*
 * The digest of the first certificate in a file's bytes, PEM or DER. Returns NULL, or what is wrong
 * with them
 * ("is a private key, not a certificate").
 */
const char *digest_certificate(
	const void *bytes, size_t length, uint8_t digest[static DIGEST_BYTES]);

/* The command; arguments without its name, NULL-terminated. Returns the exit status. */
int digest_command(char *const *arguments);

#endif
