/* SPDX-License-Identifier: ISC */

/*
 * The kernel path, with the kernel that runs this: keys that were derived here against OpenSSL as
 * client. Where the kernel has no TLS only the findings are tested, and the rest is skipped.
 */

#include "house.h"

#include <linux/tls.h>
#include <netinet/tcp.h>

#include "kernel.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

#define LARGE 200000

static bool able;
static uint8_t pattern[LARGE], received[LARGE];

static const struct {
	const char *suite_1_2, *suite_1_3;
	enum tls_cipher cipher;
} ciphers[] = {
	{"ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_AES_128_GCM_SHA256", CIPHER_AES_128_GCM},
	{"ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_AES_256_GCM_SHA384", CIPHER_AES_256_GCM},
	{"ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_CHACHA20_POLY1305_SHA256", CIPHER_CHACHA20_POLY1305},
};

/* As the kernel does in one go what the worker will do in turns. */
static void blocking(int fd)
{
	fcntl(fd, F_SETFL, 0);
}

static void client_blocks(struct visit *visit)
{
	blocking(visit->sockets[0]);
}

static void client_writes(struct visit *visit, size_t size)
{
	for (size_t at = 0; at < size;) {
		int n = SSL_write(visit->ssl, pattern + at, (int)(size - at));

		assert_true(n > 0);
		at += (size_t)n;
	}
}

static void client_expects(struct visit *visit, size_t size)
{
	for (size_t at = 0; at < size;) {
		int n = SSL_read(visit->ssl, received + at, (int)(size - at));

		assert_true(n > 0);
		at += (size_t)n;
	}
	assert_memory_equal(received, pattern, size);
}

static void worker_expects(int fd, size_t size)
{
	for (size_t at = 0; at < size;) {
		ssize_t n = recv(fd, received + at, size - at, 0);

		assert_true(n > 0);
		at += (size_t)n;
	}
	assert_memory_equal(received, pattern, size);
}

static void worker_writes(int fd, size_t size)
{
	for (size_t at = 0; at < size;) {
		ssize_t n = send(fd, pattern + at, size - at, 0);

		assert_true(n > 0);
		at += (size_t)n;
	}
}

static void worker_says_goodbye(int fd)
{
	union {
		char bytes[CMSG_SPACE(1)];
		struct cmsghdr align;
	} control = {.bytes = {0}};
	char alert[2] = {1, 0};
	struct iovec vector = {.iov_base = alert, .iov_len = sizeof alert};
	struct msghdr message = {.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_TLS;
	header->cmsg_type = TLS_SET_RECORD_TYPE;
	header->cmsg_len = CMSG_LEN(1);
	*CMSG_DATA(header) = 21;
	assert_int_equal(sendmsg(fd, &message, 0), 2);
}

/* Several records each way, smaller ones in between, and an orderly end. */
static void converse(struct visit *visit, int worker)
{
	char byte;

	client_blocks(visit);
	blocking(worker);
	client_writes(visit, 100);
	worker_expects(worker, 100);
	worker_writes(worker, LARGE);
	client_expects(visit, LARGE);
	client_writes(visit, 60000);
	worker_expects(worker, 60000);
	worker_writes(worker, 1);
	client_expects(visit, 1);
	worker_says_goodbye(worker);
	assert_int_equal(SSL_read(visit->ssl, &byte, 1), 0);
	assert_int_equal(SSL_get_error(visit->ssl, 0), SSL_ERROR_ZERO_RETURN);
}

static void call_and_converse(struct visit *visit, enum tls_cipher cipher, bool resumed)
{
	struct handoff record;
	int worker;

	visit_dial(visit);
	TURN_UNTIL(knock(visit));
	worker = take(&record);
	assert_int_equal(record.path, PATH_KERNEL);
	assert_int_equal(record.cipher, cipher);
	assert_int_equal(record.resumed, resumed);
	assert_int_equal(record.identified, visit->client != NULL);
	assert_int_equal(relays.open, 0);
	converse(visit, worker);
	close(worker);
}

static void every_cipher_and_version(void **state)
{
	struct site_client client, large;

	(void)state;
	if (!able)
		skip();
	client = site_client(0);
	large = site_client(15950);
	for (size_t c = 0; c < sizeof ciphers / sizeof *ciphers; c++)
		for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++)
			for (int shown = 0; shown < 3; shown++) {
				struct visit full = {.name = shown ? "b.example" : "a.example",
					.version = version,
					.suites = version == TLS1_3_VERSION ? ciphers[c].suite_1_3
									    : ciphers[c].suite_1_2,
					.client = shown == 0   ? NULL
						  : shown == 1 ? &client
							       : &large};
				struct visit resumed = full;

				call_and_converse(&full, ciphers[c].cipher, false);
				assert_non_null(full.ticket);
				resumed.session = full.ticket;
				call_and_converse(&resumed, ciphers[c].cipher, true);
				visit_free(&resumed);
				visit_free(&full);
			}
	site_client_free(&client);
	site_client_free(&large);
	settle();
}

