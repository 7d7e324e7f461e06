/* SPDX-License-Identifier: ISC */
/* links: base */

/* Any bytes as a PROXY header, in memory and from a socket. */

#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/proxy.h"
#include "must.h"

#define LINE_MOST   107
#define SOCKET_MOST 4096

static void check_peer(const struct address *peer)
{
	static const uint8_t nothing[16], mapped[12] = {[10] = 0xff, 0xff};

	must(peer->family == 0 || peer->family == 4 || peer->family == 6);
	must(peer->scope == 0 && peer->reserved == 0);
	if (peer->family == 0)
		must(peer->port == 0 && memcmp(peer->bytes, nothing, 16) == 0);
	else if (peer->family == 4)
		must(memcmp(peer->bytes + 4, nothing, 12) == 0);
	else
		must(memcmp(peer->bytes, mapped, sizeof mapped) != 0);
}

/* What comes first in a line after its first "skipped" spaces must be this number. */
static void check_number(const char *line, unsigned skipped, unsigned number)
{
	char text[16];
	int length = snprintf(text, sizeof text, "%u ", number);

	while (skipped-- > 0)
		line = strchr(line, ' ') + 1;
	must(strncmp(line, text, (size_t)length) == 0);
}

static void check_line(const char *bytes, size_t length, const struct address *peer)
{
	char line[LINE_MOST + 1], text[ADDRESS_TEXT];
	struct address again;
	size_t spaces = 0;

	must(length >= 15 && length <= LINE_MOST);
	must(memmem(bytes, length, "\r\n", 2) == bytes + length - 2);
	if (bytes[6] == 'U') {
		must(peer->family == 0);
		return;
	}
	must(peer->family == 4 || bytes[9] == '6');
	must(memchr(bytes, '\0', length) == NULL);
	memcpy(line, bytes, length);
	line[length] = '\0';
	for (size_t i = 0; i < length; i++)
		spaces += line[i] == ' ';
	must(spaces == 5);
	check_number(line, 4, peer->port);
	/* The address as we would write it is the one that was read. */
	address_format(peer, text);
	must(address_parse(text, &again));
	again.port = peer->port;
	must(memcmp(&again, peer, sizeof again) == 0);
}

static void check_block(const uint8_t *bytes, size_t length, const struct address *peer)
{
	size_t at = bytes[13] >> 4 == 1 ? 24 : 48;

	must(length >= 16 && length == 16U + (unsigned)(bytes[14] << 8 | bytes[15]));
	must(bytes[12] == 0x20 || bytes[12] == 0x21);
	must((peer->family != 0) ==
		(bytes[12] == 0x21 && (bytes[13] == 0x11 || bytes[13] == 0x21)));
	if (peer->family == 0)
		return;
	must(length >= at + 4);
	must(peer->port == (bytes[at] << 8 | bytes[at + 1]));
	if (bytes[13] == 0x11)
		must(peer->family == 4 && memcmp(peer->bytes, bytes + 16, 4) == 0);
	else if (peer->family == 6)
		must(memcmp(peer->bytes, bytes + 16, 16) == 0);
	else
		must(memcmp(peer->bytes, bytes + 28, 4) == 0);
}

/* A beginning is incomplete, or what the whole is. */
static void check_beginnings(const char *bytes, size_t size, enum proxy_error error, size_t length,
	const struct address *peer)
{
	size_t step = size < 256 ? 1 : size / 64;

	for (size_t part = 0; part < size; part += step) {
		/* Memory of its own: it must not look beyond. */
		char *exact = malloc(part > 0 ? part : 1);
		struct address again;
		size_t again_length = 0;
		enum proxy_error verdict;

		must(exact != NULL);
		memcpy(exact, bytes, part);
		verdict = proxy_parse(exact, part, &again_length, &again);
		must(verdict == PROXY_INCOMPLETE || verdict == error);
		if (error == PROXY_GOOD)
			must((verdict == PROXY_GOOD) == (part >= length));
		if (verdict == PROXY_GOOD)
			must(again_length == length && memcmp(&again, peer, sizeof again) == 0);
		free(exact);
	}
}

/* The header goes, the rest stays. */
static void check_socket(const char *bytes, size_t size, enum proxy_error error, size_t length,
	const struct address *peer)
{
	char left[SOCKET_MOST + 1];
	struct address again;
	int ends[2];
	size_t taken = error == PROXY_GOOD ? length : 0;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	must(send(ends[0], bytes, size, 0) == (ssize_t)size);
	must(proxy_receive(ends[1], &again) == error);
	if (error == PROXY_GOOD)
		must(memcmp(&again, peer, sizeof again) == 0);
	if (size > taken) {
		must(recv(ends[1], left, sizeof left, MSG_DONTWAIT) == (ssize_t)(size - taken));
		must(memcmp(left, bytes + taken, size - taken) == 0);
	}
	must(recv(ends[1], left, 1, MSG_DONTWAIT) == -1);
	close(ends[0]);
	close(ends[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct address peer;
	size_t length = 0;
	enum proxy_error error = proxy_parse(bytes, size, &length, &peer);

	must(error != PROXY_INCOMPLETE || size < PROXY_MAX);
	if (error == PROXY_GOOD) {
		must(length <= size && length <= PROXY_MAX);
		check_peer(&peer);
		if (data[0] == 'P')
			check_line(bytes, length, &peer);
		else
			check_block(data, length, &peer);
	}
	check_beginnings(bytes, size, error, length, &peer);
	if (size > 0 && size <= SOCKET_MOST)
		check_socket(bytes, size, error, length, &peer);
	return 0;
}
