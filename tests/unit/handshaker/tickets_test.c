/* SPDX-License-Identifier: ISC */

/* Ticket keys as they arrive, and which of them opens what. */

#include "site.h"

#include "tickets.h"

struct crypt {
	uint8_t name[TICKET_NAME], iv[TICKET_IV];
	EVP_CIPHER_CTX *cipher;
	EVP_MAC_CTX *mac;
};

static void crypt_open(struct crypt *crypt)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	memset(crypt, 0, sizeof *crypt);
	crypt->cipher = EVP_CIPHER_CTX_new();
	crypt->mac = EVP_MAC_CTX_new(mac);
	EVP_MAC_free(mac);
}

static void crypt_close(struct crypt *crypt)
{
	EVP_CIPHER_CTX_free(crypt->cipher);
	EVP_MAC_CTX_free(crypt->mac);
}

static struct ticket_keys some_keys(uint8_t first)
{
	struct ticket_keys keys;

	for (size_t i = 0; i < TICKET_KEYS; i++)
		memset(&keys.key[i], first + (int)i, sizeof keys.key[i]);
	return keys;
}

static void keys_come_whole_or_not_at_all(void **state)
{
	struct ticket_keys keys = some_keys(1), others = some_keys(50);
	struct tickets tickets;
	int good = site_file(&keys, sizeof keys), cut = site_file(&others, sizeof others - 1);
	uint8_t longer[sizeof others + 1];
	int too_long;

	(void)state;
	memset(longer, 9, sizeof longer);
	too_long = site_file(longer, sizeof longer);
	assert_true(tickets_open(&tickets));
	assert_int_equal(tickets_load(&tickets, good), 0);
	assert_memory_equal(&tickets.keys, &keys, sizeof keys);
	/* The offset is shared by all who inherited the file: a second reader gets the same. */
	assert_int_equal(tickets_load(&tickets, good), 0);
	assert_int_equal(tickets_load(&tickets, cut), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(tickets_load(&tickets, too_long), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(tickets_load(&tickets, -1), -1);
	assert_int_equal(errno, EBADF);
	assert_memory_equal(&tickets.keys, &keys, sizeof keys);
	close(good);
	close(cut);
	close(too_long);
	tickets_close(&tickets);
	for (size_t i = 0; i < sizeof tickets; i++)
		assert_int_equal(((const uint8_t *)&tickets)[i], 0);
}

static void sealed_with_current_opened_by_all(void **state)
{
	struct tickets tickets;
	struct crypt crypt;

	(void)state;
	assert_true(tickets_open(&tickets));
	tickets.keys = some_keys(1);
	crypt_open(&crypt);
	assert_int_equal(
		tickets_crypt(&tickets, crypt.name, crypt.iv, crypt.cipher, crypt.mac, true), 1);
	assert_memory_equal(crypt.name, tickets.keys.key[1].name, TICKET_NAME);
	for (int i = 0; i < TICKET_KEYS; i++) {
		memcpy(crypt.name, tickets.keys.key[i].name, TICKET_NAME);
		assert_int_equal(tickets_crypt(&tickets, crypt.name, crypt.iv, crypt.cipher,
					 crypt.mac, false),
			i == 2 ? 2 : 1);
	}
	memset(crypt.name, 77, TICKET_NAME);
	assert_int_equal(
		tickets_crypt(&tickets, crypt.name, crypt.iv, crypt.cipher, crypt.mac, false), 0);
	crypt_close(&crypt);
	tickets_close(&tickets);
}

static void each_ticket_has_its_iv(void **state)
{
	struct tickets tickets;
	struct crypt first, second;

	(void)state;
	assert_true(tickets_open(&tickets));
	tickets.keys = some_keys(1);
	crypt_open(&first);
	crypt_open(&second);
	tickets_crypt(&tickets, first.name, first.iv, first.cipher, first.mac, true);
	tickets_crypt(&tickets, second.name, second.iv, second.cipher, second.mac, true);
	assert_memory_not_equal(first.iv, second.iv, TICKET_IV);
	crypt_close(&first);
	crypt_close(&second);
	tickets_close(&tickets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_come_whole_or_not_at_all),
		cmocka_unit_test(sealed_with_current_opened_by_all),
		cmocka_unit_test(each_ticket_has_its_iv),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
