/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "forms_site.h"

static char longest[4096];

static const char *of_length(const char *begin, size_t length)
{
	size_t used = strlen(begin);

	memcpy(longest, begin, used);
	memset(longest + used, 'a', length - used);
	longest[length] = '\0';
	return longest;
}

static void test_tokens(void **state)
{
	(void)state;
	assert_true(form_is_token("X-a!#$%&'*+-.^_`|~0", 19));
	assert_false(form_is_token("", 0));
	assert_false(form_is_token("a b", 3) || form_is_token("a\0b", 3) || form_is_token("a:", 2));
	assert_false(form_is_token("\xc3\xa4", 2) || form_is_token("a(", 2));
}

static void test_controls(void **state)
{
	(void)state;
	assert_true(form_has_control("a\n") && form_has_control("\r") && form_has_control("\t"));
	assert_true(form_has_control("\x7f") && form_has_control("\x1b[m"));
	assert_true(form_has_control("\xc2\x85") && form_has_control("a\xc2\x9f"));
	assert_false(form_has_control("") || form_has_control("a \xc2\xa0\xc3\x84"));
}

static void test_site_paths(void **state)
{
	static const char *const good[] = {"/", "/a", "/a/", "/a/b.c/d/", "/...", "/.well-known/",
		"/a b", "/\xc3\xa4", "/%41", "/a:b@c", "/..a/b..", "/\\"};
	static const char *const bad[] = {"", "a", "a/", "//", "/a//", "//a", "/.", "/./", "/..",
		"/../a", "/a/.", "/a/..", "/a/./b", "/a?", "/?a=b", "/a#b", "/a\n", "/\xc2\x80"};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_null(form_site_path(good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_non_null(form_site_path(bad[i]));
	assert_null(form_site_path(of_length("/", 1024)));
	assert_non_null(form_site_path(of_length("/", 1025)));
}

static void test_targets(void **state)
{
	static const char *const good[] = {"/", "/new/{rest}", "/{rest}", "/{host}", "/x{path}",
		"/x?{query}", "/{rest}?{query}", "/{rest}#top", "https://a.test", "http://a.test/",
		"gemini://a.test/{rest}", "https://a.test{path}", "https://{host}{path}",
		"https://{host}:8443/{rest}?{query}", "https://a.test/?q={rest}", "/a//b",
		"https://[2001:db8::1]/", "/%7Bx%7D"};
	static const char *const bad[] = {"", "a", "{path}", "{rest}", "//a.test", "///", "/{path}",
		"/{query}", "/{rest}/a", "/{rest}{rest}{path}", "/{host}{query}", "mailto:a@b",
		"ftp://a/", "https:/a", "https:///a", "https://{path}", "https://{rest}",
		"https://a{rest}/", "https://{query}/", "https://a.test:{query}", "/a b", "/a\n",
		"/\xc3\xa4", "/\x7f", "/{}", "/{Rest}", "/{ rest}", "/{rest", "/rest}",
		"/{{rest}}"};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_null(form_target(good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_non_null(form_target(bad[i]));
	assert_null(form_target(of_length("/", 1024)));
	assert_non_null(form_target(of_length("/", 1025)));
}

static void test_headers(void **state)
{
	static const char *const good[] = {"X-A", "Server", "Content-Language", "Link", "a",
		"Content-Security-Policy", "Datex", "ETa", "Set-Cookie", "Vary"};
	static const char *const bad[] = {"", "X A", "X:", "Content-Length", "content-length",
		"Transfer-Encoding", "Connection", "Keep-Alive", "Upgrade", "Trailer", "TE", "Date",
		"ETag", "Last-Modified", "Content-Range", "Content-Encoding", "Accept-Ranges",
		"Allow", "Location", "Retry-After", "X-Request-Id", "X-REQUEST-ID", "Content-Type",
		"Cache-Control", "Strict-Transport-Security"};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_null(form_header_name(good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_non_null(form_header_name(bad[i]));
	assert_non_null(strstr(form_header_name("TE"), "sulid makes this field itself"));
	assert_non_null(strstr(form_header_name("content-TYPE"), "\"types\""));
	assert_non_null(strstr(form_header_name("cache-control"), "\"cache\""));
	assert_non_null(strstr(form_header_name("strict-transport-security"), "\"hsts\""));
	assert_null(form_header_value(""));
	assert_null(form_header_value("a: \"b\" \xc3\xa4"));
	assert_non_null(form_header_value("a\r\nb"));
	assert_non_null(form_header_value("a\xc2\x80"));
	assert_null(form_header_value(of_length("", 2048)));
	assert_non_null(form_header_value(of_length("", 2049)));
}

static void test_endings(void **state)
{
	char ending[FORM_ENDING + 1];

	(void)state;
	assert_null(form_try(".html"));
	assert_null(form_try(".tar.gz"));
	assert_non_null(form_try("html"));
	assert_non_null(form_try("."));
	assert_non_null(form_try(""));
	assert_non_null(form_try("./a"));
	assert_null(form_try(of_length(".", 64)));
	assert_non_null(form_try(of_length(".", 65)));
	assert_null(form_ending(".HtMl", ending));
	assert_string_equal(ending, "html");
	assert_null(form_ending(".tar.gz", ending));
	assert_string_equal(ending, "tar.gz");
	assert_null(form_ending(of_length(".", 65), ending));
	assert_int_equal(strlen(ending), 64);
	assert_non_null(form_ending(of_length(".", 66), ending));
	assert_non_null(form_ending("html", ending));
	assert_non_null(form_ending(".", ending));
	assert_non_null(form_ending(".a b", ending));
	assert_non_null(form_ending(".a/b", ending));
	assert_non_null(form_ending(".\xc3\xa4", ending));
}

static void test_media_types(void **state)
{
	(void)state;
	assert_null(form_media_type("text/html"));
	assert_null(form_media_type("application/vnd.oasis.opendocument.text"));
	assert_null(form_media_type("image/svg+xml"));
	assert_non_null(form_media_type("text"));
	assert_non_null(form_media_type("text/"));
	assert_non_null(form_media_type("/html"));
	assert_non_null(form_media_type("a/b/c"));
	assert_non_null(form_media_type("text/ html"));
	assert_non_null(form_media_type(""));
	assert_non_null(strstr(form_media_type("text/html; charset=utf-8"), "\"charset\""));
	assert_non_null(form_media_type(of_length("a/", 201)));
}

static void test_languages(void **state)
{
	(void)state;
	assert_null(form_language("en"));
	assert_null(form_language("pt-BR"));
	assert_null(form_language("zh-Hant-TW"));
	assert_null(form_language("de-1996"));
	assert_null(form_language("i-klingon"));
	assert_non_null(form_language(""));
	assert_non_null(form_language("-en"));
	assert_non_null(form_language("en-"));
	assert_non_null(form_language("en--us"));
	assert_non_null(form_language("en_US"));
	assert_non_null(form_language("en,fr"));
	assert_non_null(form_language("1en"));
	assert_non_null(form_language("abcdefghi"));
}

static void test_cache(void **state)
{
	static const char *const words[] = {
		"no-cache", "no-store", "public, max-age=31536000, immutable"};
	char text[FORM_CACHE], word[KEY_WORD];

	(void)state;
	assert_null(form_cache(&(struct value){.word = 1}, text));
	for (uint16_t i = 0; i < 3; i++)
		assert_string_equal(
			form_cache(&(struct value){.word = (uint16_t)(i + 2)}, text), words[i]);
	assert_string_equal(key_word(KEY_CACHE, 1, word), "none");
	assert_string_equal(key_word(KEY_CACHE, 2, word), "no-cache");
	assert_string_equal(key_word(KEY_CACHE, 3, word), "no-store");
	assert_string_equal(key_word(KEY_CACHE, 4, word), "immutable");
	assert_string_equal(form_cache(&(struct value){.number = 0}, text), "no-cache");
	assert_string_equal(form_cache(&(struct value){.number = 90000}, text), "max-age=90");
	assert_string_equal(
		form_cache(&(struct value){.number = 50 * KEY_YEAR}, text), "max-age=1576800000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_controls),
		cmocka_unit_test(test_site_paths),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_endings),
		cmocka_unit_test(test_media_types),
		cmocka_unit_test(test_languages),
		cmocka_unit_test(test_cache),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
