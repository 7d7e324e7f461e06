/* SPDX-License-Identifier: ISC */

/* Connections from balancers: a PROXY header, and then TLS as from anybody. */

#include "house.h"

#include <netinet/tcp.h>

#define BALANCER       0x7f000107 /* 127.0.1.7, which is listed */
#define SHORT          300        /* ms, a timeout to be waited for */
#define BYTES(literal) literal, sizeof(literal) - 1
#define SIGNATURE      "\r\n\r\n\0\r\nQUIT\n"
#define ADDRESSES      "\xc0\x00\x02\x09\xc6\x33\x64\x02\x30\x39\x01\xbb"

static const char line[] = "PROXY TCP4 192.0.2.9 198.51.100.2 12345 443\r\n";
static const char block[] = SIGNATURE "\x21\x11\0\x0f" ADDRESSES "\x04\0\0";

/* All that goes out between two calls is one segment. */
static void cork(int fd, int on)
{
	setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
}

static void write_all(int fd, const char *bytes, size_t size)
{
	assert_int_equal(send(fd, bytes, size, MSG_NOSIGNAL), (ssize_t)size);
}

static int dial_balanced(int listener)
{
	int fd = dial_from(BALANCER, listener), on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return fd;
}

/* A visit whose header and ClientHello are on their way together. */
static void visit_behind(struct visit *visit, const char *header, size_t size)
{
	int fd = dial_balanced((int)visit->listener);

	visit_over(visit, fd);
	cork(fd, 1);
	write_all(fd, header, size);
	assert_false(knock(visit));
	cork(fd, 0);
}

static void turn_for(int64_t milliseconds)
{
	int64_t end = loop_clock() + milliseconds;

	TURN_UNTIL(loop_clock() >= end);
}

static void assert_client(const struct handoff *record, const char *address, uint16_t port)
{
	char text[ADDRESS_TEXT];

	address_format(&record->peer, text);
	assert_string_equal(text, address);
	if (port > 0)
		assert_int_equal(record->peer.port, port);
	/* Where we are we know ourselves. */
	assert_memory_equal(record->local.bytes, "\x7f\x00\x00\x01", 4);
	assert_int_equal(record->local.port, ports[record->listener]);
}

static void assert_served(struct visit *visit, const char *address, uint16_t port)
{
	struct handoff record;
	char bytes[8];
	int worker;

	TURN_UNTIL(knock(visit));
	worker = take(&record);
	assert_client(&record, address, port);
	assert_int_equal(record.path, PATH_RELAYED);
	assert_int_equal(SSL_write(visit->ssl, "request", 7), 7);
	TURN_UNTIL(recv(worker, bytes, sizeof bytes, MSG_DONTWAIT) == 7);
	assert_memory_equal(bytes, "request", 7);
	close(worker);
	assert_true(count(COUNTER_HANDSHAKES_FULL) == 1);
	assert_true(count(COUNTER_HANDSHAKES_FAILED) == 0);
	assert_true(count(COUNTER_PROXY_BAD) == 0);
	visit_free(visit);
	settle();
}

/* The connection is ended before there was a handshake. */
static void assert_refused(int fd, bool counted)
{
	TURN_UNTIL(count(COUNTER_HANDSHAKES_FAILED) == 1);
	TURN_UNTIL(gone(fd));
	assert_true(count(COUNTER_PROXY_BAD) == (counted ? 1 : 0));
	assert_int_equal(handshakes.open, 0);
	close(fd);
	settle();
}

/* ---- good ones ---- */

static void header_and_hello_in_one_piece(void **state)
{
	(void)state;
	for (uint32_t listener = 0; listener < SITE_LISTENERS; listener++)
		for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
			struct visit visit = {.name = "a.example",
					     .version = version,
					     .listener = listener},
				     again = visit;

			visit_behind(&visit, BYTES(line));
			assert_served(&visit, "192.0.2.9", 12345);
			visit_behind(&again, BYTES(block));
			assert_served(&again, "192.0.2.9", 12345);
		}
}

static void clients_by_ipv6_and_mapped(void **state)
{
	struct visit visit = {.name = "a.example"}, again = visit;

	(void)state;
	visit_behind(&visit, BYTES("PROXY TCP6 2001:db8::9 2001:db8::1 12345 443\r\n"));
	assert_served(&visit, "2001:db8::9", 12345);
	visit_behind(&again, BYTES("PROXY TCP6 ::ffff:192.0.2.9 ::ffff:192.0.2.1 12345 443\r\n"));
	assert_served(&again, "192.0.2.9", 12345);
}

static void byte_by_byte(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} headers[] = {{BYTES(line)}, {BYTES(block)}};

	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		struct visit visit = {.name = "a.example"};
		int fd = dial_balanced(0);

		visit_over(&visit, fd);
		TURN_UNTIL(handshakes.open == 1);
		for (size_t at = 0; at < headers[i].size; at++) {
			write_all(fd, headers[i].bytes + at, 1);
			turn();
			turn();
		}
		assert_int_equal(handshakes.open, 1);
		assert_served(&visit, "192.0.2.9", 12345);
	}
}

