/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gemini.h"
#include "listings.h"
#include "site.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct answer answer;

static int fill(void **state)
{
	if (site_open(state) < 0)
		return -1;
	site_write(site_root, "index.gmi", "# root\n");
	site_write(site_root, "a.txt", "a");
	site_write(site_root, ".hidden", "x");
	site_directory(site_root, "dir");
	return 0;
}

static bool ask(uint32_t vhost, const char *request)
{
	struct conn conn = {
		.server = &site_server,
		.listener = SITE_GEMINI,
		.vhost = vhost,
		.protocol = PROTOCOL_GEMINI,
	};
	bool whole = gemini_answer(&conn, request, strlen(request), LISTING_NONE, &answer) ==
		     ANSWER_READY;

	if (whole)
		answer_drop(&answer);
	return whole;
}

static void test_answers(void **state)
{
	static const struct {
		const char *request;
		uint32_t vhost;
		unsigned status;
		const char *location;
	} rows[] = {
		{"gemini://example.org/\r\n", SITE_SERVED, 20, ""},
		{"gemini://example.org\r\n", SITE_SERVED, 20, ""},
		{"GEMINI://Example.ORG?q\r\n", SITE_SERVED, 20, ""},
		{"gemini://example.org:1965/a.txt\r\nmore", SITE_SERVED, 20, ""},
		{"gemini://x.example.net/a.txt\r\n", SITE_SERVED, 20, ""},
		{"gemini://192.0.2.1/\r\n", SITE_SERVED, 20, ""},
		{"gemini://[2001:db8::1]/\r\n", SITE_SERVED, 20, ""},
		{"gemini://secure.example/\r\n", SITE_REDIRECTED, 20, ""},
		{"gemini://example.org/dir\r\n", SITE_SERVED, 31, "/dir/"},
		{"gemini://example.org//dir?a%20b\r\n", SITE_SERVED, 31, "/dir/?a%20b"},
		{"gemini://example.org/dir/\r\n", SITE_SERVED, 51, ""},
		{"gemini://example.org/nothing\r\n", SITE_SERVED, 51, ""},
		{"gemini://example.org/.hidden\r\n", SITE_SERVED, 51, ""},
		/* "*" is no permission to be somebody else */
		{"gemini://other.example/\r\n", SITE_SERVED, 53, ""},
		{"gemini://secure.example/\r\n", SITE_SERVED, 53, ""},
		{"gemini://192.0.2.1/\r\n", SITE_REDIRECTED, 53, ""},
		{"gemini://example.org:1966/\r\n", SITE_SERVED, 53, ""},
		{"https://example.org/\r\n", SITE_SERVED, 53, ""},
		{"gemini://example.org/..\r\n", SITE_SERVED, 59, ""},
		{"gemini://example.org/%00\r\n", SITE_SERVED, 59, ""},
		{"gemini://u@example.org/\r\n", SITE_SERVED, 59, ""},
		{"gemini://example.org/#f\r\n", SITE_SERVED, 59, ""},
		{"/\r\n", SITE_SERVED, 59, ""},
		{"\r\n", SITE_SERVED, 59, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(ask(rows[i].vhost, rows[i].request));
		if (answer.status != rows[i].status)
			fail_msg("%s: %u", rows[i].request, answer.status);
		assert_int_equal(answer.location_length, strlen(rows[i].location));
		assert_memory_equal(answer.location, rows[i].location, answer.location_length);
		assert_true(answer.close);
		assert_int_equal(answer.vhost, rows[i].vhost);
		assert_int_equal(answer.line.length, strcspn(rows[i].request, "\r"));
	}
}

static void test_listing(void **state)
{
	struct conn conn = {.server = &site_server,
		.listener = SITE_GEMINI,
		.vhost = SITE_SERVED,
		.protocol = PROTOCOL_GEMINI};
	static const char request[] = "gemini://example.org/dir/?sort=size\r\n";
	int made = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	site_path(SITE_SERVED, "/dir/")->listing = 1;
	site_check();
	assert_int_equal(gemini_answer(&conn, request, sizeof request - 1, LISTING_NONE, &answer),
		ANSWER_WAITS);
	assert_true(answer.directory >= 0);
	assert_int_equal(answer.format, LISTING_GEMTEXT);
	assert_int_equal(answer.order.column, LISTING_SIZE);
	assert_memory_equal(answer.location, "/dir/", answer.location_length);
	assert_non_null(answer.settings);
	answer_drop(&answer);
	assert_int_equal(
		gemini_answer(&conn, request, sizeof request - 1, made, &answer), ANSWER_READY);
	assert_int_equal(answer.status, 20);
	assert_int_equal(answer.resource.fd, made);
	assert_string_equal(answer.resource.type, "text/gemini; charset=utf-8");
	assert_true(answer.listed);
	answer_drop(&answer);
	gemini_answer(&conn, request, sizeof request - 1, LISTING_BUSY, &answer);
	assert_int_equal(answer.status, 41);
	gemini_answer(&conn, request, sizeof request - 1, LISTING_FAILED, &answer);
	assert_int_equal(answer.status, 40);
	site_plain();
}

static void test_input(void **state)
{
	(void)state;
	site_input("/ask", ACTION_INPUT, "Who?", "/");
	site_input("/word", ACTION_SENSITIVE, "The word?", "/");
	site_check();
	assert_true(ask(SITE_SERVED, "gemini://example.org/ask\r\n"));
	assert_int_equal(answer.status, 10);
	assert_string_equal(answer.prompt, "Who?");
	assert_true(ask(SITE_SERVED, "gemini://example.org/ask?a.txt\r\n"));
	assert_int_equal(answer.status, 20);
	assert_null(answer.secret.bytes);
	assert_true(ask(SITE_SERVED, "gemini://example.org/ask?../a.txt\r\n"));
	assert_int_equal(answer.status, 59);
	assert_true(ask(SITE_SERVED, "gemini://example.org/word\r\n"));
	assert_int_equal(answer.status, 11);
	assert_string_equal(answer.prompt, "The word?");
	assert_true(ask(SITE_SERVED, "gemini://example.org/word?wrong\r\n"));
	assert_int_equal(answer.status, 51);
	assert_int_equal(answer.secret.length, 5);
	assert_memory_equal(answer.secret.bytes, "wrong", 5);
	/* Nor does who is not let in write one into the log. */
	site_network(
		site_input("/guarded", ACTION_SENSITIVE, "The word?", "/"), "192.0.2.0", 24, true);
	site_image.settings[site_used.settings - 1].networks_else = 0;
	site_check();
	assert_true(ask(SITE_SERVED, "gemini://example.org/guarded?a.txt\r\n"));
	assert_int_equal(answer.status, 51);
	assert_int_equal(answer.secret.length, 5);
	site_plain();
}

static void test_outdated(void **state)
{
	static const uint8_t digest[32] = {1};

	(void)state;
	site_identity(site_path(SITE_SERVED, "/a.txt"), digest);
	site_check();
	assert_true(ask(SITE_SERVED, "gemini://example.org/a.txt\r\n"));
	assert_int_equal(answer.status, 60);
	site_server.outdated = true;
	assert_true(ask(SITE_SERVED, "gemini://example.org/a.txt\r\n"));
	assert_int_equal(answer.status, 41);
	assert_true(ask(SITE_SERVED, "gemini://example.org/\r\n"));
	assert_int_equal(answer.status, 20);
	site_server.outdated = false;
	site_plain();
}

static void test_slow_down(void **state)
{
	static const uint8_t digest[32] = {1};
	struct image_settings *members;

	(void)state;
	site_pace(site_path(SITE_SERVED, "/a.txt"), 2);
	members = site_path(SITE_SERVED, "/members/");
	site_pace(members, 1);
	site_identity(members, digest);
	site_limit();
	for (int i = 0; i < 2; i++) {
		assert_true(ask(SITE_SERVED, "gemini://example.org/a.txt\r\n"));
		assert_int_equal(answer.status, 20);
	}
	assert_true(ask(SITE_SERVED, "gemini://example.org/a.txt?q\r\n"));
	assert_int_equal(answer.status, 44);
	assert_in_range(answer.wait, 3590, 3600);
	assert_int_equal(answer.resource.fd, -1);
	assert_true(ask(SITE_SERVED, "gemini://example.org/\r\n"));
	assert_int_equal(answer.status, 20);
	/* Who may not have it may not ask for it often either. */
	assert_true(ask(SITE_SERVED, "gemini://example.org/members/\r\n"));
	assert_int_equal(answer.status, 60);
	assert_true(ask(SITE_SERVED, "gemini://example.org/members/\r\n"));
	assert_int_equal(answer.status, 44);
	site_plain();
}

/* An index file that a limited path leads to counts for nothing of its own. */
static void test_slow_down_path(void **state)
{
	(void)state;
	site_pace(site_path(SITE_SERVED, "/index.gmi"), 1);
	site_limit();
	for (int i = 0; i < 3; i++) {
		assert_true(ask(SITE_SERVED, "gemini://example.org/\r\n"));
		assert_int_equal(answer.status, 20);
	}
	assert_true(ask(SITE_SERVED, "gemini://example.org/index.gmi\r\n"));
	assert_int_equal(answer.status, 20);
	assert_true(ask(SITE_SERVED, "gemini://example.org/index.gmi\r\n"));
	assert_int_equal(answer.status, 44);
	site_plain();
}

/* What is refused for its number is no less a secret. */
static void test_slow_down_secret(void **state)
{
	(void)state;
	site_pace(site_input("/word", ACTION_SENSITIVE, "The word?", "/"), 1);
	site_limit();
	assert_true(ask(SITE_SERVED, "gemini://example.org/word\r\n"));
	assert_int_equal(answer.status, 11);
	assert_true(ask(SITE_SERVED, "gemini://example.org/word?a.txt\r\n"));
	assert_int_equal(answer.status, 44);
	assert_int_equal(answer.secret.length, 5);
	assert_memory_equal(answer.secret.bytes, "a.txt", 5);
	site_plain();
}

/* Both looks at a request for a listing are one request. */
static void test_slow_down_listing(void **state)
{
	struct conn conn = {.server = &site_server,
		.listener = SITE_GEMINI,
		.vhost = SITE_SERVED,
		.protocol = PROTOCOL_GEMINI};
	static const char request[] = "gemini://example.org/dir/\r\n";
	struct image_settings *settings = site_path(SITE_SERVED, "/dir/");

	(void)state;
	settings->listing = 1;
	site_pace(settings, 2);
	site_limit();
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			gemini_answer(&conn, request, sizeof request - 1, LISTING_NONE, &answer),
			ANSWER_WAITS);
		answer_drop(&answer);
		gemini_answer(&conn, request, sizeof request - 1, LISTING_BUSY, &answer);
		assert_int_equal(answer.status, 41);
	}
	assert_true(ask(SITE_SERVED, request));
	assert_int_equal(answer.status, 44);
	site_plain();
}

