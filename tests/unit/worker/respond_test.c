/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "page.h"
#include "respond.h"

#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"

static char bytes[BUFFER_SIZE + 1];
static size_t length, head;

static void http(const struct answer *answer)
{
	struct text text = text_over(bytes, BUFFER_SIZE);

	head = respond_http(&text, answer, DATE);
	assert_false(text.overflow);
	length = text.length;
	bytes[length] = '\0';
}

static void gemini(const struct answer *answer)
{
	struct text text = text_over(bytes, BUFFER_SIZE);

	head = respond_gemini(&text, answer);
	assert_false(text.overflow);
	length = text.length;
	assert_int_equal(head, length);
	bytes[length] = '\0';
}

static struct answer *answer_of(unsigned status)
{
	static struct answer answer;

	answer_init(&answer);
	answer.status = status;
	return &answer;
}

static void locate(struct answer *answer, const char *location)
{
	answer->location_length = strlen(location);
	memcpy(answer->location, location, answer->location_length);
}

static size_t page_length(unsigned status, const char *link)
{
	char page[4096];
	struct text text = text_over(page, sizeof page);

	page_add(&text, status, link, link ? strlen(link) : 0);
	assert_false(text.overflow);
	return text.length;
}

static void test_file(void **state)
{
	struct answer *answer = answer_of(200);

	(void)state;
	answer->resource = (struct resource){.fd = 0,
		.size = INT64_C(12345678901),
		.mtime = INT64_C(784111777999999999),
		.type = "text/html; charset=utf-8"};
	http(answer);
	assert_string_equal(bytes, "HTTP/1.1 200 OK\r\n"
				   "Server: sulid\r\n"
				   "Date: " DATE "\r\n"
				   "Content-Type: text/html; charset=utf-8\r\n"
				   "Content-Length: 12345678901\r\n"
				   "Last-Modified: " DATE "\r\n"
				   "\r\n");
	assert_int_equal(head, length);
	answer->close = true;
	answer->say_keep_alive = true;
	answer->resource.mtime = -1;
	http(answer);
	assert_string_equal(bytes, "HTTP/1.1 200 OK\r\n"
				   "Server: sulid\r\n"
				   "Date: " DATE "\r\n"
				   "Content-Type: text/html; charset=utf-8\r\n"
				   "Content-Length: 12345678901\r\n"
				   "Connection: close\r\n"
				   "\r\n");
}

static void test_no_content(void **state)
{
	struct answer *answer = answer_of(204);

	(void)state;
	answer->say_keep_alive = true;
	http(answer);
	assert_string_equal(bytes, "HTTP/1.1 204 No Content\r\n"
				   "Server: sulid\r\n"
				   "Date: " DATE "\r\n"
				   "Allow: GET, HEAD, OPTIONS\r\n"
				   "Connection: keep-alive\r\n"
				   "\r\n");
}

static void test_page(void **state)
{
	struct answer *answer = answer_of(503);
	char expected[512];

	(void)state;
	http(answer);
	snprintf(expected, sizeof expected,
		"HTTP/1.1 503 Service Unavailable\r\n"
		"Server: sulid\r\n"
		"Date: " DATE "\r\n"
		"Content-Type: text/html; charset=utf-8\r\n"
		"Content-Length: %zu\r\n"
		"Retry-After: 1\r\n"
		"\r\n",
		page_length(503, NULL));
	assert_int_equal(head, strlen(expected));
	assert_memory_equal(bytes, expected, head);
	assert_int_equal(length - head, page_length(503, NULL));
	assert_memory_equal(bytes + head, "<!doctype html>\n", 16);
	assert_non_null(strstr(bytes + head, "<h1>Service Unavailable</h1>"));
	assert_non_null(strstr(bytes + head, "prefers-color-scheme:dark"));
	assert_non_null(strstr(bytes + head, "503 &middot; sulid"));
	/* HEAD: the same head, and nothing behind it. */
	answer->bodyless = true;
	http(answer);
	assert_string_equal(bytes, expected);
}

static void test_redirect(void **state)
{
	struct answer *answer = answer_of(301);
	char expected[64];

	(void)state;
	locate(answer, "/a/?x=\"<&");
	http(answer);
	assert_non_null(strstr(bytes, "\r\nLocation: /a/?x=\"<&\r\n"));
	assert_non_null(
		strstr(bytes, "<a href=\"/a/?x=&quot;&lt;&amp;\">/a/?x=&quot;&lt;&amp;</a>"));
	snprintf(expected, sizeof expected, "Content-Length: %zu\r\n",
		page_length(301, "/a/?x=\"<&"));
	assert_non_null(strstr(bytes, expected));
}

/* The longest location, and the longest that a page shows, fit with all else. */
static void test_longest(void **state)
{
	struct answer *answer = answer_of(301);

	(void)state;
	memset(answer->location, '"', LOCATION_MAX);
	answer->close = true;
	answer->location_length = LOCATION_MAX;
	http(answer);
	assert_null(strstr(bytes, "<a "));
	assert_string_equal(bytes + length - 8, "</html>\n");
	answer->location_length = 512;
	http(answer);
	assert_non_null(strstr(bytes, "<a "));
	assert_string_equal(bytes + length - 8, "</html>\n");
	gemini(answer);
	answer->location_length = LOCATION_MAX;
	gemini(answer);
}

static void test_all_pages(void **state)
{
	static const unsigned statuses[] = {
		301, 400, 403, 404, 405, 408, 414, 421, 431, 500, 501, 503, 505};

	(void)state;
	for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
		http(answer_of(statuses[i]));
		assert_in_range(length - head, 300, 1000);
		assert_null(strstr(bytes, "Unknown"));
		assert_int_equal(strstr(bytes, "Allow: ") != NULL, statuses[i] == 405);
	}
}

static void test_gemini(void **state)
{
	struct answer *answer = answer_of(20);

	(void)state;
	answer->resource = (struct resource){.fd = 0, .size = 5, .type = "text/gemini; lang=en"};
	gemini(answer);
	assert_string_equal(bytes, "20 text/gemini; lang=en\r\n");
	answer = answer_of(31);
	locate(answer, "/a/?q");
	gemini(answer);
	assert_string_equal(bytes, "31 /a/?q\r\n");
	answer = answer_of(59);
	gemini(answer);
	assert_string_equal(bytes, "59 Bad request\r\n");
	answer->reason = "not an absolute URI";
	gemini(answer);
	assert_string_equal(bytes, "59 not an absolute URI\r\n");
	gemini(answer_of(51));
	assert_string_equal(bytes, "51 Not found\r\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_no_content),
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_redirect),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_all_pages),
		cmocka_unit_test(test_gemini),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
