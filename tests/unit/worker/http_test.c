/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http.h"
#include "listings.h"
#include "site.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct answer answer;

static int fill(void **state)
{
	if (site_open(state) < 0)
		return -1;
	site_write(site_root, "index.html", "root\n");
	site_write(site_root, ".hidden", "x");
	site_directory(site_root, "dir");
	site_directory(site_root, "dir/a b");
	site_directory(site_root, ".well-known");
	site_directory(site_root, ".well-known/acme-challenge");
	site_write(site_root, ".well-known/acme-challenge/own", "own");
	site_directory(site_acme, ".well-known");
	site_directory(site_acme, ".well-known/acme-challenge");
	site_write(site_acme, ".well-known/acme-challenge/token_-1", "proof");
	site_directory(site_acme, ".well-known/acme-challenge/dir");
	return 0;
}

static struct conn conn_on(uint16_t listener, uint32_t vhost)
{
	struct conn conn = {
		.server = &site_server,
		.listener = listener,
		.vhost = vhost,
		.protocol = site_image.listeners[listener].protocol & 0xfu,
	};

	return conn;
}

/* Decide, and close what was opened. */
static bool ask(uint16_t listener, uint32_t vhost, const char *request)
{
	struct conn conn = conn_on(listener, vhost);
	enum answer_state result =
		http_answer(&conn, request, strlen(request), LISTING_NONE, &answer);

	if (result != ANSWER_INCOMPLETE)
		answer_drop(&answer);
	return result == ANSWER_READY;
}

static unsigned get(uint16_t listener, uint32_t vhost, const char *target, const char *host)
{
	char request[8192];

	snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", target, host);
	assert_true(ask(listener, vhost, request));
	return answer.status;
}

static void assert_location(const char *location)
{
	assert_int_equal(answer.location_length, strlen(location));
	assert_memory_equal(answer.location, location, answer.location_length);
}

