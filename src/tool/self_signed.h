/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_SELF_SIGNED_H
#define SULID_TOOL_SELF_SIGNED_H

/* A self-signed certificate and its key, in memory. RFC 5280 is where the fields come from. */

#include <openssl/types.h>
#include <stdint.h>

#include "names.h"

#define SELF_SIGNED_DAYS      3650
#define SELF_SIGNED_MOST_DAYS 36500

struct self_signed {
	EVP_PKEY *key; /* P-256, unless it was given */
	X509 *certificate;
};

/*
 * Make both: for these names (at least one), valid from an hour before now (Unix time), because
 * clocks differ, until "days" after now. false leaves the reason in OpenSSL's error queue. Free
 * with self_signed_free either way.
 */
bool self_signed_make(
	struct self_signed *made, const struct names *names, int64_t now, unsigned days);

/* The same for a key that is there already; it is taken over in any case. NULL is a failure. */
bool self_signed_over(struct self_signed *made, EVP_PKEY *key, const struct names *names,
	int64_t now, unsigned days);

void self_signed_free(struct self_signed *made);

#endif
