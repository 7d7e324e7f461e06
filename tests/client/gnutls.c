/* SPDX-License-Identifier: ISC */
/* TLS by GnuTLS. The wire sits below as push and pull functions that block. */
#include "transport.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct state {
	gnutls_session_t session;
	gnutls_certificate_credentials_t credentials;
};

/* The wire */

/* After the deadline a call may be made again (`wait` does), so that it must not seem to be final.
 */
static void note_failure(const struct transport *t)
{
	const struct state *state = t->tls;

	gnutls_transport_set_errno(
		state->session, t->wire.end == WIRE_TIMEOUT ? EAGAIN : ECONNRESET);
}

static ssize_t push(gnutls_transport_ptr_t pointer, const void *data, size_t len)
{
	struct transport *t = pointer;
	ssize_t n = wire_send(&t->wire, data, len);

	if (n < 0)
		note_failure(t);
	return n;
}

static ssize_t pull(gnutls_transport_ptr_t pointer, void *data, size_t len)
{
	struct transport *t = pointer;
	ssize_t n = wire_recv(&t->wire, data, len);

	if (n < 0)
		note_failure(t);
	return n;
}

static int pull_timeout(gnutls_transport_ptr_t pointer, unsigned ms)
{
	struct transport *t = pointer;

	return wire_wait(&t->wire, ms);
}

static int note_ticket(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
	const gnutls_datum_t *message)
{
	struct transport *t = gnutls_session_get_ptr(session);

	(void)type;
	(void)when;
	(void)message;
	t->facts.tickets += incoming != 0;
	return 0;
}

/* What differs between connections */

/* The parts of a priority string; each replaces what NORMAL has of its kind. */
static const char *const versions[] = {
	[VERSION_ANY] = ":-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2",
	[VERSION_12] = ":-VERS-ALL:+VERS-TLS1.2",
	[VERSION_13] = ":-VERS-ALL:+VERS-TLS1.3",
};

static const char *const ciphers[] = {
	[CIPHER_ANY] = "",
	[CIPHER_AES128] = ":-CIPHER-ALL:+AES-128-GCM",
	[CIPHER_AES256] = ":-CIPHER-ALL:+AES-256-GCM",
	[CIPHER_CHACHA20] = ":-CIPHER-ALL:+CHACHA20-POLY1305",
	[CIPHER_CCM] = ":-CIPHER-ALL:+AES-128-CCM",
	[CIPHER_CBC] = ":-CIPHER-ALL:+AES-128-CBC:-MAC-ALL:+SHA256",
};

static const char *const auths[] = {
	[AUTH_ANY] = ":-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA",
	[AUTH_ECDSA] = ":-KX-ALL:+ECDHE-ECDSA:-SIGN-ALL:+SIGN-ECDSA-SHA256:+SIGN-ECDSA-SHA384"
		       ":+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SECP384R1-SHA384",
	[AUTH_RSA] = ":-KX-ALL:+ECDHE-RSA:-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA256"
		     ":+SIGN-RSA-PSS-RSAE-SHA384:+SIGN-RSA-SHA256:+SIGN-RSA-SHA384",
};

static int set_alpn(gnutls_session_t session, const char *list)
{
	gnutls_datum_t protocols[16];
	unsigned n = 0;
	char copy[512], *rest = copy, *one;

	if (!list)
		return 0;
	if (strlen(list) >= sizeof(copy))
		return GNUTLS_E_INVALID_REQUEST;
	memcpy(copy, list, strlen(list) + 1);
	while (n < 16 && (one = strsep(&rest, ",")))
		protocols[n++] = (gnutls_datum_t){(unsigned char *)one, (unsigned)strlen(one)};
	return gnutls_alpn_set_protocols(session, protocols, n, 0);
}

static int set_credentials(struct state *state, const struct request *rq)
{
	int result = gnutls_certificate_allocate_credentials(&state->credentials);

	if (result < 0)
		return result;
	if (rq->cert)
		result = gnutls_certificate_set_x509_key_file(state->credentials, rq->cert,
			rq->key ? rq->key : rq->cert, GNUTLS_X509_FMT_PEM);
	if (result >= 0 && rq->ca)
		result = gnutls_certificate_set_x509_trust_file(
			state->credentials, rq->ca, GNUTLS_X509_FMT_PEM);
	if (result < 0)
		return result;
	return gnutls_credentials_set(state->session, GNUTLS_CRD_CERTIFICATE, state->credentials);
}