static void test_vhost(void **state)
{
	static const struct {
		uint16_t listener;
		uint32_t vhost; /* the handshake's */
		const char *host;
		unsigned status;
		uint32_t answered_by;
	} rows[] = {
		{SITE_HTTP, IMAGE_NONE, "example.org", 200, SITE_SERVED},
		{SITE_HTTP, IMAGE_NONE, "EXAMPLE.org.:8080", 200, SITE_SERVED},
		{SITE_HTTP, IMAGE_NONE, "www.example.net", 200, SITE_SERVED},
		{SITE_HTTP, IMAGE_NONE, "example.net", 421, IMAGE_NONE},
		{SITE_HTTP, IMAGE_NONE, "other.example", 421, IMAGE_NONE},
		{SITE_HTTP, IMAGE_NONE, "192.0.2.1", 421, IMAGE_NONE},
		{SITE_HTTP, IMAGE_NONE, "dark.example", 421, SITE_DARK},
		{SITE_HTTP, IMAGE_NONE, "bad_/host", 400, IMAGE_NONE},
		{SITE_HTTP, IMAGE_NONE, "secure.example", 301, SITE_REDIRECTED},
		{SITE_HTTPS, SITE_SERVED, "example.org", 200, SITE_SERVED},
		{SITE_HTTPS, SITE_SERVED, "www.example.net", 200, SITE_SERVED},
		{SITE_HTTPS, SITE_SERVED, "192.0.2.1", 200, SITE_SERVED},
		{SITE_HTTPS, SITE_SERVED, "[2001:db8::1]:8443", 200, SITE_SERVED},
		{SITE_HTTPS, SITE_SERVED, "secure.example", 421, IMAGE_NONE},
		{SITE_HTTPS, SITE_SERVED, "other.example", 421, IMAGE_NONE},
		{SITE_HTTPS, SITE_REDIRECTED, "secure.example", 200, SITE_REDIRECTED},
		{SITE_HTTPS, SITE_DARK, "dark.example", 200, SITE_DARK},
		{SITE_HTTPS, SITE_DARK, "192.0.2.1", 421, IMAGE_NONE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned status = get(rows[i].listener, rows[i].vhost, "/", rows[i].host);

		if (status != rows[i].status)
			fail_msg("%s: %u", rows[i].host, status);
		/* A misdirected request on https is the handshake's vhost's affair in no way. */
		assert_int_equal(answer.vhost, status == 421 && rows[i].listener == SITE_HTTPS
						       ? IMAGE_NONE
						       : rows[i].answered_by);
	}
}

static void test_without_host(void **state)
{
	(void)state;
	assert_true(ask(SITE_HTTPS, SITE_DARK, "GET / HTTP/1.0\r\n\r\n"));
	assert_int_equal(answer.status, 200);
	assert_int_equal(answer.vhost, SITE_DARK);
	assert_true(answer.close);
	assert_true(ask(SITE_HTTP, IMAGE_NONE, "GET / HTTP/1.0\r\n\r\n"));
	assert_int_equal(answer.status, 421);
	assert_true(ask(SITE_HTTP_ANY, IMAGE_NONE, "GET / HTTP/1.0\r\n\r\n"));
	assert_int_equal(answer.status, 301);
	assert_location("https://secure.example:8443/");
	assert_true(ask(SITE_HTTP, IMAGE_NONE, "GET / HTTP/1.1\r\n\r\n"));
	assert_int_equal(answer.status, 400);
	assert_true(answer.close);
	assert_int_equal(answer.vhost, IMAGE_NONE);
}

static void test_method(void **state)
{
	static const struct {
		const char *line;
		unsigned status;
	} rows[] = {
		{"GET /", 200},
		{"HEAD /", 200},
		{"OPTIONS /", 204},
		{"OPTIONS *", 204},
		{"POST /", 405},
		{"PUT /x", 405},
		{"DELETE /x", 405},
		{"TRACE /", 405},
		{"CONNECT example.org:443", 405},
		{"BREW /", 501},
		{"get /", 501},
		{"GET *", 400},
		{"GET http://example.org/", 200},
		{"GET http://example.org", 200},
		{"GET http://other.example/", 421},
		{"GET https://example.org/", 200},
	};
	char request[256];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(request, sizeof request, "%s HTTP/1.1\r\nHost: example.org\r\n\r\n",
			rows[i].line);
		assert_true(ask(SITE_HTTPS, SITE_SERVED, request));
		if (answer.status != rows[i].status)
			fail_msg("%s: %u", rows[i].line, answer.status);
		assert_int_equal(answer.bodyless, rows[i].line[0] == 'H');
		assert_int_equal(answer.used, strlen(request));
	}
}

/* RFC 9110 §7.4 */
static void test_insecure(void **state)
{
	(void)state;
	assert_int_equal(get(SITE_HTTP, IMAGE_NONE, "https://example.org/", "example.org"), 421);
	assert_int_equal(get(SITE_HTTP, IMAGE_NONE, "HTTPS://example.org/", "example.org"), 421);
	assert_int_equal(get(SITE_HTTP, IMAGE_NONE, "http://example.org/", "example.org"), 200);
}

