/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "http_head.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LIMIT        8192
#define INCOMPLETE   (-1)

static struct http_head head;

/* Parse a copy that ends where its memory does, so that a sanitizer sees a read beyond it. */
static int parse_limited(const char *bytes, size_t length, size_t limit)
{
	static char *copy;
	int status;

	free(copy);
	copy = malloc(length + 1);
	memcpy(copy, bytes, length);
	copy = realloc(copy, length > 0 ? length : 1);
	status = http_head_parse(copy, length, limit, &head);
	return status;
}

static int parse(const char *text)
{
	return parse_limited(text, strlen(text), LIMIT);
}

static void assert_span(struct span span, const char *expected)
{
	if (expected == NULL) {
		assert_null(span.bytes);
		assert_int_equal(span.length, 0);
		return;
	}
	assert_non_null(span.bytes);
	assert_int_equal(span.length, strlen(expected));
	assert_memory_equal(span.bytes, expected, span.length);
}

static void test_request_line(void **state)
{
	(void)state;
	assert_int_equal(parse("GET /a/b?c HTTP/1.1\r\nHost: example.org\r\n\r\nbody"), 0);
	assert_int_equal(head.length, 42);
	assert_int_equal(head.method, METHOD_GET);
	assert_span(head.method_text, "GET");
	assert_span(head.target, "/a/b?c");
	assert_span(head.path, "/a/b?c");
	assert_span(head.line, "GET /a/b?c HTTP/1.1");
	assert_int_equal(head.minor, 1);
	assert_span(head.host, "example.org");
	assert_false(head.close);
	assert_false(head.keep_alive);
	assert_false(head.expect);
	assert_false(head.chunked);
	assert_int_equal(head.content_length, 0);
	assert_span(head.accept, NULL);
	assert_span(head.user_agent, NULL);
}

static void test_methods(void **state)
{
	static const struct {
		const char *text;
		enum http_method method;
	} rows[] = {
		{"GET", METHOD_GET},
		{"HEAD", METHOD_HEAD},
		{"OPTIONS", METHOD_OPTIONS},
		{"POST", METHOD_KNOWN},
		{"PUT", METHOD_KNOWN},
		{"DELETE", METHOD_KNOWN},
		{"PATCH", METHOD_KNOWN},
		{"TRACE", METHOD_KNOWN},
		{"CONNECT", METHOD_KNOWN},
		{"get", METHOD_UNKNOWN},
		{"GETS", METHOD_UNKNOWN},
		{"GE", METHOD_UNKNOWN},
		{"PROPFIND", METHOD_UNKNOWN},
		{"!#$%&'*+-.^_`|~09azAZ", METHOD_UNKNOWN},
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		strcpy(text, rows[i].text);
		strcat(text, " / HTTP/1.1\r\nHost: a\r\n\r\n");
		assert_int_equal(parse(text), 0);
		assert_int_equal(head.method, rows[i].method);
		assert_span(head.method_text, rows[i].text);
	}
}

struct verdict {
	const char *text;
	int status;
};

static void check_verdicts(
	const struct verdict *rows, size_t count, const char *before, const char *after)
{
	char text[512];

	for (size_t i = 0; i < count; i++) {
		int status;

		strcpy(text, before);
		strcat(text, rows[i].text);
		strcat(text, after);
		status = parse(text);
		if (status != rows[i].status)
			fail_msg("%s: %d, not %d", rows[i].text, status, rows[i].status);
	}
}

