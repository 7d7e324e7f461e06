/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/proxy.h"

#define COUNT(array)    (sizeof(array) / sizeof((array)[0]))
#define AFTER           "\x16\x03\x01 what follows is not looked at"
#define SIGNATURE       "\r\n\r\n\0\r\nQUIT\n"
#define BYTES(literal)  literal, sizeof(literal) - 1
#define LINE_MOST       107
#define FOUR            "\xc0\x00\x02\x01\xc6\x33\x64\x02\x30\x39\x01\xbb" /* 12345 to 443 */
#define SIX_SOURCE      "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"
#define SIX_DESTINATION "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x08"
#define MAPPED          "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\x01"
#define PATHS           216

static const char *name_of(enum proxy_error error)
{
	return error == PROXY_GOOD ? "good" : error == PROXY_BAD ? "bad" : "incomplete";
}

/* From memory that ends where the bytes do: sanitizers see what looks beyond. */
static enum proxy_error parse(const char *bytes, size_t size, size_t *length, struct address *peer)
{
	char *exact = malloc(size + 1);
	enum proxy_error error;

	assert_non_null(exact);
	memcpy(exact + 1, bytes, size);
	error = proxy_parse(exact + 1, size, length, peer);
	free(exact);
	return error;
}

/*
 * The verdict on these bytes, on all their beginnings and with more behind them: what is not
 * incomplete never changes.
 */
static enum proxy_error judge(const char *bytes, size_t size, size_t *length, struct address *peer)
{
	char longer[2048];
	enum proxy_error verdict = PROXY_INCOMPLETE;
	struct address first;
	size_t first_length = 0;

	memset(&first, 0, sizeof first);
	assert_true(size + sizeof AFTER < sizeof longer);
	memcpy(longer, bytes, size);
	memcpy(longer + size, AFTER, sizeof AFTER);
	for (size_t i = 0; i <= size + sizeof AFTER; i++) {
		enum proxy_error error = parse(longer, i, length, peer);

		if (verdict == PROXY_INCOMPLETE && error == PROXY_GOOD) {
			assert_true(*length == i);
			first = *peer;
			first_length = *length;
		}
		/* What comes behind them is not theirs. */
		if (i > size && verdict == PROXY_INCOMPLETE)
			break;
		if (verdict == PROXY_INCOMPLETE)
			verdict = error;
		assert_int_equal(error, verdict);
		if (error != PROXY_GOOD)
			continue;
		assert_true(*length == first_length);
		assert_memory_equal(peer, &first, sizeof first);
	}
	return verdict;
}

static void assert_good(const char *bytes, size_t size, const char *expected, uint16_t port)
{
	struct address peer, none = {0};
	char text[ADDRESS_TEXT];
	size_t length = 0;
	enum proxy_error error;

	memset(&peer, 0xa5, sizeof peer);
	error = judge(bytes, size, &length, &peer);
	if (error != PROXY_GOOD)
		fail_msg("%s: %.*s", name_of(error), (int)size, bytes);
	assert_true(length == size);
	if (!expected) {
		assert_memory_equal(&peer, &none, sizeof peer);
		return;
	}
	address_format(&peer, text);
	assert_string_equal(text, expected);
	assert_int_equal(peer.family, strchr(expected, ':') ? 6 : 4);
	assert_int_equal(peer.port, port);
	assert_int_equal(peer.scope, 0);
	assert_int_equal(peer.reserved, 0);
}

static void assert_verdict(const char *bytes, size_t size, enum proxy_error expected)
{
	struct address peer;
	size_t length;
	enum proxy_error error = judge(bytes, size, &length, &peer);

	if (error != expected)
		fail_msg("%s instead of %s: %.*s", name_of(error), name_of(expected), (int)size,
			bytes);
}

/* ---- version 1 ---- */

