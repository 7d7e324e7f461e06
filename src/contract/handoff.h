/* SPDX-License-Identifier: ISC */
#ifndef SULID_CONTRACT_HANDOFF_H
#define SULID_CONTRACT_HANDOFF_H

/*
 * The handoff: a connection whose handshake is done goes from a handshaker to whichever worker
 * is idle, as one SOCK_SEQPACKET message: this record and one descriptor (SCM_RIGHTS). The
 * descriptor is the TCP socket with its keys in the kernel, or, if the connection is relayed, one
 * end of an AF_UNIX stream pair that carries plain bytes.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "contract/build.h"
#include "contract/image.h"

#define DIGEST_SIZE 32 /* SHA-256 */

enum path {
	PATH_PLAIN,   /* never in a record: workers accept these themselves */
	PATH_KERNEL,  /* kTLS in both directions */
	PATH_RELAYED, /* the handshaker keeps the SSL object and moves the bytes */
};

enum tls_version {
	TLS_NONE,
	TLS_1_2,
	TLS_1_3,
	TLS_VERSION_COUNT
};

enum tls_cipher {
	CIPHER_NONE,
	CIPHER_AES_128_GCM,
	CIPHER_AES_256_GCM,
	CIPHER_CHACHA20_POLY1305,
	CIPHER_OTHER, /* relayed only */
	CIPHER_COUNT,
};

/* Names for logs: "TLSv1.3", "AES-128-GCM"; NULL for NONE. */
extern const char *const tls_version_name[TLS_VERSION_COUNT];
extern const char *const tls_cipher_name[CIPHER_COUNT];

struct handoff {
	uint8_t build[BUILD_ID_SIZE];
	uint32_t generation;
	uint32_t listener; /* index in the image */
	uint32_t vhost;    /* index in the image: whose certificate and policy the handshake used */
	uint8_t protocol;  /* PROTOCOL_HTTPS or PROTOCOL_GEMINI */
	uint8_t path;      /* PATH_KERNEL or PATH_RELAYED */
	uint8_t version;   /* enum tls_version */
	uint8_t cipher;    /* enum tls_cipher */
	uint8_t resumed;   /* bool */
	uint8_t named;     /* bool: the client sent a server name */
	uint8_t identified; /* bool: digest, not_before and not_after are the client certificate's
			     */
	uint8_t reserved[5];
	uint64_t handshake_us; /* from accept to this message */
	uint8_t digest[DIGEST_SIZE];
	int64_t not_before; /* Unix time, seconds */
	int64_t not_after;
	struct address peer;
	struct address local;
};

/*
 * Send record and fd. The caller keeps fd, and closes it after success.
 * -1 with errno; EAGAIN if the queue is full (the socket is non-blocking).
 */
int handoff_send(int channel, const struct handoff *record, int fd);

/*
 * Take the next one, range-checked against the image. Returns the descriptor (close-on-exec,
 * the caller's), or -1 with errno: EAGAIN nothing there; ENOLINK all senders are gone; EBADMSG a
 * record that is not to be believed (truncated, without exactly one descriptor, out of range: its
 * descriptors are closed); EPROTO another build's.
 */
int handoff_receive(int channel, const struct image *image, struct handoff *record);

#endif
