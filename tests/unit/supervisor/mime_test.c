/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mime.h"

static const char *find(const struct mime *mime, const char *ending)
{
	for (size_t i = 0; i < mime->count; i++)
		if (strcmp(mime->types[i].ending, ending) == 0)
			return mime->types[i].type;
	return "";
}

static void assert_sorted(const struct mime *mime)
{
	for (size_t i = 1; i < mime->count; i++)
		assert_true(strcmp(mime->types[i - 1].ending, mime->types[i].ending) < 0);
}

static void test_builtin(void **state)
{
	static const char *const known[] = {"html", "css", "js", "mjs", "json", "svg", "png", "jpg",
		"gif", "webp", "avif", "ico", "woff2", "txt", "md", "xml", "pdf", "mp4", "webm",
		"wasm", "gmi", "gemini"};
	struct arena arena = {0};
	struct mime mime = mime_load(&arena, "/nonexistent/mime.types");

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		assert_string_not_equal(find(&mime, known[i]), "");
	assert_string_equal(find(&mime, "html"), "text/html; charset=utf-8");
	assert_string_equal(find(&mime, "js"), "text/javascript; charset=utf-8");
	assert_string_equal(find(&mime, "gmi"), "text/gemini; charset=utf-8");
	assert_string_equal(find(&mime, "json"), "application/json");
	assert_string_equal(find(&mime, "png"), "image/png");
	assert_string_equal(find(&mime, "exe"), "");
	assert_sorted(&mime);
	arena_free(&arena);
}

static void test_file(void **state)
{
	static const char text[] = "# a comment\n"
				   "text/html\t\thtml htm\n"
				   "application/javascript js # JS\n"
				   "image/PNG PNG\r\n"
				   "application/x-nothing\n"
				   "\n"
				   "text/plain gmi\n"              /* ours comes first */
				   "application/one html tar.gz\n" /* the first wins */
				   "no-slash foo\n"
				   "bad/ty:pe foo\n"
				   "bad/ foo\n"
				   "  text/indented foo\n"
				   "audio/ogg a/b \x01 \xc3\xa4 ok";
	char path[] = "/tmp/mime_test_XXXXXX";
	int fd = mkstemp(path);
	struct arena arena = {0};
	struct mime mime;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
	close(fd);
	mime = mime_load(&arena, path);
	unlink(path);
	assert_string_equal(find(&mime, "html"), "text/html; charset=utf-8");
	assert_string_equal(find(&mime, "htm"), "text/html; charset=utf-8");
	assert_string_equal(find(&mime, "js"), "application/javascript; charset=utf-8");
	assert_string_equal(find(&mime, "png"), "image/PNG");
	assert_string_equal(find(&mime, "gmi"), "text/gemini; charset=utf-8");
	assert_string_equal(find(&mime, "gemini"), "text/gemini; charset=utf-8");
	assert_string_equal(find(&mime, "tar.gz"), "application/one");
	assert_string_equal(find(&mime, "ok"), "audio/ogg");
	assert_string_equal(find(&mime, "foo"), "");
	assert_string_equal(find(&mime, "css"), "");
	assert_int_equal(mime.count, 8);
	assert_sorted(&mime);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_builtin),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
