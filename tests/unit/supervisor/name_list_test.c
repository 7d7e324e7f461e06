/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "name_list.h"

static void expect(const char *list, uint32_t count, size_t width, const char *words)
{
	char text[NAME_LIST];

	assert_string_equal(name_list_shorten(list, count, width, text), words);
}

static void test_shorten(void **state)
{
	char longest[254];

	(void)state;
	expect("", 0, 20, "");
	expect("a.example", 1, 20, "a.example");
	expect("a.example", 1, 3, "a.example");
	expect("a.example, b.example", 2, 20, "a.example, b.example");
	expect("a.example, b.example", 2, 19, "a.example and 1 more");
	/* What is last needs no room for what follows. */
	expect("a, b, c", 3, 7, "a, b, c");
	expect("a, b, c, d, e, f, g", 7, 14, "a and 6 more");
	expect("a, b, c, d, e, f, g", 7, 15, "a, b and 5 more");
	/* Of some that the list has no room for only the number is known. */
	expect("a, b", 40, 60, "a, b and 38 more");
	memset(longest, 'n', 253);
	longest[253] = '\0';
	expect(longest, 1, 20, longest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shorten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