static void test_path(void **state)
{
	static const struct {
		const char *target;
		unsigned status;
		const char *location;
	} rows[] = {
		{"/index.html?x", 200, ""},
		{"/dir", 301, "/dir/"},
		{"/dir?a=b&c", 301, "/dir/?a=b&c"},
		{"/dir?", 301, "/dir/?"},
		{"//dir", 301, "/dir/"},
		{"///dir//a%20b?%20\"", 301, "/dir/a%20b/?%20%22"},
		{"/x/../dir", 301, "/dir/"},
		{"/dir/", 403, ""},
		{"/nothing", 404, ""},
		{"/.hidden", 404, ""},
		{"/dir/.hidden/x", 404, ""},
		{"/.well-known/acme-challenge/own", 200, ""},
		{"/../index.html", 400, ""},
		{"/%2e%2e/index.html", 400, ""},
		{"/a%00b", 400, ""},
		{"/a%2fb", 400, ""},
		{"/%zz", 400, ""},
		{"/#x", 400, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned status = get(SITE_HTTP, IMAGE_NONE, rows[i].target, "example.org");

		if (status != rows[i].status)
			fail_msg("%s: %u", rows[i].target, status);
		assert_location(rows[i].location);
	}
}

static void test_redirect(void **state)
{
	(void)state;
	assert_int_equal(get(SITE_HTTP, IMAGE_NONE, "/a/../b%20c?d=<e>", "Secure.Example:80"), 301);
	assert_location("https://secure.example:8443/a/../b%20c?d=%3Ce%3E");
	assert_int_equal(get(SITE_HTTP_ANY, IMAGE_NONE, "//evil/", "any.example"), 301);
	assert_location("https://any.example:8443//evil/");
	assert_int_equal(get(SITE_HTTP_ANY, IMAGE_NONE, "/", "[2001:DB8::1]"), 301);
	assert_location("https://[2001:db8::1]:8443/");
	assert_int_equal(get(SITE_HTTP, IMAGE_NONE, "/..", "secure.example"), 400);
	site_image.vhosts[SITE_REDIRECTED].https_port = 443;
	assert_int_equal(get(SITE_HTTP, IMAGE_NONE, "/x", "secure.example"), 301);
	assert_location("https://secure.example/x");
	site_image.vhosts[SITE_REDIRECTED].https_port = 0;
	assert_int_equal(get(SITE_HTTP, IMAGE_NONE, "/x", "secure.example"), 421);
	site_image.vhosts[SITE_REDIRECTED].https_port = 8443;
}

#define CHALLENGE "/.well-known/acme-challenge/"

static void test_challenge(void **state)
{
	(void)state;
	assert_int_equal(get(SITE_HTTP, IMAGE_NONE, CHALLENGE "token_-1", "other.example"), 200);
	assert_string_equal(answer.resource.type, "application/octet-stream");
	assert_int_equal(answer.resource.size, 5);
	assert_int_equal(get(SITE_HTTP, IMAGE_NONE, CHALLENGE "token_-1", "dark.example"), 200);
	assert_int_equal(get(SITE_HTTP, IMAGE_NONE, CHALLENGE "token_-1", "secure.example"), 200);
	/* Only tokens, and only there. */
	assert_int_equal(get(SITE_HTTP, IMAGE_NONE, CHALLENGE "none", "other.example"), 421);
	assert_int_equal(get(SITE_HTTP, IMAGE_NONE, CHALLENGE "dir", "other.example"), 421);
	assert_int_equal(get(SITE_HTTP, IMAGE_NONE, CHALLENGE, "other.example"), 421);
	assert_int_equal(get(SITE_HTTP, IMAGE_NONE, CHALLENGE "x/token_-1", "other.example"), 421);
	assert_int_equal(get(SITE_HTTP, IMAGE_NONE, CHALLENGE "own", "secure.example"), 301);
	assert_int_equal(get(SITE_HTTPS, SITE_SERVED, CHALLENGE "token_-1", "example.org"), 404);
}

static void test_framing(void **state)
{
	static const struct {
		const char *fields;
		bool close, unread, keep_alive;
		uint32_t skip;
	} rows[] = {
		{"", false, false, false, 0},
		{"Connection: close\r\n", true, false, false, 0},
		{"Content-Length: 0\r\n", false, false, false, 0},
		{"Content-Length: 65536\r\n", false, false, false, 65536},
		{"Content-Length: 65537\r\n", true, true, false, 0},
		{"Content-Length: 9\r\nConnection: close\r\n", true, true, false, 9},
		{"Transfer-Encoding: chunked\r\n", true, true, false, 0},
		{"Expect: 100-continue\r\n", false, false, false, 0},
		{"Expect: 100-continue\r\nContent-Length: 9\r\n", true, true, false, 0},
	};
	char request[256];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: example.org\r\n%s\r\n",
			rows[i].fields);
		assert_true(ask(SITE_HTTP, IMAGE_NONE, request));
		assert_int_equal(answer.status, 200);
		assert_int_equal(answer.close, rows[i].close);
		assert_int_equal(answer.unread, rows[i].unread);
		assert_int_equal(answer.skip, rows[i].skip);
	}
	assert_true(ask(SITE_HTTP, IMAGE_NONE,
		"GET / HTTP/1.0\r\nHost: example.org\r\nConnection: keep-alive\r\n\r\n"));
	assert_true(answer.say_keep_alive);
	assert_false(answer.close);
	site_server.draining = true;
	assert_int_equal(get(SITE_HTTP, IMAGE_NONE, "/", "example.org"), 200);
	assert_true(answer.close);
	site_server.draining = false;
}

