/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_TICKETS_H
#define SULID_SUPERVISOR_TICKETS_H

/*
 * TLS session ticket keys: one set for all handshakers and generations, random, never on disk.
 * Three of them, so that a handshaker that learns of a rotation a moment later than its sibling
 * can already read what that one issues.
 */

#include "contract/control.h"

/* All three new. -1 with errno. */
int tickets_make(struct ticket_keys *keys);

/* next becomes current, current previous, and next is new. -1 with errno, and nothing has changed.
 */
int tickets_rotate(struct ticket_keys *keys);

/* The keys in a sealed memfd for the handshakers, or -1 with errno. */
int tickets_file(const struct ticket_keys *keys);

#endif
