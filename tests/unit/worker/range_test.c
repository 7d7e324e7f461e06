/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "range.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define HUGE_NUMBER  "99999999999999999999999999"
#define INT64_TEXT   "9223372036854775807"

#define IGNORED       "ignored"
#define UNSATISFIABLE "unsatisfiable"

struct row {
	const char *value;
	int64_t size;
	const char *expected; /* "0-9 20-29", or one of the two above */
};

/* Parse a copy that ends where its memory does, so that a sanitizer sees a read beyond it. */
static enum ranges parse(const char *value, int64_t size, uint32_t limit,
	struct range ranges[static RANGES_MAX], uint32_t *count)
{
	size_t length = strlen(value);
	char *copy = malloc(length > 0 ? length : 1);
	enum ranges result;

	memcpy(copy, value, length);
	result = range_parse((struct span){copy, length}, size, limit, ranges, count);
	free(copy);
	return result;
}

static void check_one(const struct row *row, uint32_t limit)
{
	struct range ranges[RANGES_MAX];
	char got[RANGES_MAX * 42 + 1] = "";
	uint32_t count = 99;
	enum ranges result = parse(row->value, row->size, limit, ranges, &count);

	if (result == RANGES_GOOD)
		assert_in_range(count, 1, limit);
	else
		assert_int_equal(count, 0);
	for (uint32_t i = 0; i < count; i++)
		sprintf(got + strlen(got), i > 0 ? " %jd-%jd" : "%jd-%jd",
			(intmax_t)ranges[i].first, (intmax_t)ranges[i].last);
	if (result != RANGES_GOOD)
		strcpy(got, result == RANGES_IGNORED ? IGNORED : UNSATISFIABLE);
	if (strcmp(got, row->expected) != 0)
		fail_msg("%s of %jd: %s, not %s", row->value, (intmax_t)row->size, got,
			row->expected);
}

static void check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_one(&rows[i], RANGES_MAX);
}

/* RFC 9110 §14.1.2 */
static void test_one(void **state)
{
	static const struct row rows[] = {
		{"bytes=0-499", 10000, "0-499"},
		{"bytes=500-999", 10000, "500-999"},
		{"bytes=-500", 10000, "9500-9999"},
		{"bytes=9500-", 10000, "9500-9999"},
		{"bytes=0-0", 10000, "0-0"},
		{"bytes=9999-9999", 10000, "9999-9999"},
		{"bytes=9999-", 10000, "9999-9999"},
		{"bytes=-1", 10000, "9999-9999"},
		{"bytes=0-", 10000, "0-9999"},
		{"bytes=0-9999", 10000, "0-9999"},
		{"bytes=0-10000", 10000, "0-9999"},
		{"bytes=9990-20000", 10000, "9990-9999"},
		{"bytes=-10000", 10000, "0-9999"},
		{"bytes=-9999", 10000, "1-9999"},
		{"bytes=-10001", 10000, "0-9999"},
		{"bytes=-20000", 10000, "0-9999"},
		{"bytes=0-", 1, "0-0"},
		{"bytes=-1", 1, "0-0"},
		{"bytes=0000-0009", 100, "0-9"},
		{"bytes=-0005", 100, "95-99"},
		/* the unit in any case (§14.1) */
		{"Bytes=0-9", 100, "0-9"},
		{"BYTES=0-9", 100, "0-9"},
	};

	(void)state;
	check(rows, COUNT(rows));
}

static void test_huge(void **state)
{
	static const struct row rows[] = {
		{"bytes=10-" HUGE_NUMBER, 100, "10-99"},
		{"bytes=-" HUGE_NUMBER, 100, "0-99"},
		{"bytes=" HUGE_NUMBER "-", 100, UNSATISFIABLE},
		{"bytes=" HUGE_NUMBER "-" HUGE_NUMBER, 100, UNSATISFIABLE},
		{"bytes=" HUGE_NUMBER "-9", 100, IGNORED},
		{"bytes=" INT64_TEXT "-", 100, UNSATISFIABLE},
		{"bytes=0-" INT64_TEXT, 100, "0-99"},
		{"bytes=-" INT64_TEXT, 100, "0-99"},
		{"bytes=0-9223372036854775808", 100, "0-99"},
		{"bytes=0-18446744073709551616", 100, "0-99"},
		{"bytes=0-18446744073709551626", 100, "0-99"}, /* 2^64 + 10 */
		{"bytes=18446744073709551616-", 100, UNSATISFIABLE},
		{"bytes=0-" INT64_TEXT, INT64_MAX, "0-9223372036854775806"},
		{"bytes=9223372036854775806-", INT64_MAX,
			"9223372036854775806-9223372036854775806"},
		{"bytes=-" INT64_TEXT, INT64_MAX, "0-9223372036854775806"},
		{"bytes=" INT64_TEXT "-", INT64_MAX, UNSATISFIABLE},
		{"bytes=" HUGE_NUMBER "-", INT64_MAX, UNSATISFIABLE},
		{"bytes=0-,5-", INT64_MAX, "0-9223372036854775806"},
	};

	(void)state;
	check(rows, COUNT(rows));
}

