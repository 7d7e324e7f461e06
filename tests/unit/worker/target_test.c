/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "target.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct target target;

static enum target_error parse(const char *text)
{
	return target_parse(text, strlen(text), &target);
}

static void test_good(void **state)
{
	static const struct {
		const char *from, *path;
		bool directory, hidden;
	} rows[] = {
		{"/", "/", true, false},
		{"", "/", true, false},
		{"/a", "/a", false, false},
		{"/a/", "/a/", true, false},
		{"/a/b.html", "/a/b.html", false, false},
		/* slashes */
		{"//", "/", true, false},
		{"//a", "/a", false, false},
		{"/a//b", "/a/b", false, false},
		{"/a///", "/a/", true, false},
		{"/a//../b", "/b", false, false},
		/* dot segments (RFC 3986 §5.2.4) */
		{"/.", "/", true, false},
		{"/./", "/", true, false},
		{"/a/.", "/a/", true, false},
		{"/a/./b", "/a/b", false, false},
		{"/a/..", "/", true, false},
		{"/a/../", "/", true, false},
		{"/a/b/..", "/a/", true, false},
		{"/a/b/../", "/a/", true, false},
		{"/a/b/../c", "/a/c", false, false},
		{"/a/b/c/./../../g", "/a/g", false, false},
		{"/a/../b/../c/..", "/", true, false},
		{"/a/./..//./b/.", "/b/", true, false},
		/* dots that are none */
		{"/...", "/...", false, true},
		{"/a..", "/a..", false, false},
		{"/a./b", "/a./b", false, false},
		{"/..a", "/..a", false, true},
		{"/a/.../b", "/a/.../b", false, true},
		/* escapes, decoded once */
		{"/%61", "/a", false, false},
		{"/%c3%A9", "/\xc3\xa9", false, false},
		{"/\xc3\xa9", "/\xc3\xa9", false, false},
		{"/\xc3%a9", "/\xc3\xa9", false, false},
		{"/%20", "/ ", false, false},
		{"/%25", "/%", false, false},
		{"/%252e%252e/", "/%2e%2e/", true, false},
		{"/%252f", "/%2f", false, false},
		{"/%2500", "/%00", false, false},
		{"/%3fa", "/?a", false, false},
		{"/%23a", "/#a", false, false},
		{"/%2e", "/", true, false},
		{"/a/%2E%2e/b", "/b", false, false},
		{"/a/.%2e", "/", true, false},
		{"/%2ea", "/.a", false, true},
		{"/a\\b", "/a\\b", false, false},
		{"/a+b;c=d,e", "/a+b;c=d,e", false, false},
		{"/a:b@c|d[e]", "/a:b@c|d[e]", false, false},
		/* hidden */
		{"/.git/config", "/.git/config", false, true},
		{"/a/.b", "/a/.b", false, true},
		{"/a/.b/", "/a/.b/", true, true},
		{"/.git/../a", "/a", false, false},
		{"/.well-known", "/.well-known", false, false},
		{"/.well-known/", "/.well-known/", true, false},
		{"/.well-known/acme-challenge/x", "/.well-known/acme-challenge/x", false, false},
		{"/%2ewell-known/x", "/.well-known/x", false, false},
		{"/.well-known/.x", "/.well-known/.x", false, true},
		{"/.well-known/a/.x", "/.well-known/a/.x", false, true},
		{"/.well-knownx", "/.well-knownx", false, true},
		{"/.well-knownx/a", "/.well-knownx/a", false, true},
		{"/.well-know", "/.well-know", false, true},
		{"/.Well-Known/a", "/.Well-Known/a", false, true},
		{"/a/.well-known/x", "/a/.well-known/x", false, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		memset(&target, 0xa5, sizeof target);
		if (parse(rows[i].from) != TARGET_GOOD)
			fail_msg("refused: %s", rows[i].from);
		assert_string_equal(target.path, rows[i].path);
		assert_int_equal(target.length, strlen(rows[i].path));
		if (target.directory != rows[i].directory || target.hidden != rows[i].hidden)
			fail_msg("%s: directory %d, hidden %d", rows[i].from, target.directory,
				target.hidden);
		assert_null(target.query.bytes);
		assert_int_equal(target.raw.length, strlen(rows[i].from));
		/* The result is where it leads: parsed as it is, it stays. */
		if (strpbrk(rows[i].path, "%?# ") == NULL) {
			char path[64];

			strcpy(path, target.path);
			assert_int_equal(parse(path), TARGET_GOOD);
			assert_string_equal(target.path, path);
		}
	}
}

static void test_bad(void **state)
{
	static const struct {
		const char *from;
		enum target_error error;
	} rows[] = {
		{"a", TARGET_SYNTAX},
		{"*", TARGET_SYNTAX},
		{"http://a/", TARGET_SYNTAX},
		{"/a#b", TARGET_SYNTAX},
		{"#", TARGET_SYNTAX},
		{"/?#", TARGET_SYNTAX},
		{"/a b", TARGET_SYNTAX},
		{"/?a b", TARGET_SYNTAX},
		{"/a\n", TARGET_SYNTAX},
		{"/?\n", TARGET_SYNTAX},
		{"/\x7f", TARGET_SYNTAX},
		{"/%", TARGET_SYNTAX},
		{"/%2", TARGET_SYNTAX},
		{"/%2?ff", TARGET_SYNTAX},
		{"/%?f", TARGET_SYNTAX},
		{"/%g0", TARGET_SYNTAX},
		{"/%0g", TARGET_SYNTAX},
		{"/% 1", TARGET_SYNTAX},
		{"/%+1", TARGET_SYNTAX},
		{"/%00", TARGET_SYNTAX},
		{"/a%00.html", TARGET_SYNTAX},
		{"/%2F", TARGET_SYNTAX},
		{"/a%2fb", TARGET_SYNTAX},
		{"/..%2f", TARGET_SYNTAX},
		{"/%2f..", TARGET_SYNTAX},
		{"/%0a", TARGET_SYNTAX},
		{"/%0d%0aX:", TARGET_SYNTAX},
		{"/%1f", TARGET_SYNTAX},
		{"/%7F", TARGET_SYNTAX},
		{"/%u0041", TARGET_SYNTAX},
		/* UTF-8 */
		{"/\xff", TARGET_SYNTAX},
		{"/%ff", TARGET_SYNTAX},
		{"/%c3", TARGET_SYNTAX},
		{"/%c3/%a9", TARGET_SYNTAX},
		{"/%c0%af", TARGET_SYNTAX},
		{"/%c0%ae%c0%ae/", TARGET_SYNTAX},
		{"/%ed%a0%80", TARGET_SYNTAX},
		{"/%ff/../a", TARGET_SYNTAX}, /* though it would vanish */
		/* climbing */
		{"/..", TARGET_OUTSIDE},
		{"/../", TARGET_OUTSIDE},
		{"/../a", TARGET_OUTSIDE},
		{"//..", TARGET_OUTSIDE},
		{"/./..", TARGET_OUTSIDE},
		{"/a/../..", TARGET_OUTSIDE},
		{"/a//../../b", TARGET_OUTSIDE},
		{"/%2e%2e/", TARGET_OUTSIDE},
		{"/.%2E", TARGET_OUTSIDE},
		{"/a/../../a/b", TARGET_OUTSIDE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (parse(rows[i].from) != rows[i].error)
			fail_msg("%s: %d", rows[i].from, (int)parse(rows[i].from));
	assert_int_equal(target_parse("/\0", 2, &target), TARGET_SYNTAX);
	assert_int_equal(target_parse("/?\0", 3, &target), TARGET_SYNTAX);
}

static void assert_span(struct span span, const char *expected)
{
	if (expected == NULL) {
		assert_null(span.bytes);
		return;
	}
	assert_non_null(span.bytes);
	assert_int_equal(span.length, strlen(expected));
	assert_memory_equal(span.bytes, expected, span.length);
}

static void test_query(void **state)
{
	static const struct {
		const char *from, *path, *raw, *query;
	} rows[] = {
		{"/a?b", "/a", "/a", "b"},
		{"/a?", "/a", "/a", ""},
		{"?b", "/", "", "b"},
		{"?", "/", "", ""},
		{"/a?b?c/../d//%2f%00%", "/a", "/a", "b?c/../d//%2f%00%"},
		{"/%61/?x", "/a/", "/%61/", "x"},
		{"/a?\xff", "/a", "/a", "\xff"},
		{"/a", "/a", "/a", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(parse(rows[i].from), TARGET_GOOD);
		assert_string_equal(target.path, rows[i].path);
		assert_span(target.raw, rows[i].raw);
		assert_span(target.query, rows[i].query);
	}
}

/* PATH_MAX to the byte; a query and what resolves to nothing do not count. */
static void test_limit(void **state)
{
	static char raw[4 * TARGET_MAX];

	(void)state;
	memset(raw, 'x', sizeof raw);
	raw[0] = '/';
	assert_int_equal(target_parse(raw, TARGET_MAX - 1, &target), TARGET_GOOD);
	assert_int_equal(target.length, TARGET_MAX - 1);
	assert_int_equal(strlen(target.path), TARGET_MAX - 1);
	assert_int_equal(target_parse(raw, TARGET_MAX, &target), TARGET_LONG);
	raw[TARGET_MAX - 2] = '/';
	assert_int_equal(target_parse(raw, TARGET_MAX - 1, &target), TARGET_GOOD);
	assert_int_equal(target.length, TARGET_MAX - 1);
	assert_true(target.directory);
	raw[TARGET_MAX - 2] = 'x';
	raw[TARGET_MAX - 1] = '/';
	assert_int_equal(target_parse(raw, TARGET_MAX, &target), TARGET_LONG);
	raw[TARGET_MAX - 1] = '?';
	assert_int_equal(target_parse(raw, sizeof raw, &target), TARGET_GOOD);
	assert_int_equal(target.query.length, 3 * TARGET_MAX);

	for (size_t i = 0; i < 3 * TARGET_MAX; i += 3)
		memcpy(raw + 1 + i, "%41", 3);
	assert_int_equal(target_parse(raw, 1 + 3 * (TARGET_MAX - 2), &target), TARGET_GOOD);
	assert_int_equal(target.length, TARGET_MAX - 1);
	assert_int_equal(target_parse(raw, 1 + 3 * (TARGET_MAX - 1), &target), TARGET_LONG);

	for (size_t i = 0; i + 8 <= sizeof raw; i += 8)
		memcpy(raw + i, "/abc/../", 8);
	assert_int_equal(target_parse(raw, sizeof raw, &target), TARGET_GOOD);
	assert_string_equal(target.path, "/");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