static int set_priority(gnutls_session_t session, const struct request *rq)
{
	/* Offered TLS 1.3, a server would choose it and find no cipher. */
	const int version = rq->cipher == CIPHER_CBC ? VERSION_12 : rq->version;
	char priority[400];

	snprintf(priority, sizeof(priority), "NORMAL%s%s%s", versions[version], ciphers[rq->cipher],
		auths[rq->auth]);
	return gnutls_priority_set_direct(session, priority, NULL);
}

/* Returns what could not be set, with *result the library's reason, or NULL. */
static const char *configure(
	struct state *state, const struct request *rq, const struct blob *session, int *result)
{
	const char *sni = request_sni(rq);

	*result = set_priority(state->session, rq);
	if (*result < 0)
		return "version and cipher";
	*result = set_credentials(state, rq);
	if (*result < 0)
		return "cert, key or ca";
	if (sni)
		*result = gnutls_server_name_set(state->session, GNUTLS_NAME_DNS, sni, strlen(sni));
	if (*result < 0)
		return "sni";
	*result = set_alpn(state->session, request_alpn(rq));
	if (*result < 0)
		return "alpn";
	if (rq->mfl)
		*result = (int)gnutls_record_set_max_size(state->session, (size_t)rq->mfl);
	if (*result < 0)
		return "mfl";
	if (session->data) /* if it is refused, `resumed` will say no */
		gnutls_session_set_data(state->session, session->data, session->len);
	return NULL;
}

/* What happened */

static bool is_final(const struct transport *t, int result)
{
	return t->wire.end != WIRE_OPEN || gnutls_error_is_fatal(result);
}

/* Why a call returned `result`; what is NULL for receiving. */
static int fail(struct transport *t, const char *what, int result)
{
	const struct state *state = t->tls;

	if (result == GNUTLS_E_FATAL_ALERT_RECEIVED)
		t->facts.alert = (int)gnutls_alert_get(state->session);
	/* The library has one word for a reset and for a bare FIN: the wire knows which. */
	if (transport_end_of_wire(t, what))
		return -1;
	return transport_fail(t, what ? what : "receive", gnutls_strerror(result));
}

static void note_cipher(struct facts *facts, gnutls_session_t session)
{
	const gnutls_cipher_algorithm_t cipher = gnutls_cipher_get(session);
	const char *name = gnutls_cipher_get_name(cipher);

	if (cipher == GNUTLS_CIPHER_AES_128_GCM)
		name = "aes128";
	else if (cipher == GNUTLS_CIPHER_AES_256_GCM)
		name = "aes256";
	else if (cipher == GNUTLS_CIPHER_CHACHA20_POLY1305)
		name = "chacha20";
	snprintf(facts->cipher, sizeof(facts->cipher), "%s", name ? name : "");
}

static void note_verification(struct facts *facts, const struct state *state, const char *name)
{
	gnutls_datum_t text = {0};
	unsigned status = 0;
	int result = gnutls_certificate_verify_peers3(state->session, name, &status);

	facts->verify = result == 0 && status == 0 ? VERIFY_OK : VERIFY_FAIL;
	if (facts->verify == VERIFY_OK)
		return;
	if (result == 0 && gnutls_certificate_verification_status_print(
				   status, GNUTLS_CRT_X509, &text, 0) == 0)
		snprintf(facts->verify_error, sizeof(facts->verify_error), "%s",
			(const char *)text.data);
	else
		snprintf(facts->verify_error, sizeof(facts->verify_error), "%s",
			gnutls_strerror(result));
	gnutls_free(text.data);
}

static void note_facts(struct transport *t, const struct state *state, const struct request *rq)
{
	struct facts *facts = &t->facts;
	gnutls_session_t session = state->session;
	unsigned peers = 0;
	const gnutls_datum_t *peer = gnutls_certificate_get_peers(session, &peers);
	gnutls_datum_t alpn;
	size_t size = gnutls_record_get_max_size(session);

	facts->version = gnutls_protocol_get_version(session) == GNUTLS_TLS1_3 ? "1.3" : "1.2";
	facts->resumed = gnutls_session_is_resumed(session);
	facts->asked = gnutls_certificate_client_get_request_status(session);
	facts->mfl = rq->mfl && size <= 4096 ? (int)size : 0;
	note_cipher(facts, session);
	if (peers)
		transport_peer_digest(t, peer->data, peer->size);
	if (gnutls_alpn_get_selected_protocol(session, &alpn) == 0)
		snprintf(facts->alpn, sizeof(facts->alpn), "%.*s", (int)alpn.size,
			(const char *)alpn.data);
	if (rq->ca)
		note_verification(facts, state, request_sni(rq));
}

