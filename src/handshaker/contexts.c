/* SPDX-License-Identifier: ISC */
#include "contexts.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "contract/handoff.h"

#include "hello.h"
#include "identity.h"

#define CLIENT_CHAIN_MAX 0x4000 /* bytes of a client's certificates */
#define SESSION_SECONDS  43200  /* a ticket's life; its key may end it earlier */

static struct negotiation *negotiation_of(const SSL *ssl)
{
	return SSL_get_app_data(ssl);
}

/* ---- the ClientHello ------------------------------------------------------------------------ */

static enum client_certificates policy_of(
	const struct image *image, uint32_t vhost, enum protocol protocol)
{
	const struct image_vhost *entry = &image->vhosts[vhost];

	return protocol == PROTOCOL_GEMINI ? entry->client_certificates_gemini
					   : entry->client_certificates;
}

/* What a ticket is bound to: indices change from one configuration to the next, names do not. */
static bool make_binding(struct negotiation *negotiation, enum protocol protocol)
{
	const struct image *image = negotiation->contexts->image;
	struct image_text name = image->vhosts[negotiation->vhost].name;
	const uint8_t rest[] = {0, (uint8_t)protocol, negotiation->client_certificates};
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	bool good = digest && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) &&
		    EVP_DigestUpdate(digest, image_string(image, name), name.length) &&
		    EVP_DigestUpdate(digest, rest, sizeof rest) &&
		    EVP_DigestFinal_ex(digest, negotiation->binding, NULL);

	EVP_MD_CTX_free(digest);
	return good;
}

static int verify_mode(enum client_certificates policy)
{
	switch (policy) {
	case CLIENT_REQUEST:
		return SSL_VERIFY_PEER;
	case CLIENT_REQUIRE:
		return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	default:
		return SSL_VERIFY_NONE;
	}
}

static bool become_vhost(SSL *ssl, struct negotiation *negotiation, uint32_t vhost)
{
	const struct contexts *contexts = negotiation->contexts;
	const struct image *image = contexts->image;
	enum protocol protocol = image->listeners[negotiation->listener].protocol;
	enum client_certificates policy = policy_of(image, vhost, protocol);

	negotiation->vhost = vhost;
	negotiation->client_certificates = (uint8_t)policy;
	if (!make_binding(negotiation, protocol) ||
		!SSL_set_SSL_CTX(ssl, contexts->vhosts[vhost]) ||
		!SSL_set_session_id_context(ssl, negotiation->binding, BINDING_SIZE))
		return false;
	SSL_set_verify(ssl, verify_mode(policy), NULL);
	return true;
}

/* SSL_CTX_set_client_hello_cb. A second ClientHello, after a HelloRetryRequest, does not come here.
 */
static int choose_vhost(SSL *ssl, int *alert, void *unused)
{
	struct negotiation *negotiation = negotiation_of(ssl);
	const struct contexts *contexts = negotiation->contexts;
	const unsigned char *extension;
	size_t size, length = 0;
	char name[HELLO_NAME_MAX];
	enum name_match match;
	uint32_t vhost;

	(void)unused;
	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &extension, &size) == 1) {
		if (!hello_server_name(extension, size, name, &length)) {
			*alert = SSL_AD_DECODE_ERROR;
			return SSL_CLIENT_HELLO_ERROR;
		}
		negotiation->named = true;
	} else if (negotiation->local.family != 0) {
		/* An address is never sent (RFC 6066 §3), and may be the name of a vhost. */
		length = address_format(&negotiation->local, name);
	}
	vhost = image_find_vhost(contexts->image, negotiation->listener, name, length, &match);
	if (vhost == IMAGE_NONE || !contexts->vhosts[vhost]) {
		*alert = SSL_AD_UNRECOGNIZED_NAME;
		return SSL_CLIENT_HELLO_ERROR;
	}
	if (!become_vhost(ssl, negotiation, vhost)) {
		*alert = SSL_AD_INTERNAL_ERROR;
		return SSL_CLIENT_HELLO_ERROR;
	}
	return SSL_CLIENT_HELLO_SUCCESS;
}

