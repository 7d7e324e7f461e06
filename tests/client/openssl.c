/* SPDX-License-Identifier: ISC */
/*
 * TLS by OpenSSL. One SSL_CTX is made per process, because making one costs more than a handshake
 * on a slow guest; all that differs between connections is set on the SSL. The wire sits below as
 * a BIO that blocks.
 */
#include "openssl_settings.h"
#include "transport.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct shared {
	SSL_CTX *ctx;
	BIO_METHOD *method;
};

struct state {
	SSL *ssl;
	struct blob session; /* the newest */
};

/* The wire as a BIO */

/* After the deadline a call may be made again (`wait` does), so that it must not seem to be final.
 */
static int bio_write(BIO *bio, const char *data, size_t len, size_t *written)
{
	struct transport *t = BIO_get_data(bio);
	ssize_t n = wire_send(&t->wire, data, len);

	BIO_clear_retry_flags(bio);
	if (n < 0 && t->wire.end == WIRE_TIMEOUT)
		BIO_set_retry_write(bio);
	*written = n > 0 ? (size_t)n : 0;
	return n > 0;
}

static int bio_read(BIO *bio, char *data, size_t len, size_t *received)
{
	struct transport *t = BIO_get_data(bio);
	ssize_t n = wire_recv(&t->wire, data, len);

	BIO_clear_retry_flags(bio);
	if (n < 0 && t->wire.end == WIRE_TIMEOUT)
		BIO_set_retry_read(bio);
	*received = n > 0 ? (size_t)n : 0;
	return n > 0;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
	const struct transport *t = BIO_get_data(bio);

	(void)number;
	(void)pointer;
	/* Without BIO_CTRL_EOF OpenSSL takes a bare FIN for a failing system call. */
	if (command == BIO_CTRL_EOF)
		return t->wire.end == WIRE_FIN;
	return command == BIO_CTRL_FLUSH;
}

/* What is shared */

static void note_info(const SSL *ssl, int where, int what)
{
	struct transport *t = SSL_get_app_data(ssl);

	if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT &&
		(what & 0xff) != SSL_AD_CLOSE_NOTIFY)
		t->facts.alert = what & 0xff;
}

/*
 * Sessions are kept encoded: offered again as an object, one failed connection would mark it as
 * not resumable for all.
 */
static int note_session(SSL *ssl, SSL_SESSION *session)
{
	struct transport *t = SSL_get_app_data(ssl);
	struct state *state = t->tls;
	unsigned char *data = NULL, *end;
	int len = i2d_SSL_SESSION(session, NULL);

	t->facts.tickets += SSL_SESSION_has_ticket(session);
	if (len <= 0)
		return 0;
	data = end = malloc((size_t)len);
	if (!data)
		return 0;
	i2d_SSL_SESSION(session, &end);
	free(state->session.data);
	state->session = (struct blob){data, (size_t)len};
	return 0; /* no reference was taken */
}

static void openssl_stop(void *pointer)
{
	struct shared *shared = pointer;

	if (!shared)
		return;
	SSL_CTX_free(shared->ctx);
	BIO_meth_free(shared->method);
	free(shared);
}