static int handshake(struct transport *t, gnutls_session_t session)
{
	int result;

	do {
		result = gnutls_handshake(session);
		if (result == GNUTLS_E_WARNING_ALERT_RECEIVED)
			t->facts.alert = (int)gnutls_alert_get(session);
	} while (result < 0 && !is_final(t, result));
	return result;
}

static int session_handshake(
	struct transport *t, const struct request *rq, const struct blob *session)
{
	struct state *state = t->tls = calloc(1, sizeof(*state));
	const char *refused;
	unsigned flags = GNUTLS_CLIENT | GNUTLS_NO_SIGNAL | GNUTLS_FORCE_CLIENT_CERT;
	int result;

	if (!state)
		return transport_fail(t, "GnuTLS", strerror(ENOMEM));
	if (!rq->tickets)
		flags |= GNUTLS_NO_TICKETS;
	result = gnutls_init(&state->session, flags);
	if (result < 0)
		return transport_fail(t, "GnuTLS", gnutls_strerror(result));
	refused = configure(state, rq, session, &result);
	if (refused)
		return transport_fail(t, refused, gnutls_strerror(result));
	gnutls_session_set_ptr(state->session, t);
	gnutls_transport_set_ptr(state->session, t);
	gnutls_transport_set_push_function(state->session, push);
	gnutls_transport_set_pull_function(state->session, pull);
	gnutls_transport_set_pull_timeout_function(state->session, pull_timeout);
	gnutls_handshake_set_hook_function(
		state->session, GNUTLS_HANDSHAKE_NEW_SESSION_TICKET, GNUTLS_HOOK_POST, note_ticket);
	/* The wire has the only clock. */
	gnutls_handshake_set_timeout(state->session, 0);
	result = handshake(t, state->session);
	if (result < 0)
		return fail(t, "handshake", result);
	note_facts(t, state, rq);
	return 0;
}

static int session_send(struct transport *t, const void *data, size_t len)
{
	const struct state *state = t->tls;
	const uint8_t *bytes = data;

	while (len) {
		ssize_t n = gnutls_record_send(state->session, bytes, len);

		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		} else if (n < 0 && is_final(t, (int)n)) {
			return fail(t, "send", (int)n);
		}
	}
	return 0;
}

static size_t session_recv(struct transport *t, void *data, size_t len)
{
	const struct state *state = t->tls;

	for (;;) {
		ssize_t n = gnutls_record_recv(state->session, data, len);

		if (n > 0)
			return (size_t)n;
		if (n == 0) {
			t->end = END_CLOSE_NOTIFY;
			return 0;
		}
		/* A ticket or a warning by itself ends the call with a passing error. */
		if (n == GNUTLS_E_WARNING_ALERT_RECEIVED)
			t->facts.alert = (int)gnutls_alert_get(state->session);
		if (is_final(t, (int)n)) {
			fail(t, NULL, (int)n);
			return 0;
		}
	}
}

static int session_key_update(struct transport *t, bool request)
{
	const struct state *state = t->tls;
	int result = gnutls_session_key_update(state->session, request ? GNUTLS_KU_PEER : 0);

	return result < 0 ? fail(t, "keyupdate", result) : 0;
}

static void session_notify(struct transport *t)
{
	const struct state *state = t->tls;

	gnutls_bye(state->session, GNUTLS_SHUT_WR);
}

static void session_save(struct transport *t, struct blob *out)
{
	const struct state *state = t->tls;
	gnutls_datum_t data = {0};

	*out = (struct blob){0};
	/* In TLS 1.3 there is nothing before a ticket, and the library would wait for one. */
	if (strcmp(t->facts.version, "1.3") == 0 && t->facts.tickets == 0)
		return;
	if (gnutls_session_get_data2(state->session, &data) < 0)
		return;
	out->data = malloc(data.size);
	if (out->data) {
		memcpy(out->data, data.data, data.size);
		out->len = data.size;
	}
	gnutls_free(data.data);
}

static void session_forget(struct transport *t)
{
	struct state *state = t->tls;

	if (!state)
		return;
	if (state->session)
		gnutls_deinit(state->session);
	if (state->credentials)
		gnutls_certificate_free_credentials(state->credentials);
	free(state);
	t->tls = NULL;
}

/* The library makes ready what connections share by itself when it is loaded. */
static void *library_start(void)
{
	return NULL;
}

static void library_stop(void *shared)
{
	(void)shared;
}

const struct transport_ops gnutls_transport = {
	.start = library_start,
	.stop = library_stop,
	.handshake = session_handshake,
	.send = session_send,
	.recv = session_recv,
	.key_update = session_key_update,
	.notify = session_notify,
	.session = session_save,
	.forget = session_forget,
};
