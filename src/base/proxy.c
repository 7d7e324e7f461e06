/* SPDX-License-Identifier: ISC */
#include "base/proxy.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* ---- version 1: a line ---------------------------------------------------------------------- */

#define LINE_MOST    107 /* with CRLF */
#define ADDRESS_MOST (ADDRESS_TEXT - 1)
#define PORT_MOST    5

/* What is left of the line. Each part of it is judged as soon as its end is there. */
struct line {
	const char *at;
	const char *end; /* of what has come */
};

static enum proxy_error take(struct line *line, const char *word)
{
	size_t length = strlen(word), left = (size_t)(line->end - line->at);

	if (memcmp(line->at, word, smaller(length, left)) != 0)
		return PROXY_BAD;
	if (left < length)
		return PROXY_INCOMPLETE;
	line->at += length;
	return PROXY_GOOD;
}

/* Bytes of the set, and what ends them. text has room for "most" of them and a NUL. */
static enum proxy_error take_field(
	struct line *line, const char *set, size_t most, char *text, const char *end)
{
	size_t length = 0;

	while (length < most && line->at < line->end && *line->at != '\0' &&
		strchr(set, *line->at) != NULL)
		text[length++] = *line->at++;
	text[length] = '\0';
	return take(line, end);
}

/* In IPv6 dots are taken too: this is how v4-mapped addresses are written (RFC 5952 §5), and how
 * balancers that listen on both families do send IPv4 clients. */
static enum proxy_error take_address(struct line *line, bool six, struct address *address)
{
	char text[ADDRESS_MOST + 1];
	enum proxy_error error = take_field(
		line, six ? "0123456789abcdefABCDEF:." : "0123456789.", ADDRESS_MOST, text, " ");

	if (error != PROXY_GOOD)
		return error;
	return (strchr(text, ':') != NULL) == six && address_parse(text, address) ? PROXY_GOOD
										  : PROXY_BAD;
}

static enum proxy_error take_port(struct line *line, const char *end, uint16_t *port)
{
	char text[PORT_MOST + 1];
	enum proxy_error error = take_field(line, "0123456789", PORT_MOST, text, end);
	unsigned number = 0;

	if (error != PROXY_GOOD)
		return error;
	for (const char *digit = text; *digit != '\0'; digit++)
		number = number * 10 + (unsigned)(*digit - '0');
	if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0') || number > UINT16_MAX)
		return PROXY_BAD;
	*port = (uint16_t)number;
	return PROXY_GOOD;
}

static enum proxy_error take_addresses(struct line *line, bool six, struct address *source)
{
	struct address destination;
	enum proxy_error error = take_address(line, six, source);

	if (error == PROXY_GOOD)
		error = take_address(line, six, &destination);
	if (error == PROXY_GOOD)
		error = take_port(line, " ", &source->port);
	if (error == PROXY_GOOD)
		error = take_port(line, "\r\n", &destination.port);
	return error;
}

/* After UNKNOWN: the end, or a space and anything up to the end, which is not looked at. */
static enum proxy_error take_unknown(struct line *line)
{
	const char *end;

	if (line->at == line->end || *line->at != ' ')
		return take(line, "\r\n");
	end = memmem(line->at, (size_t)(line->end - line->at), "\r\n", 2);
	if (!end)
		return PROXY_INCOMPLETE;
	line->at = end + 2;
	return PROXY_GOOD;
}

static enum proxy_error take_line(struct line *line, struct address *source)
{
	enum proxy_error error = take(line, "PROXY ");

	if (error != PROXY_GOOD)
		return error;
	/* As long as nothing tells these words apart, the first of them is incomplete. */
	error = take(line, "UNKNOWN");
	if (error != PROXY_BAD)
		return error == PROXY_GOOD ? take_unknown(line) : error;
	error = take(line, "TCP4 ");
	if (error != PROXY_BAD)
		return error == PROXY_GOOD ? take_addresses(line, false, source) : error;
	error = take(line, "TCP6 ");
	return error == PROXY_GOOD ? take_addresses(line, true, source) : error;
}

static enum proxy_error parse_line(
	const char *bytes, size_t size, size_t *length, struct address *peer)
{
	struct line line = {bytes, bytes + smaller(size, LINE_MOST)};
	struct address source = {0};
	enum proxy_error error = take_line(&line, &source);

	if (error == PROXY_INCOMPLETE && size >= LINE_MOST)
		return PROXY_BAD;
	if (error != PROXY_GOOD)
		return error;
	*length = (size_t)(line.at - bytes);
	*peer = source;
	return PROXY_GOOD;
}

/* ---- version 2: a block --------------------------------------------------------------------- */

#define BLOCK_HEAD    16
#define COMMAND_AT    12 /* and the version */
#define FAMILY_AT     13 /* and the protocol */
#define LENGTH_AT     14
#define LOCAL         0x20
#define PROXY         0x21
#define TCP_IPV4      0x11
#define UDP_IPV4      0x12
#define TCP_IPV6      0x21
#define UDP_IPV6      0x22
#define UNIX_STREAM   0x31
#define UNIX_DGRAM    0x32
#define FAMILY_MOST   3
#define PROTOCOL_MOST 2
#define TLV_HEAD      3

static const uint8_t signature[COMMAND_AT] = {
	0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};

