/* SPDX-License-Identifier: ISC */

/* From the listening socket to the handoff: admission, clocks, and what workers are told. */

#include "house.h"

#define SHORT 300 /* ms, a timeout to be waited for */

static void workers_are_told_everything(void **state)
{
	struct site_client client = site_client(0);
	struct visit visit = {.name = "b.example",
		.version = TLS1_3_VERSION,
		.suites = "TLS_AES_256_GCM_SHA384",
		.client = &client};
	struct sockaddr_in own;
	socklen_t length = sizeof own;
	struct handoff record;
	uint8_t digest[DIGEST_SIZE];
	unsigned size;
	int worker;

	(void)state;
	visit_dial(&visit);
	TURN_UNTIL(knock(&visit));
	worker = take(&record);
	getsockname(visit.sockets[0], (struct sockaddr *)&own, &length);
	assert_int_equal(record.generation, 5);
	assert_int_equal(record.listener, 0);
	assert_int_equal(record.vhost, 1);
	assert_int_equal(record.protocol, PROTOCOL_HTTPS);
	assert_int_equal(record.path, PATH_RELAYED);
	assert_int_equal(record.version, TLS_1_3);
	assert_int_equal(record.cipher, CIPHER_AES_256_GCM);
	assert_int_equal(record.resumed, 0);
	assert_int_equal(record.named, 1);
	assert_int_equal(record.identified, 1);
	X509_digest(client.leaf, EVP_sha256(), digest, &size);
	assert_memory_equal(record.digest, digest, DIGEST_SIZE);
	assert_true(record.not_before == 1000000000 && record.not_after == 4000000000);
	assert_in_range(record.handshake_us, 100, 5000000);
	assert_int_equal(record.peer.family, 4);
	assert_int_equal(record.peer.port, ntohs(own.sin_port));
	assert_int_equal(record.local.port, ports[0]);
	assert_memory_equal(record.local.bytes, "\x7f\x00\x00\x01", 4);
	assert_true(count(COUNTER_HANDSHAKES_FULL) == 1);
	assert_true(count(COUNTER_HANDSHAKES_OPEN) == 0);
	assert_true(count(COUNTER_RELAYED_OPEN) == 1);
	close(worker);
	visit_free(&visit);
	site_client_free(&client);
	settle();
}

static void resumption_is_told_and_nothing_made_up(void **state)
{
	struct visit first = {.name = "a.example", .version = TLS1_2_VERSION}, second = first;
	struct handoff record;

	(void)state;
	visit_dial(&first);
	TURN_UNTIL(knock(&first));
	close(take(&record));
	assert_int_equal(record.identified, 0);
	assert_int_equal(record.version, TLS_1_2);
	second.session = first.ticket;
	visit_dial(&second);
	TURN_UNTIL(knock(&second));
	close(take(&record));
	assert_int_equal(record.resumed, 1);
	assert_true(count(COUNTER_HANDSHAKES_RESUMED) == 1);
	visit_free(&second);
	visit_free(&first);
	settle();
}

static void refusals_reach_the_client(void **state)
{
	struct visit unknown = {.name = "e.example"},
		     foreign = {.name = "a.example", .alpn = "\x02h2"};

	(void)state;
	visit_dial(&unknown);
	TURN_UNTIL(knock(&unknown) || unknown.alert != 0);
	assert_int_equal(unknown.alert, SSL_AD_UNRECOGNIZED_NAME);
	visit_dial(&foreign);
	TURN_UNTIL(knock(&foreign) || foreign.alert != 0);
	assert_int_equal(foreign.alert, SSL_AD_NO_APPLICATION_PROTOCOL);
	assert_true(count(COUNTER_HANDSHAKES_FAILED) == 2);
	visit_free(&unknown);
	visit_free(&foreign);
	settle();
}

