/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "precompress.h"
#include "tally.h"

static char problem[] = "Permission denied";

static struct neighbour_outcome made(uint64_t size, uint64_t br, uint64_t zstd, uint64_t gzip)
{
	const uint64_t bytes[ENCODING_COUNT] = {br, zstd, gzip};
	struct neighbour_outcome outcome = {.size = size};

	for (int i = 0; i < ENCODING_COUNT; i++) {
		outcome.of[i].fate = bytes[i] ? NEIGHBOUR_MADE : NEIGHBOUR_VAIN;
		outcome.of[i].bytes = bytes[i];
	}
	return outcome;
}

static void expect(const struct tally *tally, bool dry, int64_t time, const char *expected)
{
	char buffer[512];
	struct text text = text_over(buffer, sizeof(buffer));

	tally_line(&text, tally, &precompress_craft, dry, time);
	assert_string_equal(text_string(&text), expected);
}

static void test_line(void **state)
{
	struct neighbour_outcome one = made(1000000, 200000, 250000, 300000),
				 other = made(2400000, 700000, 0, 0), nothing = made(500, 0, 0, 0);
	struct tally tally = {.files = 40};

	(void)state;
	expect(&tally, false, 0, "0 of 40 files compressed, 0.0 s");
	tally_add(&tally, &one);
	tally_add(&tally, &other);
	tally_add(&tally, &nothing);
	expect(&tally, false, 849,
		"2 of 40 files compressed: 3.4 MB → 900 KB (br), 1.0 MB → 250 KB (zstd), "
		"1.0 MB → 300 KB (gzip), 0.8 s");
	expect(&tally, true, 12350,
		"2 of 40 files to be compressed: 3.4 MB (br), 1.0 MB (zstd), 1.0 MB (gzip), "
		"12.4 s");
	nothing.of[0].fate = NEIGHBOUR_REMOVED;
	nothing.of[1].fate = NEIGHBOUR_FOREIGN;
	nothing.problem = problem;
	tally = (struct tally){.files = 1};
	tally_add(&tally, &nothing);
	expect(&tally, false, 950,
		"0 of 1 file compressed, 1 removed, 1 stale but not ours, 1 failed, 1.0 s");
	expect(&tally, true, 0,
		"0 of 1 file to be compressed, 1 to be removed, 1 stale but not ours, 1 failed, "
		"0.0 s");
}

/* What a client saves that understands all of them. */
static void test_saved(void **state)
{
	struct neighbour_outcome all = made(1000, 300, 200, 400), one = made(1000, 0, 0, 400),
				 none = made(1000, 0, 0, 0);

	(void)state;
	assert_int_equal(tally_saved(&all), 800);
	assert_int_equal(tally_saved(&one), 600);
	assert_int_equal(tally_saved(&none), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_saved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