/* RFC 9110 §14.1.1, §15.5.17 */
static void test_unsatisfiable(void **state)
{
	static const struct row rows[] = {
		{"bytes=100-", 100, UNSATISFIABLE},
		{"bytes=100-100", 100, UNSATISFIABLE},
		{"bytes=200-300", 100, UNSATISFIABLE},
		{"bytes=-0", 100, UNSATISFIABLE},
		{"bytes=-000", 100, UNSATISFIABLE},
		{"bytes=200-,100-101,-0", 100, UNSATISFIABLE},
		/* the others hold */
		{"bytes=200-,0-9", 100, "0-9"},
		{"bytes=0-9,-0", 100, "0-9"},
		{"bytes=-0,100-,99-", 100, "99-99"},
		{"bytes=0-9,100-,20-29", 100, "0-9 20-29"},
		/* §14.1.2: of nothing, only the last bytes can be had; no 206 says which */
		{"bytes=0-", 0, UNSATISFIABLE},
		{"bytes=0-0", 0, UNSATISFIABLE},
		{"bytes=-0", 0, UNSATISFIABLE},
		{"bytes=-1", 0, IGNORED},
		{"bytes=-5", 0, IGNORED},
		{"bytes=0-,-5", 0, IGNORED},
	};

	(void)state;
	check(rows, COUNT(rows));
}

static void test_ignored(void **state)
{
	static const struct row rows[] = {
		{"", 100, IGNORED},
		{"bytes", 100, IGNORED},
		{"bytes=", 100, IGNORED},
		{"bytes=,", 100, IGNORED},
		{"bytes= , ,", 100, IGNORED},
		{"bytes=-", 100, IGNORED},
		{"bytes=5", 100, IGNORED},
		{"bytes=a", 100, IGNORED},
		{"bytes=a-b", 100, IGNORED},
		{"bytes=0-b", 100, IGNORED},
		{"bytes=a-9", 100, IGNORED},
		{"bytes=-a", 100, IGNORED},
		{"bytes=--9", 100, IGNORED},
		{"bytes=0--9", 100, IGNORED},
		{"bytes=0-5-9", 100, IGNORED},
		{"bytes=+0-9", 100, IGNORED},
		{"bytes=0-+9", 100, IGNORED},
		{"bytes=0x0-9", 100, IGNORED},
		{"bytes=0.0-9", 100, IGNORED},
		{"bytes=0 - 9", 100, IGNORED},
		{"bytes=0 -9", 100, IGNORED},
		{"bytes=0- 9", 100, IGNORED},
		{"bytes=- 9", 100, IGNORED},
		{"bytes=0-9 20-29", 100, IGNORED},
		{"bytes=0-9;20-29", 100, IGNORED},
		{"bytes=\"0-9\"", 100, IGNORED},
		{"bytes=*", 100, IGNORED},
		{"bytes=0-9/100", 100, IGNORED},
		/* §14.1.1: an end before the beginning spoils all */
		{"bytes=5-2", 100, IGNORED},
		{"bytes=1-0", 100, IGNORED},
		{"bytes=0-9,29-20", 100, IGNORED},
		{"bytes=200-100", 100, IGNORED},
		{"bytes=0-9,a,20-29", 100, IGNORED},
		{"bytes=0-9,20", 100, IGNORED},
		/* §14.2: another unit, or none */
		{"lines=0-9", 100, IGNORED},
		{"byte=0-9", 100, IGNORED},
		{"bytess=0-9", 100, IGNORED},
		{"0-9", 100, IGNORED},
		{"=0-9", 100, IGNORED},
		{"bytes 0-9", 100, IGNORED},
		{"bytes =0-9", 100, IGNORED},
		{"bytes:0-9", 100, IGNORED},
		{"bytes==0-9", 100, IGNORED},
		{"bytes=0-9, bytes=20-29", 100, IGNORED},
	};
	struct range ranges[RANGES_MAX];
	uint32_t count = 99;

	(void)state;
	check(rows, COUNT(rows));
	assert_int_equal(range_parse((struct span){NULL, 0}, 100, RANGES_MAX, ranges, &count),
		RANGES_IGNORED);
	assert_int_equal(count, 0);
}

