/* SPDX-License-Identifier: ISC */
#ifndef SULID_HANDSHAKER_TICKETS_H
#define SULID_HANDSHAKER_TICKETS_H

/*
 * Session tickets: all there is to know of a session is in the ticket that its client keeps,
 * encrypted with keys that all handshakers share and the supervisor replaces (contract/control.h).
 */

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "contract/control.h"

/* Bytes on the wire that are OpenSSL's to fix: TLSEXT_KEYNAME_LENGTH, and the IV of AES-CBC. */
#define TICKET_NAME 16
#define TICKET_IV   16

struct tickets {
	struct ticket_keys keys;
	EVP_CIPHER *cipher; /* fetched once: a look-up for each ticket takes locks */
};

/* Ready for keys. false if OpenSSL lacks the cipher. */
bool tickets_open(struct tickets *tickets);
/* Wipes the keys. */
void tickets_close(struct tickets *tickets);

/* Take the keys in this memfd. fd stays the caller's. -1 with errno, EBADMSG if it has another
 * size; then the old keys stay. */
int tickets_load(struct tickets *tickets, int fd);

/*
 * What SSL_CTX_set_tlsext_ticket_key_evp_cb wants, with the tickets instead of the SSL: seal with
 * the current key; open with any, by name. 1 good; 2 good, but a new one is due; 0 not a ticket of
 * ours; -1 failed.
 */
int tickets_crypt(const struct tickets *tickets, uint8_t name[static TICKET_NAME],
	uint8_t iv[static TICKET_IV], EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, bool seal);

#endif
