/* SPDX-License-Identifier: ISC */
#ifndef SULID_BASE_ADDRESS_H
#define SULID_BASE_ADDRESS_H

/* An IP address and port as a plain value: fit for records, comparison and logs. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* The longest text of an address without port, with its NUL: INET6_ADDRSTRLEN. */
#define ADDRESS_TEXT 46

struct address {
	uint8_t bytes[16]; /* network order; IPv4 in the first 4, the rest 0 */
	uint32_t scope;    /* IPv6 scope id, else 0 */
	uint16_t port;     /* host order */
	uint8_t family;    /* 4, 6, or 0 for none (AF_UNIX peers) */
	uint8_t reserved;
};

/* From a socket address; v4-mapped IPv6 becomes IPv4. An unknown family gives family 0. */
struct address address_from_sockaddr(const struct sockaddr_storage *from);

/* The other way. Returns the length for bind or connect; family must be 4 or 6. */
socklen_t address_to_sockaddr(const struct address *from, struct sockaddr_storage *to);

/* "192.0.2.1" or "2001:db8::1", without port, brackets or scope; "-" for family 0. Returns its
 * length. */
size_t address_format(const struct address *address, char text[static ADDRESS_TEXT]);

/* An address in text, IPv4 or IPv6 without brackets; the port is left 0. */
bool address_parse(const char *text, struct address *address);

/* Keep the first bits (IPv4: v4, IPv6: v6), zero the rest and the port: what a log may keep of a
 * client. */
struct address address_network(const struct address *address, unsigned v4, unsigned v6);

#endif
