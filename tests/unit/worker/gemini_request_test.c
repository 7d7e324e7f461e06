/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "gemini_request.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct gemini_request request;
static const char *reason;

static enum gemini_error parse(const char *text)
{
	reason = NULL;
	return gemini_request_parse(text, strlen(text), &request, &reason);
}

static void assert_span(struct span span, const char *expected)
{
	assert_int_equal(span.length, strlen(expected));
	assert_memory_equal(span.bytes, expected, span.length);
}

static void test_good(void **state)
{
	static const struct {
		const char *uri, *name;
		uint16_t port;
		const char *target;
	} rows[] = {
		{"gemini://example.org/a/b?c", "example.org", 0, "/a/b?c"},
		{"gemini://example.org", "example.org", 0, ""},
		{"gemini://example.org/", "example.org", 0, "/"},
		{"gemini://example.org?q", "example.org", 0, "?q"},
		{"gemini://example.org?q@r/s", "example.org", 0, "?q@r/s"},
		{"gemini://example.org/a@b:c//d", "example.org", 0, "/a@b:c//d"},
		{"gemini://example.org:1965/", "example.org", 1965, "/"},
		{"gemini://example.org:/", "example.org", 0, "/"},
		{"gemini://example.org./", "example.org", 0, "/"},
		{"GEMINI://EXAMPLE.ORG/A", "example.org", 0, "/A"},
		{"gEmInI://example.org:7/", "example.org", 7, "/"},
		{"gemini://[2001:db8::1]/x", "2001:db8::1", 0, "/x"},
		{"gemini://[2001:db8::1]:1966", "2001:db8::1", 1966, ""},
		{"gemini://192.0.2.1/", "192.0.2.1", 0, "/"},
		{"gemini://caf\xc3\xa9.org/\xe2\x82\xac", "xn--caf-dma.org", 0, "/\xe2\x82\xac"},
		{"gemini://caf%C3%A9.org:1/", "xn--caf-dma.org", 1, "/"},
		{"gemini://a/%zz", "a", 0, "/%zz"}, /* target_parse's business */
		{"gemini://a/../b", "a", 0, "/../b"},
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t length = strlen(rows[i].uri);

		strcpy(text, rows[i].uri);
		strcat(text, "\r\nmore\r\n");
		if (parse(text) != GEMINI_GOOD)
			fail_msg("%s: %s", rows[i].uri, reason);
		assert_int_equal(request.length, length + 2);
		assert_span(request.line, rows[i].uri);
		assert_string_equal(request.authority.name, rows[i].name);
		assert_int_equal(request.authority.port, rows[i].port);
		assert_span(request.target, rows[i].target);
		assert_true(request.target.bytes >= text);
		for (size_t part = 0; part < length + 2; part++) {
			assert_int_equal(gemini_request_parse(text, part, &request, &reason),
				GEMINI_INCOMPLETE);
			assert_int_equal(request.length, 0);
		}
	}
}

static void test_bad(void **state)
{
	static const struct {
		const char *uri;
		const char *reason;
	} rows[] = {
		{"", "empty request"},
		{"\xef\xbb\xbfgemini://a/", "begins with a byte order mark"},
		{"gemini://a/\xff", "not UTF-8"},
		{"gemini://a/\xc0\xaf", "not UTF-8"},
		{"gemini://\xe9/", "not UTF-8"},
		{" gemini://a/", "space or control character"},
		{"gemini://a/ ", "space or control character"},
		{"gemini://a/b c", "space or control character"},
		{"gemini://a/\tb", "space or control character"},
		{"gemini://a/\x01", "space or control character"},
		{"gemini://a/\x7f", "space or control character"},
		{"gemini://a/\nb", "space or control character"}, /* bare LF, CRLF later */
		{"gemini://a/\n", "space or control character"},
		{"\ngemini://a/", "space or control character"},
		{"gemini://a/\rb", "space or control character"},
		{"gemini://a/\r", "space or control character"},
		{"gemini://a/#f", "fragment not allowed"},
		{"gemini://a#", "fragment not allowed"},
		{"https://a/#f", "fragment not allowed"},
		{"/a", "not an absolute URI"},
		{"a", "not an absolute URI"},
		{"a/b", "not an absolute URI"},
		{"//example.org/", "not an absolute URI"},
		{"?q", "not an absolute URI"},
		{".", "not an absolute URI"},
		{"example.org/a:b", "not an absolute URI"},
		{"://a/", "not an absolute URI"},
		{"1gemini://a/", "not an absolute URI"},
		{"gem_ini://a/", "not an absolute URI"},
		{"gem\xc3\xa9://a/", "not an absolute URI"},
		{"GET / HTTP/1.1", "space or control character"},
		{"gemini:", "no host"},
		{"gemini:/", "no host"},
		{"gemini:a", "no host"},
		{"gemini:/a/b", "no host"},
		{"gemini://", "no host"},
		{"gemini:///a", "no host"},
		{"gemini://?a", "no host"},
		{"gemini://u@a/", "userinfo not allowed"},
		{"gemini://u:p@a:1965/", "userinfo not allowed"},
		{"gemini://@a/", "userinfo not allowed"},
		{"gemini://a@/", "userinfo not allowed"},
		{"gemini://:1965/", "bad host or port"},
		{"gemini://./", "bad host or port"},
		{"gemini://a:0/", "bad host or port"},
		{"gemini://a:65536/", "bad host or port"},
		{"gemini://a:x/", "bad host or port"},
		{"gemini://a%2Eb/", "bad host or port"},
		{"gemini://a%2eorg/", "bad host or port"},
		{"gemini://[::1/", "bad host or port"},
		{"gemini://::1/", "bad host or port"},
		{"gemini://a\\b/", "bad host or port"},
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t length = strlen(rows[i].uri);

		strcpy(text, rows[i].uri);
		strcat(text, "\r\n");
		if (parse(text) != GEMINI_BAD)
			fail_msg("taken: %s", rows[i].uri);
		assert_string_equal(reason, rows[i].reason);
		assert_span(request.line, rows[i].uri);
		assert_int_equal(request.length, length + 2);
		for (size_t part = 0; part < length + 2; part++)
			assert_int_equal(gemini_request_parse(text, part, &request, &reason),
				GEMINI_INCOMPLETE);
	}
	assert_int_equal(
		gemini_request_parse("gemini://a/\0\r\n", 14, &request, &reason), GEMINI_BAD);
	assert_string_equal(reason, "space or control character");
}