static void test_log_and_limits(void **state)
{
	static char request[BUFFER_SIZE + 1];
	static const char one[] = "GET / HTTP/1.1\r\nHost: example.org\r\nReferer: r\r\n"
				  "User-Agent: u\r\n\r\nGET";

	(void)state;
	assert_true(ask(SITE_HTTP, IMAGE_NONE, one));
	assert_int_equal(answer.used, sizeof one - 1 - 3);
	assert_int_equal(answer.line.length, 14);
	assert_memory_equal(answer.referer.bytes, "r", 1);
	assert_memory_equal(answer.user_agent.bytes, "u", 1);
	assert_false(ask(SITE_HTTP, IMAGE_NONE, "GET / HTTP/1.1\r\nHost: exa"));
	memset(request, 'a', BUFFER_SIZE);
	memcpy(request, "GET /", 5);
	assert_true(ask(SITE_HTTP, IMAGE_NONE, request));
	assert_int_equal(answer.status, 414);
	assert_true(answer.close && answer.unread);
	memcpy(request, "GET / HTTP/1.1\r\nX: ", 19);
	assert_true(ask(SITE_HTTP, IMAGE_NONE, request));
	assert_int_equal(answer.status, 431);
	assert_int_equal(answer.line.length, 14);
}

static void test_places(void **state)
{
	static const struct {
		const char *text;
		const char *target;
		const char *location;
	} rows[] = {
		{"/new/{rest}", "/old/a/b", "/new/a/b"},
		{"/new/{rest}", "/old/", "/new/"},
		{"/new/{rest}", "/old/%C3%A4%20?x=1", "/new/%C3%A4%20?x=1"},
		{"/{rest}", "/old//evil.example/", "/evil.example/"},
		{"https://o.example{path}", "/old/a?b", "https://o.example/old/a?b"},
		{"/find?q={query}", "/old/?a%20b", "/find?q=a%20b"},
		{"/find?all", "/old/x?y", "/find?all"},
		{"https://{host}/{rest}", "/old/x", "https://example.org/x"},
	};
	struct image_settings *settings = site_path(SITE_SERVED, "/old/");

	(void)state;
	settings->location_key = 5;
	for (size_t i = 0; i < COUNT(rows); i++) {
		settings->location = site_text(rows[i].text);
		settings->action = ACTION_MOVED;
		site_check();
		assert_int_equal(get(SITE_HTTP, IMAGE_NONE, rows[i].target, "example.org"), 301);
		assert_location(rows[i].location);
		settings->action = ACTION_REDIRECT;
		assert_int_equal(get(SITE_HTTP, IMAGE_NONE, rows[i].target, "example.org"), 302);
	}
	site_plain();
}