static void nonsense_fails(void **state)
{
	int http = dial(0), left = dial(1);

	(void)state;
	assert_int_equal(send(http, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", 36, 0), 36);
	close(left);
	TURN_UNTIL(count(COUNTER_HANDSHAKES_FAILED) == 2);
	TURN_UNTIL(gone(http));
	close(http);
	settle();
}

/* Bytes that complete no flight do not buy time. */
static void silence_and_dripping_time_out(void **state)
{
	static const char hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
	int silent = dial(0), dripping = dial(0);
	int64_t began = loop_clock();
	size_t sent = 0;

	(void)state;
	handshakes.waiting.length = SHORT;
	while (count(COUNTER_HANDSHAKES_TIMEOUT) < 2) {
		assert_true(loop_clock() < began + 20000);
		if (sent < sizeof hello - 1 && loop_clock() > began + 20 * (int64_t)sent)
			sent += (size_t)send(dripping, hello + sent, 1, MSG_NOSIGNAL);
		turn();
	}
	assert_true(loop_clock() - began >= SHORT);
	assert_true(sent > 3);
	assert_true(gone(silent) && gone(dripping));
	close(silent);
	close(dripping);
	settle();
}

/* Each flight has its own time. */
static void the_clock_starts_anew_with_our_flight(void **state)
{
	struct visit visit = {.name = "a.example", .version = TLS1_3_VERSION};
	struct handoff record;
	int64_t wait;

	(void)state;
	handshakes.waiting.length = 1500;
	visit_dial(&visit);
	TURN_UNTIL(handshakes.open == 1);
	wait = loop_clock() + 1000;
	TURN_UNTIL(loop_clock() >= wait);
	assert_false(knock(&visit));
	wait = loop_clock() + 1000;
	TURN_UNTIL(loop_clock() >= wait);
	TURN_UNTIL(knock(&visit));
	close(take(&record));
	assert_true(count(COUNTER_HANDSHAKES_TIMEOUT) == 0);
	visit_free(&visit);
	settle();
}

/* We were busy elsewhere while its answer lay in the socket: that is not the client's fault. */
static void what_has_come_in_time_counts(void **state)
{
	struct visit visit = {.name = "a.example", .version = TLS1_3_VERSION};
	struct handoff record;

	(void)state;
	handshakes.waiting.length = SHORT;
	visit_dial(&visit);
	TURN_UNTIL(handshakes.open == 1);
	assert_false(knock(&visit));
	usleep((SHORT + 50) * 1000);
	handshakes.waiting.length = TIMEOUT;
	TURN_UNTIL(knock(&visit));
	close(take(&record));
	assert_true(count(COUNTER_HANDSHAKES_TIMEOUT) == 0);
	visit_free(&visit);
	settle();
}

static void at_the_limit_the_one_that_waited_longest_gives_way(void **state)
{
	uint32_t limit = site.image.header->limits.handshakes;
	struct visit visit = {.name = "a.example"};
	struct handoff record;
	int idle[64];
	int64_t began;

	(void)state;
	assert_true(limit < 60);
	for (uint32_t i = 0; i < limit; i++) {
		idle[i] = dial(0);
		TURN_UNTIL(handshakes.open == i + 1);
	}
	began = loop_clock();
	visit_dial(&visit);
	TURN_UNTIL(knock(&visit));
	/* Not at once: honest clients need a moment too. */
	assert_true(loop_clock() - began >= 900);
	close(take(&record));
	assert_true(count(COUNTER_HANDSHAKES_ABANDONED) == 1);
	assert_true(count(COUNTER_LIMIT_HANDSHAKES) == 1);
	assert_true(gone(idle[0]));
	for (uint32_t i = 1; i < limit; i++)
		assert_false(gone(idle[i]));
	for (uint32_t i = 0; i < limit; i++)
		close(idle[i]);
	visit_free(&visit);
	settle();
}

/* Below 90 % it listens again; at the limit it does not spin. */
static void a_full_house_is_quiet(void **state)
{
	uint32_t limit = site.image.header->limits.handshakes;
	int idle[64], waiting;
	int turns = 0;
	int64_t end;

	(void)state;
	for (uint32_t i = 0; i < limit; i++)
		idle[i] = dial(0);
	TURN_UNTIL(handshakes.open == limit);
	waiting = dial(0);
	turn();
	turn();
	end = loop_clock() + 200;
	while (loop_clock() < end) {
		loop_turn(&loop, acceptor_deadline(&acceptor, end));
		handshakes_work(&handshakes);
		acceptor_work(&acceptor);
		turns++;
	}
	assert_in_range(turns, 1, 4);
	assert_int_equal(handshakes.open, limit);
	close(idle[0]);
	TURN_UNTIL(handshakes.open == limit);
	assert_true(count(COUNTER_HANDSHAKES_ABANDONED) == 0);
	for (uint32_t i = 1; i < limit; i++)
		close(idle[i]);
	close(waiting);
	settle();
}

/* The queue is full: nobody new, and nobody lost. */
static void slow_workers_stop_the_accepting(void **state)
{
	struct visit visits[4];
	struct handoff filler, record;
	int pair[2], fillers = 0, late, fds[4];

	(void)state;
	memset(&filler, 0, sizeof filler);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	while (handoff_send(queue[1], &filler, pair[0]) == 0)
		fillers++;
	assert_int_equal(errno, EAGAIN);
	for (int i = 0; i < 4; i++) {
		visits[i] = (struct visit){.name = "a.example"};
		visit_dial(&visits[i]);
	}
	TURN_UNTIL(
		(knock(&visits[0]) & knock(&visits[1]) & knock(&visits[2]) & knock(&visits[3])) &&
		handshakes.queues[HANDSHAKE_PACKED].first != NULL);
	late = dial(0);
	for (int i = 0; i < 50; i++)
		turn();
	assert_int_equal(handshakes.open, 4);
	assert_false(acceptor.listening);
	for (int i = 0; i < fillers; i++) {
		char bytes[sizeof filler];

		assert_int_equal(recv(queue[0], bytes, sizeof bytes, 0), sizeof bytes);
	}
	for (int i = 0; i < 4; i++)
		fds[i] = take(&record);
	TURN_UNTIL(acceptor.listening && handshakes.open == 1);
	assert_true(count(COUNTER_HANDSHAKES_FULL) == 4);
	for (int i = 0; i < 4; i++) {
		close(fds[i]);
		visit_free(&visits[i]);
	}
	close(late);
	close(pair[0]);
	close(pair[1]);
	settle();
}

static void without_workers_clients_are_let_go(void **state)
{
	struct visit visit = {.name = "a.example"};
	int closed[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, closed), 0);
	close(closed[0]);
	transfer.channel = closed[1];
	visit_dial(&visit);
	TURN_UNTIL(knock(&visit));
	TURN_UNTIL(handshakes.open == 0 && relays.open == 0);
	TURN_UNTIL(gone(visit.sockets[0]));
	close(closed[1]);
	transfer.channel = queue[1];
	visit_free(&visit);
	settle();
}

static void over_the_limit_of_relays_is_closed(void **state)
{
	struct visit visits[5];
	struct handoff record;
	int fds[4];

	(void)state;
	for (int i = 0; i < 5; i++) {
		visits[i] = (struct visit){.name = "a.example"};
		visit_dial(&visits[i]);
		TURN_UNTIL(knock(&visits[i]));
		if (i < 4)
			fds[i] = take(&record);
	}
	TURN_UNTIL(count(COUNTER_LIMIT_RELAYED) == 1);
	TURN_UNTIL(handshakes.open == 0);
	assert_int_equal(relays.open, 4);
	for (int i = 0; i < 5; i++) {
		if (i < 4)
			close(fds[i]);
		visit_free(&visits[i]);
	}
	settle();
}

static void nothing_is_accepted_after_the_end(void **state)
{
	struct visit last = {.name = "a.example"};
	struct handoff record;
	int refused;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};

	(void)state;
	visit_dial(&last);
	TURN_UNTIL(handshakes.open == 1);
	acceptor_close(&acceptor);
	/* What was begun is finished. */
	TURN_UNTIL(knock(&last));
	close(take(&record));
	address.sin_port = htons(ports[0]);
	refused = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(refused, (struct sockaddr *)&address, sizeof address), -1);
	assert_int_equal(errno, ECONNREFUSED);
	close(refused);
	visit_free(&last);
	close_all();
	open_all(KERNEL_NEVER);
}

