/* SPDX-License-Identifier: ISC */
#ifndef SULID_CONTRACT_INHERIT_H
#define SULID_CONTRACT_INHERIT_H

/*
 * Which descriptor number is what in a child, by role. The supervisor hands a child exactly
 * these and no other. Fixed ones first, then, from INHERIT_FIRST on and in the image's order:
 *
 *   handshaker: listeners (TLS), then for each certificate its chain and its key
 *   worker:     listeners (plain http), roots, access logs
 *   admin:      listeners
 *
 * 0 and 1 are /dev/null, 2 is the error log.
 */

#include "contract/image.h"

enum inherit {
	INHERIT_ERROR_LOG = 2,
	INHERIT_IMAGE = 3,
	INHERIT_CONTROL = 4,  /* SOCK_SEQPACKET to the supervisor; its end ends the child */
	INHERIT_COUNTERS = 5, /* memfd, writable by this process alone */
	INHERIT_HANDOFF = 6,  /* handshaker: write end; worker: read end; else /dev/null */
	INHERIT_TICKETS = 7,  /* handshaker: struct ticket_keys in a sealed memfd; else /dev/null */
	INHERIT_FIRST = 8,
};

/*
 * What a child does first: takes its program's name, dies with the supervisor (PDEATHSIG: set after
 * exec, because a change of user or SELinux domain clears it; a supervisor that died before that
 * has left the control socket without a peer, and the child exits), leaves no core and no memory to
 * look into, and ignores the signals that a terminal or service manager sends to the whole group:
 * what they mean comes as orders.
 */
void inherit_begin(enum role role);

/* How many listeners the role of this image inherits. */
uint32_t inherit_listeners(const struct image *image);

/* Descriptor numbers; the index must be below the image's count. */
int inherit_listener(const struct image *image, uint32_t socket);
int inherit_root(const struct image *image, uint32_t root);
int inherit_log(const struct image *image, uint32_t log);
int inherit_chain(const struct image *image, uint32_t certificate);
int inherit_key(const struct image *image, uint32_t certificate);

/* One past the last inherited descriptor. */
int inherit_end(const struct image *image);

/* Each number is open, and the next one is not (spawn closes all above). -1 with errno EBADF or
 * EMFILE; *which is the number.
 */
int inherit_check(const struct image *image, int *which);

#endif