/* RFC 9110 §5.6.1 */
static void test_list(void **state)
{
	static const struct row rows[] = {
		{"bytes=0-9,20-29", 100, "0-9 20-29"},
		{"bytes=0-9, 20-29", 100, "0-9 20-29"},
		{"bytes=0-9 ,\t20-29 , 40-", 100, "0-9 20-29 40-99"},
		{"bytes=,0-9,,20-29,", 100, "0-9 20-29"},
		{"bytes=, ,\t, 0-9", 100, "0-9"},
		{"bytes=0-9 ", 100, "0-9"},
		{"bytes=0-9 , ", 100, "0-9"},
		{"bytes= 0-9", 100, "0-9"},
		/* in the client's order (§15.3.7.2) */
		{"bytes=50-59,0-9,30-39", 100, "50-59 0-9 30-39"},
		{"bytes=-10,0-9", 100, "90-99 0-9"},
	};

	(void)state;
	check(rows, COUNT(rows));
}

static void test_coalesced(void **state)
{
	static const struct row rows[] = {
		{"bytes=0-49,25-74", 100, "0-74"},
		{"bytes=25-74,0-49", 100, "0-74"},
		{"bytes=0-49,50-74", 100, "0-74"}, /* they touch */
		{"bytes=50-74,0-49", 100, "0-74"},
		{"bytes=0-48,50-74", 100, "0-48 50-74"}, /* they do not */
		{"bytes=50-74,0-48", 100, "50-74 0-48"},
		{"bytes=10-19,0-99", 100, "0-99"},
		{"bytes=0-99,10-19", 100, "0-99"},
		{"bytes=0-99,10-19,50-59", 100, "0-99"},
		{"bytes=0-9,0-9,0-9", 100, "0-9"},
		{"bytes=-10,-20", 100, "80-99"},
		{"bytes=90-,-10", 100, "90-99"},
		{"bytes=0-,1-,2-,3-", 100, "0-99"},
		{"bytes=50-59,0-9,5-14", 100, "0-14 50-59"},
		{"bytes=50-59,0-9,10-19", 100, "0-19 50-59"},
		{"bytes=80-89,60-69,40-49,20-29,0-9,65-84", 100, "0-9 20-29 40-49 60-89"},
		{"bytes=0-9,40-49,20-29,10-19,30-39", 100, "0-49"},
		{"bytes=0-0,2-2,1-1", 3, "0-2"},
		/* what is not there touches nothing */
		{"bytes=90-99,100-109,0-9", 100, "90-99 0-9"},
	};

	(void)state;
	check(rows, COUNT(rows));
}

/* "bytes=0-0,2-2,…" of so many ranges */
static const char *many(unsigned count)
{
	static char value[1024];
	size_t at = (size_t)sprintf(value, "bytes=");

	for (unsigned i = 0; i < count; i++)
		at += (size_t)sprintf(value + at, "%s%u-%u", i > 0 ? "," : "", 2 * i, 2 * i);
	return value;
}

static void test_limit(void **state)
{
	struct range ranges[RANGES_MAX + 1];
	uint32_t count;

	(void)state;
	for (uint32_t limit = 1; limit <= RANGES_MAX; limit++) {
		ranges[limit].first = -1;
		assert_int_equal(parse(many(limit), 1000, limit, ranges, &count), RANGES_GOOD);
		assert_int_equal(count, limit);
		assert_int_equal(ranges[limit - 1].first, 2 * (limit - 1));
		assert_int_equal(ranges[limit].first, -1);
		assert_int_equal(
			parse(many(limit + 1), 1000, limit, ranges, &count), RANGES_IGNORED);
		assert_int_equal(count, 0);
	}
	check_one(&(struct row){"bytes=0-9", 100, IGNORED}, 0);
	/* All that are asked for count: those that are not there, and those that become one. */
	check_one(&(struct row){"bytes=0-9,100-,200-", 100, IGNORED}, 2);
	check_one(&(struct row){"bytes=100-,200-,300-", 100, IGNORED}, 2);
	check_one(&(struct row){"bytes=0-,0-,0-", 100, IGNORED}, 2);
	check_one(&(struct row){"bytes=0-,0-", 100, "0-99"}, 2);
	check_one(&(struct row){"bytes=,0-9,,,20-29,", 100, "0-9 20-29"}, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_huge),
		cmocka_unit_test(test_unsatisfiable),
		cmocka_unit_test(test_ignored),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_coalesced),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests_name("range", tests, NULL, NULL);
}
