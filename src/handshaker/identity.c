/* SPDX-License-Identifier: ISC */
#include "identity.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <time.h>

#define RSA_BITS_MAX 4096 /* a client chooses its key, and we pay for checking it */

static bool seconds_of(const ASN1_TIME *time, int64_t *seconds)
{
	struct tm tm;

	if (!time || !ASN1_TIME_to_tm(time, &tm))
		return false;
	*seconds = timegm(&tm);
	return true;
}

bool identity_of_certificate(X509 *certificate, struct identity *identity)
{
	unsigned size = 0;

	if (!X509_digest(certificate, EVP_sha256(), identity->digest, &size) || size != DIGEST_SIZE)
		return false;
	if (!seconds_of(X509_get0_notBefore(certificate), &identity->not_before) ||
		!seconds_of(X509_get0_notAfter(certificate), &identity->not_after)) {
		identity->not_before = INT64_MAX;
		identity->not_after = INT64_MIN;
	}
	return true;
}

bool identity_of_client(const SSL *ssl, struct identity *identity)
{
	X509 *certificate = SSL_get0_peer_certificate(ssl);

	return certificate && identity_of_certificate(certificate, identity);
}

static bool key_acceptable(const EVP_PKEY *key)
{
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS:
		return EVP_PKEY_get_bits(key) <= RSA_BITS_MAX;
	case EVP_PKEY_EC:
	case EVP_PKEY_ED25519:
	case EVP_PKEY_ED448:
		return true;
	default:
		return false;
	}
}

int identity_accept(X509_STORE_CTX *store, void *unused)
{
	X509 *leaf = X509_STORE_CTX_get0_cert(store);
	const EVP_PKEY *key = leaf ? X509_get0_pubkey(leaf) : NULL;

	(void)unused;
	if (!key || !key_acceptable(key)) {
		X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
		return 0;
	}
	X509_STORE_CTX_set_error(store, X509_V_OK);
	return 1;
}