static void *openssl_start(void)
{
	struct shared *shared = calloc(1, sizeof(*shared));

	if (!shared)
		return NULL;
	shared->ctx = SSL_CTX_new(TLS_client_method());
	shared->method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");
	if (!shared->ctx || !shared->method || !BIO_meth_set_write_ex(shared->method, bio_write) ||
		!BIO_meth_set_read_ex(shared->method, bio_read) ||
		!BIO_meth_set_ctrl(shared->method, bio_ctrl)) {
		openssl_stop(shared);
		return NULL;
	}
	/* Nothing is refused, but SSL_get_verify_result still tells. */
	SSL_CTX_set_verify(shared->ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_session_cache_mode(
		shared->ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(shared->ctx, note_session);
	SSL_CTX_set_info_callback(shared->ctx, note_info);
	SSL_CTX_set_mode(shared->ctx, SSL_MODE_AUTO_RETRY | SSL_MODE_RELEASE_BUFFERS);
	return shared;
}

/* A session that cannot be decoded is not offered: `resumed` then says no. */
static void set_session(SSL *ssl, const struct blob *blob)
{
	const unsigned char *data = blob->data;
	SSL_SESSION *session = data ? d2i_SSL_SESSION(NULL, &data, (long)blob->len) : NULL;

	if (session)
		SSL_set_session(ssl, session);
	SSL_SESSION_free(session);
}

/* What happened */

static int fail(struct transport *t, const char *what)
{
	return transport_fail(t, what, ERR_reason_error_string(ERR_peek_last_error()));
}

/* Why a call that returned `result` did not succeed; what is NULL for receiving. */
static int fail_call(struct transport *t, const char *what, int result)
{
	const struct state *state = t->tls;

	if (SSL_get_error(state->ssl, result) == SSL_ERROR_ZERO_RETURN) {
		t->end = END_CLOSE_NOTIFY;
		return -1;
	}
	if (transport_end_of_wire(t, what))
		return -1;
	return fail(t, what ? what : "receive");
}

static void note_cipher(struct facts *facts, const SSL_CIPHER *cipher)
{
	const char *name = SSL_CIPHER_get_name(cipher);

	switch (SSL_CIPHER_get_cipher_nid(cipher)) {
	case NID_aes_128_gcm:
		name = "aes128";
		break;
	case NID_aes_256_gcm:
		name = "aes256";
		break;
	case NID_chacha20_poly1305:
		name = "chacha20";
		break;
	}
	snprintf(facts->cipher, sizeof(facts->cipher), "%s", name);
}

static void note_peer(struct transport *t, SSL *ssl)
{
	X509 *peer = SSL_get0_peer_certificate(ssl);
	unsigned char *der = NULL;
	int len = peer ? i2d_X509(peer, &der) : 0;

	if (len > 0)
		transport_peer_digest(t, der, (size_t)len);
	OPENSSL_free(der);
}

static void note_facts(struct transport *t, SSL *ssl, const struct request *rq)
{
	struct facts *facts = &t->facts;
	uint8_t mfl = SSL_SESSION_get_max_fragment_length(SSL_get_session(ssl));
	const unsigned char *alpn;
	unsigned alpn_len;

	facts->version = SSL_version(ssl) == TLS1_3_VERSION ? "1.3" : "1.2";
	facts->resumed = SSL_session_reused(ssl);
	facts->mfl = mfl ? 256 << mfl : 0;
	note_cipher(facts, SSL_get_current_cipher(ssl));
	note_peer(t, ssl);
	SSL_get0_alpn_selected(ssl, &alpn, &alpn_len);
	if (alpn_len)
		snprintf(facts->alpn, sizeof(facts->alpn), "%.*s", (int)alpn_len,
			(const char *)alpn);
	if (rq->ca) {
		long result = SSL_get_verify_result(ssl);

		facts->verify = result == X509_V_OK ? VERIFY_OK : VERIFY_FAIL;
		if (result != X509_V_OK)
			snprintf(facts->verify_error, sizeof(facts->verify_error), "%s",
				X509_verify_cert_error_string(result));
	}
}

static int openssl_handshake(
	struct transport *t, const struct request *rq, const struct blob *session)
{
	const struct shared *shared = t->shared;
	struct state *state = t->tls = calloc(1, sizeof(*state));
	const char *refused;
	BIO *bio;
	int result;

	ERR_clear_error();
	if (!shared || !state || !(state->ssl = SSL_new(shared->ctx)))
		return fail(t, "OpenSSL");
	SSL_set_app_data(state->ssl, t);
	refused = openssl_configure(state->ssl, t, rq);
	if (refused)
		return fail(t, refused);
	bio = BIO_new(shared->method);
	if (!bio)
		return fail(t, "OpenSSL");
	BIO_set_data(bio, t);
	BIO_set_init(bio, 1);
	SSL_set_bio(state->ssl, bio, bio);
	set_session(state->ssl, session);
	result = SSL_connect(state->ssl);
	if (result != 1)
		return fail_call(t, "handshake", result);
	note_facts(t, state->ssl, rq);
	return 0;
}

static int openssl_send(struct transport *t, const void *data, size_t len)
{
	const struct state *state = t->tls;
	size_t written;
	int result;

	ERR_clear_error();
	result = SSL_write_ex(state->ssl, data, len, &written);
	return result == 1 ? 0 : fail_call(t, "send", result);
}

static size_t openssl_recv(struct transport *t, void *data, size_t len)
{
	const struct state *state = t->tls;
	size_t received = 0;
	int result;

	ERR_clear_error();
	result = SSL_read_ex(state->ssl, data, len, &received);
	if (result == 1)
		return received;
	fail_call(t, NULL, result);
	return 0;
}

static int openssl_key_update(struct transport *t, bool request)
{
	const struct state *state = t->tls;
	int result;

	ERR_clear_error();
	if (SSL_key_update(state->ssl,
		    request ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED) != 1)
		return fail(t, "keyupdate");
	result = SSL_do_handshake(state->ssl);
	return result == 1 ? 0 : fail_call(t, "keyupdate", result);
}

static void openssl_notify(struct transport *t)
{
	const struct state *state = t->tls;

	ERR_clear_error();
	SSL_shutdown(state->ssl);
}

static void openssl_session(struct transport *t, struct blob *out)
{
	struct state *state = t->tls;

	*out = state->session;
	state->session = (struct blob){0};
}

static void openssl_forget(struct transport *t)
{
	struct state *state = t->tls;

	if (!state)
		return;
	SSL_free(state->ssl);
	free(state->session.data);
	free(state);
	t->tls = NULL;
}

const struct transport_ops openssl_transport = {
	.start = openssl_start,
	.stop = openssl_stop,
	.handshake = openssl_handshake,
	.send = openssl_send,
	.recv = openssl_recv,
	.key_update = openssl_key_update,
	.notify = openssl_notify,
	.session = openssl_session,
	.forget = openssl_forget,
};