/* SSL_CTX_set_alpn_select_cb; only called for clients that offer any. RFC 7301 §3.2. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_size,
	const unsigned char *offered, unsigned offered_size, void *unused)
{
	static const unsigned char ours[] = "\x08http/1.1";
	const struct negotiation *negotiation = negotiation_of(ssl);
	const struct image *image = negotiation->contexts->image;
	unsigned at = 0;

	(void)unused;
	/* Gemini has no name there: what its clients offer means nothing. */
	if (image->listeners[negotiation->listener].protocol != PROTOCOL_HTTPS)
		return SSL_TLSEXT_ERR_NOACK;
	/* OpenSSL has checked that the list is well formed. */
	for (; at < offered_size; at += 1U + offered[at]) {
		if (offered[at] != ours[0] || memcmp(&offered[at + 1], ours + 1, ours[0]) != 0)
			continue;
		*out = &offered[at + 1];
		*out_size = ours[0];
		return SSL_TLSEXT_ERR_OK;
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* ---- tickets -------------------------------------------------------------------------------- */

/*
 * On a vhost that asks for certificates a session without one gets no ticket: who resumes it could
 * never show one, not even after Gemini's 60.
 */
static bool deserves_ticket(const SSL *ssl)
{
	return negotiation_of(ssl)->client_certificates == CLIENT_NONE ||
	       SSL_get0_peer_certificate(ssl) != NULL;
}

static int crypt_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
	EVP_MAC_CTX *mac, int seal)
{
	/* TLS 1.2 has promised a ticket by now. 0 makes it an empty one, which is none: RFC 5077
	 * §3.3. */
	if (seal && !deserves_ticket(ssl))
		return 0;
	return tickets_crypt(
		negotiation_of(ssl)->contexts->tickets, name, iv, cipher, mac, seal != 0);
}

static int bind_ticket(SSL *ssl, void *unused)
{
	(void)unused;
	return SSL_SESSION_set1_ticket_appdata(
		SSL_get_session(ssl), negotiation_of(ssl)->binding, BINDING_SIZE);
}

static bool bound_to(SSL_SESSION *session, const struct negotiation *negotiation)
{
	void *binding;
	size_t size;

	return SSL_SESSION_get0_ticket_appdata(session, &binding, &size) == 1 &&
	       size == BINDING_SIZE && memcmp(binding, negotiation->binding, BINDING_SIZE) == 0;
}

static SSL_TICKET_RETURN check_ticket(SSL *ssl, SSL_SESSION *session, const unsigned char *name,
	size_t name_size, SSL_TICKET_STATUS status, void *unused)
{
	(void)name;
	(void)name_size;
	(void)unused;
	if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW)
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	if (!bound_to(session, negotiation_of(ssl)))
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	/* Who resumes in TLS 1.3 gets a new one each time: it is to use each only once (RFC 8446
	 * appendix C.4). */
	return status == SSL_TICKET_SUCCESS && SSL_version(ssl) != TLS1_3_VERSION
		       ? SSL_TICKET_RETURN_USE
		       : SSL_TICKET_RETURN_USE_RENEW;
}

bool contexts_session_belongs(SSL *ssl)
{
	return !SSL_session_reused(ssl) || bound_to(SSL_get_session(ssl), negotiation_of(ssl));
}

/* ---- what is overheard ---------------------------------------------------------------------- */

static void hear_line(const SSL *ssl, const char *line)
{
	struct negotiation *negotiation = negotiation_of(ssl);

	if (negotiation)
		secrets_note_line(&negotiation->secrets, line);
}

