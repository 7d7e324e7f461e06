/* SPDX-License-Identifier: ISC */
#ifndef SULID_TESTS_HANDSHAKER_SITE_H
#define SULID_TESTS_HANDSHAKER_SITE_H

/*
 * A small configuration as an image in memory, with certificates made for it: what the tests of the
 * handshaker shake hands with.
 *
 *   vhost 0  a.example, *.a.example    no client certificates on https, asks on Gemini; ECDSA and
 * RSA vhost 1  b.example                 asks for client certificates vhost 2  c.example requires
 * them vhost 3  d.example                 asks; fallback of listener 0 for bare addresses
 *
 *   listener 0  https   listener 1  Gemini, all vhosts on both
 *
 * On both a connection from 127.0.1.0/24 begins with a PROXY header.
 */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include "certificates.h"
#include "contexts.h"
#include "contract/build.h"
#include "contract/image.h"

#define SITE_LISTENERS    2
#define SITE_VHOSTS       4
#define SITE_CERTIFICATES 5
#define SITE_NAMES        6 /* on each listener */

struct site_bytes {
	_Alignas(8) struct image_header header;
	struct image_listener listeners[SITE_LISTENERS];
	struct image_name names[SITE_LISTENERS * SITE_NAMES];
	struct image_vhost vhosts[SITE_VHOSTS];
	struct image_certificate certificates[SITE_CERTIFICATES];
	struct image_network networks[1];
	char text[512];
};

struct site {
	struct site_bytes bytes;
	uint32_t text_used;
	struct image image;
	struct certificate certificates[SITE_CERTIFICATES];
	struct kernel kernel;
	struct tickets tickets;
	struct contexts contexts;
};

static inline EVP_PKEY *site_key(const char *kind)
{
	EVP_PKEY *key = strcmp(kind, "EC") == 0        ? EVP_EC_gen("P-256")
			: strcmp(kind, "ED25519") == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
						       : EVP_RSA_gen((unsigned)atoi(kind));

	assert_non_null(key);
	return key;
}

/* names: a subjectAltName as openssl.cnf writes it; padding: bytes that make it larger. */
static inline X509 *site_certificate(EVP_PKEY *key, const char *names, size_t padding)
{
	X509 *leaf = X509_new();
	X509_EXTENSION *extension;

	assert_non_null(leaf);
	X509_set_version(leaf, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(leaf), 7);
	ASN1_TIME_set(X509_getm_notBefore(leaf), 1000000000);
	ASN1_TIME_set(X509_getm_notAfter(leaf), 4000000000);
	X509_set_pubkey(leaf, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(leaf), "CN", MBSTRING_ASC,
		(const unsigned char *)"sulid test", -1, -1, 0);
	X509_set_issuer_name(leaf, X509_get_subject_name(leaf));
	extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
	assert_non_null(extension);
	X509_add_ext(leaf, extension, -1);
	X509_EXTENSION_free(extension);
	if (padding > 0) {
		char *comment = malloc(padding + 1);

		assert_non_null(comment);
		memset(comment, 'x', padding);
		comment[padding] = '\0';
		extension = X509V3_EXT_conf_nid(NULL, NULL, NID_netscape_comment, comment);
		assert_non_null(extension);
		X509_add_ext(leaf, extension, -1);
		X509_EXTENSION_free(extension);
		free(comment);
	}
	assert_true(
		X509_sign(leaf, key,
			EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256()) > 0);
	return leaf;
}

/* The certificate and key that clients show. Large ones take a ticket of two records. */
struct site_client {
	EVP_PKEY *key;
	X509 *leaf;
};

static inline struct site_client site_client(size_t padding)
{
	struct site_client client = {.key = site_key("EC")};

	client.leaf = site_certificate(client.key, "DNS:client", padding);
	return client;
}

static inline void site_client_free(struct site_client *client)
{
	EVP_PKEY_free(client->key);
	X509_free(client->leaf);
}

/* A memfd with these bytes. */
static inline int site_file(const void *bytes, size_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), (ssize_t)size);
	return fd;
}

static inline struct image_text site_text(struct site *site, const char *words)
{
	struct image_text text = {.offset = site->text_used, .length = (uint32_t)strlen(words)};

	assert_true(site->text_used + text.length < sizeof site->bytes.text);
	memcpy(site->bytes.text + site->text_used, words, text.length + 1);
	site->text_used += text.length + 1;
	return text;
}

static inline struct image_range site_table(size_t offset, size_t count)
{
	return (struct image_range){.first = (uint32_t)offset, .count = (uint32_t)count};
}

