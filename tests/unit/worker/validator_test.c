/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "validator.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define SECOND INT64_C(1000000000)
#define TICK   INT64_C(10000000)
#define WHOLE  (INT64_C(1700000000) * SECOND)
#define NOW    (INT64_C(1700000000) * SECOND + 123456789)

/* Old, and of a file system that keeps fractions. */
static struct resource file(void)
{
	return (struct resource){
		.fd = -1, .size = 1000, .mtime = 1600000000 * SECOND + 5, .inode = 77};
}

static struct validator make(struct resource resource, enum encoding encoding, int64_t now)
{
	struct validator validator;

	memset(&validator, 0xa5, sizeof validator);
	validator_make(&validator, &resource, encoding, now);
	assert_in_range(validator.etag_length, 3, VALIDATOR_ETAG);
	return validator;
}

static void assert_etag(const struct validator *validator, const char *expected)
{
	assert_int_equal(validator->etag_length, strlen(expected));
	assert_memory_equal(validator->etag, expected, validator->etag_length);
}

static bool same(const struct validator *a, const struct validator *b)
{
	return a->etag_length == b->etag_length && memcmp(a->etag, b->etag, a->etag_length) == 0;
}

static void test_etag(void **state)
{
	static const struct {
		struct resource resource;
		enum encoding encoding;
		const char *etag;
	} rows[] = {
		{{.mtime = 0x1234, .size = 0x3e8, .inode = 0x4d}, ENCODING_IDENTITY,
			"\"1234-3e8-4d\""},
		{{.mtime = 0x1234, .size = 0x3e8, .inode = 0x4d}, ENCODING_BROTLI,
			"\"1234-3e8-4d-br\""},
		{{.mtime = 0x1234, .size = 0x3e8, .inode = 0x4d}, ENCODING_ZSTD,
			"\"1234-3e8-4d-zstd\""},
		{{.mtime = 0x1234, .size = 0x3e8, .inode = 0x4d}, ENCODING_GZIP,
			"\"1234-3e8-4d-gzip\""},
		{{.mtime = 0, .size = 0, .inode = 0}, ENCODING_IDENTITY, "\"0-0-0\""},
		{{.mtime = -1, .size = 1, .inode = 2}, ENCODING_IDENTITY,
			"\"ffffffffffffffff-1-2\""},
		{{.mtime = 0x1000, .size = 0x10, .inode = 0xabcdef0123456789}, ENCODING_IDENTITY,
			"\"1000-10-abcdef0123456789\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct validator validator = make(rows[i].resource, rows[i].encoding, NOW);

		assert_etag(&validator, rows[i].etag);
		assert_false(validator.weak);
	}
}

/* The longest has room, W/ and all. */
static void test_longest(void **state)
{
	struct resource resource = {.mtime = INT64_MAX, .size = INT64_MAX, .inode = UINT64_MAX};
	struct validator validator = make(resource, ENCODING_GZIP, NOW);

	(void)state;
	assert_etag(&validator, "W/\"7fffffffffffffff-7fffffffffffffff-ffffffffffffffff-gzip\"");
	assert_true(validator.weak);
}

/* RFC 9110 §8.8.3.1: any change makes another one; §8.8.3.3: so does the encoding. */
static void test_differs(void **state)
{
	struct resource others[6];
	struct validator validators[COUNT(others) + ENCODING_COUNT];
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++)
		others[i] = file();
	others[0].size++;
	others[1].mtime++;
	others[2].mtime += SECOND;
	others[3].inode++;
	/* The numbers do not run into each other. */
	others[4].size = 0x1;
	others[4].inode = 0x23;
	others[5].size = 0x12;
	others[5].inode = 0x3;
	for (size_t i = 0; i < COUNT(others); i++)
		validators[count++] = make(others[i], ENCODING_IDENTITY, NOW);
	for (enum encoding encoding = 0; encoding < ENCODING_COUNT; encoding++)
		validators[count++] = make(file(), encoding, NOW);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < i; k++)
			if (same(&validators[i], &validators[k]))
				fail_msg("%zu and %zu have the same", i, k);
}