/* The end of the header comes with the first bytes of the ClientHello. */
static void cut_anywhere(void **state)
{
	(void)state;
	for (size_t cut = 1; cut < sizeof line - 1; cut += 7) {
		struct visit visit = {.name = "a.example"};
		int fd = dial_balanced(0);

		visit_over(&visit, fd);
		write_all(fd, line, cut);
		TURN_UNTIL(handshakes.open == 1);
		turn_for(5);
		cork(fd, 1);
		write_all(fd, line + cut, sizeof line - 1 - cut);
		assert_false(knock(&visit));
		cork(fd, 0);
		assert_served(&visit, "192.0.2.9", 12345);
	}
}

static void balancers_for_themselves_keep_their_address(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} headers[] = {
		{BYTES(SIGNATURE "\x20\0\0\0")},
		{BYTES(SIGNATURE "\x20\x11\0\x0c" ADDRESSES)},
		{BYTES(SIGNATURE "\x21\0\0\0")},
		{BYTES("PROXY UNKNOWN\r\n")},
		{BYTES("PROXY UNKNOWN 192.0.2.9 192.0.2.1 12345 443\r\n")},
	};

	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		struct visit visit = {.name = "a.example"};
		struct sockaddr_in own;
		socklen_t length = sizeof own;

		visit_behind(&visit, headers[i].bytes, headers[i].size);
		getsockname(visit.sockets[0], (struct sockaddr *)&own, &length);
		assert_served(&visit, "127.0.1.7", ntohs(own.sin_port));
	}
}

/* ---- bad ones ---- */

static void without_a_header(void **state)
{
	struct visit visit = {.name = "a.example"};

	(void)state;
	visit_behind(&visit, "", 0);
	assert_refused(dup(visit.sockets[0]), true);
	assert_false(knock(&visit));
	visit_free(&visit);
}

static void bad_headers(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} headers[] = {
		{BYTES("PROXY TCP4 192.0.2.9 198.51.100.2 012345 443\r\n")},
		{BYTES("PROXY TCP4 192.0.2.9 198.51.100.2 12345 443\n")},
		{BYTES("PROXY TCP5")},
		{BYTES(SIGNATURE "\x31\x11\0\x0c" ADDRESSES)},
		{BYTES(SIGNATURE "\x21\x11\x02\x09")},
		{BYTES("GET / HTTP/1.1\r\n")},
	};

	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		int fd = dial_balanced((int)(i % SITE_LISTENERS));

		write_all(fd, headers[i].bytes, headers[i].size);
		assert_refused(fd, true);
	}
}

/* At once, and not when its time is over. */
static void cut_off(void **state)
{
	int fd = dial_balanced(0);

	(void)state;
	write_all(fd, line, 20);
	TURN_UNTIL(handshakes.open == 1);
	turn_for(5);
	shutdown(fd, SHUT_WR);
	assert_refused(fd, true);
	/* It only wanted to know whether somebody is here: nothing to complain of. */
	fd = dial_balanced(0);
	TURN_UNTIL(handshakes.open == 1);
	shutdown(fd, SHUT_WR);
	assert_refused(fd, false);
}

/* Good header, no TLS: like any other garbage. */
static void garbage_behind_the_header(void **state)
{
	int fd = dial_balanced(0);

	(void)state;
	write_all(fd, BYTES(line));
	write_all(fd, BYTES("GET / HTTP/1.1\r\n\r\n"));
	assert_refused(fd, false);
	/* A second header is garbage too. */
	fd = dial_balanced(0);
	write_all(fd, BYTES(line));
	write_all(fd, BYTES(line));
	assert_refused(fd, false);
}

/* Who is not listed cannot say who he is, and is served if he does not try. */
static void from_elsewhere(void **state)
{
	static const in_addr_t strangers[] = {INADDR_LOOPBACK, 0x7f000007, 0x7f000201};
	char address[ADDRESS_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
		struct in_addr in = {htonl(strangers[i])};
		struct visit visit = {.name = "a.example"};
		int fd = dial_from(strangers[i], 0);

		write_all(fd, BYTES(line));
		assert_refused(fd, false);
		fd = dial_from(strangers[i], 0);
		write_all(fd, BYTES(block));
		assert_refused(fd, false);
		visit_over(&visit, dial_from(strangers[i], 0));
		inet_ntop(AF_INET, &in, address, sizeof address);
		assert_served(&visit, address, 0);
	}
}

/* ---- time ---- */

static void silence_and_dripping_time_out(void **state)
{
	int silent = dial_balanced(0), dripping = dial_balanced(1);
	int64_t began = loop_clock();
	size_t sent = 0;

	(void)state;
	handshakes.waiting.length = SHORT;
	while (count(COUNTER_HANDSHAKES_TIMEOUT) < 2) {
		assert_true(loop_clock() < began + 20000);
		if (sent < sizeof line - 2 && loop_clock() > began + 20 * (int64_t)sent)
			sent += (size_t)send(dripping, line + sent, 1, MSG_NOSIGNAL);
		turn();
	}
	assert_true(loop_clock() - began >= SHORT);
	assert_true(sent > 3);
	assert_true(gone(silent) && gone(dripping));
	assert_true(count(COUNTER_PROXY_BAD) == 2);
	assert_true(count(COUNTER_HANDSHAKES_FAILED) == 0);
	close(silent);
	close(dripping);
	settle();
}