static uint16_t number_at(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* Two addresses and two ports; two paths. 0: nothing that could be made sense of. */
static size_t addresses_size(uint8_t family)
{
	switch (family) {
	case TCP_IPV4:
	case UDP_IPV4:
		return 12;
	case TCP_IPV6:
	case UDP_IPV6:
		return 36;
	case UNIX_STREAM:
	case UNIX_DGRAM:
		return 216;
	default:
		return 0;
	}
}

static bool is_family(uint8_t family)
{
	return family >> 4 <= FAMILY_MOST && (family & 0x0f) <= PROTOCOL_MOST;
}

/* Nothing in any of them is of use here, but they must fill the rest of the block. */
static bool are_tlvs(const uint8_t *at, const uint8_t *end)
{
	while (at < end) {
		if (end - at < TLV_HEAD || end - at - TLV_HEAD < number_at(at + 1))
			return false;
		at += TLV_HEAD + number_at(at + 1);
	}
	return true;
}

static struct address source_of(uint8_t family, const uint8_t *addresses)
{
	struct sockaddr_storage storage = {0};
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (family == TCP_IPV4) {
		memcpy(&in.sin_addr, addresses, 4);
		memcpy(&in.sin_port, addresses + 8, 2);
		memcpy(&storage, &in, sizeof in);
	} else if (family == TCP_IPV6) {
		memcpy(&in6.sin6_addr, addresses, 16);
		memcpy(&in6.sin6_port, addresses + 32, 2);
		memcpy(&storage, &in6, sizeof in6);
	}
	return address_from_sockaddr(&storage);
}

/* The block for somebody else behind its head. What belongs to no known family is not looked
 * at. */
static bool parse_addresses(uint8_t family, const uint8_t *block, size_t size, struct address *peer)
{
	size_t addresses = addresses_size(family);

	if (addresses > 0 && !are_tlvs(block + addresses, block + size))
		return false;
	*peer = source_of(family, block);
	return true;
}

static enum proxy_error parse_block(
	const uint8_t *bytes, size_t size, size_t *length, struct address *peer)
{
	size_t rest;
	bool local;

	if (memcmp(bytes, signature, smaller(size, sizeof signature)) != 0)
		return PROXY_BAD;
	if (size <= COMMAND_AT)
		return PROXY_INCOMPLETE;
	local = bytes[COMMAND_AT] == LOCAL;
	if (!local && bytes[COMMAND_AT] != PROXY)
		return PROXY_BAD;
	/* Of the balancer's own connections the family is ignored, and all that follows. */
	if (!local && size > FAMILY_AT && !is_family(bytes[FAMILY_AT]))
		return PROXY_BAD;
	if (size < BLOCK_HEAD)
		return PROXY_INCOMPLETE;
	rest = number_at(bytes + LENGTH_AT);
	if (rest > PROXY_MAX - BLOCK_HEAD || (!local && rest < addresses_size(bytes[FAMILY_AT])))
		return PROXY_BAD;
	if (size < BLOCK_HEAD + rest)
		return PROXY_INCOMPLETE;
	if (local)
		*peer = (struct address){0};
	else if (!parse_addresses(bytes[FAMILY_AT], bytes + BLOCK_HEAD, rest, peer))
		return PROXY_BAD;
	*length = BLOCK_HEAD + rest;
	return PROXY_GOOD;
}

/* ---- interface ------------------------------------------------------------------------------ */

enum proxy_error proxy_parse(const char *bytes, size_t size, size_t *length, struct address *peer)
{
	if (size == 0)
		return PROXY_INCOMPLETE;
	if (bytes[0] == 'P')
		return parse_line(bytes, size, length, peer);
	return parse_block((const uint8_t *)bytes, size, length, peer);
}

static ssize_t receive(int fd, char *bytes, size_t size, int flags)
{
	ssize_t got;

	do
		got = recv(fd, bytes, size, MSG_DONTWAIT | flags);
	while (got < 0 && errno == EINTR);
	/* The end: of a stream that was to bring something. */
	if (got == 0)
		errno = ECONNRESET;
	return got;
}

static enum proxy_error look(int fd, size_t *length, struct address *peer)
{
	char bytes[PROXY_MAX];
	ssize_t got = receive(fd, bytes, sizeof bytes, MSG_PEEK);

	if (got <= 0)
		return got < 0 && errno == EAGAIN ? PROXY_INCOMPLETE : PROXY_BAD;
	errno = 0;
	return proxy_parse(bytes, (size_t)got, length, peer);
}

/* Will nothing more come? A look at bytes that stay where they are does not tell. */
static bool has_ended(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLRDHUP};

	return poll(&poll_fd, 1, 0) > 0;
}

static bool discard(int fd, size_t length)
{
	char bytes[PROXY_MAX];

	while (length > 0) {
		ssize_t got = receive(fd, bytes, length, 0);

		if (got <= 0)
			return false;
		length -= (size_t)got;
	}
	return true;
}

enum proxy_error proxy_receive(int fd, struct address *peer)
{
	size_t length;
	struct address found;
	enum proxy_error error = look(fd, &length, &found);

	if (error == PROXY_INCOMPLETE && has_ended(fd)) {
		/* The rest may have come together with the end. */
		error = look(fd, &length, &found);
		if (error == PROXY_INCOMPLETE)
			error = PROXY_BAD;
	}
	if (error != PROXY_GOOD)
		return error;
	if (!discard(fd, length))
		return PROXY_BAD;
	*peer = found;
	return PROXY_GOOD;
}
