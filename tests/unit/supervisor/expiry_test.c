/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expiry.h"

#define NOW  INT64_C(1800000000) /* 2027-01-15T08:00:00Z */
#define HOUR INT64_C(3600)
#define PAST (NOW - 400 * EXPIRY_DAY)

static enum expiry left(int64_t seconds)
{
	return expiry_of(NOW, PAST, NOW + seconds);
}

static void test_limits(void **state)
{
	(void)state;
	assert_int_equal(left(14 * EXPIRY_DAY + HOUR), EXPIRY_FAR);
	assert_int_equal(left(14 * EXPIRY_DAY), EXPIRY_FAR);
	assert_int_equal(left(14 * EXPIRY_DAY - 1), EXPIRY_SOON);
	assert_int_equal(left(13 * EXPIRY_DAY + 23 * HOUR), EXPIRY_SOON);
	/* The last second is one of its life. */
	assert_int_equal(left(0), EXPIRY_SOON);
	assert_int_equal(left(-1), EXPIRY_OVER);
	assert_int_equal(expiry_of(NOW, NOW, NOW + 100 * EXPIRY_DAY), EXPIRY_FAR);
	assert_int_equal(expiry_of(NOW, NOW + 1, NOW + 100 * EXPIRY_DAY), EXPIRY_EARLY);
	/* Dates that could not be read. */
	assert_int_equal(expiry_of(NOW, INT64_MAX, INT64_MIN), EXPIRY_OVER);
	assert_int_equal(expiry_of(NOW, INT64_MIN, INT64_MAX), EXPIRY_FAR);
}

static void expect(int64_t seconds, const char *words, const char *cell)
{
	char text[EXPIRY_WORDS];

	assert_string_equal(expiry_words(NOW, PAST, NOW + seconds, text), words);
	assert_string_equal(expiry_cell(NOW, PAST, NOW + seconds, text), cell);
}

static void test_words(void **state)
{
	char text[EXPIRY_WORDS];

	(void)state;
	expect(14 * EXPIRY_DAY + HOUR, "expires on 2027-01-29", "until 2027-01-29");
	expect(13 * EXPIRY_DAY + 23 * HOUR, "expires in 13 days, on 2027-01-29",
		"expires in 13 days");
	expect(2 * EXPIRY_DAY - 1, "expires in 1 day, on 2027-01-17", "expires in 1 day");
	expect(EXPIRY_DAY - 1, "expires in 23 hours, on 2027-01-16", "expires in 23 hours");
	expect(HOUR, "expires in 1 hour, on 2027-01-15", "expires in 1 hour");
	expect(HOUR - 1, "expires within the hour, on 2027-01-15", "expires within the hour");
	expect(-1, "expired on 2027-01-15", "EXPIRED 2027-01-15");
	expect(INT64_C(400000000000), "expires on 9999-12-31", "until 9999-12-31");
	assert_string_equal(expiry_words(NOW, NOW + 86400, NOW + 9 * EXPIRY_DAY, text),
		"is not valid before 2027-01-16");
	assert_string_equal(expiry_cell(NOW, NOW + 86400, NOW + 9 * EXPIRY_DAY, text),
		"NOT VALID before 2027-01-16");
}

static void test_once_a_day(void **state)
{
	int64_t said = 0;

	(void)state;
	assert_true(expiry_is_due(NOW, &said));
	assert_int_equal(said, NOW);
	assert_false(expiry_is_due(NOW, &said));
	assert_false(expiry_is_due(NOW + EXPIRY_DAY - 1, &said));
	assert_int_equal(said, NOW);
	assert_true(expiry_is_due(NOW + EXPIRY_DAY, &said));
	assert_false(expiry_is_due(NOW + EXPIRY_DAY + 1, &said));
	/* A clock that is set: back a little is no new day; back a year must not make it silent for
	 * one. */
	assert_false(expiry_is_due(NOW + 1, &said));
	assert_true(expiry_is_due(NOW - 365 * EXPIRY_DAY, &said));
	assert_false(expiry_is_due(NOW - 365 * EXPIRY_DAY + 1, &said));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_once_a_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