/* The header buys no time for the ClientHello. */
static void header_and_hello_have_one_time(void **state)
{
	int fd = dial_balanced(0);
	int64_t since;

	(void)state;
	handshakes.waiting.length = SHORT;
	TURN_UNTIL(handshakes.open == 1);
	since = handshakes_waiting_since(&handshakes);
	turn_for(SHORT / 3);
	write_all(fd, BYTES(line));
	turn_for(SHORT / 3);
	if (handshakes.open == 1)
		assert_true(handshakes_waiting_since(&handshakes) == since);
	TURN_UNTIL(count(COUNTER_HANDSHAKES_TIMEOUT) == 1);
	assert_true(loop_clock() - since >= SHORT);
	/* There was one. */
	assert_true(count(COUNTER_PROXY_BAD) == 0);
	assert_true(gone(fd));
	close(fd);
	settle();
}

/* We were busy elsewhere while both lay in the socket. */
static void what_has_come_in_time_counts(void **state)
{
	struct visit visit = {.name = "a.example"};
	int fd = dial_balanced(0);

	(void)state;
	handshakes.waiting.length = SHORT;
	visit_over(&visit, fd);
	TURN_UNTIL(handshakes.open == 1);
	write_all(fd, BYTES(line));
	assert_false(knock(&visit));
	usleep((SHORT + 50) * 1000);
	handshakes.waiting.length = TIMEOUT;
	/* Time is over before epoll could say anything. */
	loop.now = loop_clock();
	handshakes_work(&handshakes);
	assert_true(count(COUNTER_HANDSHAKES_TIMEOUT) == 0);
	assert_served(&visit, "192.0.2.9", 12345);
}

/* Its bytes stay where they are, and nobody runs in circles about them. */
static void half_a_header_is_quiet(void **state)
{
	int fd = dial_balanced(0), turns = 0;
	int64_t end;

	(void)state;
	write_all(fd, line, 20);
	TURN_UNTIL(handshakes.open == 1);
	turn_for(20);
	end = loop_clock() + 200;
	while (loop_clock() < end) {
		loop_turn(&loop, handshakes_deadline(&handshakes, end));
		handshakes_work(&handshakes);
		turns++;
	}
	assert_in_range(turns, 1, 4);
	assert_int_equal(handshakes.open, 1);
	write_all(fd, line + 20, sizeof line - 1 - 20);
	turn_for(20);
	/* Nor between the header and the ClientHello. */
	turns = 0;
	end = loop_clock() + 200;
	while (loop_clock() < end) {
		loop_turn(&loop, handshakes_deadline(&handshakes, end));
		handshakes_work(&handshakes);
		turns++;
	}
	assert_in_range(turns, 1, 4);
	assert_int_equal(handshakes.open, 1);
	close(fd);
	settle();
}

/* They take part in the handshakes' limit: the balancer that says nothing gives way. */
static void at_the_limit_they_give_way(void **state)
{
	uint32_t limit = site.image.header->limits.handshakes;
	struct visit visit = {.name = "a.example"};
	struct handoff record;
	int idle[64];

	(void)state;
	assert_true(limit < 60);
	for (uint32_t i = 0; i < limit; i++) {
		idle[i] = dial_balanced(0);
		write_all(idle[i], line, i);
		TURN_UNTIL(handshakes.open == i + 1);
	}
	visit_behind(&visit, BYTES(line));
	TURN_UNTIL(knock(&visit));
	close(take(&record));
	assert_client(&record, "192.0.2.9", 12345);
	assert_true(count(COUNTER_HANDSHAKES_ABANDONED) == 1);
	/* It was we who had no time. */
	assert_true(count(COUNTER_PROXY_BAD) == 0);
	assert_true(gone(idle[0]));
	for (uint32_t i = 0; i < limit; i++)
		close(idle[i]);
	visit_free(&visit);
	settle();
}

static int set_up(void **state)
{
	(void)state;
	site_make(&site);
	site_open(&site);
	open_all(KERNEL_NEVER);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	close_all();
	site_free(&site);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_and_hello_in_one_piece),
		cmocka_unit_test(clients_by_ipv6_and_mapped),
		cmocka_unit_test(byte_by_byte),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(balancers_for_themselves_keep_their_address),
		cmocka_unit_test(without_a_header),
		cmocka_unit_test(bad_headers),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(garbage_behind_the_header),
		cmocka_unit_test(from_elsewhere),
		cmocka_unit_test(silence_and_dripping_time_out),
		cmocka_unit_test(header_and_hello_have_one_time),
		cmocka_unit_test(what_has_come_in_time_counts),
		cmocka_unit_test(half_a_header_is_quiet),
		cmocka_unit_test(at_the_limit_they_give_way),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
