/* SPDX-License-Identifier: ISC */
#include "transport.h"

#include "hash.h"

#include <stdio.h>
#include <string.h>

const struct transport_ops *const transports[BACKENDS] = {
	[BACKEND_OPENSSL] = &openssl_transport,
	[BACKEND_GNUTLS] = &gnutls_transport,
	[BACKEND_PLAIN] = &plain_transport,
};

bool transport_end_of_wire(struct transport *t, const char *what)
{
	static const struct {
		enum end end;
		const char *text;
	} ends[] = {
		[WIRE_OPEN] = {END_OPEN, NULL},
		[WIRE_FIN] = {END_EOF, "closed by the peer"},
		[WIRE_RST] = {END_RST, "reset by the peer"},
		[WIRE_TIMEOUT] = {END_TIMEOUT, "timed out"},
		[WIRE_CUT] = {END_CUT, NULL},
		[WIRE_FAILED] = {END_ERROR, NULL},
	};
	const enum wire_end end = t->wire.end;

	if (end == WIRE_OPEN)
		return false;
	t->end = ends[end].end;
	if (end == WIRE_FAILED)
		transport_fail(t, what ? what : "socket", strerror(t->wire.error));
	else if (what && ends[end].text)
		transport_fail(t, what, ends[end].text);
	return true;
}

void transport_resume(struct transport *t)
{
	if (t->end != END_TIMEOUT)
		return;
	t->end = END_OPEN;
	t->wire.end = WIRE_OPEN;
	t->error[0] = '\0';
}

int transport_fail(struct transport *t, const char *what, const char *why)
{
	if (t->end == END_OPEN)
		t->end = END_ERROR;
	if (!*t->error)
		snprintf(t->error, sizeof(t->error), "%s%s%s", what, why ? ": " : "",
			why ? why : "");
	return -1;
}

void transport_peer_digest(struct transport *t, const void *der, size_t len)
{
	struct hash hash;

	hash_start(&hash);
	hash_add(&hash, der, len);
	hash_end(&hash, t->facts.peer);
}

const char *transport_alert_name(int alert)
{
	static const struct {
		int number;
		const char *name;
	} alerts[] = {
		{0, "close_notify"},
		{10, "unexpected_message"},
		{20, "bad_record_mac"},
		{21, "decryption_failed"},
		{22, "record_overflow"},
		{40, "handshake_failure"},
		{41, "no_certificate"},
		{42, "bad_certificate"},
		{43, "unsupported_certificate"},
		{44, "certificate_revoked"},
		{45, "certificate_expired"},
		{46, "certificate_unknown"},
		{47, "illegal_parameter"},
		{48, "unknown_ca"},
		{49, "access_denied"},
		{50, "decode_error"},
		{51, "decrypt_error"},
		{70, "protocol_version"},
		{71, "insufficient_security"},
		{80, "internal_error"},
		{86, "inappropriate_fallback"},
		{90, "user_canceled"},
		{100, "no_renegotiation"},
		{109, "missing_extension"},
		{110, "unsupported_extension"},
		{112, "unrecognized_name"},
		{113, "bad_certificate_status_response"},
		{115, "unknown_psk_identity"},
		{116, "certificate_required"},
		{120, "no_application_protocol"},
	};

	if (alert < 0)
		return "";
	for (size_t i = 0; i < sizeof(alerts) / sizeof(*alerts); i++)
		if (alerts[i].number == alert)
			return alerts[i].name;
	return "unknown";
}

const char *transport_end_name(enum end end)
{
	static const char *const names[ENDS] = {
		[END_OPEN] = "open",
		[END_CLOSE_NOTIFY] = "close_notify",
		[END_EOF] = "eof",
		[END_RST] = "rst",
		[END_TIMEOUT] = "timeout",
		[END_CUT] = "cut",
		[END_ERROR] = "error",
		[END_KEEP] = "keep",
	};

	return names[end];
}
