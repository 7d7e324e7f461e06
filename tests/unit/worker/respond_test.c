/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "page.h"
#include "parts.h"
#include "respond.h"
#include "site.h"

#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"

static _Alignas(8) char bytes[BUFFER_SIZE + 8];
static size_t length, head;

static struct respond_with with = {.image = &site_server.image, .date = DATE, .number = {1, 2}};

static void http(struct answer *answer)
{
	struct text text = text_over(bytes, BUFFER_SIZE);

	head = respond_http(&text, answer, &with);
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

/* A question, as META and as a form that nobody else sees. */
static void test_question(void **state)
{
	static const char prompt[] = "Which <bird>?";
	struct answer *answer = answer_of(10);

	(void)state;
	answer->prompt = prompt;
	gemini(answer);
	assert_string_equal(bytes, "10 Which <bird>?\r\n");
	answer->status = 200;
	http(answer);
	assert_non_null(strstr(bytes, "<label for=\"q\">Which &lt;bird&gt;?</label>"));
	assert_non_null(strstr(bytes, "<input id=\"q\" name=\"q\" required autofocus>"));
	assert_null(strstr(bytes, "Referrer-Policy"));
	answer->sensitive = true;
	answer->cache = "no-store";
	http(answer);
	assert_non_null(strstr(bytes, " type=\"password\""));
	assert_non_null(strstr(bytes, "\r\nReferrer-Policy: no-referrer\r\n"));
	assert_non_null(strstr(bytes, "\r\nCache-Control: no-store\r\n"));
	answer->bodyless = true;
	http(answer);
	assert_int_equal(head, length);
}

/* The longest prompt, of bytes that grow the most. */
static void test_long_question(void **state)
{
	static char prompt[1025];
	struct answer *answer = answer_of(200);

	(void)state;
	memset(prompt, '"', sizeof prompt - 1);
	answer->prompt = prompt;
	http(answer);
	assert_memory_equal(bytes + length - 8, "</html>\n", 8);
}

/* When to come again: for an outdated generation at once. */
static void test_wait(void **state)
{
	struct answer *answer = answer_of(503);

	(void)state;
	http(answer);
	assert_non_null(strstr(bytes, "\r\nRetry-After: 1\r\n"));
	answer->wait = 0;
	http(answer);
	assert_non_null(strstr(bytes, "\r\nRetry-After: 0\r\n"));
	answer->status = 429;
	answer->wait = 17;
	http(answer);
	assert_non_null(strstr(bytes, "\r\nRetry-After: 17\r\n"));
	answer->status = 44;
	gemini(answer);
	assert_string_equal(bytes, "44 17\r\n");
}

static void validate(struct answer *answer, const char *etag, int64_t modified)
{
	answer->validated = true;
	answer->validator.etag_length = strlen(etag);
	memcpy(answer->validator.etag, etag, strlen(etag));
	answer->validator.dated = true;
	answer->validator.modified = modified;
}

static void test_file(void **state)
{
	struct answer *answer = answer_of(200);

	(void)state;
	answer->resource = (struct resource){
		.fd = 0, .size = INT64_C(12345678901), .type = "text/html; charset=utf-8"};
	validate(answer, "\"1-2\"", INT64_C(784111777));
	http(answer);
	assert_string_equal(bytes, "HTTP/1.1 200 OK\r\n"
				   "Server: sulid\r\n"
				   "Date: " DATE "\r\n"
				   "Content-Type: text/html; charset=utf-8\r\n"
				   "Content-Length: 12345678901\r\n"
				   "Accept-Ranges: bytes\r\n"
				   "Last-Modified: " DATE "\r\n"
				   "ETag: \"1-2\"\r\n"
				   "\r\n");
	assert_int_equal(head, length);
	answer->close = true;
	answer->say_keep_alive = true;
	answer->validator.dated = false;
	answer->encoding = ENCODING_GZIP;
	answer->vary = "Accept-Encoding";
	answer->cache = "max-age=5";
	http(answer);
	assert_string_equal(bytes, "HTTP/1.1 200 OK\r\n"
				   "Server: sulid\r\n"
				   "Date: " DATE "\r\n"
				   "Content-Type: text/html; charset=utf-8\r\n"
				   "Content-Length: 12345678901\r\n"
				   "Content-Encoding: gzip\r\n"
				   "Accept-Ranges: bytes\r\n"
				   "ETag: \"1-2\"\r\n"
				   "Vary: Accept-Encoding\r\n"
				   "Cache-Control: max-age=5\r\n"
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

/* 304 says which version it is and how long it may be kept, and nothing of a body. */
static void test_not_modified(void **state)
{
	struct answer *answer = answer_of(304);

	(void)state;
	validate(answer, "W/\"1\"", 1);
	answer->vary = "Accept-Encoding";
	answer->cache = "no-cache";
	http(answer);
	assert_string_equal(bytes, "HTTP/1.1 304 Not Modified\r\n"
				   "Server: sulid\r\n"
				   "Date: " DATE "\r\n"
				   "ETag: W/\"1\"\r\n"
				   "Vary: Accept-Encoding\r\n"
				   "Cache-Control: no-cache\r\n"
				   "\r\n");
}

/* What the configuration adds, and where. */
static void test_settings(void **state)
{
	struct image_settings *settings = site_path(SITE_SERVED, "/");
	struct answer *answer = answer_of(404);

	(void)state;
	settings->headers = site_text("X-Test: yes\r\n");
	settings->hsts = site_text("Strict-Transport-Security: max-age=1\r\n");
	settings->server = 1;
	site_check();
	answer->settings = settings;
	http(answer);
	assert_non_null(strstr(bytes, "\r\nX-Test: yes\r\n"));
	assert_non_null(strstr(bytes, "\r\nServer: sulid\r\n"));
	assert_null(strstr(bytes, "Strict-"));
	settings->server = 0;
	with.secure = true;
	answer->with_id = true;
	http(answer);
	with.secure = false;
	assert_non_null(strstr(bytes, "\r\nStrict-Transport-Security: max-age=1\r\n"));
	assert_null(strstr(bytes, "Server: "));
	assert_non_null(strstr(bytes, "\r\nX-Request-Id: 00000000000000010000000000000002\r\n"));
	answer->request_id = (struct span){"abc-def", 3};
	http(answer);
	assert_non_null(strstr(bytes, "\r\nX-Request-Id: abc\r\n"));
	site_plain();
}

static struct answer *ranges_of(uint32_t count)
{
	struct answer *answer = answer_of(206);

	answer->resource = (struct resource){.fd = 0, .size = 1000, .type = "text/plain"};
	answer->range_count = count;
	for (uint32_t i = 0; i < count; i++)
		answer->ranges[i] = (struct range){10 * (int64_t)i, 10 * (int64_t)i + 4};
	return answer;
}

static void test_one_range(void **state)
{
	const struct parts *parts = parts_of(bytes);

	(void)state;
	http(ranges_of(1));
	assert_string_equal(bytes, "HTTP/1.1 206 Partial Content\r\n"
				   "Server: sulid\r\n"
				   "Date: " DATE "\r\n"
				   "Content-Type: text/plain\r\n"
				   "Content-Length: 5\r\n"
				   "Content-Range: bytes 0-4/1000\r\n"
				   "\r\n");
	assert_int_equal(parts->count, 1);
	assert_int_equal(parts->part[0].text_length, 0);
	assert_int_equal(parts->part[0].first, 0);
	assert_int_equal(parts->part[0].end, 5);
}

static void test_many_ranges(void **state)
{
	const struct parts *parts = parts_of(bytes);
	const char *text = "--sulid-0000000000000002\r\n"
			   "Content-Type: text/plain\r\n"
			   "Content-Range: bytes 0-4/1000\r\n\r\n"
			   "\r\n--sulid-0000000000000002\r\n"
			   "Content-Type: text/plain\r\n"
			   "Content-Range: bytes 10-14/1000\r\n\r\n"
			   "\r\n--sulid-0000000000000002--\r\n";
	char field[64];

	(void)state;
	http(ranges_of(2));
	assert_int_equal(parts->count, 3);
	assert_int_equal(parts->part[0].text, head);
	assert_memory_equal(bytes + head, text, strlen(text));
	assert_int_equal(parts->part[1].text, head + parts->part[0].text_length);
	assert_int_equal(parts->part[2].text + parts->part[2].text_length, head + strlen(text));
	assert_int_equal(parts->part[1].first, 10);
	assert_int_equal(parts->part[1].end, 15);
	assert_int_equal(parts->part[2].first, parts->part[2].end);
	bytes[head] = '\0';
	assert_non_null(strstr(bytes, "\r\nContent-Type: multipart/byteranges; "
				      "boundary=sulid-0000000000000002\r\n"));
	snprintf(field, sizeof field, "\r\nContent-Length: %zu\r\n", strlen(text) + 10);
	assert_non_null(strstr(bytes, field));
	assert_null(strstr(bytes, "Content-Range"));
}

/* As many as may be, with a long type and all that the configuration may add; and what does not
 * fit at all is sent as a whole. */
static void test_ranges_fit(void **state)
{
	struct answer *answer = ranges_of(RANGES_MAX);
	struct image_settings *settings = site_path(SITE_SERVED, "/");
	static char type[241], headers[3073];

	(void)state;
	memset(type, 't', sizeof type - 1);
	answer->resource.type = type;
	http(answer);
	assert_int_equal(parts_of(bytes)->count, RANGES_MAX + 1);
	memset(headers, 'h', sizeof headers - 3);
	memcpy(headers, "X: ", 3);
	memcpy(headers + sizeof headers - 3, "\r\n", 3);
	settings->headers = site_text(headers);
	site_check();
	answer->settings = settings;
	http(answer);
	assert_int_equal(answer->status, 200);
	assert_int_equal(answer->range_count, 0);
	assert_non_null(strstr(bytes, "\r\nContent-Length: 1000\r\n"));
	site_plain();
}

static void test_unsatisfiable(void **state)
{
	struct answer *answer = answer_of(416);

	(void)state;
	answer->whole = 77;
	http(answer);
	assert_non_null(strstr(bytes, "\r\nContent-Range: bytes */77\r\n"));
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
	static const unsigned statuses[] = {301, 302, 400, 403, 404, 405, 406, 408, 410, 412, 414,
		416, 421, 431, 500, 501, 503, 505};

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
		cmocka_unit_test(test_question),
		cmocka_unit_test(test_long_question),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_no_content),
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_redirect),
		cmocka_unit_test(test_not_modified),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_one_range),
		cmocka_unit_test(test_many_ranges),
		cmocka_unit_test(test_ranges_fit),
		cmocka_unit_test(test_unsatisfiable),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_all_pages),
		cmocka_unit_test(test_gemini),
	};

	return cmocka_run_group_tests(tests, site_open, site_close);
}
