/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_PUNYCODE_H
#define SULID_WORKER_PUNYCODE_H

/*
 * Punycode (RFC 3492): one label of a host name as it stands in the DNS. It is arithmetic and needs
 * no table of letters; which ones a name may have, the supervisor has judged.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

#define PUNYCODE_LABEL 63 /* bytes of a label, "xn--" among them (RFC 1035 §2.3.4) */

/*
 * Adds "xn--" and the punycode of a label in UTF-8, which must be valid. false: the result would be
 * longer than a label may be; "to" is then of no use.
 */
bool punycode_add(struct text *to, const char *label, size_t length);

#endif
