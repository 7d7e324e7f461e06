/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_LISTENERS_H
#define SULID_SUPERVISOR_LISTENERS_H

/*
 * Listening sockets. They outlive generations: an address that a new configuration still names
 * keeps its socket and with it the connections that wait in its queue.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

#define LISTEN_BACKLOG 4096

/*
 * Sockets are bound and listen: non-blocking, close-on-exec, IP_FREEBIND (so that a service may
 * start before its address is up), IPV6_V6ONLY=0 on "*" and IPv4 alone where there is no IPv6.
 */
struct listening {
	struct address address; /* port as asked for, 0: any free one */
	bool any;               /* "*": IPv6 and IPv4, whichever there is */
	int fd;                 /* -1: not open */
	uint16_t port;          /* the one really bound */
	bool wanted;            /* by the configuration that is being looked at */
};

/* All that are open. */
struct listening_pool {
	struct listening *list;
	size_t count;
};

/* Before a configuration's addresses are asked for: none is wanted so far. */
void listening_begin(struct listening_pool *pool);

/*
 * The socket for this address: one that is open already and not yet wanted by another listener of
 * the same configuration, or a new one, bound to "port" (usually address->port; 0: any free one).
 * Its descriptor, which stays the pool's, and in *bound its port; -1 with errno.
 */
int listening_want(struct listening_pool *pool, const struct address *address, bool any,
	uint16_t port, uint16_t *bound);

/* Close what no configuration has asked for since listening_begin. */
void listening_drop_unwanted(struct listening_pool *pool);

/* The AF_UNIX stream socket at path, mode 0600 or as given; a dead one that is in the way is
 * replaced, a living one is EADDRINUSE. The descriptor, or -1 with errno. */
int listening_unix(const char *path, unsigned mode);

#endif