/* Asked for a certificate, shown none: no ticket takes a number. */
static void without_tickets(void **state)
{
	(void)state;
	if (!able)
		skip();
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		struct visit visit = {.name = "b.example",
			.version = version,
			.suites = version == TLS1_3_VERSION ? ciphers[0].suite_1_3
							    : ciphers[0].suite_1_2};

		call_and_converse(&visit, CIPHER_AES_128_GCM, false);
		assert_int_equal(version == TLS1_3_VERSION ? visit.tickets : 0, 0);
		visit_free(&visit);
	}
	settle();
}

/* The request in one segment with the client's Finished: none of it may be lost in OpenSSL. */
static void request_together_with_finished(void **state)
{
	struct visit visit = {.name = "a.example", .version = TLS1_3_VERSION};
	struct handoff record;
	int worker, on = 1, off = 0;

	(void)state;
	if (!able)
		skip();
	visit_dial(&visit);
	assert_false(knock(&visit));
	setsockopt(visit.sockets[0], IPPROTO_TCP, TCP_CORK, &on, sizeof on);
	TURN_UNTIL(knock(&visit));
	client_writes(&visit, 30000);
	setsockopt(visit.sockets[0], IPPROTO_TCP, TCP_CORK, &off, sizeof off);
	worker = take(&record);
	assert_int_equal(record.path, PATH_KERNEL);
	blocking(worker);
	worker_expects(worker, 30000);
	close(worker);
	visit_free(&visit);
	settle();
}

/* Through a socket that TCP_ULP was attached to, but that never got keys. */
static void small_fragments_are_relayed(void **state)
{
	struct visit visit = {.name = "a.example",
		.version = TLS1_3_VERSION,
		.suites = ciphers[0].suite_1_3,
		.fragment = TLSEXT_max_fragment_length_1024};
	struct handoff record;
	size_t size = 0;
	int worker, n;

	(void)state;
	if (!able)
		skip();
	visit_dial(&visit);
	TURN_UNTIL(knock(&visit));
	worker = take(&record);
	assert_int_equal(record.path, PATH_RELAYED);
	assert_int_equal(record.cipher, CIPHER_AES_128_GCM);
	assert_int_equal(SSL_write(visit.ssl, pattern, 500), 500);
	TURN_UNTIL(recv(worker, received, sizeof received, MSG_PEEK) == 500);
	worker_expects(worker, 500);
	assert_int_equal(send(worker, pattern, 20000, 0), 20000);
	shutdown(worker, SHUT_WR);
	TURN_UNTIL((n = SSL_read(visit.ssl, received + size, (int)(sizeof received - size))) == 0 ||
		   (n > 0 && (size += (size_t)n) == 0));
	assert_int_equal(SSL_get_error(visit.ssl, n), SSL_ERROR_ZERO_RETURN);
	assert_int_equal(size, 20000);
	assert_memory_equal(received, pattern, size);
	close(worker);
	visit_free(&visit);
	settle();
}

/* A socket that TCP_ULP was attached to shows and gives its bytes as before, so that the header
 * goes and the ClientHello stays. */
static void proxy_header_through_an_attached_socket(void **state)
{
	static const char header[] = "PROXY TCP4 192.0.2.9 198.51.100.2 12345 443\r\n";
	const int length = sizeof header - 1;

	(void)state;
	if (!able)
		skip();
	/* In one piece with the ClientHello, cut in two, and byte by byte. */
	for (int piece = length; piece > 0; piece = piece == 1 ? 0 : piece > 30 ? 30 : 1) {
		struct visit visit = {.name = "a.example"};
		struct handoff record;
		int fd = dial_from(0x7f000107, 0), worker, on = 1, off = 0;

		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		visit_over(&visit, fd);
		for (int at = 0; at < length; at += piece) {
			int size = at + piece < length ? piece : length - at;

			if (at + size == length)
				setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
			assert_int_equal(send(fd, header + at, (size_t)size, 0), size);
			if (at + size < length)
				TURN_UNTIL(handshakes.open == 1);
			turn();
		}
		assert_false(knock(&visit));
		setsockopt(fd, IPPROTO_TCP, TCP_CORK, &off, sizeof off);
		TURN_UNTIL(knock(&visit));
		worker = take(&record);
		assert_int_equal(record.path, PATH_KERNEL);
		assert_int_equal(record.peer.port, 12345);
		assert_memory_equal(record.peer.bytes, "\xc0\x00\x02\x09", 4);
		converse(&visit, worker);
		close(worker);
		visit_free(&visit);
	}
	assert_true(count(COUNTER_PROXY_BAD) == 0);
	settle();
}

