/* SPDX-License-Identifier: ISC */
#include "hash.h"

#include <openssl/evp.h>
#include <stdio.h>

void hash_start(struct hash *h)
{
	h->context = EVP_MD_CTX_new();
	if (h->context && EVP_DigestInit_ex(h->context, EVP_sha256(), NULL) != 1) {
		EVP_MD_CTX_free(h->context);
		h->context = NULL;
	}
}

void hash_add(struct hash *h, const void *data, size_t len)
{
	if (h->context)
		EVP_DigestUpdate(h->context, data, len);
}

void hash_end(struct hash *h, char hex[HASH_HEX])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	hex[0] = '\0';
	if (h->context && EVP_DigestFinal_ex(h->context, digest, &len) != 1)
		len = 0;
	for (unsigned i = 0; i < len && i < HASH_HEX / 2; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	EVP_MD_CTX_free(h->context);
	h->context = NULL;
}
