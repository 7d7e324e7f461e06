/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "seen.h"

static void test_bytes(void **state)
{
	struct arena arena = {0};
	struct seen seen = {.arena = &arena};
	char bytes[] = "a\0b";
	uint32_t number = 7;

	(void)state;
	assert_true(seen_add(&seen, bytes, 3, &number));
	assert_int_equal(number, 7);
	/* Bytes are copied, and compared with their NULs and their length. */
	memset(bytes, 'x', 3);
	number = 8;
	assert_true(seen_add(&seen, "a\0c", 3, &number));
	number = 9;
	assert_true(seen_add(&seen, "a\0", 2, &number));
	number = 10;
	assert_true(seen_add(&seen, "", 0, &number));
	number = 11;
	assert_false(seen_add(&seen, "a\0b", 3, &number));
	assert_int_equal(number, 7);
	assert_false(seen_add(&seen, "", 0, &number));
	assert_int_equal(number, 10);
	arena_free(&arena);
}

static void test_many(void **state)
{
	struct arena arena = {0};
	struct seen seen = {.arena = &arena};

	(void)state;
	for (uint32_t i = 0; i < 20000; i++) {
		uint32_t number = i, half = i / 2;

		assert_int_equal(seen_add(&seen, &half, sizeof half, &number), i % 2 == 0);
		assert_int_equal(number, i - i % 2);
	}
	assert_int_equal(seen.count, 10000);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