/* A kernel that said it could, and then does not take the keys: these sockets are not attached. */
static void required_but_refused_is_closed_and_counted(void **state)
{
	struct visit visit = {.name = "a.example"};

	(void)state;
	site.kernel.policy = KERNEL_REQUIRE;
	visit_dial(&visit);
	TURN_UNTIL(knock(&visit));
	TURN_UNTIL(gone(visit.sockets[0]) && count(COUNTER_RELAY_REFUSED) == 1);
	assert_int_equal(relays.open, 0);
	site.kernel.policy = KERNEL_NEVER;
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
		cmocka_unit_test(workers_are_told_everything),
		cmocka_unit_test(resumption_is_told_and_nothing_made_up),
		cmocka_unit_test(refusals_reach_the_client),
		cmocka_unit_test(nonsense_fails),
		cmocka_unit_test(silence_and_dripping_time_out),
		cmocka_unit_test(the_clock_starts_anew_with_our_flight),
		cmocka_unit_test(what_has_come_in_time_counts),
		cmocka_unit_test(at_the_limit_the_one_that_waited_longest_gives_way),
		cmocka_unit_test(a_full_house_is_quiet),
		cmocka_unit_test(slow_workers_stop_the_accepting),
		cmocka_unit_test(without_workers_clients_are_let_go),
		cmocka_unit_test(over_the_limit_of_relays_is_closed),
		cmocka_unit_test(required_but_refused_is_closed_and_counted),
		cmocka_unit_test(nothing_is_accepted_after_the_end),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
