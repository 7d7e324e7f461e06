/* SPDX-License-Identifier: ISC */

/* A relay between a TLS client over loopback TCP and a worker's end of the pair, all in this
 * process. */

#include "site.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>

#include "relay.h"

#define LARGE   (3 << 20)
#define STALL   400   /* ms, where a test waits for it */
#define PATIENT 20000 /* elsewhere: client and relay share this process, and halt together */

static struct site site;
static struct loop loop;
static struct counters counters;
static struct relays relays;
static uint8_t pattern[LARGE], received[LARGE];

struct call {
	struct visit visit;
	int worker;
	struct relay *relay;
};

/* Both ends of a TCP connection, not blocking. */
static void connect_tcp(int sockets[2])
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	assert_int_equal(bind(listener, (struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(listener, 1), 0);
	getsockname(listener, (struct sockaddr *)&address, &length);
	sockets[0] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(sockets[0], (struct sockaddr *)&address, length), 0);
	sockets[1] = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	assert_true(sockets[1] >= 0);
	fcntl(sockets[0], F_SETFL, O_NONBLOCK);
	setsockopt(sockets[0], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	close(listener);
}

/* A finished handshake whose server side is in a relay. */
static void call_open(struct call *call, int version, bool half_close)
{
	struct visit *visit = &call->visit;
	int pair[2], client = 0, server = 0, buffer = 65536;
	char byte;

	memset(call, 0, sizeof *call);
	*visit = (struct visit){.name = "a.example", .version = version};
	connect_tcp(pair);
	/* What is not read must pile up soon. */
	setsockopt(pair[0], SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
	visit->sockets[0] = pair[0];
	visit->sockets[1] = -1;
	SSL_set_fd(visit_client(visit), pair[0]);
	visit->server = contexts_begin(&site.contexts, &visit->negotiation, 0);
	SSL_set_fd(visit->server, pair[1]);
	for (int i = 0; i < 1000 && !(client == 1 && server == 1); i++) {
		struct pollfd wait[2] = {
			{.fd = pair[0], .events = POLLIN}, {.fd = pair[1], .events = POLLIN}};

		client = client == 1 ? 1 : SSL_do_handshake(visit->ssl);
		server = server == 1 ? 1 : SSL_do_handshake(visit->server);
		if (client != 1 || server != 1)
			poll(wait, 2, 10);
	}
	assert_true(client == 1 && server == 1);
	contexts_end(visit->server);
	call->relay = relay_open(&relays, visit->server, pair[1], half_close, &call->worker);
	visit->server = NULL;
	assert_non_null(call->relay);
	relay_start(call->relay);
	assert_int_equal(SSL_read(visit->ssl, &byte, 1), -1);
}

static void call_close(struct call *call)
{
	visit_free(&call->visit);
	if (call->worker >= 0)
		close(call->worker);
}

/* Some turns of the loop: as long as a test waits for what must come, and a moment for what must
 * not. */
static void turn(void)
{
	assert_int_equal(loop_turn(&loop, relays_deadline(&relays, loop.now + 2)), 0);
	relays_expire(&relays);
}

static void turns_for(int64_t milliseconds)
{
	int64_t end = loop_clock() + milliseconds;

	while (loop_clock() < end)
		turn();
}

#define TURN_UNTIL(condition)                             \
	do {                                              \
		int64_t end_ = loop_clock() + 20000;      \
		while (!(condition)) {                    \
			assert_true(loop_clock() < end_); \
			turn();                           \
		}                                         \
	} while (0)

/* 1 for something (in received), 0 for an orderly end, -1 for nothing yet, -2 for a broken
 * connection. */
static int client_reads(struct call *call, size_t *size)
{
	int n;

	ERR_clear_error();
	errno = 0;
	n = SSL_read(call->visit.ssl, received + *size, (int)(sizeof received - *size));
	if (n > 0) {
		*size += (size_t)n;
		return 1;
	}
	switch (SSL_get_error(call->visit.ssl, n)) {
	case SSL_ERROR_WANT_READ:
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	default:
		return -2;
	}
}

static bool hung_up(int fd)
{
	struct pollfd look = {.fd = fd};

	return poll(&look, 1, 0) == 1 && (look.revents & POLLHUP);
}

static void exchange(struct call *call)
{
	char bytes[64];
	size_t size = 0;

	assert_int_equal(SSL_write(call->visit.ssl, "request", 7), 7);
	TURN_UNTIL(recv(call->worker, bytes, sizeof bytes, MSG_PEEK) > 0);
	assert_int_equal(recv(call->worker, bytes, sizeof bytes, 0), 7);
	assert_memory_equal(bytes, "request", 7);
	assert_int_equal(send(call->worker, "response", 8, 0), 8);
	TURN_UNTIL(client_reads(call, &size) == 1);
	assert_int_equal(size, 8);
	assert_memory_equal(received, "response", 8);
}

static void ends_well(struct call *call, size_t expected)
{
	size_t size = 0;
	int result;

	TURN_UNTIL((result = client_reads(call, &size)) == 0 || result == -2);
	assert_int_equal(result, 0);
	assert_int_equal(size, expected);
	assert_memory_equal(received, pattern, expected);
	/* The worker waits for this before it forgets the connection. */
	shutdown(call->visit.sockets[0], SHUT_WR);
	TURN_UNTIL(relays.open == 0);
	assert_true(hung_up(call->worker));
}

static void bytes_go_both_ways_then_finish(void **state)
{
	struct call call;

	(void)state;
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		call_open(&call, version, true);
		assert_int_equal(relays.open, 1);
		assert_true(counter_read(&counters, COUNTER_RELAYED_OPEN) == 1);
		exchange(&call);
		exchange(&call);
		assert_int_equal(send(call.worker, pattern, 100, 0), 100);
		shutdown(call.worker, SHUT_WR);
		ends_well(&call, 100);
		assert_true(counter_read(&counters, COUNTER_RELAYED_OPEN) == 0);
		call_close(&call);
	}
}

/* Both directions at once, each held up by the other side's reading. */
static void large_transfers_are_whole(void **state)
{
	struct call call;
	size_t up_sent = 0, up = 0, down_sent = 0, down = 0;
	static uint8_t echo[LARGE];
	int64_t end;

	(void)state;
	call_open(&call, TLS1_3_VERSION, true);
	end = loop_clock() + 20000;
	while (down < LARGE || up < LARGE) {
		size_t piece = LARGE - up_sent < 10000 ? LARGE - up_sent : 10000;
		ssize_t n;
		int written =
			piece > 0 ? SSL_write(call.visit.ssl, pattern + up_sent, (int)piece) : 0;

		assert_true(loop_clock() < end);
		up_sent += written > 0 ? (size_t)written : 0;
		n = recv(call.worker, echo + up, sizeof echo - up, 0);
		up += n > 0 ? (size_t)n : 0;
		n = send(call.worker, pattern + down_sent, LARGE - down_sent, MSG_NOSIGNAL);
		down_sent += n > 0 ? (size_t)n : 0;
		client_reads(&call, &down);
		turn();
	}
	assert_memory_equal(echo, pattern, LARGE);
	assert_memory_equal(received, pattern, LARGE);
	shutdown(call.worker, SHUT_WR);
	ends_well(&call, 0);
	call_close(&call);
}

/* What is queued when the worker finishes is delivered to a client that reads late. */
static void finish_delivers_what_is_queued(void **state)
{
	struct call call;
	size_t sent = 0;
	ssize_t n;

	(void)state;
	call_open(&call, TLS1_3_VERSION, true);
	while ((n = send(call.worker, pattern + sent, LARGE - sent, 0)) > 0) {
		sent += (size_t)n;
		turns_for(5);
	}
	assert_true(sent > 100000 && sent < LARGE);
	shutdown(call.worker, SHUT_WR);
	turns_for(200);
	assert_int_equal(relays.open, 1);
	ends_well(&call, sent);
	call_close(&call);
}

static void abort_is_a_reset(void **state)
{
	struct call call;
	size_t size = 0;
	int result;

	(void)state;
	call_open(&call, TLS1_3_VERSION, true);
	exchange(&call);
	assert_int_equal(send(call.worker, pattern, 100, 0), 100);
	close(call.worker);
	call.worker = -1;
	TURN_UNTIL(relays.open == 0);
	while ((result = client_reads(&call, &size)) == 1)
		;
	assert_int_equal(result, -2);
	assert_int_equal(SSL_get_shutdown(call.visit.ssl) & SSL_RECEIVED_SHUTDOWN, 0);
	call_close(&call);
}

/* The client does not read; the relay must still notice. */
static void abort_in_the_middle_is_a_reset(void **state)
{
	struct call call;
	size_t size = 0;
	int result;

	(void)state;
	call_open(&call, TLS1_3_VERSION, false);
	while (send(call.worker, pattern, sizeof pattern, 0) > 0)
		turns_for(5);
	close(call.worker);
	call.worker = -1;
	TURN_UNTIL(relays.open == 0);
	while ((result = client_reads(&call, &size)) == 1)
		size = 0;
	assert_int_equal(result, -2);
	call_close(&call);
}

/* https: the worker learns of it as from the kernel, and its answer still arrives. */
static void half_closing_client_is_answered(void **state)
{
	struct call call;
	char bytes[16];

	(void)state;
	for (int notify = 0; notify < 2; notify++) {
		call_open(&call, TLS1_3_VERSION, true);
		assert_int_equal(SSL_write(call.visit.ssl, "request", 7), 7);
		if (notify)
			SSL_shutdown(call.visit.ssl);
		else
			shutdown(call.visit.sockets[0], SHUT_WR);
		TURN_UNTIL(recv(call.worker, bytes, sizeof bytes, MSG_PEEK) == 7);
		recv(call.worker, bytes, sizeof bytes, 0);
		TURN_UNTIL(recv(call.worker, bytes, sizeof bytes, 0) == 0);
		assert_false(hung_up(call.worker));
		turns_for(20);
		assert_int_equal(send(call.worker, pattern, 50000, 0), 50000);
		shutdown(call.worker, SHUT_WR);
		/* It does not wait: it has seen the client's end already. */
		close(call.worker);
		call.worker = -1;
		call.worker = open("/dev/null", O_RDONLY);
		{
			size_t size = 0;

			TURN_UNTIL(client_reads(&call, &size) == 0);
			assert_int_equal(size, 50000);
			assert_memory_equal(received, pattern, size);
		}
		shutdown(call.visit.sockets[0], SHUT_WR);
		TURN_UNTIL(relays.open == 0);
		call_close(&call);
	}
}

/* More than the buffers hold, to one that has half-closed: the worker's end has hung up long
 * before. */
static void half_closed_and_slow(void **state)
{
	struct call call;
	size_t sent = 0, size = 0;
	char bytes[16];
	ssize_t n;

	(void)state;
	call_open(&call, TLS1_3_VERSION, true);
	assert_int_equal(SSL_write(call.visit.ssl, "request", 7), 7);
	SSL_shutdown(call.visit.ssl);
	TURN_UNTIL(recv(call.worker, bytes, sizeof bytes, 0) == 0);
	while ((n = send(call.worker, pattern + sent, LARGE - sent, 0)) > 0) {
		sent += (size_t)n;
		turns_for(5);
	}
	shutdown(call.worker, SHUT_WR);
	close(call.worker);
	call.worker = -1;
	turns_for(50);
	assert_int_equal(relays.open, 1);
	TURN_UNTIL(client_reads(&call, &size) == 0);
	assert_int_equal(size, sent);
	assert_memory_equal(received, pattern, size);
	call_close(&call);
	TURN_UNTIL(relays.open == 0);
}

/* Gemini: completeness is told by close_notify alone, so the worker's abort must stay visible. */
static void gemini_is_never_half_closed(void **state)
{
	struct call call;
	char bytes[16];
	size_t size = 0;
	int result;

	(void)state;
	for (int aborts = 0; aborts < 2; aborts++) {
		call_open(&call, TLS1_3_VERSION, false);
		assert_int_equal(SSL_write(call.visit.ssl, "request", 7), 7);
		SSL_shutdown(call.visit.ssl);
		TURN_UNTIL(recv(call.worker, bytes, sizeof bytes, 0) == 7);
		turns_for(20);
		assert_int_equal(recv(call.worker, bytes, sizeof bytes, 0), -1);
		assert_int_equal(errno, EAGAIN);
		assert_int_equal(send(call.worker, pattern, 50000, 0), 50000);
		if (!aborts) {
			shutdown(call.worker, SHUT_WR);
			ends_well(&call, 50000);
		} else {
			close(call.worker);
			call.worker = -1;
			TURN_UNTIL(relays.open == 0);
			while ((result = client_reads(&call, &size)) == 1)
				;
			assert_int_equal(result, -2);
		}
		call_close(&call);
	}
}

static void a_client_that_asks_nothing_is_let_go(void **state)
{
	struct call call;
	size_t size = 0;

	(void)state;
	for (int half_close = 0; half_close < 2; half_close++) {
		call_open(&call, TLS1_3_VERSION, half_close);
		SSL_shutdown(call.visit.ssl);
		TURN_UNTIL(client_reads(&call, &size) == 0);
		TURN_UNTIL(relays.open == 0);
		assert_true(hung_up(call.worker));
		call_close(&call);
	}
}

static void an_idle_client_that_leaves_is_let_go(void **state)
{
	struct call call;
	char bytes[16];

	(void)state;
	call_open(&call, TLS1_3_VERSION, true);
	exchange(&call);
	SSL_shutdown(call.visit.ssl);
	close(call.visit.sockets[0]);
	call.visit.sockets[0] = open("/dev/null", O_RDONLY);
	TURN_UNTIL(recv(call.worker, bytes, sizeof bytes, 0) == 0);
	shutdown(call.worker, SHUT_WR);
	TURN_UNTIL(relays.open == 0);
	call_close(&call);
}

static void a_client_that_breaks_off_ends_the_worker(void **state)
{
	const struct linger reset = {.l_onoff = 1};
	struct call call;

	(void)state;
	call_open(&call, TLS1_3_VERSION, true);
	exchange(&call);
	setsockopt(call.visit.sockets[0], SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	close(call.visit.sockets[0]);
	call.visit.sockets[0] = open("/dev/null", O_RDONLY);
	TURN_UNTIL(relays.open == 0);
	assert_true(hung_up(call.worker));
	call_close(&call);
}

static void garbage_breaks_it_off(void **state)
{
	static const char record[5 + 0x20] = "\x17\x03\x03\x00\x20 no record of ours";
	struct call call;

	(void)state;
	call_open(&call, TLS1_3_VERSION, true);
	exchange(&call);
	assert_int_equal(
		send(call.visit.sockets[0], record, sizeof record, 0), (ssize_t)sizeof record);
	TURN_UNTIL(relays.open == 0);
	assert_true(hung_up(call.worker));
	call_close(&call);
}

static void who_never_reads_is_reset(void **state)
{
	struct call call;
	int64_t began;

	(void)state;
	relays.stall = STALL;
	call_open(&call, TLS1_3_VERSION, true);
	while (send(call.worker, pattern, sizeof pattern, 0) > 0)
		turns_for(5);
	shutdown(call.worker, SHUT_WR);
	began = loop_clock();
	TURN_UNTIL(relays.open == 0);
	assert_true(loop_clock() - began >= STALL);
	call_close(&call);
	relays.stall = PATIENT;
}

static void who_never_says_goodbye_is_closed(void **state)
{
	struct call call;
	size_t size = 0;
	int64_t began;

	(void)state;
	relays.stall = STALL;
	call_open(&call, TLS1_3_VERSION, true);
	exchange(&call);
	shutdown(call.worker, SHUT_WR);
	TURN_UNTIL(client_reads(&call, &size) == 0);
	began = loop_clock();
	/* Sends on, which is nobody's any more. */
	assert_int_equal(SSL_write(call.visit.ssl, "more", 4), 4);
	TURN_UNTIL(relays.open == 0);
	assert_true(loop_clock() - began >= STALL - 50);
	call_close(&call);
	relays.stall = PATIENT;
}

static void the_client_may_change_its_keys(void **state)
{
	struct call call;

	(void)state;
	call_open(&call, TLS1_3_VERSION, true);
	exchange(&call);
	assert_int_equal(SSL_key_update(call.visit.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
	exchange(&call);
	exchange(&call);
	shutdown(call.worker, SHUT_WR);
	ends_well(&call, 0);
	call_close(&call);
}

static void there_is_a_limit(void **state)
{
	struct call calls[2];
	int pair[2], worker;
	SSL *ssl = SSL_new(site.contexts.base);
	uint64_t before = counter_read(&counters, COUNTER_LIMIT_RELAYED);

	(void)state;
	for (int i = 0; i < 2; i++)
		call_open(&calls[i], TLS1_3_VERSION, true);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_null(relay_open(&relays, ssl, pair[0], true, &worker));
	assert_int_equal(errno, EDQUOT);
	assert_true(counter_read(&counters, COUNTER_LIMIT_RELAYED) == before + 1);
	assert_true(hung_up(pair[1]));
	close(pair[1]);
	for (int i = 0; i < 2; i++) {
		close(calls[i].worker);
		calls[i].worker = -1;
	}
	TURN_UNTIL(relays.open == 0);
	for (int i = 0; i < 2; i++)
		call_close(&calls[i]);
}

/* Nothing happens: neither side may keep the loop awake. */
static void idle_means_idle(void **state)
{
	struct call call;
	int64_t end;
	int count = 0;

	(void)state;
	call_open(&call, TLS1_3_VERSION, false);
	exchange(&call);
	SSL_shutdown(call.visit.ssl);
	shutdown(call.visit.sockets[0], SHUT_WR);
	turns_for(20);
	end = loop_clock() + 100;
	while (loop_clock() < end) {
		loop_turn(&loop, end);
		count++;
	}
	assert_in_range(count, 1, 3);
	shutdown(call.worker, SHUT_WR);
	ends_well(&call, 0);
	call_close(&call);
}

static int set_up(void **state)
{
	(void)state;
	site_make(&site);
	site_open(&site);
	assert_int_equal(loop_open(&loop), 0);
	relays_init(&relays, &loop, &counters, 2, PATIENT);
	for (size_t i = 0; i < sizeof pattern; i++)
		pattern[i] = (uint8_t)(i * 2654435761U >> 13);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	loop_close(&loop);
	site_free(&site);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_go_both_ways_then_finish),
		cmocka_unit_test(large_transfers_are_whole),
		cmocka_unit_test(finish_delivers_what_is_queued),
		cmocka_unit_test(abort_is_a_reset),
		cmocka_unit_test(abort_in_the_middle_is_a_reset),
		cmocka_unit_test(half_closing_client_is_answered),
		cmocka_unit_test(half_closed_and_slow),
		cmocka_unit_test(gemini_is_never_half_closed),
		cmocka_unit_test(a_client_that_asks_nothing_is_let_go),
		cmocka_unit_test(an_idle_client_that_leaves_is_let_go),
		cmocka_unit_test(a_client_that_breaks_off_ends_the_worker),
		cmocka_unit_test(garbage_breaks_it_off),
		cmocka_unit_test(who_never_reads_is_reset),
		cmocka_unit_test(who_never_says_goodbye_is_closed),
		cmocka_unit_test(the_client_may_change_its_keys),
		cmocka_unit_test(there_is_a_limit),
		cmocka_unit_test(idle_means_idle),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
