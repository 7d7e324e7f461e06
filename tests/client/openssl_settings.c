/* SPDX-License-Identifier: ISC */
#include "openssl_settings.h"

#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *suite; /* TLS 1.3, or NULL if it has no such */
	const char *name;  /* TLS 1.2, what follows ECDHE-ECDSA- and ECDHE-RSA- */
	bool rsa;          /* there is one for ECDHE-RSA */
} suites[] = {
	[CIPHER_ANY] = {NULL, NULL, false},
	[CIPHER_AES128] = {"TLS_AES_128_GCM_SHA256", "AES128-GCM-SHA256", true},
	[CIPHER_AES256] = {"TLS_AES_256_GCM_SHA384", "AES256-GCM-SHA384", true},
	[CIPHER_CHACHA20] = {"TLS_CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305", true},
	[CIPHER_CCM] = {"TLS_AES_128_CCM_SHA256", "AES128-CCM", false},
	[CIPHER_CBC] = {NULL, "AES128-SHA256", true},
};

static bool set_ciphers(SSL *ssl, const struct request *rq)
{
	char list[400] = "";
	size_t len = 0;

	if (rq->cipher == CIPHER_ANY && rq->auth == AUTH_ANY)
		return true;
	for (int i = CIPHER_AES128; i <= CIPHER_CBC; i++) {
		if (rq->cipher != CIPHER_ANY ? i != rq->cipher : i > CIPHER_CHACHA20)
			continue;
		if (rq->auth != AUTH_RSA)
			len += (size_t)snprintf(
				list + len, sizeof(list) - len, "ECDHE-ECDSA-%s:", suites[i].name);
		if (rq->auth != AUTH_ECDSA && suites[i].rsa)
			len += (size_t)snprintf(
				list + len, sizeof(list) - len, "ECDHE-RSA-%s:", suites[i].name);
	}
	if (!SSL_set_cipher_list(ssl, list))
		return false;
	if (rq->cipher != CIPHER_ANY &&
		!SSL_set_ciphersuites(
			ssl, suites[rq->cipher].suite ? suites[rq->cipher].suite : ""))
		return false;
	if (rq->auth == AUTH_ECDSA)
		return SSL_set1_sigalgs_list(ssl, "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512") == 1;
	if (rq->auth == AUTH_RSA)
		return SSL_set1_sigalgs_list(ssl,
			       "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"
			       "RSA+SHA256:RSA+SHA384:RSA+SHA512") == 1;
	return true;
}

static bool set_version(SSL *ssl, const struct request *rq)
{
	/* OpenSSL refuses to offer TLS 1.3 without a suite for it. */
	const bool only_12 = rq->cipher != CIPHER_ANY && !suites[rq->cipher].suite;
	int min = rq->version == VERSION_13 ? TLS1_3_VERSION : TLS1_2_VERSION;
	int max = rq->version == VERSION_12 || only_12 ? TLS1_2_VERSION : TLS1_3_VERSION;

	return SSL_set_min_proto_version(ssl, min) && SSL_set_max_proto_version(ssl, max);
}

static bool set_alpn(SSL *ssl, const char *list)
{
	unsigned char wire[512];
	size_t len = 0;

	while (list && *list) {
		size_t n = strcspn(list, ",");

		if (n == 0 || n > 255 || len + 1 + n > sizeof(wire))
			return false;
		wire[len++] = (unsigned char)n;
		memcpy(wire + len, list, n);
		len += n;
		list += n + (list[n] == ',');
	}
	return len == 0 || SSL_set_alpn_protos(ssl, wire, (unsigned)len) == 0;
}

static bool set_sni(SSL *ssl, const char *sni)
{
	char name[TLSEXT_MAXLEN_host_name + 1]; /* the macro below takes no const */

	if (!sni)
		return true;
	return snprintf(name, sizeof(name), "%s", sni) < (int)sizeof(name) &&
	       SSL_set_tlsext_host_name(ssl, name) == 1;
}

static bool set_mfl(SSL *ssl, int64_t mfl)
{
	uint8_t code = TLSEXT_max_fragment_length_DISABLED;

	while (mfl >= 512) {
		code++;
		mfl /= 2;
	}
	return code == TLSEXT_max_fragment_length_DISABLED ||
	       SSL_set_tlsext_max_fragment_length(ssl, code) == 1;
}

static bool set_certificate(SSL *ssl, const struct request *rq)
{
	const char *key = rq->key ? rq->key : rq->cert;

	return !rq->cert || (SSL_use_certificate_chain_file(ssl, rq->cert) == 1 &&
				    SSL_use_PrivateKey_file(ssl, key, SSL_FILETYPE_PEM) == 1);
}

static bool set_verification(SSL *ssl, const struct request *rq)
{
	X509_STORE *store;
	bool done;

	if (!rq->ca)
		return true;
	store = X509_STORE_new();
	done = store && X509_STORE_load_file(store, rq->ca) == 1 &&
	       SSL_set1_verify_cert_store(ssl, store) == 1 &&
	       (!request_sni(rq) || SSL_set1_host(ssl, request_sni(rq)) == 1);
	X509_STORE_free(store);
	return done;
}

static int note_asked(SSL *ssl, void *pointer)
{
	struct transport *t = pointer;

	(void)ssl;
	t->facts.asked = true;
	return 1;
}

const char *openssl_configure(SSL *ssl, struct transport *t, const struct request *rq)
{
	if (!set_version(ssl, rq))
		return "version";
	if (!set_ciphers(ssl, rq))
		return "cipher";
	if (!set_sni(ssl, request_sni(rq)))
		return "sni";
	if (!set_alpn(ssl, request_alpn(rq)))
		return "alpn";
	if (!set_mfl(ssl, rq->mfl))
		return "mfl";
	if (!set_certificate(ssl, rq))
		return "cert";
	if (!set_verification(ssl, rq))
		return "ca";
	if (!rq->tickets)
		SSL_set_options(ssl, SSL_OP_NO_TICKET);
	SSL_set_cert_cb(ssl, note_asked, t);
	return NULL;
}