static void test_request_lines(void **state)
{
	static const struct verdict rows[] = {
		{"GET / HTTP/1.1", 0},
		{"GET / HTTP/1.0", 0},
		{"GET / HTTP/1.2", 0},
		{"GET / HTTP/1.9", 0},
		{"GET / HTTP/2.0", 505},
		{"GET / HTTP/0.9", 505},
		{"GET / HTTP/3.0", 505},
		{"PRI * HTTP/2.0", 505},
		{"GET / HTTP/1.10", 400},
		{"GET / HTTP/11", 400},
		{"GET / HTTP/1", 400},
		{"GET / HTTP/1.", 400},
		{"GET / HTTP/1.x", 400},
		{"GET / http/1.1", 400},
		{"GET / HTTP/1.1\t", 400},
		{"GET / HTTP/01.1", 400},
		{"GET / HTTP/1.01", 400},
		{"GET / HTTP/+1.1", 400},
		{"GET / HTTP/1,1", 400},
		{"GET / HTTP /1.1", 400},
		{"GET / HTTP/1 .1", 400},
		{"GET / Http/1.1", 400},
		{"GET / HTTPS/1.1", 400},
		{"GET / XXXX/1.1", 400},
		{"GET /", 400}, /* HTTP/0.9 */
		{"GET / ", 400},
		{"GET", 400},
		{"GET ", 400},
		{"GET  / HTTP/1.1", 400},
		{"GET /  HTTP/1.1", 400},
		{"GET / HTTP/1.1 ", 400},
		{"GET /a b HTTP/1.1", 400},
		{" GET / HTTP/1.1", 400},
		{"GET\t/ HTTP/1.1", 400},
		{"GET /\tHTTP/1.1", 400},
		{"GET /\x01 HTTP/1.1", 400},
		{"GET /\x7f HTTP/1.1", 400},
		{"GET /\x1b[2J HTTP/1.1", 400},
		{"G(T / HTTP/1.1", 400},
		{"G\xc3\x89T / HTTP/1.1", 400},
		{": / HTTP/1.1", 400},
		{"GET a HTTP/1.1", 400},
		{"GET ?a HTTP/1.1", 400},
		{"GET * HTTP/1.1", 400},
		{"HEAD * HTTP/1.1", 400},
		{"POST * HTTP/1.1", 400},
		{"OPTIONS * HTTP/1.1", 0},
		{"OPTIONS ** HTTP/1.1", 400},
		{"M-SEARCH * HTTP/1.1", 0},
		{"GET a:80 HTTP/1.1", 400},
		{"CONNECT a:80 HTTP/1.1", 0},
		{"POST a:80 HTTP/1.1", 400},
		{"GET http://a/ HTTP/1.1", 0},
		{"GET http:///a HTTP/1.1", 400},
		{"GET http://?a HTTP/1.1", 400},
		{"GET http:// HTTP/1.1", 400},
		{"GET https:// HTTP/1.1", 400},
		{"GET http:/a HTTP/1.1", 400},
		{"GET ftp://a/ HTTP/1.1", 400},
		{"GET gemini://a/ HTTP/1.1", 400},
		{"GET /\xc3\xa9 HTTP/1.1", 0}, /* for target_parse to judge */
		{"\x16\x03\x01\x02", 400},     /* TLS on a plain port */
		{"gemini://a/", 400},
	};

	(void)state;
	check_verdicts(rows, COUNT(rows), "", "\r\nHost: a\r\n\r\n");
}