static inline void site_header(struct site *site)
{
	struct image_header *header = &site->bytes.header;

	header->magic = IMAGE_MAGIC;
	memcpy(header->build, build_id, BUILD_ID_SIZE);
	header->size = sizeof site->bytes;
	header->role = ROLE_HANDSHAKER;
	header->generation = 5;
	header->kernel = KERNEL_NEVER;
	header->tls_minimum = TLS_MINIMUM_1_2;
	header->acme_root = IMAGE_NONE;
	header->limits.handshakes = 8;
	header->limits.relayed = 4;
	header->timeouts.handshake = 300;
	header->timeouts.send = 300;
	header->listeners = site_table(offsetof(struct site_bytes, listeners), SITE_LISTENERS);
	header->names = site_table(offsetof(struct site_bytes, names), SITE_LISTENERS * SITE_NAMES);
	header->vhosts = site_table(offsetof(struct site_bytes, vhosts), SITE_VHOSTS);
	header->certificates =
		site_table(offsetof(struct site_bytes, certificates), SITE_CERTIFICATES);
	header->types = site_table(offsetof(struct site_bytes, text), 0);
	header->settings = site_table(offsetof(struct site_bytes, text), 0);
	header->paths = site_table(offsetof(struct site_bytes, text), 0);
	header->error_pages = site_table(offsetof(struct site_bytes, text), 0);
	header->networks = site_table(offsetof(struct site_bytes, networks), 1);
	header->digests = site_table(offsetof(struct site_bytes, text), 0);
	header->members = site_table(offsetof(struct site_bytes, text), 0);
	header->texts = site_table(offsetof(struct site_bytes, text), 0);
	header->text = site_table(offsetof(struct site_bytes, text), sizeof site->bytes.text);
}

static inline void site_tables(struct site *site)
{
	static const struct {
		const char *name;
		uint32_t vhost;
		uint16_t wildcard;
	} names[SITE_NAMES] = {{"a.example", 0, 0}, {"b.example", 1, 0}, {"c.example", 2, 0},
		{"d.example", 3, 0}, {"fe80::7", 1, 0}, {".a.example", 0, 1}};
	struct site_bytes *bytes = &site->bytes;

	for (uint32_t l = 0; l < SITE_LISTENERS; l++) {
		bytes->listeners[l] = (struct image_listener){.socket = l,
			.names = {.first = l * SITE_NAMES, .count = SITE_NAMES},
			.fallback = l == 0 ? 3 : IMAGE_NONE,
			.proxy = {.first = 0, .count = 1},
			.port = (uint16_t)(443 + l),
			.protocol = l == 0 ? PROTOCOL_HTTPS : PROTOCOL_GEMINI};
		for (uint32_t n = 0; n < SITE_NAMES; n++)
			bytes->names[l * SITE_NAMES + n] =
				(struct image_name){.name = site_text(site, names[n].name),
					.vhost = names[n].vhost,
					.wildcard = names[n].wildcard};
	}
	for (uint32_t v = 0; v < SITE_VHOSTS; v++)
		bytes->vhosts[v] = (struct image_vhost){.name = site_text(site, names[v].name),
			.settings = IMAGE_NONE,
			.log = IMAGE_NONE,
			.certificates = {.first = v == 0 ? 0 : v + 1, .count = v == 0 ? 2 : 1},
			.client_certificates = v == 0   ? CLIENT_NONE
					       : v == 2 ? CLIENT_REQUIRE
							: CLIENT_REQUEST,
			.client_certificates_gemini = v == 2 ? CLIENT_REQUIRE : CLIENT_REQUEST};
	for (uint32_t c = 0; c < SITE_CERTIFICATES; c++)
		bytes->certificates[c].vhost = c < 2 ? 0 : c - 1;
	bytes->networks[0] = (struct image_network){.bytes = {127, 0, 1}, .family = 4, .bits = 24};
}

/* Image and certificates, but no contexts yet: a test may change site->bytes first. */
static inline void site_make(struct site *site)
{
	static const char *const names[SITE_CERTIFICATES] = {"DNS:a.example,DNS:*.a.example",
		"DNS:a.example", "DNS:b.example", "DNS:c.example", "DNS:d.example,IP:192.0.2.1"};

	memset(site, 0, sizeof *site);
	site_header(site);
	site_tables(site);
	assert_int_equal(
		image_check(&site->image, &site->bytes, sizeof site->bytes, ROLE_HANDSHAKER), 0);
	for (int i = 0; i < SITE_CERTIFICATES; i++) {
		struct certificate *certificate = &site->certificates[i];

		certificate->key = site_key(i == 1 ? "2048" : "EC");
		certificate->leaf = site_certificate(certificate->key, names[i], 0);
		certificate->chain = sk_X509_new_null();
	}
	site->kernel.policy = KERNEL_NEVER;
	assert_true(tickets_open(&site->tickets));
	RAND_bytes((uint8_t *)&site->tickets.keys, sizeof site->tickets.keys);
}

static inline void site_open(struct site *site)
{
	assert_true(contexts_open(
		&site->contexts, &site->image, &site->kernel, &site->tickets, site->certificates));
}

static inline void site_free(struct site *site)
{
	if (site->contexts.base)
		contexts_close(&site->contexts);
	for (int i = 0; i < SITE_CERTIFICATES; i++)
		certificate_free(&site->certificates[i]);
	tickets_close(&site->tickets);
}

/* ---- a client ------------------------------------------------------------------------------- */

