/* SPDX-License-Identifier: ISC */
/* SHA-256, in hexadecimal. */
#ifndef SULID_CLIENT_HASH_H
#define SULID_CLIENT_HASH_H

#include <stddef.h>

#define HASH_HEX 65 /* with the NUL */

struct hash {
	struct evp_md_ctx_st *context; /* NULL if memory ran out; the result is then empty */
};

void hash_start(struct hash *h);
void hash_add(struct hash *h, const void *data, size_t len);

/* Writes the digest and frees what is in h. */
void hash_end(struct hash *h, char hex[HASH_HEX]);

#endif
