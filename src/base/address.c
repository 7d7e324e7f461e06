/* SPDX-License-Identifier: ISC */
#include "base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

_Static_assert(sizeof(struct address) == 24, "address has no padding: it is compared as bytes");
_Static_assert(ADDRESS_TEXT == INET6_ADDRSTRLEN, "ADDRESS_TEXT");

/* IPv6, or IPv4 if it is v4-mapped. */
static void set_ipv6(struct address *address, const uint8_t bytes[16])
{
	if (memcmp(bytes, mapped, sizeof mapped) == 0) {
		address->family = 4;
		memcpy(address->bytes, bytes + sizeof mapped, 4);
	} else {
		address->family = 6;
		memcpy(address->bytes, bytes, 16);
	}
}

struct address address_from_sockaddr(const struct sockaddr_storage *from)
{
	struct address address = {0};
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (from->ss_family == AF_INET) {
		memcpy(&in, from, sizeof in);
		address.family = 4;
		memcpy(address.bytes, &in.sin_addr, 4);
		address.port = ntohs(in.sin_port);
	} else if (from->ss_family == AF_INET6) {
		memcpy(&in6, from, sizeof in6);
		set_ipv6(&address, in6.sin6_addr.s6_addr);
		address.port = ntohs(in6.sin6_port);
		if (address.family == 6)
			address.scope = in6.sin6_scope_id;
	}
	return address;
}

socklen_t address_to_sockaddr(const struct address *from, struct sockaddr_storage *to)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	memset(to, 0, sizeof *to);
	if (from->family == 4) {
		memcpy(&in.sin_addr, from->bytes, 4);
		in.sin_port = htons(from->port);
		memcpy(to, &in, sizeof in);
		return sizeof in;
	}
	memcpy(&in6.sin6_addr, from->bytes, 16);
	in6.sin6_port = htons(from->port);
	in6.sin6_scope_id = from->scope;
	memcpy(to, &in6, sizeof in6);
	return sizeof in6;
}

size_t address_format(const struct address *address, char text[static ADDRESS_TEXT])
{
	if (address->family != 4 && address->family != 6)
		strcpy(text, "-");
	else
		inet_ntop(address->family == 4 ? AF_INET : AF_INET6, address->bytes, text,
			ADDRESS_TEXT);
	return strlen(text);
}

bool address_parse(const char *text, struct address *address)
{
	uint8_t bytes[16];

	memset(address, 0, sizeof *address);
	if (inet_pton(AF_INET, text, address->bytes) == 1) {
		address->family = 4;
		return true;
	}
	if (inet_pton(AF_INET6, text, bytes) != 1)
		return false;
	set_ipv6(address, bytes);
	return true;
}

struct address address_network(const struct address *address, unsigned v4, unsigned v6)
{
	struct address network = {.family = address->family};
	unsigned bits = address->family == 4 ? v4 : v6;
	unsigned size = address->family == 4 ? 4 : address->family == 6 ? 16 : 0;

	for (unsigned i = 0; i < size && bits > 0; i++) {
		unsigned kept = bits < 8 ? bits : 8;

		network.bytes[i] = (uint8_t)(address->bytes[i] & (0xffU << (8 - kept)));
		bits -= kept;
	}
	return network;
}
