/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_CERTIFICATE_H
#define SULID_TOOL_CERTIFICATE_H

/* sulid certificate NAME... [-o DIR] [--days N] [--keep-key] [--quiet]: a self-signed key and
 * certificate, made once. */

#include <stdbool.h>
#include <stdint.h>

#include "names.h"

#define CERTIFICATE_CHAIN "fullchain.pem"
#define CERTIFICATE_KEY   "privkey.pem"

struct certificate_order {
	struct names names;
	const char *directory; /* made if it is missing */
	unsigned days;
	int64_t now;   /* Unix time, seconds */
	bool keep_key; /* a key without its certificate is no obstacle: it gets one */
};

/*
 * Make key and certificate and write both into the directory, or neither; of a key
 * that is kept only the certificate. *digest is SHA-256 over
 * the DER. false: why is in the message, which starts with what failed.
 */
bool certificate_write(const struct certificate_order *order, uint8_t digest[static 32],
	char *message, size_t size);

/* The command; arguments without its name, NULL-terminated. Returns the exit status. */
int certificate_command(char *const *arguments);

#endif