static void hear_message(
	int sent, int version, int type, const void *bytes, size_t size, SSL *ssl, void *unused)
{
	(void)version;
	(void)unused;
	secrets_note_message(&negotiation_of(ssl)->secrets, ssl, sent != 0, type, bytes, size);
	/* The client's Finished follows its certificate, and tickets follow that: the moment to
	 * decide about those of TLS 1.3. */
	if (!sent && type == SSL3_RT_HANDSHAKE && size > 0 &&
		((const unsigned char *)bytes)[0] == SSL3_MT_FINISHED && !deserves_ticket(ssl))
		SSL_set_num_tickets(ssl, 0);
}

/* ---- making them ---------------------------------------------------------------------------- */

/* In our order of preference: AES has instructions on most machines, and 128 bits are enough. */
static const struct suite {
	enum tls_cipher cipher;
	const char *name_1_3;
	const char *names_1_2;
} suites[] = {
	{CIPHER_AES_128_GCM, "TLS_AES_128_GCM_SHA256",
		"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"},
	{CIPHER_AES_256_GCM, "TLS_AES_256_GCM_SHA384",
		"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"},
	{CIPHER_CHACHA20_POLY1305, "TLS_CHACHA20_POLY1305_SHA256",
		"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"},
};

/* What the kernel takes first, then what would be relayed. */
static void list_suites(
	const struct kernel *kernel, enum tls_version version, char *out, size_t size)
{
	struct text text = text_over(out, size);

	for (int taken = 1; taken >= 0; taken--)
		for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
			enum tls_cipher cipher = suites[i].cipher;

			if (kernel_takes(kernel, version, cipher) != (taken == 1) ||
				!kernel_permits(kernel, version, cipher))
				continue;
			if (text.length > 0)
				text_byte(&text, ':');
			text_add(&text,
				version == TLS_1_3 ? suites[i].name_1_3 : suites[i].names_1_2);
		}
	text_string(&text);
}

/* An empty list of suites leaves the version out. */
static bool set_versions(const struct contexts *contexts, SSL_CTX *context)
{
	bool only_1_3 = contexts->image->header->tls_minimum == TLS_MINIMUM_1_3 ||
			contexts->suites_1_2[0] == '\0';
	int minimum = only_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
	int maximum = contexts->suites_1_3[0] == '\0' ? TLS1_2_VERSION : TLS1_3_VERSION;

	return minimum <= maximum && SSL_CTX_set_min_proto_version(context, minimum) &&
	       SSL_CTX_set_max_proto_version(context, maximum) &&
	       (contexts->suites_1_2[0] == '\0' ||
		       SSL_CTX_set_cipher_list(context, contexts->suites_1_2)) &&
	       (contexts->suites_1_3[0] == '\0' ||
		       SSL_CTX_set_ciphersuites(context, contexts->suites_1_3));
}

static void set_options(const struct contexts *contexts, SSL_CTX *context)
{
	uint64_t options = SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
			   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF;

#ifdef SSL_OP_NO_RX_CERTIFICATE_COMPRESSION
	/* OpenSSL 3.2: nothing that a client sends is decompressed here. */
	options |= SSL_OP_NO_RX_CERTIFICATE_COMPRESSION | SSL_OP_NO_TX_CERTIFICATE_COMPRESSION;
#endif
	if (contexts->chacha_is_ours)
		options |= SSL_OP_PRIORITIZE_CHACHA;
	/* The system's openssl.cnf may turn these on: the kernel gets its keys from us alone, and
	 * tickets are how sessions are kept. */
	SSL_CTX_clear_options(context, SSL_OP_ENABLE_KTLS | SSL_OP_NO_TICKET);
	SSL_CTX_set_options(context, options);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
					  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* Bytes that OpenSSL read ahead would be lost to the kernel. */
	SSL_CTX_set_read_ahead(context, 0);
}