static void test_absolute_form(void **state)
{
	static const struct {
		const char *target, *host, *path;
	} rows[] = {
		{"http://b.org/c?d", "b.org", "/c?d"},
		{"HTTPS://B.org:8443/c", "B.org:8443", "/c"},
		{"http://b", "b", ""},
		{"http://b?d/e", "b", "?d/e"},
		{"http://b#f", "b", "#f"},
		{"http://u@b/", "u@b", "/"},
		{"/http://b/", "a", "/http://b/"},
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		strcpy(text, "GET ");
		strcat(text, rows[i].target);
		strcat(text, " HTTP/1.1\r\nHost: a\r\n\r\n");
		assert_int_equal(parse(text), 0);
		assert_span(head.target, rows[i].target);
		assert_span(head.host, rows[i].host);
		assert_span(head.path, rows[i].path);
	}
	/* It does not stand in for Host (RFC 9112 §3.2.2), and does not excuse a second one. */
	assert_int_equal(parse("GET http://b/ HTTP/1.1\r\n\r\n"), 400);
	assert_int_equal(parse("GET http://b/ HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(parse("GET http://b/ HTTP/1.0\r\n\r\n"), 0);
	assert_span(head.host, "b");
	assert_int_equal(parse("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
	assert_span(head.path, "*");
}

/* A Host that is ignored is looked at all the same (RFC 9112 §3.2). */
static void test_absolute_form_host(void **state)
{
	static const struct verdict rows[] = {
		{"a", 0},
		{"b:8443", 0},
		{"[2001:db8::1]:80", 0},
		{"", 0},
		{"a b", 400},
		{"a, b", 400},
		{"u@b", 400},
		{"b:", 0},
		{"b:x", 400},
		{"b:65536", 400},
		{"http://b", 400},
		{"b/c", 400},
		{"b?c", 400},
		{"[::1", 400},
	};

	(void)state;
	check_verdicts(rows, COUNT(rows), "GET http://b/ HTTP/1.1\r\nHost: ", "\r\n\r\n");
	check_verdicts(rows, COUNT(rows), "GET http://b/ HTTP/1.0\r\nHost: ", "\r\n\r\n");
	/* Where it is not, authority_parse does so later. */
	assert_int_equal(parse("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 0);
	assert_span(head.host, "a b");
}

static void test_host(void **state)
{
	(void)state;
	assert_int_equal(parse("GET / HTTP/1.1\r\n\r\n"), 400);
	assert_int_equal(parse("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(parse("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\nhOST: b\r\n\r\n"), 400);
	assert_int_equal(parse("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"), 400);
	assert_int_equal(parse("GET / HTTP/1.1\r\nHosts: a\r\n\r\n"), 400);
	assert_int_equal(parse("GET / HTTP/1.0\r\n\r\n"), 0);
	assert_span(head.host, NULL);
	assert_int_equal(parse("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 0);
	assert_span(head.host, "");
	assert_int_equal(parse("GET / HTTP/1.1\r\nHost: \t \r\n\r\n"), 0);
	assert_span(head.host, "");
	assert_int_equal(parse("GET / HTTP/1.1\r\nHOST:\t a:80 \t\r\n\r\n"), 0);
	assert_span(head.host, "a:80");
}

/* One field line each; what could be read in two ways is not read at all. */
static void test_fields(void **state)
{
	static const struct verdict rows[] = {
		{"X: y", 0},
		{"X:y", 0},
		{"X:", 0},
		{"X: ", 0},
		{"X: a:b", 0},
		{"X:  \t y \t ", 0},
		{"X: caf\xc3\xa9 \xff", 0}, /* obs-text */
		{"X: \"quoted\\\"\"", 0},
		{"X: \t", 0},
		{"X: a\tb", 0},
		{"!#$%&'*+-.^_`|~09azAZ: y", 0},
		{"Content_Length: x", 0}, /* another field */
		{"X\"Y: z", 400},
		{"X,Y: z", 400},
		{"X;Y: z", 400},
		{"X=Y: z", 400},
		{"X@Y: z", 400},
		{"[X]: z", 400},
		{"{X}: z", 400},
		{"X/Y: z", 400},
		{"X\\: z", 400},
		{"X\x7f: z", 400},
		{"\xef\xbb\xbfX: z", 400},
		{"X : y", 400}, /* space before the colon */
		{"X\t: y", 400},
		{" X: y", 400},      /* begins like obs-fold */
		{"X: y\r\n z", 400}, /* obs-fold */
		{"X: y\r\n\tz", 400},
		{"X: y\r\n ", 400},
		{"X", 400},
		{": y", 400},
		{"X y: z", 400},
		{"X\x01: y", 400},
		{"X\xc3\xa9: y", 400},
		{"X(: y", 400},
		{"X: a\rb", 400}, /* CR inside */
		{"X: a\r", 400},
		{"X: a\r\r\nY: b", 400},
		{"X: a\nY: b", 400}, /* bare LF */
		{"X: a\n", 400},
		{"X: a\n\r\n", 400},
		{"\n", 400},
		{"\r", 400},
		{"X: \x01", 400},
		{"X: \x0b", 400},
		{"X: \x1f", 400},
		{"X: \x7f", 400},
		{"Content-Length: 5", 0},
		{"Content-Length:\t0005 ", 0},
		{"Content-Length: 18446744073709551615", 0},
		{"Content-Length: 18446744073709551616", 400},
		{"Content-Length: 99999999999999999999", 400},
		{"Content-Length: 184467440737095516150", 400},
		{"Content-Length:", 400},
		{"Content-Length: +5", 400},
		{"Content-Length: -1", 400},
		{"Content-Length: 0x5", 400},
		{"Content-Length: 5 5", 400},
		{"Content-Length: 5,5", 400},
		{"Content-Length: 5, 5", 400},
		{"Content-Length: five", 400},
		{"Content-Length: 5.0", 400},
		{"Content-Length: 5\r\nContent-Length: 6", 400}, /* two lengths */
		{"Content-Length: 5\r\nContent-Length: 5", 400},
		{"Content-Length: 5,", 400},
		{"Content-Length: ,5", 400},
		{"Content-Length: 5;", 400},
		{"Content-Length: \"5\"", 400},
		{"Content-Length: 5\xa0", 400},
		{"Content-Length: \xd9\xa5", 400}, /* a digit, but not of ASCII */
		{"Content-Length: 0\r\nContent-Length: 0", 400},
		{"Content-Length:\r\nContent-Length: 5", 400},
		{"Content-Length : 5", 400},
		{"Transfer-Encoding: chunked", 0},
		{"transfer-ENCODING: Chunked", 0},
		{"Transfer-Encoding:\t chunked \t", 0},
		/* before chunked there is another (RFC 9112 §6.1) */
		{"Transfer-Encoding: gzip, chunked", 501},
		{"Transfer-Encoding: gzip;q=1,chunked", 501},
		{"Transfer-Encoding: identity\t,\tChunked", 501},
		{"Transfer-Encoding: chunked, chunked", 501},
		{"Transfer-Encoding: , chunked", 501},
		/* chunked is not the last (§6.3) */
		{"Transfer-Encoding: gzip", 400},
		{"Transfer-Encoding: identity", 400},
		{"Transfer-Encoding: xchunked", 400},
		{"Transfer-Encoding: chunkedx", 400},
		{"Transfer-Encoding: chunked, identity", 400},
		{"Transfer-Encoding: chunked, gzip", 400},
		{"Transfer-Encoding: chunked,", 400},
		{"Transfer-Encoding: chunked;a=b", 400},
		{"Transfer-Encoding: chunked;", 400},
		{"Transfer-Encoding: chunked x", 400},
		{"Transfer-Encoding: x chunked", 400},
		{"Transfer-Encoding: \"chunked\"", 400},
		{"Transfer-Encoding: chunked\xa0", 400},
		{"Transfer-Encoding: ch\xc3\xbcnked", 400},
		{"Transfer-Encoding: ,", 400},
		{"Transfer-Encoding:", 400},
		{"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400},
		{"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", 400},
		{"Transfer-Encoding : chunked", 400},
		{"Transfer-Encoding:\x0b"
		 "chunked",
			400},
		{"Content-Length: 5\r\nTransfer-Encoding: chunked", 400},
		{"Transfer-Encoding: chunked\r\nContent-Length: 5", 400},
		{"Transfer-Encoding: chunked\r\nContent-Length: 0", 400},
		{"Transfer-Encoding: gzip\r\nContent-Length: 5", 400},
	};

	(void)state;
	check_verdicts(rows, COUNT(rows), "GET / HTTP/1.1\r\nHost: a\r\n", "\r\n\r\n");
	check_verdicts(rows, COUNT(rows), "GET / HTTP/1.1\r\n", "\r\nHost: a\r\n\r\n");
}

static void test_nul(void **state)
{
	static const char line[] = "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n";
	static const char name[] = "GET / HTTP/1.1\r\nHost: a\r\nX\0: y\r\n\r\n";
	static const char value[] = "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n";
	static const char folded[] = "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\0\r\n\r\n";

	(void)state;
	assert_int_equal(parse_limited(line, sizeof line - 1, LIMIT), 400);
	assert_int_equal(parse_limited(name, sizeof name - 1, LIMIT), 400);
	assert_int_equal(parse_limited(value, sizeof value - 1, LIMIT), 400);
	assert_int_equal(parse_limited(folded, sizeof folded - 1, LIMIT), 400);
}

static void test_body(void **state)
{
	(void)state;
	assert_int_equal(parse("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0123\r\n\r\n0123"), 0);
	assert_int_equal(head.content_length, 123);
	assert_false(head.chunked);
	assert_int_equal(
		parse("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"), 0);
	assert_true(head.chunked);
	/* 1.0 knows no transfer coding */
	assert_int_equal(parse("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
	assert_int_equal(parse("GET / HTTP/1.0\r\nTransfer-Encoding: gzip\r\n\r\n"), 400);
}

static void test_connection(void **state)
{
	static const struct {
		unsigned minor;
		const char *fields;
		bool close, keep_alive;
	} rows[] = {
		{1, "", false, false},
		{1, "Connection: close\r\n", true, false},
		{1, "Connection: CLOSE\r\n", true, false},
		{1, "Connection: keep-alive\r\n", false, false},
		{1, "Connection: keep-alive, close\r\n", true, false},
		{1, "Connection: close,keep-alive\r\n", true, false},
		{1, "Connection: upgrade ,\tclose ,\r\n", true, false},
		{1, "Connection: ,,close\r\n", true, false},
		{1, "Connection: closed\r\n", false, false},
		{1, "Connection: close; a\r\n", false, false},
		{1, "Connection: xclose\r\n", false, false},
		{1, "Connection:\r\n", false, false},
		{1, "Connection: ,\r\n", false, false},
		{1, "Connection: upgrade\r\nConnection: close\r\n", true, false},
		{1, "Connection: close\r\nConnection: upgrade\r\n", true, false},
		{0, "", true, false},
		{0, "Connection: keep-alive\r\n", false, true},
		{0, "connection: Keep-Alive\r\n", false, true},
		{0, "Connection: close\r\n", true, false},
		{0, "Connection: keep-alive, close\r\n", true, false},
		{0, "Connection: keep-alive\r\nConnection: close\r\n", true, false},
		{0, "Connection: upgrade\r\n", true, false},
		{0, "Proxy-Connection: keep-alive\r\n", true, false},
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		strcpy(text,
			rows[i].minor ? "GET / HTTP/1.1\r\nHost: a\r\n" : "GET / HTTP/1.0\r\n");
		strcat(text, rows[i].fields);
		strcat(text, "\r\n");
		assert_int_equal(parse(text), 0);
		assert_int_equal(head.minor, rows[i].minor);
		if (head.close != rows[i].close || head.keep_alive != rows[i].keep_alive)
			fail_msg("row %zu: %s", i, rows[i].fields);
	}
}

/* RFC 9110 §10.1.1 */
static void test_expect(void **state)
{
	static const struct {
		unsigned minor;
		const char *fields;
		bool expect;
	} rows[] = {
		{1, "", false},
		{1, "Expect: 100-continue\r\n", true},
		{1, "expect:100-Continue\r\n", true},
		{1, "Expect: 200-ok\r\n", false},
		{1, "Expect: 100-continued\r\n", false},
		{1, "Expect:\r\n", false},
		{1, "Expect: ,\r\n", false},
		/* it is a list */
		{1, "Expect: x=y, 100-continue\r\n", true},
		{1, "Expect: 100-continue ,x\r\n", true},
		{1, "Expect: ,100-continue,\r\n", true},
		{1, "Expect: 100-continue\r\nExpect: x\r\n", true},
		{1, "Expect: x\r\nExpect: 100-continue\r\n", true},
		{0, "Expect: 100-continue\r\n", false},
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		strcpy(text,
			rows[i].minor ? "GET / HTTP/1.1\r\nHost: a\r\n" : "GET / HTTP/1.0\r\n");
		strcat(text, rows[i].fields);
		strcat(text, "\r\n");
		assert_int_equal(parse(text), 0);
		if (head.expect != rows[i].expect)
			fail_msg("row %zu: %s", i, rows[i].fields);
	}
}

static void test_kept(void **state)
{
	(void)state;
	assert_int_equal(parse("GET / HTTP/1.1\r\nHost: a\r\n"
			       "ACCEPT: a/b\r\n"
			       "accept-encoding: gzip, br;q=0.5\r\n"
			       "If-Match: \"m\"\r\n"
			       "If-None-Match: W/\"n\"\r\n"
			       "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
			       "If-Unmodified-Since:Sun Nov  6 08:49:37 1994\r\n"
			       "If-Range: \"r\"\r\n"
			       "Range: bytes=0-0\r\n"
			       "Referer: https://r.org/\r\n"
			       "User-Agent: u \xe2\x82\xac \r\n"
			       "x-request-ID:\t0af7-1\r\n"
			       "Accepts: no\r\nRang: no\r\nRange-X: no\r\n\r\n"),
		0);
	assert_span(head.accept, "a/b");
	assert_span(head.accept_encoding, "gzip, br;q=0.5");
	assert_span(head.if_match, "\"m\"");
	assert_span(head.if_none_match, "W/\"n\"");
	assert_span(head.if_modified_since, "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_span(head.if_unmodified_since, "Sun Nov  6 08:49:37 1994");
	assert_span(head.if_range, "\"r\"");
	assert_span(head.range, "bytes=0-0");
	assert_span(head.referer, "https://r.org/");
	assert_span(head.user_agent, "u \xe2\x82\xac");
	assert_span(head.request_id, "0af7-1");
}

static void test_repeated(void **state)
{
	(void)state;
	assert_int_equal(parse("GET / HTTP/1.1\r\nHost: a\r\n"
			       "Accept-Encoding: br\r\nAccept-Encoding: gzip\r\n"
			       "If-None-Match: \"a\"\r\nIf-None-Match: \"b\"\r\n"
			       "User-Agent: a\r\nUser-Agent: b\r\n"
			       "If-Range: \"a\"\r\nIf-Range: \"a\"\r\n"
			       "Range: bytes=0-\r\nRange: bytes=1-\r\nRange: bytes=2-\r\n"
			       "If-Modified-Since: a\r\nIf-Modified-Since: a\r\n"
			       "X-Request-Id: a\r\nX-Request-Id: b\r\n"
			       "If-Unmodified-Since: a\r\nIf-Unmodified-Since: a\r\n\r\n"),
		0);
	assert_span(head.accept_encoding, "br");
	assert_span(head.if_none_match, "\"a\"");
	assert_span(head.user_agent, "a");
	assert_span(head.if_range, "");
	assert_span(head.range, "");
	assert_span(head.request_id, "");
	assert_span(head.if_modified_since, "");
	assert_span(head.if_unmodified_since, "");
	/* An empty first does not make room for a second. */
	assert_int_equal(
		parse("GET / HTTP/1.1\r\nHost: a\r\nRange:\r\nRange: bytes=0-\r\n\r\n"), 0);
	assert_span(head.range, "");
}

static void test_field_lines(void **state)
{
	(void)state;
	assert_int_equal(parse("\r\nGET / HTTP/1.1\r\nHost: a\r\nX:y\r\n\r\nZ: z\r\n"), 0);
	assert_span(head.fields, "Host: a\r\nX:y\r\n");
	assert_int_equal(parse("GET / HTTP/1.0\r\n\r\n"), 0);
	assert_span(head.fields, "");
	assert_int_equal(parse("GET / HTTP/1.1\r\nHost: a\r\n"), INCOMPLETE);
	assert_span(head.fields, NULL);
	assert_int_equal(parse("GET / HTTP/1.1\r\nHost: a\r\n Y\r\n\r\n"), 400);
	assert_span(head.fields, NULL);
}

/* All values of one field, "|" after each. */
static const char *values_of(const char *name)
{
	static char text[256];
	struct span value;

	text[0] = '\0';
	for (size_t at = 0; http_head_next(&head, name, &at, &value);) {
		assert_true(at <= head.fields.length);
		strncat(text, value.bytes, value.length);
		strcat(text, "|");
	}
	return text;
}

static void test_next(void **state)
{
	struct span value;
	size_t at = 0;

	(void)state;
	assert_int_equal(parse("GET / HTTP/1.1\r\nAccept: 1\r\nHost: a\r\naccept:\t2 \t\r\n"
			       "X-Accept: no\r\nAccept-X: no\r\nX: Accept: no\r\nACCEPT:\r\n"
			       "Accep: no\r\nAccept: 3:3\r\nY:\r\n\r\nAccept: no\r\n\r\n"),
		0);
	assert_string_equal(values_of("accept"), "1|2||3:3|");
	assert_string_equal(values_of("host"), "a|");
	assert_string_equal(values_of("x"), "Accept: no|");
	assert_string_equal(values_of("y"), "|");
	assert_string_equal(values_of("z"), "");
	/* It stays at the end. */
	while (http_head_next(&head, "y", &at, &value))
		;
	assert_int_equal(at, head.fields.length);
	assert_false(http_head_next(&head, "y", &at, &value));
	/* Of no fields there is none. */
	assert_int_equal(parse("GET / HTTP/1.0\r\n\r\n"), 0);
	assert_string_equal(values_of("accept"), "");
}

static void test_empty_lines(void **state)
{
	(void)state;
	assert_int_equal(parse("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
	assert_int_equal(head.length, 29);
	assert_span(head.line, "GET / HTTP/1.1");
	assert_int_equal(parse("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
	assert_int_equal(head.length, 31);
	assert_int_equal(parse("\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(parse("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(parse("\r\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(parse("\rGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(parse(" \r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
	assert_int_equal(parse(""), INCOMPLETE);
	assert_int_equal(parse("\r"), INCOMPLETE);
	assert_int_equal(parse("\r\n"), INCOMPLETE);
	assert_int_equal(parse("\r\n\r\n"), INCOMPLETE);
	assert_int_equal(parse("\r\n\r\n\r"), INCOMPLETE);
	assert_int_equal(parse("\r\n\r\n\r\n"), 400);
}

static void test_pipelined(void **state)
{
	static const char text[] = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
				   "GET /2 HTTP/1.1\r\nHost: b\r\n\r\n\x01";

	(void)state;
	assert_int_equal(parse(text), 0);
	assert_int_equal(head.length, 28);
	assert_span(head.target, "/1");
	assert_span(head.host, "a");
	assert_int_equal(parse(text + 28), 0);
	assert_int_equal(head.length, 28);
	assert_span(head.target, "/2");
	assert_span(head.host, "b");
	assert_int_equal(parse(text + 56), 400);
}

/* What the log shows of a request that is refused. */
static void test_line_on_errors(void **state)
{
	(void)state;
	assert_int_equal(parse("GET / HTTP/1.1\r\nX\r\n"), 400);
	assert_span(head.line, "GET / HTTP/1.1");
	assert_span(head.target, NULL);
	assert_int_equal(head.length, 0);
	assert_int_equal(parse("nonsense\r\n"), 400);
	assert_span(head.line, "nonsense");
	assert_int_equal(parse("GET /\x01 HTTP/1.1\r\n"), 400);
	assert_span(head.line, "GET /");
	assert_int_equal(parse("\x16\x03\x01"), 400);
	assert_span(head.line, NULL);
	assert_int_equal(parse_limited("GET /abcdef", 11, 8), 414);
	assert_span(head.line, "GET /abc");
	assert_int_equal(parse("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
	assert_span(head.line, "PRI * HTTP/2.0");
	assert_int_equal(parse("GE"), INCOMPLETE);
	assert_span(head.line, "GE");
}

/* "GET /xxx… HTTP/1.1" of "line" bytes with its CRLF, then Host and a field up to "total" bytes. */
static char *long_head(size_t line, size_t total)
{
	static char bytes[2 * LIMIT];

	memset(bytes, 'x', sizeof bytes);
	memcpy(bytes, "GET /", 5);
	memcpy(bytes + line - 11, " HTTP/1.1\r\n", 11);
	memcpy(bytes + line, "Host: a\r\nX:", 11);
	memcpy(bytes + total - 4, "\r\n\r\n", 4);
	return bytes;
}

static void test_limit(void **state)
{
	const char *bytes;

	(void)state;
	bytes = long_head(100, LIMIT);
	assert_int_equal(parse_limited(bytes, LIMIT, LIMIT), 0);
	assert_int_equal(head.length, LIMIT);
	assert_int_equal(parse_limited(bytes, 2 * LIMIT, LIMIT), 0);
	assert_int_equal(parse_limited(bytes, LIMIT - 1, LIMIT), INCOMPLETE);
	assert_int_equal(parse_limited(bytes, LIMIT, LIMIT - 1), 431);
	assert_int_equal(parse_limited(bytes, LIMIT - 1, LIMIT - 1), 431);
	assert_int_equal(parse_limited(bytes, LIMIT - 2, LIMIT - 1), INCOMPLETE);

	/* The request line alone, to the byte. */
	bytes = long_head(LIMIT, LIMIT + 100);
	assert_int_equal(parse_limited(bytes, LIMIT + 100, LIMIT + 100), 0);
	assert_int_equal(parse_limited(bytes, LIMIT, LIMIT), 431);
	assert_int_equal(parse_limited(bytes, LIMIT + 100, LIMIT), 431);
	assert_int_equal(parse_limited(bytes, LIMIT, LIMIT - 1), 414);
	assert_int_equal(parse_limited(bytes, LIMIT - 1, LIMIT - 1), 414);
	assert_int_equal(parse_limited(bytes, LIMIT - 2, LIMIT - 1), INCOMPLETE);
	/* What lies beyond the limit is not looked at. */
	bytes = long_head(100, LIMIT + 100);
	((char *)(uintptr_t)bytes)[LIMIT] = '\0';
	assert_int_equal(parse_limited(bytes, LIMIT + 100, LIMIT), 431);
	assert_int_equal(parse_limited(bytes, LIMIT + 100, LIMIT + 1), 400);
}

/* Every prefix of a good head is incomplete; every prefix of a bad one is that, or just as bad. */
static void test_prefixes(void **state)
{
	static const char *const rows[] = {
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"\r\n\r\nOPTIONS * HTTP/1.0\r\n\r\n",
		"POST http://a/b HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nX: \t y\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: a,chunked\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: a,chunked\r\nHost: a\r\n\r\n",
		"GET http://b/ HTTP/1.1\r\nHost: a b\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\n X: y\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX: y\rz\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX: y\n\r\n\r\n",
		"GET / HTTP/1.1\r\nX: y\r\n\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"GET /abcdefghijklmnopqrstuvwxyz/abcdefghijklmnopqrstuvwxyz/abcdefghijklmnop "
		"HTTP/1.1",
		"GET / HTTP/1.1\r\nHost: a\r\nX: "
		"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
	};
	const size_t limit = 80;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t length = strlen(rows[i]);
		int whole = parse_limited(rows[i], length, limit);

		assert_int_not_equal(whole, INCOMPLETE);
		for (size_t part = 0; part < length; part++) {
			int status = parse_limited(rows[i], part, limit);

			if (status == INCOMPLETE || (whole != 0 && status == whole))
				continue;
			fail_msg("row %zu, %zu bytes: %d, not %d", i, part, status, whole);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_line),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_request_lines),
		cmocka_unit_test(test_absolute_form),
		cmocka_unit_test(test_absolute_form_host),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_body),
		cmocka_unit_test(test_connection),
		cmocka_unit_test(test_expect),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_repeated),
		cmocka_unit_test(test_field_lines),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_empty_lines),
		cmocka_unit_test(test_pipelined),
		cmocka_unit_test(test_line_on_errors),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_prefixes),
	};

	return cmocka_run_group_tests_name("http_head", tests, NULL, NULL);
}