static void lines(void **state)
{
	static const struct {
		const char *line, *source;
		uint16_t port;
	} rows[] = {
		{"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n", "192.0.2.1", 56324},
		{"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255",
			65535},
		{"PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0", 0},
		{"PROXY TCP6 2001:db8::7 2001:DB8::8 1 65535\r\n", "2001:db8::7", 1},
		{"PROXY TCP6 :: ::1 1 2\r\n", "::", 1},
		{"PROXY TCP6 2001:0db8:0000:0000:0000:0000:0000:0007 "
		 "2001:0db8:0000:0000:0000:0000:0000:0008 12345 443\r\n",
			"2001:db8::7", 12345},
		{"PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
		 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
			"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535},
		{"PROXY TCP6 ::ffff:192.0.2.1 ::ffff:198.51.100.2 12345 443\r\n", "192.0.2.1",
			12345},
		{"PROXY TCP6 ::ffff:c000:201 ::1 12345 443\r\n", "192.0.2.1", 12345},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_good(rows[i].line, strlen(rows[i].line), rows[i].source, rows[i].port);
}

static void unknown_lines(void **state)
{
	static const char most[] = "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
				   "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n";

	(void)state;
	assert_int_equal(sizeof most - 1, LINE_MOST);
	assert_good(BYTES(most), NULL, 0);
	assert_good(BYTES("PROXY UNKNOWN\r\n"), NULL, 0);
	assert_good(BYTES("PROXY UNKNOWN \r\n"), NULL, 0);
	assert_good(BYTES("PROXY UNKNOWN  any\0thing\r\r\n"), NULL, 0);
	assert_good(BYTES("PROXY UNKNOWN TCP4 192.0.2.1 192.0.2.2 1 2\r\n"), NULL, 0);
}

static void bad_lines(void **state)
{
	static const char *const rows[] = {/* words and spaces */
		"P ", "PROXX", "proxy ", "PROXY\r\n", "PROXY  TCP4", "PROXY\tTCP4", "PROXY tcp4",
		"PROXY TCP ", "PROXY TCP5", "PROXY TCP4\r\n", "PROXY TCP44", "PROXY UDP4",
		"PROXY UNKNOWNS", "PROXY UNKNOWN\t", "PROXY UNKNOWN\n", "PROXY UNKNOWN\rx",
		"PROXY TCP4  192.0.2.1", "PROXY TCP4 192.0.2.1  198",
		"PROXY TCP4 192.0.2.1 198.51.100.2  ", "PROXY TCP4 192.0.2.1\t",
		/* addresses */
		"PROXY TCP4 192.0.2 ", "PROXY TCP4 192.0.2.1.5 ", "PROXY TCP4 192.0.2.256 ",
		"PROXY TCP4 192.0.02.1 ", "PROXY TCP4 00.0.0.0 ", "PROXY TCP4 192.0..1 ",
		"PROXY TCP4 .192.0.2.1 ", "PROXY TCP4 a", "PROXY TCP4 2001:", "PROXY TCP4 -",
		"PROXY TCP4 ::ffff:192", "PROXY TCP4 192.0.2.1/", "PROXY TCP4 192.0.2.1 ::1 ",
		"PROXY TCP4 192.0.2.1 192.0.2 ", "PROXY TCP6 192.0.2.1 ",
		"PROXY TCP6 ::1 192.0.2.1 ", "PROXY TCP6 1::2::3 ",
		"PROXY TCP6 12345:: ", "PROXY TCP6 1:2:3:4:5:6:7 ", "PROXY TCP6 1:2:3:4:5:6:7:8:9 ",
		"PROXY TCP6 ::g", "PROXY TCP6 fe80::1%", "PROXY TCP6 [",
		"PROXY TCP6 ::ffff:192.0.02.1 ", "PROXY TCP6 ::ffff:192.0.2 ",
		"PROXY TCP6 0000000000000000000000000000000000000000000000",
		/* ports */
		"PROXY TCP4 192.0.2.1 192.0.2.2 01 ", "PROXY TCP4 192.0.2.1 192.0.2.2 00 ",
		"PROXY TCP4 192.0.2.1 192.0.2.2 65536 ", "PROXY TCP4 192.0.2.1 192.0.2.2 100000",
		"PROXY TCP4 192.0.2.1 192.0.2.2 -", "PROXY TCP4 192.0.2.1 192.0.2.2 +1",
		"PROXY TCP4 192.0.2.1 192.0.2.2 a", "PROXY TCP4 192.0.2.1 192.0.2.2\r\n",
		"PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1 \r\n",
		"PROXY TCP4 192.0.2.1 192.0.2.2 1 02\r\n",
		"PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n",
		/* ends */
		"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\r",
		"PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n",
		"PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n",
		"PROXY TCP4 192.0.2.1 192.0.2.2 1 2x\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r ",
		/* other protocols */
		"GET / HTTP/1.1\r\n", "\x16\x03\x01", "gemini://", " PROXY", "\n", "QUIT"};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_verdict(rows[i], strlen(rows[i]), PROXY_BAD);
	assert_verdict(BYTES("PROXY TCP4 192.0.2.1\0"), PROXY_BAD);
	assert_verdict(BYTES("PROXY TCP4 \0"), PROXY_BAD);
	assert_verdict(BYTES("\0"), PROXY_BAD);
}

static void incomplete_lines(void **state)
{
	static const char *const rows[] = {"", "P", "PROXY", "PROXY ", "PROXY T", "PROXY TCP",
		"PROXY TCP6", "PROXY TCP4 ", "PROXY U", "PROXY UNKNOWN", "PROXY UNKNOWN\r",
		"PROXY UNKNOWN \r", "PROXY TCP4 1", "PROXY TCP4 192.0.2.1",
		"PROXY TCP4 192.0.2.1 192.0.2.2 ", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2",
		"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r"};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_verdict(rows[i], strlen(rows[i]), PROXY_INCOMPLETE);
}

static void lines_that_are_too_long(void **state)
{
	char line[LINE_MOST + 2];

	(void)state;
	memset(line, 'x', sizeof line);
	memcpy(line, "PROXY UNKNOWN ", 14);
	assert_verdict(line, LINE_MOST - 1, PROXY_INCOMPLETE);
	assert_verdict(line, LINE_MOST, PROXY_BAD);
	line[LINE_MOST - 2] = '\r';
	line[LINE_MOST - 1] = '\n';
	assert_good(line, LINE_MOST, NULL, 0);
	line[LINE_MOST - 2] = 'x';
	line[LINE_MOST - 1] = '\r';
	line[LINE_MOST] = '\n';
	assert_verdict(line, LINE_MOST + 1, PROXY_BAD);
	/* Every part is as long as it may be, but not all of them together. */
	assert_verdict(BYTES("PROXY TCP6 0000:0000:0000:0000:0000:ffff:192.100.200.255 "
			     "0000:0000:0000:0000:0000:ffff:192.100.200.255 65535 65535\r\n"),
		PROXY_BAD);
}

/* ---- version 2 ---- */

static void blocks(void **state)
{
	(void)state;
	assert_good(BYTES(SIGNATURE "\x21\x11\0\x0c" FOUR), "192.0.2.1", 12345);
	assert_good(BYTES(SIGNATURE "\x21\x21\0\x24" SIX_SOURCE SIX_DESTINATION "\xff\xff\0\0"),
		"2001:db8::7", 65535);
	assert_good(
		BYTES(SIGNATURE "\x21\x21\0\x24" MAPPED MAPPED "\x30\x39\0\0"), "192.0.2.1", 12345);
	/* with TLVs: an empty one, and one of 5 */
	assert_good(BYTES(SIGNATURE "\x21\x11\0\x17" FOUR "\x04\0\0\xee\0\x05"
				    "abcde"),
		"192.0.2.1", 12345);
	assert_good(BYTES(SIGNATURE "\x21\x21\0\x29" SIX_SOURCE SIX_DESTINATION "\0\1\0\2"
				    "\x20\0\x02\r\n"),
		"2001:db8::7", 1);
}

/* Somebody else's connection, but not over TCP and IP: who it was cannot be told. */
static void blocks_of_other_families(void **state)
{
	static const uint8_t families[] = {
		0x00, 0x01, 0x02, 0x10, 0x12, 0x20, 0x22, 0x30, 0x31, 0x32};

	(void)state;
	for (size_t i = 0; i < COUNT(families); i++) {
		char block[16 + PATHS] = SIGNATURE "\x21";

		block[13] = (char)families[i];
		block[15] = (char)PATHS;
		assert_good(block, sizeof block, NULL, 0);
	}
	assert_good(BYTES(SIGNATURE "\x21\0\0\0"), NULL, 0);
	/* Of an unspecified family nobody knows what it brings. */
	assert_good(BYTES(SIGNATURE "\x21\0\0\x01\xff"), NULL, 0);
}

static void local_blocks(void **state)
{
	(void)state;
	assert_good(BYTES(SIGNATURE "\x20\0\0\0"), NULL, 0);
	assert_good(BYTES(SIGNATURE "\x20\x11\0\x0c" FOUR), NULL, 0);
	/* family and all that follows are ignored */
	assert_good(BYTES(SIGNATURE "\x20\x11\0\0"), NULL, 0);
	assert_good(BYTES(SIGNATURE "\x20\xff\0\x03\xff\xff\xff"), NULL, 0);
}

static void bad_blocks(void **state)
{
	static const uint8_t families[] = {0x03, 0x0f, 0x13, 0x1f, 0x2a, 0x33, 0x40, 0x41, 0xf1};
	static const uint8_t commands[] = {0x00, 0x01, 0x10, 0x11, 0x22, 0x2f, 0x31, 0xa1};
	char block[16] = SIGNATURE;

	(void)state;
	for (size_t i = 0; i < 12; i++) {
		memcpy(block, SIGNATURE, 12);
		block[i] ^= 1;
		assert_verdict(block, i + 1, PROXY_BAD);
	}
	memcpy(block, SIGNATURE "\x21\0\0", 16);
	for (size_t i = 0; i < COUNT(commands); i++) {
		block[12] = (char)commands[i];
		assert_verdict(block, 13, PROXY_BAD);
	}
	block[12] = '\x21';
	for (size_t i = 0; i < COUNT(families); i++) {
		block[13] = (char)families[i];
		assert_verdict(block, 14, PROXY_BAD);
	}
	/* too short for the addresses: known before they are there */
	assert_verdict(BYTES(SIGNATURE "\x21\x11\0\x0b"), PROXY_BAD);
	assert_verdict(BYTES(SIGNATURE "\x21\x12\0\x0b"), PROXY_BAD);
	assert_verdict(BYTES(SIGNATURE "\x21\x21\0\x23"), PROXY_BAD);
	assert_verdict(BYTES(SIGNATURE "\x21\x22\0\x0c"), PROXY_BAD);
	assert_verdict(BYTES(SIGNATURE "\x21\x31\0\xd7"), PROXY_BAD);
	assert_verdict(BYTES(SIGNATURE "\x21\x32\0\0"), PROXY_BAD);
}

static void bad_tlvs(void **state)
{
	(void)state;
	assert_verdict(BYTES(SIGNATURE "\x21\x11\0\x0d" FOUR "\x04"), PROXY_BAD);
	assert_verdict(BYTES(SIGNATURE "\x21\x11\0\x0e" FOUR "\x04\0"), PROXY_BAD);
	assert_verdict(BYTES(SIGNATURE "\x21\x11\0\x0f" FOUR "\x04\0\x01"), PROXY_BAD);
	assert_verdict(BYTES(SIGNATURE "\x21\x11\0\x10" FOUR "\x04\x01\x01x"), PROXY_BAD);
	assert_verdict(BYTES(SIGNATURE "\x21\x11\0\x11" FOUR "\x04\0\x01xx"), PROXY_BAD);
	/* and where the addresses are of no use */
	assert_verdict(BYTES(SIGNATURE "\x21\x12\0\x0d" FOUR "\x04"), PROXY_BAD);
}

static void incomplete_blocks(void **state)
{
	static const char block[] = SIGNATURE "\x21\x11\0\x0f" FOUR "\x04\0\0";

	(void)state;
	for (size_t size = 0; size < sizeof block - 1; size++)
		assert_verdict(block, size, PROXY_INCOMPLETE);
	assert_good(block, sizeof block - 1, "192.0.2.1", 12345);
}

static void blocks_as_long_as_may_be(void **state)
{
	char block[PROXY_MAX + 1] = SIGNATURE "\x21\x11\x02\x08" FOUR "\x04\x01\xf9";

	(void)state;
	assert_good(block, PROXY_MAX, "192.0.2.1", 12345);
	block[15] = '\x09';
	block[30] = '\xfa';
	assert_verdict(block, 16, PROXY_BAD);
	block[12] = '\x20';
	assert_verdict(block, 16, PROXY_BAD);
	memcpy(block + 14, "\xff\xff", 2);
	assert_verdict(block, 16, PROXY_BAD);
}

/* ---- from a socket ---- */

static const char line[] = "PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n";

/* Until the other end's bytes, or its end, are here. */
static void await(int fd, size_t size)
{
	int there = 0;

	for (int i = 0; there < (int)size; i++) {
		assert_true(i < 5000);
		poll(NULL, 0, i > 0);
		assert_int_equal(ioctl(fd, FIONREAD, &there), 0);
	}
	assert_int_equal(there, size);
}

static void await_end(int fd)
{
	struct pollfd end = {.fd = fd, .events = POLLRDHUP};

	assert_int_equal(poll(&end, 1, 5000), 1);
}

static void assert_left(int fd, const char *expected)
{
	char bytes[256];

	await(fd, strlen(expected));
	assert_int_equal(recv(fd, bytes, sizeof bytes, MSG_DONTWAIT), strlen(expected));
	assert_memory_equal(bytes, expected, strlen(expected));
}

static void write_all(int fd, const void *bytes, size_t size)
{
	assert_int_equal(send(fd, bytes, size, MSG_NOSIGNAL), (ssize_t)size);
}

static void unix_pair(int ends[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
}

static void tcp_pair(int ends[2])
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	assert_int_equal(bind(listener, (struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(listener, 1), 0);
	getsockname(listener, (struct sockaddr *)&address, &length);
	ends[0] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(ends[0], (struct sockaddr *)&address, sizeof address), 0);
	setsockopt(ends[0], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	ends[1] = accept(listener, NULL, NULL);
	assert_true(ends[1] >= 0);
	close(listener);
}

static void (*const pairs[])(int *) = {unix_pair, tcp_pair};

static void the_rest_stays_in_the_socket(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		struct address peer;
		int ends[2];

		pairs[i](ends);
		write_all(ends[0], BYTES(line));
		write_all(ends[0], BYTES("\x16\x03\x01rest"));
		await(ends[1], sizeof line - 1 + 7);
		assert_int_equal(proxy_receive(ends[1], &peer), PROXY_GOOD);
		assert_int_equal(peer.port, 56324);
		assert_memory_equal(peer.bytes, "\xc0\x00\x02\x01", 4);
		assert_left(ends[1], "\x16\x03\x01rest");
		write_all(ends[0], BYTES(SIGNATURE "\x21\x11\0\x0c" FOUR "rest"));
		await(ends[1], 16 + 12 + 4);
		assert_int_equal(proxy_receive(ends[1], &peer), PROXY_GOOD);
		assert_int_equal(peer.port, 12345);
		assert_left(ends[1], "rest");
		close(ends[0]);
		close(ends[1]);
	}
}

/* A socket that blocks does not block here. */
static void byte_by_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		struct address peer, before;
		int ends[2];

		memset(&before, 0xa5, sizeof before);
		pairs[i](ends);
		for (size_t at = 0; at < sizeof line - 1; at++) {
			peer = before;
			assert_int_equal(proxy_receive(ends[1], &peer), PROXY_INCOMPLETE);
			assert_memory_equal(&peer, &before, sizeof peer);
			await(ends[1], at);
			write_all(ends[0], line + at, 1);
			await(ends[1], at + 1);
		}
		assert_int_equal(proxy_receive(ends[1], &peer), PROXY_GOOD);
		assert_int_equal(peer.port, 56324);
		assert_int_equal(recv(ends[1], &peer, 1, MSG_DONTWAIT), -1);
		assert_int_equal(errno, EAGAIN);
		close(ends[0]);
		close(ends[1]);
	}
}

static void what_is_no_header_stays_too(void **state)
{
	struct address peer, before;
	int ends[2];

	(void)state;
	memset(&before, 0xa5, sizeof before);
	peer = before;
	unix_pair(ends);
	write_all(ends[0], BYTES("GET / HTTP/1.1\r\n"));
	errno = EIO;
	assert_int_equal(proxy_receive(ends[1], &peer), PROXY_BAD);
	assert_int_equal(errno, 0);
	assert_memory_equal(&peer, &before, sizeof peer);
	assert_left(ends[1], "GET / HTTP/1.1\r\n");
	close(ends[0]);
	close(ends[1]);
}

static void the_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		struct address peer;
		int ends[2];

		/* before anything, */
		pairs[i](ends);
		close(ends[0]);
		await_end(ends[1]);
		errno = 0;
		assert_int_equal(proxy_receive(ends[1], &peer), PROXY_BAD);
		assert_int_equal(errno, ECONNRESET);
		close(ends[1]);
		/* in the middle, */
		pairs[i](ends);
		write_all(ends[0], line, 10);
		await(ends[1], 10);
		assert_int_equal(proxy_receive(ends[1], &peer), PROXY_INCOMPLETE);
		shutdown(ends[0], SHUT_WR);
		await_end(ends[1]);
		errno = EIO;
		assert_int_equal(proxy_receive(ends[1], &peer), PROXY_BAD);
		assert_int_equal(errno, 0);
		close(ends[0]);
		close(ends[1]);
		/* and right behind the header, which is whole. */
		pairs[i](ends);
		write_all(ends[0], BYTES(line));
		close(ends[0]);
		await_end(ends[1]);
		assert_int_equal(proxy_receive(ends[1], &peer), PROXY_GOOD);
		assert_int_equal(recv(ends[1], &peer, 1, 0), 0);
		close(ends[1]);
	}
}

