/* SPDX-License-Identifier: ISC */
#include "tickets.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum key_place {
	NEXT,
	CURRENT,
	PREVIOUS
};

_Static_assert(sizeof((struct ticket_key *)0)->name == TICKET_NAME, "ticket key's name");
_Static_assert(TICKET_KEYS == PREVIOUS + 1, "ticket keys");

bool tickets_open(struct tickets *tickets)
{
	memset(tickets, 0, sizeof *tickets);
	tickets->cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	return tickets->cipher && EVP_CIPHER_get_iv_length(tickets->cipher) == TICKET_IV;
}

void tickets_close(struct tickets *tickets)
{
	EVP_CIPHER_free(tickets->cipher);
	OPENSSL_cleanse(tickets, sizeof *tickets);
}

int tickets_load(struct tickets *tickets, int fd)
{
	struct ticket_keys keys;
	struct stat status;
	ssize_t size;
	int result = -1;

	if (fstat(fd, &status) < 0)
		return -1;
	size = pread(fd, &keys, sizeof keys, 0);
	if (size == (ssize_t)sizeof keys && status.st_size == (off_t)sizeof keys) {
		tickets->keys = keys;
		result = 0;
	} else if (size >= 0) {
		errno = EBADMSG;
	}
	OPENSSL_cleanse(&keys, sizeof keys);
	return result;
}

static bool set_mac(const struct ticket_key *key, EVP_MAC_CTX *mac)
{
	uint8_t bytes[sizeof key->mac];
	char digest[] = "SHA256";
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, bytes, sizeof bytes),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	bool good;

	memcpy(bytes, key->mac, sizeof bytes);
	good = EVP_MAC_CTX_set_params(mac, parameters) == 1;
	OPENSSL_cleanse(bytes, sizeof bytes);
	return good;
}

static int seal_ticket(const struct tickets *tickets, uint8_t *name, uint8_t *iv,
	EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	const struct ticket_key *key = &tickets->keys.key[CURRENT];

	if (RAND_bytes(iv, TICKET_IV) != 1 ||
		!EVP_EncryptInit_ex2(cipher, tickets->cipher, key->cipher, iv, NULL) ||
		!set_mac(key, mac))
		return -1;
	memcpy(name, key->name, TICKET_NAME);
	return 1;
}

static int open_ticket(const struct tickets *tickets, const uint8_t *name, const uint8_t *iv,
	EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	for (int place = NEXT; place <= PREVIOUS; place++) {
		const struct ticket_key *key = &tickets->keys.key[place];

		if (memcmp(name, key->name, TICKET_NAME) != 0)
			continue;
		if (!EVP_DecryptInit_ex2(cipher, tickets->cipher, key->cipher, iv, NULL) ||
			!set_mac(key, mac))
			return -1;
		/* A ticket of the next key comes from a handshaker that has that key as its current
		 * one already: it is newer than what we would give. */
		return place == PREVIOUS ? 2 : 1;
	}
	return 0;
}

int tickets_crypt(const struct tickets *tickets, uint8_t name[static TICKET_NAME],
	uint8_t iv[static TICKET_IV], EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, bool seal)
{
	return seal ? seal_ticket(tickets, name, iv, cipher, mac)
		    : open_ticket(tickets, name, iv, cipher, mac);
}
