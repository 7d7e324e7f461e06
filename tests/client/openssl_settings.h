/* SPDX-License-Identifier: ISC */
/* What differs between OpenSSL connections: a request's keys as settings of an SSL. */
#ifndef SULID_CLIENT_OPENSSL_SETTINGS_H
#define SULID_CLIENT_OPENSSL_SETTINGS_H

#include "request.h"
#include "transport.h"

#include <openssl/ssl.h>

/* Returns NULL, or the key that could not be set, with OpenSSL's reason in its error queue. */
const char *openssl_configure(SSL *ssl, struct transport *t, const struct request *rq);

#endif