struct visit {
	/* to be filled in */
	uint32_t listener;
	const char *name;   /* NULL: none is sent */
	const char *local;  /* address that was connected to; NULL: none is known */
	int version;        /* 0: any; TLS1_2_VERSION … */
	const char *suites; /* as SSL_CTX_set_cipher_list and SSL_CTX_set_ciphersuites want it;
			       NULL: all */
	const char *alpn;   /* in wire format, NULL: none */
	const struct site_client *client;
	SSL_SESSION *session; /* to resume */
	bool extended_master_secret_off;
	uint8_t fragment; /* TLSEXT_max_fragment_length_… */
	/* the outcome */
	SSL *ssl;    /* the client's */
	SSL *server; /* the server's */
	struct negotiation negotiation;
	SSL_CTX *context;
	int sockets[2];      /* client's, server's */
	bool good;           /* both sides think so */
	int alert;           /* that the client got, if not */
	SSL_SESSION *ticket; /* the last one it got */
	int tickets;
};

static inline int visit_ticket(SSL *ssl, SSL_SESSION *session)
{
	struct visit *visit = SSL_get_app_data(ssl);

	SSL_SESSION_free(visit->ticket);
	visit->ticket = session;
	visit->tickets++;
	return 1;
}

static inline void visit_info(const SSL *ssl, int where, int value)
{
	struct visit *visit = SSL_get_app_data(ssl);

	if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && visit)
		visit->alert = value & 0xff;
}

static inline SSL *visit_client(struct visit *visit)
{
	SSL_CTX *context = visit->context = SSL_CTX_new(TLS_client_method());
	SSL *ssl;

	assert_non_null(context);
	SSL_CTX_set_session_cache_mode(
		context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
	SSL_CTX_sess_set_new_cb(context, visit_ticket);
	SSL_CTX_set_info_callback(context, visit_info);
	if (visit->version != 0) {
		SSL_CTX_set_min_proto_version(context, visit->version);
		SSL_CTX_set_max_proto_version(context, visit->version);
	}
	if (visit->suites && visit->version == TLS1_3_VERSION)
		assert_int_equal(SSL_CTX_set_ciphersuites(context, visit->suites), 1);
	else if (visit->suites)
		assert_int_equal(SSL_CTX_set_cipher_list(context, visit->suites), 1);
	if (visit->extended_master_secret_off)
		SSL_CTX_set_options(context, SSL_OP_NO_EXTENDED_MASTER_SECRET);
	if (visit->fragment)
		SSL_CTX_set_tlsext_max_fragment_length(context, visit->fragment);
	if (visit->client)
		assert_int_equal(SSL_CTX_use_cert_and_key(
					 context, visit->client->leaf, visit->client->key, NULL, 1),
			1);
	ssl = visit->ssl = SSL_new(context);
	assert_non_null(ssl);
	SSL_set_app_data(ssl, visit);
	if (visit->name)
		SSL_set_tlsext_host_name(ssl, (char *)(uintptr_t)visit->name);
	if (visit->alpn)
		SSL_set_alpn_protos(
			ssl, (const unsigned char *)visit->alpn, (unsigned)strlen(visit->alpn));
	if (visit->session)
		assert_int_equal(SSL_set_session(ssl, visit->session), 1);
	SSL_set_connect_state(ssl);
	return ssl;
}

static inline bool visit_blocks(SSL *ssl, int result)
{
	int error = SSL_get_error(ssl, result);

	return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

/* Shake hands over a socket pair until both are done or one gives up. */
static inline void visit_go(struct site *site, struct visit *visit)
{
	int client = 0, server = 0;
	char byte;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, visit->sockets), 0);
	SSL_set_fd(visit_client(visit), visit->sockets[0]);
	visit->server = contexts_begin(&site->contexts, &visit->negotiation, visit->listener);
	if (visit->local)
		assert_true(address_parse(visit->local, &visit->negotiation.local));
	assert_non_null(visit->server);
	SSL_set_fd(visit->server, visit->sockets[1]);
	for (int i = 0; i < 20 && !(client == 1 && server == 1); i++) {
		ERR_clear_error();
		if (client != 1)
			client = SSL_do_handshake(visit->ssl);
		if (client != 1 && !visit_blocks(visit->ssl, client))
			break;
		ERR_clear_error();
		if (server != 1)
			server = SSL_do_handshake(visit->server);
		/* The alert is on its way. */
		if (server != 1 && !visit_blocks(visit->server, server)) {
			SSL_do_handshake(visit->ssl);
			SSL_read(visit->ssl, &byte, 1);
			break;
		}
	}
	visit->good = client == 1 && server == 1;
	/* Tickets of TLS 1.3 are read like data. */
	if (visit->good)
		assert_int_equal(SSL_read(visit->ssl, &byte, 1), -1);
	ERR_clear_error();
}

static inline void visit_free(struct visit *visit)
{
	SSL_free(visit->ssl);
	SSL_free(visit->server);
	SSL_CTX_free(visit->context);
	SSL_SESSION_free(visit->ticket);
	close(visit->sockets[0]);
	close(visit->sockets[1]);
	secrets_wipe(&visit->negotiation.secrets);
}

#endif