static SSL_CTX *make_context(const struct contexts *contexts)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	if (!context || !set_versions(contexts, context))
		goto fail;
	set_options(contexts, context);
	SSL_CTX_set_max_cert_list(context, CLIENT_CHAIN_MAX);
	SSL_CTX_set_cert_verify_callback(context, identity_accept, NULL);
	SSL_CTX_set_client_hello_cb(context, choose_vhost, NULL);
	SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_timeout(context, SESSION_SECONDS);
	SSL_CTX_set_keylog_callback(context, hear_line);
	SSL_CTX_set_msg_callback(context, hear_message);
	if (SSL_CTX_set_tlsext_ticket_key_evp_cb(context, crypt_ticket) &&
		SSL_CTX_set_session_ticket_cb(context, bind_ticket, check_ticket, NULL))
		return context;
fail:
	SSL_CTX_free(context);
	return NULL;
}

static bool open_vhost(
	struct contexts *contexts, const struct certificate *certificates, uint32_t vhost)
{
	const struct image *image = contexts->image;
	struct image_range range = image->vhosts[vhost].certificates;
	const char *name = image_string(image, image->vhosts[vhost].name);
	SSL_CTX *context;

	if (range.count == 0)
		return true;
	context = make_context(contexts);
	if (!context)
		return false;
	contexts->vhosts[vhost] = context;
	for (uint32_t i = range.first; i < range.first + range.count; i++) {
		if (certificate_use(&certificates[i], context))
			continue;
		if (errno != EEXIST)
			return false;
		log_warnx("%s has two certificates with the same kind of key; only the first is "
			  "used",
			name);
	}
	return true;
}

bool contexts_open(struct contexts *contexts, const struct image *image,
	const struct kernel *kernel, const struct tickets *tickets,
	const struct certificate *certificates)
{
	memset(contexts, 0, sizeof *contexts);
	contexts->image = image;
	contexts->tickets = tickets;
	contexts->chacha_is_ours = kernel_takes(kernel, TLS_1_3, CIPHER_CHACHA20_POLY1305) ||
				   !kernel_takes_any(kernel);
	list_suites(kernel, TLS_1_2, contexts->suites_1_2, sizeof contexts->suites_1_2);
	list_suites(kernel, TLS_1_3, contexts->suites_1_3, sizeof contexts->suites_1_3);
	contexts->vhosts = calloc(image->header->vhosts.count + 1, sizeof *contexts->vhosts);
	contexts->base = contexts->vhosts ? make_context(contexts) : NULL;
	if (!contexts->base)
		goto fail;
	for (uint32_t vhost = 0; vhost < image->header->vhosts.count; vhost++)
		if (!open_vhost(contexts, certificates, vhost))
			goto fail;
	return true;
fail:
	log_errorx("OpenSSL cannot be set up: %s",
		ERR_peek_last_error() != 0 ? ERR_reason_error_string(ERR_peek_last_error())
					   : "no TLS version and cipher is left");
	contexts_close(contexts);
	return false;
}

void contexts_close(struct contexts *contexts)
{
	for (uint32_t vhost = 0; contexts->vhosts && vhost < contexts->image->header->vhosts.count;
		vhost++)
		SSL_CTX_free(contexts->vhosts[vhost]);
	free(contexts->vhosts);
	SSL_CTX_free(contexts->base);
	contexts->vhosts = NULL;
	contexts->base = NULL;
}

SSL *contexts_begin(
	const struct contexts *contexts, struct negotiation *negotiation, uint32_t listener)
{
	SSL *ssl = SSL_new(contexts->base);

	memset(negotiation, 0, sizeof *negotiation);
	negotiation->contexts = contexts;
	negotiation->listener = listener;
	negotiation->vhost = IMAGE_NONE;
	if (!ssl || !SSL_set_app_data(ssl, negotiation)) {
		SSL_free(ssl);
		return NULL;
	}
	SSL_set_accept_state(ssl);
	return ssl;
}

void contexts_end(SSL *ssl)
{
	SSL_set_msg_callback(ssl, NULL);
	SSL_set_app_data(ssl, NULL);
}
