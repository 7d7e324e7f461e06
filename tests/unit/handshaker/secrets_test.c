/* SPDX-License-Identifier: ISC */

/*
 * The keys of real handshakes, tried on real records: what OpenSSL encrypts next, in each
 * direction, is decrypted with the derived key, IV and record number by an AEAD outside libssl.
 */

#include "site.h"

#include "secrets.h"

static struct site site;

#define HEADER 5
#define TAG    16

static const struct cipher {
	enum tls_cipher cipher;
	const char *suites_1_2;
	const char *suites_1_3;
	const char *evp;
} ciphers[] = {
	{CIPHER_AES_128_GCM, "ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_AES_128_GCM_SHA256",
		"AES-128-GCM"},
	{CIPHER_AES_256_GCM, "ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_AES_256_GCM_SHA384",
		"AES-256-GCM"},
	{CIPHER_CHACHA20_POLY1305, "ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_CHACHA20_POLY1305_SHA256",
		"ChaCha20-Poly1305"},
};

static void put_number(uint8_t *out, uint64_t number)
{
	for (int i = 7; i >= 0; i--, number >>= 8)
		out[i] = (uint8_t)number;
}

/* RFC 8446 §5.3, RFC 5288 §3, RFC 7905 §2. explicit_nonce: of the record, or NULL. */
static void make_nonce(
	uint8_t nonce[12], const struct ktls_keys *keys, const uint8_t *explicit_nonce)
{
	uint8_t number[8];

	memcpy(nonce, keys->iv, 12);
	if (explicit_nonce) {
		memcpy(nonce + 4, explicit_nonce, 8);
		return;
	}
	put_number(number, keys->sequence);
	for (int i = 0; i < 8; i++)
		nonce[4 + i] ^= number[i];
}

/* Decrypt one record; the length of its text, or -1. TLS 1.3's inner type is left at its end. */
static int decrypt(const struct cipher *cipher, int version, const struct ktls_keys *keys,
	const uint8_t *record, size_t size, uint8_t *out)
{
	bool tls_1_3 = version == TLS1_3_VERSION;
	bool nonce_in_record = !tls_1_3 && cipher->cipher != CIPHER_CHACHA20_POLY1305;
	const uint8_t *body = record + HEADER + (nonce_in_record ? 8 : 0);
	size_t length = size - (size_t)(body - record) - TAG;
	uint8_t nonce[12], additional[13], tag[TAG];
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	EVP_CIPHER *evp = EVP_CIPHER_fetch(NULL, cipher->evp, NULL);
	int n = 0, last = 0;
	bool good;

	assert_non_null(evp);
	make_nonce(nonce, keys, nonce_in_record ? record + HEADER : NULL);
	if (tls_1_3) {
		memcpy(additional, record, HEADER);
	} else {
		put_number(additional, keys->sequence);
		memcpy(additional + 8, record, 3);
		additional[11] = (uint8_t)(length >> 8);
		additional[12] = (uint8_t)length;
	}
	memcpy(tag, body + length, TAG);
	good = EVP_DecryptInit_ex2(context, evp, keys->key, nonce, NULL) &&
	       EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG, tag) &&
	       EVP_DecryptUpdate(context, NULL, &n, additional, tls_1_3 ? HEADER : 13) &&
	       EVP_DecryptUpdate(context, out, &n, body, (int)length) &&
	       EVP_DecryptFinal_ex(context, out + n, &last);
	EVP_CIPHER_free(evp);
	EVP_CIPHER_CTX_free(context);
	return good ? n + last : -1;
}

static void check_direction(const struct cipher *cipher, int version, SSL *from, int socket,
	const struct ktls_keys *keys)
{
	static const char words[] = "what the kernel will see next";
	struct ktls_keys wrong = *keys;
	uint8_t record[1024], text[1024];
	int size = (int)sizeof words, plain;
	ssize_t n;

	assert_int_equal(SSL_write(from, words, size), size);
	n = recv(socket, record, sizeof record, 0);
	assert_true(n > HEADER);
	plain = decrypt(cipher, version, keys, record, (size_t)n, text);
	assert_int_equal(plain, version == TLS1_3_VERSION ? size + 1 : size);
	assert_memory_equal(text, words, sizeof words);
	if (version == TLS1_3_VERSION)
		assert_int_equal(text[size], SSL3_RT_APPLICATION_DATA);
	/* The number is part of it: one off does not do. */
	wrong.sequence++;
	assert_int_equal(decrypt(cipher, version, &wrong, record, (size_t)n, text), -1);
}

static void check_keys(const struct cipher *cipher, struct visit *visit, uint64_t sent)
{
	int version = SSL_version(visit->server);
	struct session_keys keys;

	assert_true(secrets_derive(&visit->negotiation.secrets, visit->server, &keys));
	assert_int_equal(keys.cipher, cipher->cipher);
	assert_int_equal(keys.version, version == TLS1_3_VERSION ? TLS_1_3 : TLS_1_2);
	assert_int_equal(keys.send.sequence, sent);
	assert_int_equal(keys.receive.sequence, version == TLS1_3_VERSION ? 0 : 1);
	check_direction(cipher, version, visit->server, visit->sockets[0], &keys.send);
	check_direction(cipher, version, visit->ssl, visit->sockets[1], &keys.receive);
	session_keys_wipe(&keys);
	for (size_t i = 0; i < sizeof keys; i++)
		assert_int_equal(((const uint8_t *)&keys)[i], 0);
}