/* Half of a header does not keep us busy. */
static void half_a_proxy_header_is_quiet(void **state)
{
	int fd, turns = 0;
	int64_t end;

	(void)state;
	if (!able)
		skip();
	fd = dial_from(0x7f000107, 0);
	assert_int_equal(send(fd, "PROXY TCP4", 10, 0), 10);
	TURN_UNTIL(handshakes.open == 1);
	end = loop_clock() + 100;
	TURN_UNTIL(loop_clock() >= end);
	end = loop_clock() + 300;
	while (loop_clock() < end) {
		loop_turn(&loop, handshakes_deadline(&handshakes, end));
		handshakes_work(&handshakes);
		turns++;
	}
	assert_in_range(turns, 1, 4);
	assert_true(count(COUNTER_PROXY_BAD) == 0);
	close(fd);
	TURN_UNTIL(count(COUNTER_PROXY_BAD) == 1);
	settle();
}

/* ---- findings, on any kernel ---------------------------------------------------------------- */

static void what_is_wanted_and_what_there_is(void **state)
{
	struct kernel kernel = {.policy = KERNEL_PREFER};

	(void)state;
	assert_true(kernel_takes_any(&kernel));
	assert_true(kernel_takes(&kernel, TLS_1_2, CIPHER_AES_128_GCM));
	assert_false(kernel_takes(&kernel, TLS_1_2, CIPHER_OTHER));
	assert_false(kernel_takes(&kernel, TLS_NONE, CIPHER_AES_128_GCM));
	/* One direction does not do. */
	kernel.probe.receive[1][CIPHER_AES_256_GCM] = ENOENT;
	assert_false(kernel_takes(&kernel, TLS_1_3, CIPHER_AES_256_GCM));
	assert_true(kernel_takes(&kernel, TLS_1_2, CIPHER_AES_256_GCM));
	assert_true(kernel_permits(&kernel, TLS_1_3, CIPHER_AES_256_GCM));
	kernel.policy = KERNEL_REQUIRE;
	assert_false(kernel_permits(&kernel, TLS_1_3, CIPHER_AES_256_GCM));
	kernel.policy = KERNEL_NEVER;
	assert_false(kernel_takes_any(&kernel));
	assert_true(kernel_permits(&kernel, TLS_1_3, CIPHER_AES_256_GCM));
	kernel.policy = KERNEL_PREFER;
	kernel.error = ENETUNREACH;
	assert_false(kernel_takes_any(&kernel));
}

static void reports_say_which_and_why(void **state)
{
	struct kernel kernel = {.policy = KERNEL_REQUIRE};
	struct control message;

	(void)state;
	kernel.probe.send[0][CIPHER_CHACHA20_POLY1305] = ENOENT;
	kernel.probe.receive[1][CIPHER_AES_128_GCM] = EINVAL;
	message = kernel_report(&kernel);
	assert_int_equal(message.type, CONTROL_KERNEL);
	assert_int_equal(message.kernel.ulp, 0);
	assert_int_equal(message.kernel.tx[TLS_1_2][CIPHER_CHACHA20_POLY1305], ENOENT);
	assert_int_equal(message.kernel.rx[TLS_1_3][CIPHER_AES_128_GCM], EINVAL);
	assert_int_equal(message.kernel.rx[TLS_1_2][CIPHER_AES_128_GCM], 0);

	kernel.probe.attach = ENOENT;
	message = kernel_failure(&kernel);
	assert_int_equal(message.type, CONTROL_FAILED);
	assert_int_equal(message.code, EXIT_SYSTEM);
	assert_non_null(strstr(message.text, "tls.kernel"));
	assert_non_null(strstr(message.text, "modprobe tls"));

	kernel.error = ENETUNREACH;
	message = kernel_failure(&kernel);
	assert_non_null(strstr(message.text, "is the interface lo up?"));
	assert_int_equal(kernel_report(&kernel).kernel.ulp, ENETUNREACH);
}

static int set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof pattern; i++)
		pattern[i] = (uint8_t)(i * 2654435761U >> 11);
	site_make(&site);
	kernel_probe(&site.kernel, KERNEL_PREFER);
	able = kernel_takes_any(&site.kernel);
	site_open(&site);
	open_all(KERNEL_PREFER);
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
		cmocka_unit_test(what_is_wanted_and_what_there_is),
		cmocka_unit_test(reports_say_which_and_why),
		cmocka_unit_test(every_cipher_and_version),
		cmocka_unit_test(without_tickets),
		cmocka_unit_test(request_together_with_finished),
		cmocka_unit_test(small_fragments_are_relayed),
		cmocka_unit_test(proxy_header_through_an_attached_socket),
		cmocka_unit_test(half_a_proxy_header_is_quiet),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
