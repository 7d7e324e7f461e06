/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <unistd.h>

#include "record.h"

/* What needs no TLS in the kernel; the rest is tested in a guest that has it. */

static void test_receive(void **state)
{
	char bytes[16];
	size_t length = 0;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(record_receive(pair[0], PATH_RELAYED, bytes, sizeof bytes, &length),
		RECEIVED_NOTHING);
	assert_int_equal(send(pair[1], "hello", 5, 0), 5);
	assert_int_equal(record_receive(pair[0], PATH_RELAYED, bytes, 3, &length), RECEIVED_BYTES);
	assert_int_equal(length, 3);
	assert_int_equal(record_receive(pair[0], PATH_RELAYED, bytes, sizeof bytes, &length),
		RECEIVED_BYTES);
	assert_int_equal(length, 2);
	assert_memory_equal(bytes, "lo", 2);
	assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
	assert_int_equal(
		record_receive(pair[0], PATH_RELAYED, bytes, sizeof bytes, &length), RECEIVED_END);
	assert_int_equal(
		record_receive(-1, PATH_PLAIN, bytes, sizeof bytes, &length), RECEIVED_BROKEN);
	close(pair[0]);
	close(pair[1]);
}

/* A peer that is gone: an error, and no signal. */
static void test_close_notify_to_nobody(void **state)
{
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	close(pair[1]);
	assert_int_equal(record_close_notify(pair[0]), -1);
	close(pair[0]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_receive),
		cmocka_unit_test(test_close_notify_to_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
