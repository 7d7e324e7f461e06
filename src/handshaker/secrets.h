/* SPDX-License-Identifier: ISC */
#ifndef SULID_HANDSHAKER_SECRETS_H
#define SULID_HANDSHAKER_SECRETS_H

/*
 * From a finished handshake to the keys that the kernel wants, by OpenSSL's public interface only.
 *
 * OpenSSL tells the traffic secrets of TLS 1.3 through its key log; TLS 1.2 keeps its master
 * secret in the session. It tells nobody the record numbers: those are counted here, header by
 * header, since the keys came into use. (Numbers of tickets asked for are not numbers of records
 * sent: a ticket that holds a large certificate takes two.)
 */

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ktls.h"
#include "contract/handoff.h"

#define SECRET_MAX 48 /* SHA-384 */

/* Of one connection, while its handshake goes on. All zero to begin with. */
struct secrets {
	uint8_t client[SECRET_MAX]; /* TLS 1.3: client_application_traffic_secret_0 */
	uint8_t server[SECRET_MAX];
	size_t client_size; /* 0: not yet */
	size_t server_size;
	uint64_t sent; /* records since the keys of the connection are in use */
	uint64_t received;
	bool counts_sent; /* they are in use */
	bool counts_received;
};

struct session_keys {
	enum tls_version version;
	enum tls_cipher cipher;
	struct ktls_keys send;
	struct ktls_keys receive;
};

/* A line of the key log. */
void secrets_note_line(struct secrets *secrets, const char *line);

/* What the message callback of SSL_set_msg_callback was told. */
void secrets_note_message(struct secrets *secrets, const SSL *ssl, bool sent, int type,
	const uint8_t *bytes, size_t size);

enum tls_version secrets_version(const SSL *ssl);
/* CIPHER_OTHER for what the kernel cannot. */
enum tls_cipher secrets_cipher(const SSL *ssl);

/*
 * The keys of a finished handshake, both directions. false if the cipher is none of ours or
 * anything is missing. The caller wipes the keys with session_keys_wipe, also after a failure.
 */
bool secrets_derive(const struct secrets *secrets, SSL *ssl, struct session_keys *keys);

void session_keys_wipe(struct session_keys *keys);
void secrets_wipe(struct secrets *secrets);

#endif
