/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "display.h"

static void expect_size(uint64_t bytes, const char *expected)
{
	char buffer[64];
	struct text text = text_over(buffer, sizeof(buffer));

	display_size(&text, bytes);
	assert_string_equal(text_string(&text), expected);
}

static void test_size(void **state)
{
	(void)state;
	expect_size(0, "0 B");
	expect_size(999, "999 B");
	expect_size(1000, "1.0 KB");
	expect_size(1049, "1.0 KB");
	expect_size(1050, "1.1 KB");
	expect_size(9949, "9.9 KB");
	expect_size(9950, "10 KB");
	expect_size(10499, "10 KB");
	expect_size(10500, "11 KB");
	expect_size(900000, "900 KB");
	expect_size(999499, "999 KB");
	expect_size(999500, "1.0 MB");
	expect_size(3400000, "3.4 MB");
	expect_size(999499999, "999 MB");
	expect_size(999500000, "1.0 GB");
	expect_size(12000000000, "12 GB");
	expect_size(UINT64_MAX, "18 EB");
}

static void expect_name(const char *name, const char *expected)
{
	char buffer[256];
	struct text text = text_over(buffer, sizeof(buffer));

	display_name(&text, name);
	assert_string_equal(text_string(&text), expected);
}

static void test_name(void **state)
{
	(void)state;
	expect_name("css/a b.css", "css/a b.css");
	expect_name("b\xc3\xbc"
		    "cher \xe6\x9c\xac \xf0\x9f\x93\x9a.txt",
		"b\xc3\xbc"
		"cher \xe6\x9c\xac \xf0\x9f\x93\x9a.txt");
	expect_name("a\nb\x1b[2J\x7f", "a\\x0ab\\x1b[2J\\x7f");
	expect_name("\xc2\x9b"
		    "31m",
		"\\xc2\\x9b31m"); /* CSI as one character */
	expect_name("\xc2\xa0", "\xc2\xa0");
	expect_name("a\xff\xc3", "a\\xff\\xc3");
	expect_name("\xed\xa0\x80", "\\xed\\xa0\\x80");
}

static void test_columns(void **state)
{
	(void)state;
	assert_int_equal(display_columns("abc", 3), 3);
	assert_int_equal(display_columns("b\xc3\xbc", 3), 2);
	assert_int_equal(display_columns("\xe6\x9c\xac", 3), 2);
	assert_int_equal(display_columns("\xf0\x9f\x93\x9a", 4), 2);
	assert_int_equal(display_columns("\xff\xff", 2), 2);
	assert_string_equal(display_tail("abcdef", 6, 3), "def");
	assert_string_equal(display_tail("abcdef", 6, 6), "abcdef");
	assert_string_equal(display_tail("abcdef", 6, 0), "");
	/* A wide character is not halved. */
	assert_string_equal(display_tail("\xe6\x9c\xac\xe6\x9c\xac", 6, 3), "\xe6\x9c\xac");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
