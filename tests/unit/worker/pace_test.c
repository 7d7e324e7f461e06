/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>

#include "pace.h"
#include "site.h"

#define WINDOW 1000 /* milliseconds; the site wants 1000 bytes per second */

static int pair[2];
static struct conn conn;

static int connect_pair(void **state)
{
	(void)state;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0)
		return -1;
	conn = (struct conn){.server = &site_server, .state = CONN_SEND, .source.fd = pair[0]};
	site_server.stall_limit = 3;
	site_server.loop.now = 5000;
	pace_begin(&conn);
	return 0;
}

static int close_pair(void **state)
{
	(void)state;
	close(pair[0]);
	return close(pair[1]);
}

static bool window_over(void)
{
	site_server.loop.now += WINDOW;
	return pace_judge(&conn);
}

static void give(size_t bytes)
{
	static const char zeros[65536];

	assert_int_equal(send(pair[0], zeros, bytes, 0), bytes);
	pace_add(&conn, bytes);
}

static void take(size_t bytes)
{
	static char trash[65536];

	assert_int_equal(recv(pair[1], trash, bytes, MSG_WAITALL), bytes);
}

static void test_fast_and_slow(void **state)
{
	(void)state;
	give(1000);
	take(1000);
	assert_true(window_over());
	assert_int_equal(conn.window_at, 6000);
	assert_int_equal(conn.window_sent, 0);
	give(999);
	take(999);
	assert_false(window_over());
}

/* What only went into the kernel does not count as taken. */
static void test_queue_is_not_taken(void **state)
{
	(void)state;
	give(20000);
	assert_true(window_over());
	assert_int_equal(conn.stalled, 1);
	assert_true(pace_queue(&conn) >= 20000);
	assert_true(window_over());
	take(20000);
	assert_true(window_over());
	assert_int_equal(conn.stalled, 0);
	assert_int_equal(pace_queue(&conn), 0);
}

/* Nothing at all is a stall, which may last for stall_limit windows. */
static void test_stall(void **state)
{
	(void)state;
	give(5000);
	assert_true(window_over());
	assert_true(window_over());
	assert_false(window_over());
}

/* Who has taken everything is not slow, however little there was. */
static void test_rest(void **state)
{
	(void)state;
	conn.state = CONN_LINGER;
	give(10);
	take(10);
	assert_true(window_over());
}

static void test_no_rate(void **state)
{
	(void)state;
	site_image.header.limits.min_rate = 0;
	give(1);
	take(1);
	assert_true(window_over());
	site_image.header.limits.min_rate = 1000;
}

static void test_saturates(void **state)
{
	(void)state;
	pace_add(&conn, UINT32_MAX - 1);
	pace_add(&conn, UINT64_MAX / 2);
	assert_int_equal(conn.window_sent, UINT32_MAX);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fast_and_slow, connect_pair, close_pair),
		cmocka_unit_test_setup_teardown(test_queue_is_not_taken, connect_pair, close_pair),
		cmocka_unit_test_setup_teardown(test_stall, connect_pair, close_pair),
		cmocka_unit_test_setup_teardown(test_rest, connect_pair, close_pair),
		cmocka_unit_test_setup_teardown(test_no_rate, connect_pair, close_pair),
		cmocka_unit_test_setup_teardown(test_saturates, connect_pair, close_pair),
	};

	return cmocka_run_group_tests(tests, site_open, site_close);
}
