/* SPDX-License-Identifier: ISC */
#ifndef SULID_BASE_KTLS_H
#define SULID_BASE_KTLS_H

/*
 * Keys into a TCP socket (kernel TLS, linux/tls.h). Knows the kernel's structures, no
 * cryptography: the handshaker derives the keys, doctor only probes. One table of ciphers.
 */

#include <stdbool.h>
#include <stdint.h>

/* Values as in contract/handoff.h's enum tls_version and enum tls_cipher (asserted there). */
struct ktls_keys {
	uint8_t key[32]; /* 16 or 32 bytes used */
	uint8_t iv[12];  /* TLS 1.3 and ChaCha20: all 12. TLS 1.2 GCM: 4 of salt, then the explicit
			    nonce to begin with */
	uint64_t sequence; /* number of the next record, host order */
};

enum ktls_direction {
	KTLS_SEND,
	KTLS_RECEIVE
};

/* Attach the ULP: right after accept, the socket must be established. 0; -1 with errno (ENOENT: no
 * module). EEXIST is success. */
int ktls_attach(int socket);

/* version: 2 or 3 for TLS 1.x. -1 with errno; ENOENT: the kernel lacks the AEAD; ENOTSUP: not a
 * cipher of ours. The copy made here is wiped. */
int ktls_set(int socket, enum ktls_direction direction, int version, int cipher,
	const struct ktls_keys *keys);

/*
 * What this kernel can do, found by doing it on a loopback connection: attach, then for TLS 1.x
 * (index version - 2 … see ktls.c) and each cipher both directions. Values: 0 or the errno.
 */
struct ktls_probe {
	int attach;
	int send[2][4]; /* [version - 2][cipher], cipher 1..3 as enum tls_cipher */
	int receive[2][4];
};
/* -1 with errno if no loopback connection could be made at all. */
int ktls_probe(struct ktls_probe *probe);

/* Plain words for a person: what this errno of attach (cipher 0) or of a cipher means, and the
 * remedy. Static strings. */
const char *ktls_cause(int cipher, int error);
const char *ktls_remedy(int cipher, int error);

#endif
