/* SPDX-License-Identifier: ISC */
#ifndef SULID_HANDSHAKER_IDENTITY_H
#define SULID_HANDSHAKER_IDENTITY_H

/* Who a client is: the SHA-256 of its leaf certificate in DER, and when that is valid. */

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "contract/handoff.h"

struct identity {
	uint8_t digest[DIGEST_SIZE];
	int64_t not_before; /* Unix time, seconds */
	int64_t not_after;
};

/* false if OpenSSL cannot make the digest. Dates that cannot be read make a certificate that is
 * never valid. */
bool identity_of_certificate(X509 *certificate, struct identity *identity);

/* The client's, of this handshake or of the one that it resumes. false if it has shown none. */
bool identity_of_client(const SSL *ssl, struct identity *identity);

/*
 * For SSL_CTX_set_cert_verify_callback: every certificate is taken without building a chain
 * (trust on first use), but keys that are dear to check or that nobody uses are not.
 */
int identity_accept(X509_STORE_CTX *store, void *unused);

#endif
