/* SPDX-License-Identifier: ISC */
#include "secrets.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <openssl/ssl3.h>
#include <string.h>

#define IV_SIZE         12 /* of every AEAD here, RFC 8446 §5.3 */
#define SALT_SIZE       4  /* the fixed part of GCM's in TLS 1.2, RFC 5288 §3 */
#define BLOCK_MAX       (2 * (32 + IV_SIZE))
#define LABEL_MAX       32
#define CCS_RECORD_TYPE 20 /* change_cipher_spec; in TLS 1.2 the next record has the new keys */

/* The ciphers that the kernel knows. */
static const struct suite {
	int nid;
	enum tls_cipher cipher;
	uint8_t key_size;
	uint8_t fixed_size; /* how much of the IV the key schedule of TLS 1.2 makes; the rest is
			       chosen */
} suites[] = {
	{NID_aes_128_gcm, CIPHER_AES_128_GCM, 16, SALT_SIZE},
	{NID_aes_256_gcm, CIPHER_AES_256_GCM, 32, SALT_SIZE},
	{NID_chacha20_poly1305, CIPHER_CHACHA20_POLY1305, 32, IV_SIZE},
};

static const struct suite *find_suite(const SSL *ssl)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
	int nid = cipher ? SSL_CIPHER_get_cipher_nid(cipher) : NID_undef;

	for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
		if (suites[i].nid == nid)
			return &suites[i];
	return NULL;
}

enum tls_version secrets_version(const SSL *ssl)
{
	switch (SSL_version(ssl)) {
	case TLS1_2_VERSION:
		return TLS_1_2;
	case TLS1_3_VERSION:
		return TLS_1_3;
	default:
		return TLS_NONE;
	}
}

enum tls_cipher secrets_cipher(const SSL *ssl)
{
	const struct suite *suite = find_suite(ssl);

	return suite ? suite->cipher : CIPHER_OTHER;
}

/* ---- what OpenSSL tells on the way ---------------------------------------------------------- */

static int digit(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	return -1;
}

/* Hexadecimal to the end of the line; 0 if it is none or does not fit. */
static size_t read_hex(const char *text, uint8_t bytes[static SECRET_MAX])
{
	size_t size = 0;

	for (; *text != '\0'; text += 2) {
		int high = digit(text[0]), low = high < 0 ? -1 : digit(text[1]);

		if (low < 0 || size == SECRET_MAX)
			return 0;
		bytes[size++] = (uint8_t)(high << 4 | low);
	}
	return size;
}

/* "LABEL client_random secret" */
void secrets_note_line(struct secrets *secrets, const char *line)
{
	static const char client[] = "CLIENT_TRAFFIC_SECRET_0 ",
			  server[] = "SERVER_TRAFFIC_SECRET_0 ";
	const char *secret = strrchr(line, ' ');

	if (!secret)
		return;
	if (strncmp(line, client, sizeof client - 1) == 0)
		secrets->client_size = read_hex(secret + 1, secrets->client);
	else if (strncmp(line, server, sizeof server - 1) == 0)
		secrets->server_size = read_hex(secret + 1, secrets->server);
}

static void note_header(struct secrets *secrets, bool sent, uint8_t type)
{
	bool *counts = sent ? &secrets->counts_sent : &secrets->counts_received;
	uint64_t *count = sent ? &secrets->sent : &secrets->received;

	if (*counts)
		++*count;
	if (type == CCS_RECORD_TYPE) {
		*counts = true;
		*count = 0;
	}
}

void secrets_note_message(struct secrets *secrets, const SSL *ssl, bool sent, int type,
	const uint8_t *bytes, size_t size)
{
	if (size == 0)
		return;
	if (type == SSL3_RT_HEADER)
		note_header(secrets, sent, bytes[0]);
	/* TLS 1.3 changes to the keys of the connection after each side's Finished; its
	 * change_cipher_spec means nothing. */
	if (type != SSL3_RT_HANDSHAKE || bytes[0] != SSL3_MT_FINISHED ||
		SSL_version(ssl) != TLS1_3_VERSION)
		return;
	if (sent) {
		secrets->counts_sent = true;
		secrets->sent = 0;
	} else {
		secrets->counts_received = true;
		secrets->received = 0;
	}
}

/* ---- key schedules -------------------------------------------------------------------------- */

/* OSSL_PARAM wants pointers to what it does not change. */
static OSSL_PARAM octets(const char *name, const void *bytes, size_t size)
{
	return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)bytes, size);
}

static OSSL_PARAM digest_name(const EVP_MD *digest)
{
	return OSSL_PARAM_construct_utf8_string(
		OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t)EVP_MD_get0_name(digest), 0);
}

static bool run_kdf(const char *name, const OSSL_PARAM *parameters, uint8_t *out, size_t size)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, name, NULL);
	EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	bool good = context && EVP_KDF_derive(context, out, size, parameters) == 1;

	EVP_KDF_CTX_free(context);
	EVP_KDF_free(kdf);
	return good;
}