/* A name that the vhost had before leads to its first one, on the same protocol. */
static void test_moved_name(void **state)
{
	const struct image_text name = site_image.vhosts[SITE_SERVED].name;

	(void)state;
	site_image.names[1].moved = 1;
	site_image.vhosts[SITE_SERVED].name = site_text("new.example");
	site_check();
	assert_int_equal(get(SITE_HTTP, IMAGE_NONE, "/a%20b?c", "example.org"), 301);
	assert_location("http://new.example:8080/a%20b?c");
	assert_int_equal(get(SITE_HTTPS, SITE_SERVED, "/", "example.org"), 301);
	assert_location("https://new.example:8443/");
	site_image.names[1].moved = 0;
	site_image.vhosts[SITE_SERVED].name = name;
	site_plain();
}

static void test_request_id(void **state)
{
	static const struct {
		const char *id;
		bool kept;
	} rows[] = {
		{"abc-DEF_1.2~:/=+@", true},
		{"a", true},
		{"", false},
		{"a b", false},
		{"a\tb", false},
		{"<a>", false},
		{"a\"", false},
		{"\xc3\xa4", false},
		{"0123456789012345678901234567890123456789012345678901234567890123", true},
		{"01234567890123456789012345678901234567890123456789012345678901234", false},
	};
	char request[256];

	(void)state;
	site_image.vhosts[SITE_SERVED].request_id = 1;
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(request, sizeof request,
			"GET / HTTP/1.1\r\nHost: example.org\r\nX-Request-Id: %s\r\n\r\n",
			rows[i].id);
		assert_true(ask(SITE_HTTP, IMAGE_NONE, request));
		assert_true(answer.with_id);
		if ((answer.request_id.bytes != NULL) != rows[i].kept)
			fail_msg("%s", rows[i].id);
		if (rows[i].kept)
			assert_memory_equal(
				answer.request_id.bytes, rows[i].id, strlen(rows[i].id));
	}
	site_image.vhosts[SITE_SERVED].request_id = 0;
	assert_int_equal(get(SITE_HTTP, IMAGE_NONE, "/", "example.org"), 200);
	assert_false(answer.with_id);
}

static void test_error_page(void **state)
{
	struct image_settings *settings = &site_image.settings[SITE_SERVED];
	static const uint8_t nobody[32] = {9};

	(void)state;
	site_error_page(settings, 403, "/missing.html");
	site_error_page(settings, 404, "/index.html");
	site_check();
	assert_int_equal(get(SITE_HTTP, IMAGE_NONE, "/nothing", "example.org"), 404);
	assert_int_equal(answer.resource.size, 5);
	assert_false(answer.validated);
	/* One that is not there, or not for everybody, is the built-in one. */
	assert_int_equal(get(SITE_HTTP, IMAGE_NONE, "/dir/", "example.org"), 403);
	assert_int_equal(answer.resource.size, 0);
	site_identity(site_path(SITE_SERVED, "/index.html"), nobody);
	site_check();
	assert_int_equal(get(SITE_HTTP, IMAGE_NONE, "/nothing", "example.org"), 404);
	assert_int_equal(answer.resource.size, 0);
	site_plain();
}

static void test_slow_down(void **state)
{
	struct image_settings *settings = site_path(SITE_SERVED, "/index.html");

	(void)state;
	site_pace(settings, 2);
	settings->headers = site_text("X-Test: yes\r\n");
	site_limit();
	assert_int_equal(get(SITE_HTTP, IMAGE_NONE, "/index.html", "example.org"), 200);
	/* HEAD is a request, OPTIONS is not one for the file. */
	assert_true(ask(SITE_HTTP, IMAGE_NONE,
		"OPTIONS /index.html HTTP/1.1\r\nHost: example.org\r\n\r\n"));
	assert_int_equal(answer.status, 204);
	assert_true(ask(
		SITE_HTTP, IMAGE_NONE, "HEAD /index.html HTTP/1.1\r\nHost: example.org\r\n\r\n"));
	assert_int_equal(answer.status, 200);
	assert_int_equal(get(SITE_HTTP, IMAGE_NONE, "/index.html", "example.org"), 429);
	assert_in_range(answer.wait, 3590, 3600);
	assert_false(answer.close);
	assert_ptr_equal(answer.settings, settings);
	assert_int_equal(answer.resource.fd, -1);
	assert_int_equal(get(SITE_HTTP, IMAGE_NONE, "/", "example.org"), 200);
	site_plain();
}

