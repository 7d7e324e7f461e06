/* SPDX-License-Identifier: ISC */
#ifndef SULID_BASE_PROXY_H
#define SULID_BASE_PROXY_H

/* The PROXY protocol's header, version 1 and 2: whom a load balancer speaks for
 * (haproxy doc/proxy-protocol.txt, 2.1 and 2.2). */

#include <stddef.h>
#include <sys/types.h>

#include "base/address.h"

/* The longest header that is taken: 16 bytes and 520 of addresses and TLVs. What is longer is
 * refused. */
#define PROXY_MAX 536

enum proxy_error {
	PROXY_GOOD,
	PROXY_INCOMPLETE, /* nothing wrong so far */
	PROXY_BAD,        /* not a header, or one that nobody may send */
};

/*
 * The header at the beginning of bytes. GOOD: *length is its length, *peer whom it speaks for, or
 * family 0 if it speaks for the balancer itself (LOCAL, UNKNOWN, an address family that is not IP):
 * then the connection's own address stands. The verdict on a prefix is that on everything that
 * begins with it, unless it is INCOMPLETE.
 */
enum proxy_error proxy_parse(const char *bytes, size_t size, size_t *length, struct address *peer);

/*
 * Take the header off a stream socket without taking a byte more: looks at what is there
 * (MSG_PEEK), and reads exactly the header once it is whole. INCOMPLETE: call again when more has
 * come; the bytes stay in the socket, so epoll must not be asked whether there are any, but to tell
 * of new ones (EPOLLET). BAD: also an error or the end of the stream; errno is 0 if what came was
 * no header, and ECONNRESET if nothing came before the end. *peer is set only if GOOD.
 */
enum proxy_error proxy_receive(int fd, struct address *peer);

#endif
