/* SPDX-License-Identifier: ISC */
#ifndef SULID_HANDSHAKER_CERTIFICATES_H
#define SULID_HANDSHAKER_CERTIFICATES_H

/*
 * Chains and private keys, as the supervisor opened them: read once at start through their
 * descriptors, the bytes wiped, the descriptors closed. What is found is reported whatever it is.
 */

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#include "contract/control.h"
#include "contract/image.h"

struct certificate {
	X509 *leaf;
	STACK_OF(X509) * chain; /* without the leaf; may be empty */
	EVP_PKEY *key;
};

/*
 * Load from two descriptors, which stay the caller's. facts->problem says what is wrong, and
 * "reason" why; certificate is then empty.
 */
void certificate_load(
	struct certificate *certificate, int chain, int key, struct control_certificate *facts);

/* Give it to a context. false if OpenSSL refuses it; with errno EEXIST if there is one with this
 * kind of key already. */
bool certificate_use(const struct certificate *certificate, SSL_CTX *context);

/*
 * What the vhosts that use it (index: of the certificate in the image) want of it: into
 * facts->names_wanted, names_missing, and the first of these, cut to fit, into "missing". Nobody
 * can have a certificate for "*", so it is not wanted.
 */
void certificate_compare_names(const struct certificate *certificate, const struct image *image,
	uint32_t index, struct control_certificate *facts);

void certificate_free(struct certificate *certificate);

#endif