/* The page for it counts for nothing, though its own path is limited, too. */
static void test_slow_down_page(void **state)
{
	(void)state;
	site_pace(&site_image.settings[SITE_SERVED], 1);
	site_error_page(&site_image.settings[SITE_SERVED], 429, "/index.html");
	site_limit();
	assert_int_equal(get(SITE_HTTP, IMAGE_NONE, "/", "example.org"), 200);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(get(SITE_HTTP, IMAGE_NONE, "/", "example.org"), 429);
		assert_int_equal(answer.resource.size, 5);
		assert_in_range(answer.wait, 3590, 3600);
	}
	site_plain();
}

/* Both looks at a request for a listing are one request. */
static void test_slow_down_listing(void **state)
{
	static const char request[] = "GET /dir/ HTTP/1.1\r\nHost: example.org\r\n\r\n";
	struct conn conn = conn_on(SITE_HTTP, IMAGE_NONE);

	(void)state;
	site_image.settings[SITE_SERVED].listing = 1;
	site_pace(&site_image.settings[SITE_SERVED], 2);
	site_limit();
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			http_answer(&conn, request, sizeof request - 1, LISTING_NONE, &answer),
			ANSWER_WAITS);
		answer_drop(&answer);
		http_answer(&conn, request, sizeof request - 1, LISTING_BUSY, &answer);
		assert_int_equal(answer.status, 503);
	}
	assert_true(ask(SITE_HTTP, IMAGE_NONE, request));
	assert_int_equal(answer.status, 429);
	site_plain();
}

/* A listing is asked for first, and is the answer when it is there. */
static void test_listing(void **state)
{
	static const char request[] = "GET /dir/ HTTP/1.1\r\nHost: example.org\r\n\r\n";
	struct conn conn = conn_on(SITE_HTTP, IMAGE_NONE);
	int made = open(site_root, O_RDONLY | O_DIRECTORY);

	(void)state;
	site_image.settings[SITE_SERVED].listing = 1;
	assert_int_equal(http_answer(&conn, request, sizeof request - 1, LISTING_NONE, &answer),
		ANSWER_WAITS);
	assert_true(answer.directory >= 0);
	assert_int_equal(answer.location_length, 5);
	assert_memory_equal(answer.location, "/dir/", 5);
	answer_drop(&answer);
	assert_int_equal(
		http_answer(&conn, request, sizeof request - 1, made, &answer), ANSWER_READY);
	assert_int_equal(answer.status, 200);
	assert_int_equal(answer.resource.fd, made);
	assert_true(answer.listed);
	assert_false(answer.validated);
	answer_drop(&answer);
	assert_int_equal(http_answer(&conn, request, sizeof request - 1, LISTING_BUSY, &answer),
		ANSWER_READY);
	assert_int_equal(answer.status, 503);
	assert_int_equal(http_answer(&conn, request, sizeof request - 1, LISTING_FAILED, &answer),
		ANSWER_READY);
	assert_int_equal(answer.status, 500);
	site_plain();
	/* It was taken away meanwhile: what was made is closed. */
	made = open(site_root, O_RDONLY | O_DIRECTORY);
	assert_int_equal(
		http_answer(&conn, request, sizeof request - 1, made, &answer), ANSWER_READY);
	assert_int_equal(answer.status, 403);
	assert_int_equal(fcntl(made, F_GETFD), -1);
}

