/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encoding.h"
#include "request.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct row {
	const char *lines; /* of Accept-Encoding; NULL: none */
	const char *order;
};

static void check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct encoding_choice choice;
		char order[64] = "";

		encoding_choose(request_with("Accept-Encoding: ", rows[i].lines), &choice);
		assert_in_range(choice.count, 0, ENCODING_COUNT);
		for (unsigned k = 0; k < choice.count; k++) {
			strcat(order, k > 0 ? " " : "");
			strcat(order, encoding_rows[choice.order[k]].name);
		}
		if (strcmp(order, rows[i].order) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", rows[i].lines, order, rows[i].order);
	}
}

static void test_rows(void **state)
{
	static const char *const names[] = {"br", "zstd", "gzip", "identity"};
	static const char *const endings[] = {".br", ".zst", ".gz", ""};

	(void)state;
	assert_int_equal(ENCODING_COUNT, COUNT(names));
	for (size_t i = 0; i < COUNT(names); i++) {
		assert_string_equal(encoding_rows[i].name, names[i]);
		assert_string_equal(encoding_rows[i].ending, endings[i]);
	}
}

/* RFC 9110 §12.5.3 */
static void test_order(void **state)
{
	static const struct row rows[] = {
		{NULL, "identity"},
		{"", "identity"},
		{"gzip", "gzip identity"},
		{"br", "br identity"},
		{"zstd", "zstd identity"},
		{"identity", "identity"},
		{"gzip, deflate, br, zstd", "br zstd gzip identity"},
		{"gzip,br", "br gzip identity"},
		{"deflate, compress, sdch", "identity"},
		{"gzip;q=0.9, br;q=0.5, zstd;q=0.7", "gzip zstd br identity"},
		{"br;q=0.001, gzip;q=0.002", "gzip br identity"},
		{"br;q=0.5, gzip;q=0.5", "br gzip identity"},
		/* one that is named has its place like any other */
		{"gzip;q=0.5, identity", "identity gzip"},
		{"gzip;q=0.5, identity;q=0.5", "gzip identity"},
		{"gzip;q=0.5, identity;q=0.1", "gzip identity"},
		{"gzip;q=0.5, br;q=0.1, identity;q=0.3", "gzip identity br"},
		{"gzip, identity", "gzip identity"},
	};

	(void)state;
	check(rows, COUNT(rows));
}

static void test_refused(void **state)
{
	static const struct row rows[] = {
		{"br;q=0, gzip", "gzip identity"},
		{"br;q=0.0, gzip;q=0.00, zstd;q=0.000", "identity"},
		{"identity;q=0", ""},
		{"identity;q=0, gzip;q=0.1", "gzip"},
		{"gzip, identity;q=0", "gzip"},
		{"*;q=0", ""},
		{"*;q=0, gzip", "gzip"},
		{"gzip, *;q=0", "gzip"},
		{"*;q=0, identity", "identity"},
		{"*;q=0, identity;q=0.1", "identity"},
		{"identity;q=0, *", "br zstd gzip"},
		{"identity;q=0, *;q=0", ""},
		/* twice: the lower */
		{"gzip, gzip;q=0", "identity"},
		{"gzip;q=0, gzip", "identity"},
		{"gzip;q=0.2, br;q=0.5, gzip;q=0.9", "br gzip identity"},
		{"identity;q=0, identity", ""},
	};

	(void)state;
	check(rows, COUNT(rows));
}

/* "*" is every one that is not named, but does not lift identity */
static void test_star(void **state)
{
	static const struct row rows[] = {
		{"*", "br zstd gzip identity"},
		{"br;q=0, *", "zstd gzip identity"},
		{"*;q=0.1, gzip", "gzip br zstd identity"},
		{"gzip;q=0.1, *", "br zstd gzip identity"},
		{"*, *;q=0.5, br;q=0.7", "br zstd gzip identity"},
		{"*;q=0.5, identity;q=0.9", "identity br zstd gzip"},
		{"deflate, *;q=0.001", "br zstd gzip identity"},
	};

	(void)state;
	check(rows, COUNT(rows));
}