/* The port that counts is the listener's; none means 1965. */
static void test_port(void **state)
{
	(void)state;
	site_image.listeners[SITE_GEMINI].port = 11965;
	assert_true(ask(SITE_SERVED, "gemini://example.org/\r\n"));
	assert_int_equal(answer.status, 53);
	assert_true(ask(SITE_SERVED, "gemini://example.org:1965/\r\n"));
	assert_int_equal(answer.status, 53);
	assert_true(ask(SITE_SERVED, "gemini://example.org:11965/\r\n"));
	assert_int_equal(answer.status, 20);
	site_image.listeners[SITE_GEMINI].port = 1965;
}

static void test_incomplete(void **state)
{
	static char request[1100];

	(void)state;
	assert_false(ask(SITE_SERVED, "gemini://example.org/"));
	assert_false(ask(SITE_SERVED, "gemini://example.org/\n"));
	memset(request, 'a', sizeof request - 1);
	assert_true(ask(SITE_SERVED, request));
	assert_int_equal(answer.status, 59);
	assert_true(answer.unread);
}

static void test_refuse(void **state)
{
	struct conn conn = {.server = &site_server, .vhost = SITE_SERVED};

	(void)state;
	answer_init(&answer);
	gemini_refuse(&conn, 41, &answer);
	assert_int_equal(answer.status, 41);
	assert_true(answer.close && answer.unread);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_listing),
		cmocka_unit_test(test_input),
		cmocka_unit_test(test_outdated),
		cmocka_unit_test(test_slow_down),
		cmocka_unit_test(test_slow_down_path),
		cmocka_unit_test(test_slow_down_secret),
		cmocka_unit_test(test_slow_down_listing),
		cmocka_unit_test(test_port),
		cmocka_unit_test(test_incomplete),
		cmocka_unit_test(test_refuse),
	};

	return cmocka_run_group_tests(tests, fill, site_close);
}