static void test_input(void **state)
{
	(void)state;
	site_input("/ask", ACTION_INPUT, "Who?", "/");
	site_input("/word", ACTION_SENSITIVE, "The word?", "/");
	site_check();
	assert_int_equal(get(SITE_HTTP, SITE_SERVED, "/ask", "example.org"), 200);
	assert_string_equal(answer.prompt, "Who?");
	assert_false(answer.sensitive);
	assert_null(answer.cache);
	assert_int_equal(get(SITE_HTTP, SITE_SERVED, "/ask?q=index.html", "example.org"), 200);
	assert_null(answer.prompt);
	assert_int_equal(answer.resource.size, 5);
	assert_int_equal(get(SITE_HTTP, SITE_SERVED, "/ask?q=nobody", "example.org"), 404);
	assert_int_equal(get(SITE_HTTP, SITE_SERVED, "/ask?q=../x", "example.org"), 400);
	assert_int_equal(get(SITE_HTTP, SITE_SERVED, "/word", "example.org"), 200);
	assert_string_equal(answer.prompt, "The word?");
	assert_true(answer.sensitive);
	assert_string_equal(answer.cache, "no-store");
	assert_int_equal(get(SITE_HTTP, SITE_SERVED, "/word?q=index.html", "example.org"), 200);
	assert_string_equal(answer.cache, "no-store");
	assert_int_equal(answer.secret.length, strlen("q=index.html"));
	site_plain();
}

static void test_outdated(void **state)
{
	static const uint8_t digest[32] = {1};

	(void)state;
	site_identity(site_path(SITE_SERVED, "/index.html"), digest);
	site_check();
	assert_int_equal(get(SITE_HTTP, SITE_SERVED, "/index.html", "example.org"), 403);
	site_server.draining = site_server.outdated = true;
	assert_int_equal(get(SITE_HTTP, SITE_SERVED, "/index.html", "example.org"), 503);
	assert_int_equal(answer.wait, 0);
	assert_true(answer.close);
	assert_int_equal(get(SITE_HTTP, SITE_SERVED, "/dir/", "example.org"), 403);
	assert_true(answer.close);
	site_server.draining = site_server.outdated = false;
	site_plain();
}

/* Gemtext, and what is beside it for who would rather have HTML. */
static void test_rendered(void **state)
{
	static const struct {
		const char *accept;
		int64_t size;
	} rows[] = {
		{"text/html,application/xhtml+xml,*/*;q=0.8", 6},
		{"*/*", 7},
		{"text/gemini", 7},
		{"text/gemini, text/html;q=0.9", 7},
		{"text/html", 6},
	};
	char request[256];

	(void)state;
	site_write(site_root, "page.gmi", "# page\n");
	site_write(site_root, "page.html", "<h1>pa");
	site_check();
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(request, sizeof request,
			"GET /page.gmi HTTP/1.1\r\nHost: example.org\r\nAccept: %s\r\n\r\n",
			rows[i].accept);
		assert_true(ask(SITE_HTTP, SITE_SERVED, request));
		assert_int_equal(answer.status, 200);
		if (answer.resource.size != rows[i].size)
			fail_msg("%s: %lld bytes", rows[i].accept, (long long)answer.resource.size);
		assert_string_equal(answer.vary, "Accept");
	}
	site_image.types[1].compressible = 1;
	assert_true(ask(SITE_HTTP, SITE_SERVED, request));
	assert_string_equal(answer.vary, "Accept, Accept-Encoding");
	site_image.types[1].compressible = 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_input),
		cmocka_unit_test(test_outdated),
		cmocka_unit_test(test_rendered),
		cmocka_unit_test(test_vhost),
		cmocka_unit_test(test_without_host),
		cmocka_unit_test(test_method),
		cmocka_unit_test(test_insecure),
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_redirect),
		cmocka_unit_test(test_challenge),
		cmocka_unit_test(test_framing),
		cmocka_unit_test(test_log_and_limits),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_moved_name),
		cmocka_unit_test(test_request_id),
		cmocka_unit_test(test_error_page),
		cmocka_unit_test(test_slow_down),
		cmocka_unit_test(test_slow_down_page),
		cmocka_unit_test(test_slow_down_listing),
		cmocka_unit_test(test_listing),
	};

	return cmocka_run_group_tests(tests, fill, site_close);
}
