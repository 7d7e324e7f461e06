/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "request.h"

static struct request request;

static enum request_status parse(const char *text)
{
	return request_parse(text, strlen(text), &request);
}

static void test_good(void **state)
{
	(void)state;
	assert_int_equal(parse("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"), REQUEST_GOOD);
	assert_true(request.body);
	assert_true(request_is(&request, "/metrics"));
	assert_false(request_is(&request, "/metric"));
	assert_false(request_is(&request, "/metricss"));

	assert_int_equal(parse("HEAD /x?y=/z HTTP/1.0\r\n\r\nbody"), REQUEST_GOOD);
	assert_false(request.body);
	assert_true(request_is(&request, "/x"));

	assert_int_equal(parse("GET http://a:1/readyz?v HTTP/1.1\r\nhOST:\r\nA:\tb c\xff\r\n\r\n"),
		REQUEST_GOOD);
	assert_true(request_is(&request, "/readyz"));

	assert_int_equal(parse("GET / HTTP/1.0\r\nHost: a\r\n\r\n"), REQUEST_GOOD);
	assert_int_equal(parse("GET / HTTP/1.9\r\nHost: a\r\n\r\n"), REQUEST_GOOD);
}

/* Every shorter beginning is incomplete, whatever follows. */
static void test_more(void **state)
{
	static const char text[] = "GET /metrics HTTP/1.1\r\nHost: a\r\nUser-Agent: b\r\n\r\n";

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		assert_int_equal(request_parse(text, i, &request), REQUEST_MORE);
	assert_int_equal(request_parse(text, sizeof(text) - 1, &request), REQUEST_GOOD);
}

static void test_bad(void **state)
{
	static const char *const bad[] = {
		"\r\n\r\n",
		"GET\r\n\r\n",
		"GET /\r\n\r\n",
		"GET  / HTTP/1.0\r\n\r\n",
		"GET /  HTTP/1.0\r\n\r\n",
		"GET / HTTP/1.0 \r\n\r\n",
		" GET / HTTP/1.0\r\n\r\n",
		"GET /\t HTTP/1.0\r\n\r\n",
		"GET / HTTP/2.0\r\n\r\n",
		"GET / HTTP/1.00\r\n\r\n",
		"GET / http/1.0\r\n\r\n",
		"GET / HTTP/1.x\r\n\r\n",
		"G(T / HTTP/1.0\r\n\r\n",
		"GET metrics HTTP/1.0\r\n\r\n",
		"GET * HTTP/1.0\r\n\r\n",
		"GET http:// HTTP/1.0\r\n\r\n",
		"GET http://a HTTP/1.0\r\n\r\n",
		"GET http://a?/metrics HTTP/1.0\r\n\r\n",
		"GET https://a/metrics HTTP/1.0\r\n\r\n",
		"GET /\xc3\xbc HTTP/1.0\r\n\r\n",
		"GET /\x7f HTTP/1.0\r\n\r\n",
		"GET /\n HTTP/1.0\r\n\r\n",
		"GET / HTTP/1.0\r\nA: b\nC: d\r\n\r\n",
		"GET / HTTP/1.0\r\nA: b\rC: d\r\n\r\n",
		"GET / HTTP/1.0\r\nA: b\r\n c\r\n\r\n",
		"GET / HTTP/1.0\r\n A: b\r\n\r\n",
		"GET / HTTP/1.0\r\nA : b\r\n\r\n",
		"GET / HTTP/1.0\r\n: b\r\n\r\n",
		"GET / HTTP/1.0\r\nA\r\n\r\n",
		"GET / HTTP/1.1\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (parse(bad[i]) != REQUEST_BAD)
			fail_msg("\"%s\" is taken", bad[i]);
	}

	static const char nul[] = "GET / HTTP/1.0\r\nA: b\0c\r\n\r\n";

	assert_int_equal(request_parse(nul, sizeof(nul) - 1, &request), REQUEST_BAD);
}

static void test_method(void **state)
{
	static const char *const others[] = {
		"POST", "get", "GETS", "GE", "DELETE", "OPTIONS", "X-Y"};
	char text[100];

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(text, sizeof(text), "%s /metrics HTTP/1.1\r\nHost: a\r\n\r\n", others[i]);
		assert_int_equal(parse(text), REQUEST_METHOD);
	}
	assert_int_equal(parse("POST / HTTP/1.1\r\n\r\n"), REQUEST_BAD); /* no Host */
}

/* A request line of "line" bytes and a head of "head" bytes, each with its CRLF. */
static size_t build(char *text, size_t line, size_t head)
{
	memset(text, 'a', head);
	memcpy(text, "GET /", 5);
	memcpy(text + line - 11, " HTTP/1.0\r\n", 11);
	if (head > line + 2) {
		memcpy(text + line, "X: ", 3);
		memcpy(text + head - 4, "\r\n\r\n", 4);
	} else {
		memcpy(text + line, "\r\n", 2);
	}
	return head;
}

static void test_limits(void **state)
{
	static char text[2 * REQUEST_HEAD];
	size_t length;

	(void)state;
	length = build(text, REQUEST_LINE, REQUEST_LINE + 2);
	assert_int_equal(request_parse(text, length, &request), REQUEST_GOOD);
	length = build(text, REQUEST_LINE + 1, REQUEST_LINE + 3);
	assert_int_equal(request_parse(text, length, &request), REQUEST_LINE_LONG);
	assert_int_equal(request_parse(text, REQUEST_LINE - 1, &request), REQUEST_MORE);
	assert_int_equal(request_parse(text, REQUEST_LINE, &request), REQUEST_LINE_LONG);

	length = build(text, 100, REQUEST_HEAD);
	assert_int_equal(request_parse(text, length, &request), REQUEST_GOOD);
	length = build(text, 100, REQUEST_HEAD + 1);
	assert_int_equal(request_parse(text, length, &request), REQUEST_HEAD_LONG);
	assert_int_equal(request_parse(text, REQUEST_HEAD - 1, &request), REQUEST_MORE);
	assert_int_equal(request_parse(text, REQUEST_HEAD, &request), REQUEST_HEAD_LONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_more),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_method),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
