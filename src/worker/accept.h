/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_ACCEPT_H
#define SULID_WORKER_ACCEPT_H

/* Accept (RFC 9110 §12.5.1), as far as there is something to choose: listings. */

#include <stdbool.h>

#include "http_head.h"

/*
 * Does the client prefer "type" ("application/json") to "other" ("text/html"), both in UTF-8 and
 * without further parameters? By q-value, the most specific range that matches each; equal, or
 * without the field: no. Of one that is named twice the lower q-value holds. A line that cannot be
 * understood counts as absent.
 */
bool accept_prefers(const struct http_head *head, const char *type, const char *other);

#endif