/* HKDF-Expand-Label with an empty context, RFC 8446 §7.1. */
static bool expand_label(const EVP_MD *digest, const uint8_t *secret, size_t secret_size,
	const char *label, uint8_t *out, size_t size)
{
	static const char prefix[] = "tls13 ";
	size_t prefix_size = sizeof prefix - 1, label_size = strlen(label), at = 0;
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	uint8_t info[LABEL_MAX];

	info[at++] = (uint8_t)(size >> 8);
	info[at++] = (uint8_t)size;
	info[at++] = (uint8_t)(prefix_size + label_size);
	memcpy(info + at, prefix, prefix_size);
	at += prefix_size;
	memcpy(info + at, label, label_size);
	at += label_size;
	info[at++] = 0;

	const OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
		digest_name(digest),
		octets(OSSL_KDF_PARAM_KEY, secret, secret_size),
		octets(OSSL_KDF_PARAM_INFO, info, at),
		OSSL_PARAM_construct_end(),
	};
	return run_kdf("HKDF", parameters, out, size);
}

static bool derive_1_3(const struct secrets *secrets, const EVP_MD *digest,
	const struct suite *suite, struct session_keys *keys)
{
	size_t size = (size_t)EVP_MD_get_size(digest);

	if (secrets->client_size != size || secrets->server_size != size)
		return false;
	return expand_label(
		       digest, secrets->server, size, "key", keys->send.key, suite->key_size) &&
	       expand_label(digest, secrets->server, size, "iv", keys->send.iv, IV_SIZE) &&
	       expand_label(
		       digest, secrets->client, size, "key", keys->receive.key, suite->key_size) &&
	       expand_label(digest, secrets->client, size, "iv", keys->receive.iv, IV_SIZE);
}

/* The key block of RFC 5246 §6.3. The master secret is final, whether it is an extended one or not.
 */
static bool expand_block(SSL *ssl, const EVP_MD *digest, uint8_t *block, size_t size)
{
	static const char label[] = "key expansion";
	uint8_t master[SSL_MAX_MASTER_KEY_LENGTH], client[SSL3_RANDOM_SIZE],
		server[SSL3_RANDOM_SIZE];
	size_t master_size =
		SSL_SESSION_get_master_key(SSL_get_session(ssl), master, sizeof master);
	const OSSL_PARAM parameters[] = {
		digest_name(digest),
		octets(OSSL_KDF_PARAM_SECRET, master, master_size),
		octets(OSSL_KDF_PARAM_SEED, label, sizeof label - 1),
		octets(OSSL_KDF_PARAM_SEED, server, sizeof server),
		octets(OSSL_KDF_PARAM_SEED, client, sizeof client),
		OSSL_PARAM_construct_end(),
	};
	bool good = master_size == sizeof master &&
		    SSL_get_client_random(ssl, client, sizeof client) == sizeof client &&
		    SSL_get_server_random(ssl, server, sizeof server) == sizeof server &&
		    run_kdf("TLS1-PRF", parameters, block, size);

	OPENSSL_cleanse(master, sizeof master);
	return good;
}

static bool derive_1_2(
	SSL *ssl, const EVP_MD *digest, const struct suite *suite, struct session_keys *keys)
{
	uint8_t block[BLOCK_MAX];
	size_t key_size = suite->key_size, fixed = suite->fixed_size, chosen = IV_SIZE - fixed;
	const uint8_t *at = block;
	bool good = expand_block(ssl, digest, block, 2 * (key_size + fixed));

	if (good) {
		memcpy(keys->receive.key, at, key_size);
		memcpy(keys->send.key, at += key_size, key_size);
		memcpy(keys->receive.iv, at += key_size, fixed);
		memcpy(keys->send.iv, at + fixed, fixed);
		/* The explicit nonce to begin with. OpenSSL has used one with this key, for its
		 * Finished, and does not tell which: 64 random bits do not meet it. */
		if (chosen > 0)
			good = RAND_bytes(keys->send.iv + fixed, (int)chosen) == 1;
	}
	OPENSSL_cleanse(block, sizeof block);
	return good;
}

bool secrets_derive(const struct secrets *secrets, SSL *ssl, struct session_keys *keys)
{
	const struct suite *suite = find_suite(ssl);
	const EVP_MD *digest;

	memset(keys, 0, sizeof *keys);
	keys->version = secrets_version(ssl);
	if (!suite || !secrets->counts_sent || !secrets->counts_received)
		return false;
	keys->cipher = suite->cipher;
	keys->send.sequence = secrets->sent;
	keys->receive.sequence = secrets->received;
	digest = SSL_CIPHER_get_handshake_digest(SSL_get_current_cipher(ssl));
	if (!digest)
		return false;
	switch (keys->version) {
	case TLS_1_3:
		return derive_1_3(secrets, digest, suite, keys);
	case TLS_1_2:
		return derive_1_2(ssl, digest, suite, keys);
	default:
		return false;
	}
}

void session_keys_wipe(struct session_keys *keys)
{
	OPENSSL_cleanse(keys, sizeof *keys);
}

void secrets_wipe(struct secrets *secrets)
{
	OPENSSL_cleanse(secrets, sizeof *secrets);
}