static void errors(void **state)
{
	static const struct linger at_once = {.l_onoff = 1};
	struct address peer;
	int ends[2];

	(void)state;
	errno = 0;
	assert_int_equal(proxy_receive(-1, &peer), PROXY_BAD);
	assert_int_equal(errno, EBADF);
	tcp_pair(ends);
	setsockopt(ends[0], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(ends[0]);
	await_end(ends[1]);
	errno = 0;
	assert_int_equal(proxy_receive(ends[1], &peer), PROXY_BAD);
	assert_int_equal(errno, ECONNRESET);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(unknown_lines),
		cmocka_unit_test(bad_lines),
		cmocka_unit_test(incomplete_lines),
		cmocka_unit_test(lines_that_are_too_long),
		cmocka_unit_test(blocks),
		cmocka_unit_test(blocks_of_other_families),
		cmocka_unit_test(local_blocks),
		cmocka_unit_test(bad_blocks),
		cmocka_unit_test(bad_tlvs),
		cmocka_unit_test(incomplete_blocks),
		cmocka_unit_test(blocks_as_long_as_may_be),
		cmocka_unit_test(the_rest_stays_in_the_socket),
		cmocka_unit_test(byte_by_byte),
		cmocka_unit_test(what_is_no_header_stays_too),
		cmocka_unit_test(the_end),
		cmocka_unit_test(errors),
	};

	return cmocka_run_group_tests_name("proxy", tests, NULL, NULL);
}