static void test_foreign(void **state)
{
	static const char *const rows[] = {"https://example.org/", "http://a", "gopher://a/",
		"titan://a/b;size=1", "geminix://a/", "gemin://a/", "gemini+x://a/", "mailto:a@b",
		"x-1.2+3:", "localhost:1965", "localhost:1965/a"};
	char text[128];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		strcpy(text, rows[i]);
		strcat(text, "\r\n");
		if (parse(text) != GEMINI_FOREIGN)
			fail_msg("not foreign: %s", rows[i]);
		assert_string_equal(reason, "scheme is not gemini");
		assert_span(request.line, rows[i]);
	}
}

/* A bare LF, or CR, is no end of line: no answer is made of it. */
static void test_line_end(void **state)
{
	(void)state;
	assert_int_equal(parse("gemini://a/\n"), GEMINI_INCOMPLETE);
	assert_int_equal(parse("gemini://a/\r"), GEMINI_INCOMPLETE);
	assert_int_equal(parse("gemini://a/\n\n\n"), GEMINI_INCOMPLETE);
	assert_int_equal(parse("gemini://a/\n\r"), GEMINI_INCOMPLETE);
	assert_int_equal(parse("\n"), GEMINI_INCOMPLETE);
	assert_int_equal(parse(""), GEMINI_INCOMPLETE);
	assert_int_equal(parse("\r"), GEMINI_INCOMPLETE);
}

/* 1024 to the byte. */
static void test_limit(void **state)
{
	char text[GEMINI_URI_MAX + 64];

	(void)state;
	memset(text, 'x', sizeof text);
	memcpy(text, "gemini://a/", 11);
	memcpy(text + 1024, "\r\n", 2);
	assert_int_equal(gemini_request_parse(text, 1026, &request, &reason), GEMINI_GOOD);
	assert_int_equal(request.length, 1026);
	assert_int_equal(request.line.length, 1024);
	assert_int_equal(request.target.length, 1014);
	assert_int_equal(gemini_request_parse(text, 1025, &request, &reason), GEMINI_INCOMPLETE);
	assert_int_equal(gemini_request_parse(text, 1024, &request, &reason), GEMINI_INCOMPLETE);
	assert_int_equal(gemini_request_parse(text, sizeof text, &request, &reason), GEMINI_GOOD);

	memset(text + 1024, 'x', 2);
	memcpy(text + 1025, "\r\n", 2);
	for (size_t length = 1025; length <= sizeof text; length++) {
		assert_int_equal(gemini_request_parse(text, length, &request, &reason), GEMINI_BAD);
		assert_string_equal(reason, "longer than 1024 bytes");
		assert_int_equal(request.line.length, 1024);
		assert_int_equal(request.length, 0);
	}
	assert_int_equal(gemini_request_parse(text, 1024, &request, &reason), GEMINI_INCOMPLETE);

	/* A CR at the last place that is not followed by LF. */
	memcpy(text + 1024, "\rx", 2);
	assert_int_equal(gemini_request_parse(text, 1025, &request, &reason), GEMINI_INCOMPLETE);
	assert_int_equal(gemini_request_parse(text, 1026, &request, &reason), GEMINI_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_line_end),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests_name("gemini_request", tests, NULL, NULL);
}