static void keys_fit_records(void **state)
{
	(void)state;
	for (size_t c = 0; c < sizeof ciphers / sizeof *ciphers; c++)
		for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
			struct visit full = {.name = "a.example",
				.version = version,
				.suites = version == TLS1_3_VERSION ? ciphers[c].suites_1_3
								    : ciphers[c].suites_1_2};
			struct visit resumed = full;

			visit_go(&site, &full);
			assert_true(full.good);
			assert_false(SSL_session_reused(full.server));
			assert_int_equal(full.tickets, version == TLS1_3_VERSION ? 2 : 1);
			check_keys(&ciphers[c], &full, version == TLS1_3_VERSION ? 2 : 1);
			resumed.session = full.ticket;
			visit_go(&site, &resumed);
			assert_true(resumed.good);
			assert_true(SSL_session_reused(resumed.server));
			check_keys(&ciphers[c], &resumed, 1);
			visit_free(&resumed);
			visit_free(&full);
		}
}

static void keys_fit_without_extended_master_secret(void **state)
{
	struct visit visit = {.name = "a.example",
		.version = TLS1_2_VERSION,
		.suites = ciphers[0].suites_1_2,
		.extended_master_secret_off = true};

	(void)state;
	visit_go(&site, &visit);
	assert_true(visit.good);
	assert_int_equal(SSL_get_extms_support(visit.server), 0);
	check_keys(&ciphers[0], &visit, 1);
	visit_free(&visit);
}

/* Two tickets, and each is longer than a record. */
static void tickets_of_several_records_count_as_such(void **state)
{
	struct site_client client = site_client(15950);
	struct visit visit = {.name = "b.example",
		.version = TLS1_3_VERSION,
		.suites = ciphers[0].suites_1_3,
		.client = &client};

	(void)state;
	visit_go(&site, &visit);
	assert_true(visit.good);
	assert_int_equal(visit.tickets, 2);
	check_keys(&ciphers[0], &visit, 4);
	visit_free(&visit);
	site_client_free(&client);
}

/* Asked for a certificate, shown none: no ticket, so the first record is number 0. */
static void no_tickets_no_records(void **state)
{
	struct visit visit = {
		.name = "b.example", .version = TLS1_3_VERSION, .suites = ciphers[1].suites_1_3};

	(void)state;
	visit_go(&site, &visit);
	assert_true(visit.good);
	assert_int_equal(visit.tickets, 0);
	check_keys(&ciphers[1], &visit, 0);
	visit_free(&visit);
}

static void lines_are_read_with_care(void **state)
{
	struct secrets secrets = {.client_size = 0};
	char line[256];

	(void)state;
	secrets_note_line(&secrets, "CLIENT_TRAFFIC_SECRET_0 00ff 0a0B");
	assert_int_equal(secrets.client_size, 2);
	assert_int_equal(secrets.client[0], 0x0a);
	assert_int_equal(secrets.client[1], 0x0b);
	secrets_note_line(&secrets, "SERVER_TRAFFIC_SECRET_0 00 zz");
	assert_int_equal(secrets.server_size, 0);
	secrets_note_line(&secrets, "SERVER_TRAFFIC_SECRET_0 00 abc");
	assert_int_equal(secrets.server_size, 0);
	secrets_note_line(&secrets, "SERVER_HANDSHAKE_TRAFFIC_SECRET 00 abcd");
	assert_int_equal(secrets.server_size, 0);
	/* Longer than any secret. */
	memset(line, 'a', sizeof line);
	memcpy(line, "SERVER_TRAFFIC_SECRET_0 0 ", 26);
	line[26 + 98] = '\0';
	secrets_note_line(&secrets, line);
	assert_int_equal(secrets.server_size, 0);
	line[26 + 96] = '\0';
	secrets_note_line(&secrets, line);
	assert_int_equal(secrets.server_size, 48);
	secrets_note_line(&secrets, "nonsense");
	secrets_note_line(&secrets, "");
}

static void nothing_is_derived_from_nothing(void **state)
{
	struct visit visit = {
		.name = "a.example", .version = TLS1_3_VERSION, .suites = ciphers[0].suites_1_3};
	struct session_keys keys;

	(void)state;
	visit_go(&site, &visit);
	assert_true(visit.good);
	visit.negotiation.secrets.client_size = 0;
	assert_false(secrets_derive(&visit.negotiation.secrets, visit.server, &keys));
	visit.negotiation.secrets.client_size = 48; /* of another digest */
	assert_false(secrets_derive(&visit.negotiation.secrets, visit.server, &keys));
	visit.negotiation.secrets.client_size = 32;
	assert_true(secrets_derive(&visit.negotiation.secrets, visit.server, &keys));
	visit.negotiation.secrets.counts_received = false;
	assert_false(secrets_derive(&visit.negotiation.secrets, visit.server, &keys));
	visit_free(&visit);
}

static int set_up(void **state)
{
	(void)state;
	site_make(&site);
	site_open(&site);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	site_free(&site);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_fit_records),
		cmocka_unit_test(keys_fit_without_extended_master_secret),
		cmocka_unit_test(tickets_of_several_records_count_as_such),
		cmocka_unit_test(no_tickets_no_records),
		cmocka_unit_test(lines_are_read_with_care),
		cmocka_unit_test(nothing_is_derived_from_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