/* What has nothing to do with the content makes no other. */
static void test_same(void **state)
{
	struct resource other = file();
	struct validator a = make(file(), ENCODING_BROTLI, NOW), b;

	(void)state;
	other.fd = 5;
	other.ctime = NOW;
	other.links = 3;
	other.type = "text/plain";
	b = make(other, ENCODING_BROTLI, NOW + 1000 * SECOND);
	assert_true(same(&a, &b));
}

/* RFC 9110 §8.8.1: weak as long as it may change without another time */
static void test_weak(void **state)
{
	static const struct {
		int64_t mtime, now;
		bool weak;
	} rows[] = {
		/* with a fraction: the kernel's tick */
		{NOW, NOW, true},
		{NOW, NOW + 1, true},
		{NOW, NOW + TICK - 1, true},
		{NOW, NOW + TICK, false},
		{NOW, NOW + TICK + 1, false},
		{NOW, NOW + 2 * SECOND, false},
		{1600000000 * SECOND + 1, 1600000000 * SECOND + 2, true},
		/* from the future */
		{NOW, NOW - 1, true},
		{NOW, NOW - 1000000 * SECOND, true},
		{INT64_MAX, NOW, true},
		/* without: whole seconds, or FAT's even ones */
		{WHOLE, WHOLE, true},
		{WHOLE, WHOLE + TICK, true},
		{WHOLE, WHOLE + SECOND, true},
		{WHOLE, WHOLE + 2 * SECOND - 1, true},
		{WHOLE, WHOLE + 2 * SECOND, false},
		{WHOLE, WHOLE + 1000000 * SECOND, false},
		{WHOLE, WHOLE - SECOND, true},
		/* long ago */
		{0, NOW, false},
		{-1, NOW, false},
		{-SECOND, NOW, false},
		{INT64_MIN, NOW, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct resource resource = file();
		struct validator validator;

		resource.mtime = rows[i].mtime;
		validator = make(resource, ENCODING_IDENTITY, rows[i].now);
		if (validator.weak != rows[i].weak)
			fail_msg("row %zu", i);
		assert_int_equal(memcmp(validator.etag, "W/\"", 3) == 0, validator.weak);
	}
}

/* Once strong, it is the same but for W/: caches need not ask again for nothing. */
static void test_becomes_strong(void **state)
{
	struct resource resource = file();
	struct validator weak, strong;

	(void)state;
	resource.mtime = NOW;
	weak = make(resource, ENCODING_ZSTD, NOW + 1);
	strong = make(resource, ENCODING_ZSTD, NOW + SECOND);
	assert_true(weak.weak);
	assert_false(strong.weak);
	assert_int_equal(weak.etag_length, strong.etag_length + 2);
	assert_memory_equal(weak.etag + 2, strong.etag, strong.etag_length);
}

/* RFC 9110 §8.8.2 */
static void test_date(void **state)
{
	static const struct {
		int64_t mtime;
		bool dated;
		int64_t modified;
	} rows[] = {
		{1600000000 * SECOND, true, 1600000000},
		{1600000000 * SECOND + 1, true, 1600000000},
		{1600000000 * SECOND + 999999999, true, 1600000000},
		{0, true, 0},
		{1, true, 0},
		{-1, false, 0},
		{-3600 * SECOND, false, 0},
		{INT64_MIN, false, 0},
		/* §8.8.2.1: never later than now */
		{NOW, true, NOW / SECOND},
		{NOW + 1, true, NOW / SECOND},
		{NOW + SECOND, true, NOW / SECOND},
		{NOW + 1000000 * SECOND, true, NOW / SECOND},
		{INT64_MAX, true, NOW / SECOND},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct resource resource = file();
		struct validator validator;

		resource.mtime = rows[i].mtime;
		validator = make(resource, ENCODING_IDENTITY, NOW);
		if (validator.dated != rows[i].dated ||
			(rows[i].dated && validator.modified != rows[i].modified))
			fail_msg("row %zu: %jd", i, (intmax_t)validator.modified);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_etag),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_differs),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_weak),
		cmocka_unit_test(test_becomes_strong),
		cmocka_unit_test(test_date),
	};

	return cmocka_run_group_tests_name("validator", tests, NULL, NULL);
}
