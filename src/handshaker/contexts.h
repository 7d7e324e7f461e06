/* SPDX-License-Identifier: ISC */
#ifndef SULID_HANDSHAKER_CONTEXTS_H
#define SULID_HANDSHAKER_CONTEXTS_H

/*
 * How handshakes are done: OpenSSL's contexts, one with the certificates of each vhost, and one
 * that every connection begins with. Its callback for the ClientHello finds the vhost and gives the
 * connection that vhost's certificates, its policy for client certificates, and the binding that
 * a session ticket must have to be good there. That has to happen before OpenSSL looks at
 * tickets, so never in the servername callback.
 */

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "contract/image.h"

#include "certificates.h"
#include "kernel.h"
#include "secrets.h"
#include "tickets.h"

#define BINDING_SIZE 32 /* SHA-256, and SSL_MAX_SID_CTX_LENGTH */

struct contexts {
	const struct image *image;
	const struct tickets *tickets;
	SSL_CTX *base;
	SSL_CTX **vhosts;     /* by index in the image; NULL for one without certificates */
	bool chacha_is_ours;  /* clients that put ChaCha20 first get it */
	char suites_1_2[256]; /* what OpenSSL is told to offer; "" if there is nothing */
	char suites_1_3[128];
};

/* What the callbacks know of one connection; the owner of the SSL keeps it at its place. */
struct negotiation {
	const struct contexts *contexts;
	uint32_t listener;
	struct address local;        /* where the client connected to, for one that names nobody;
					set after contexts_begin */
	uint32_t vhost;              /* IMAGE_NONE until the ClientHello was understood */
	bool named;                  /* the client sent a server name */
	uint8_t client_certificates; /* enum client_certificates of vhost and protocol */
	uint8_t binding[BINDING_SIZE];
	struct secrets secrets;
};

/*
 * certificates: by index in the image, all loaded; only needed during the call. The others stay and
 * outlive the contexts. false with a message in the log.
 */
bool contexts_open(struct contexts *contexts, const struct image *image,
	const struct kernel *kernel, const struct tickets *tickets,
	const struct certificate *certificates);
void contexts_close(struct contexts *contexts);

/* An SSL for a new connection on a listener of the image, to be given a socket. NULL if out of
 * memory. */
SSL *contexts_begin(
	const struct contexts *contexts, struct negotiation *negotiation, uint32_t listener);

/* After the handshake: does the session it resumes belong to this vhost and policy? True of one
 * that resumes none. */
bool contexts_session_belongs(SSL *ssl);

/* The handshake is over and the SSL lives on: it must not look at the negotiation any more. */
void contexts_end(SSL *ssl);

#endif