/* RFC 9110 §8.4.1: names are tokens in any case; §8.4.1.3: x-gzip */
static void test_names(void **state)
{
	static const struct row rows[] = {
		{"GZip", "gzip identity"},
		{"BR, ZSTD", "br zstd identity"},
		{"IDENTITY;q=0, Br", "br"},
		{"x-gzip", "gzip identity"},
		{"X-GZIP;q=0.5", "gzip identity"},
		{"x-gzip;q=0, gzip", "identity"},
		{"x-gzip;q=0.3, br;q=0.2", "gzip br identity"},
		{"gzipped", "identity"},
		{"gzi", "identity"},
		{"brotli, zst, x-br, gz", "identity"},
	};

	(void)state;
	check(rows, COUNT(rows));
}

/* RFC 9110 §12.4.2 */
static void test_weights(void **state)
{
	static const struct row good[] = {
		{"gzip;q=1, br;q=0.999", "gzip br identity"},
		{"gzip;q=1., br;q=0.9", "gzip br identity"},
		{"gzip;q=1.0, br;q=0.9", "gzip br identity"},
		{"gzip;q=1.00, br;q=0.9", "gzip br identity"},
		{"gzip;q=1.000, br;q=0.9", "gzip br identity"},
		{"gzip;q=0., br", "br identity"},
		{"gzip;q=0.1, br;q=0.09", "gzip br identity"},
		{"gzip;q=0.12, br;q=0.119", "gzip br identity"},
		{"gzip;Q=0.9, br;Q=0.5", "gzip br identity"},
		{"gzip ; q=0.9 ,\tbr\t;\tq=0.5", "gzip br identity"},
	};
	static const char *const bad[] = {"q=high", "q=", "q", "", "q=2", "q=1.001", "q=1.1",
		"q=0.1234", "q=0.0000", "q=1.0000", "q=.5", "q=-0.5", "q=+0.5", "q=0,5", "q=0.5x",
		"q=00.5", "q=0x1", "q =0.5", "q= 0.5", "q=\"0.5\"", "level=1", "level=1;q=0.5",
		"q=0.5;level=1", "q=0.5;q=0.5", "q=0.5;", "q=0.5 0.5", "q=10", "q=\xd9\xa1"};

	(void)state;
	check(good, COUNT(good));
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct row row = {.order = "identity"};
		char line[64] = "gzip;";

		strcat(line, bad[i]);
		row.lines = line;
		check(&row, 1);
	}
}

/* RFC 9110 §5.3: several lines are one list; §5.6.1: empty elements */
static void test_lines(void **state)
{
	static const struct row rows[] = {
		{"br;q=0.1\ngzip", "gzip br identity"},
		{"gzip\nbr;q=0.1", "gzip br identity"},
		{"br;q=0\n*;q=0.5", "zstd gzip identity"},
		{"\ngzip", "gzip identity"},
		{"gzip\nidentity;q=0\nbr;q=0.3", "gzip br"},
		{", gzip", "gzip identity"},
		{",,gzip,", "gzip identity"},
		{"gzip,\t, ,br", "br gzip identity"},
		{",", "identity"},
		{" , ", "identity"},
	};

	(void)state;
	check(rows, COUNT(rows));
}

/* A line that cannot be understood counts as absent, and only that line. */
static void test_malformed(void **state)
{
	static const struct row rows[] = {
		{"gzip br", "identity"},
		{"gzip, br;q=high", "identity"},
		{"identity;q=0, \"gzip\"", "identity"},
		{"gzip; q", "identity"},
		{";q=0.5", "identity"},
		{"gzip/1", "identity"},
		{"gzip(fast)", "identity"},
		{"gzip=1", "identity"},
		{"gz\xc4\xb1p", "identity"},
		{"identity;q=0;x\ngzip", "gzip identity"},
		{"gzip\n*;q=5", "gzip identity"},
		{"br;q=0.5\n\"\ngzip;q=0.7", "gzip br identity"},
	};

	(void)state;
	check(rows, COUNT(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_star),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests_name("encoding", tests, NULL, NULL);
}
