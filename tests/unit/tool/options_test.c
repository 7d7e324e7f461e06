/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "options.h"

enum {
	DIR,
	DAYS,
	QUIET,
	COUNT
};

static const struct option_row rows[COUNT] = {
	[DIR] = {"output", "DIR", 'o'},
	[DAYS] = {"days", "N", 0},
	[QUIET] = {"quiet", NULL, 'q'},
};

#define LINE(...) ((char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static struct options over(char *const *arguments)
{
	return options_over(rows, COUNT, arguments);
}

static void expect(struct options *options, int option, const char *value)
{
	const char *got = "not set";

	assert_int_equal(options_next(options, &got), option);
	if (value)
		assert_string_equal(got, value);
	else
		assert_null(got);
}

static void expect_wrong(char *const *arguments, const char *message)
{
	struct options options = over(arguments);

	expect(&options, OPTIONS_WRONG, NULL);
	assert_string_equal(options.message, message);
}

static void test_every_form(void **state)
{
	struct options options = over(LINE("--output=a", "--output", "b", "-o", "c", "-od", "-qoe",
		"--quiet", "--days=", "-", "--output=x=y"));

	(void)state;
	expect(&options, DIR, "a");
	expect(&options, DIR, "b");
	expect(&options, DIR, "c");
	expect(&options, DIR, "d");
	expect(&options, QUIET, NULL);
	expect(&options, DIR, "e");
	expect(&options, QUIET, NULL);
	expect(&options, DAYS, "");
	expect(&options, OPTIONS_OPERAND, "-");
	expect(&options, DIR, "x=y");
	expect(&options, OPTIONS_END, NULL);
	expect(&options, OPTIONS_END, NULL);
}

static void test_operands_between_and_after(void **state)
{
	struct options options = over(LINE("one", "-q", "two", "--", "-q", "--", "--days"));

	(void)state;
	expect(&options, OPTIONS_OPERAND, "one");
	expect(&options, QUIET, NULL);
	expect(&options, OPTIONS_OPERAND, "two");
	expect(&options, OPTIONS_OPERAND, "-q");
	expect(&options, OPTIONS_OPERAND, "--");
	expect(&options, OPTIONS_OPERAND, "--days");
	expect(&options, OPTIONS_END, NULL);

	options = over(LINE("--"));
	expect(&options, OPTIONS_END, NULL);
	options = over(LINE());
	expect(&options, OPTIONS_END, NULL);
}

/* A value may look like an option: it was asked for. */
static void test_value_with_dashes(void **state)
{
	struct options options = over(LINE("--output", "-q", "-o", "--"));

	(void)state;
	expect(&options, DIR, "-q");
	expect(&options, DIR, "--");
	expect(&options, OPTIONS_END, NULL);
}

static void test_wrong(void **state)
{
	(void)state;
	expect_wrong(LINE("--dayz=3"), "unknown option \"--dayz\"; did you mean \"--days\"?");
	expect_wrong(LINE("--oputut"), "unknown option \"--oputut\"; did you mean \"--output\"?");
	expect_wrong(LINE("--out"), "unknown option \"--out\"");
	expect_wrong(LINE("--xylophone"), "unknown option \"--xylophone\"");
	expect_wrong(LINE("-x"), "unknown option \"-x\"");
	expect_wrong(LINE("--quiet=yes"), "--quiet takes no value");
	expect_wrong(LINE("--days"), "--days wants N");
	expect_wrong(LINE("-o"), "-o wants DIR");
	expect_wrong(LINE("--=3"), "unknown option \"--\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_form),
		cmocka_unit_test(test_operands_between_and_after),
		cmocka_unit_test(test_value_with_dashes),
		cmocka_unit_test(test_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
