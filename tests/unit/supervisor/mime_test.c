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
	assert_string_equal(find(&mime, "html"), "text/html");
	assert_string_equal(find(&mime, "js"), "text/javascript");
	assert_string_equal(find(&mime, "gmi"), "text/gemini");
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
	assert_string_equal(find(&mime, "html"), "text/html");
	assert_string_equal(find(&mime, "htm"), "text/html");
	assert_string_equal(find(&mime, "js"), "application/javascript");
	assert_string_equal(find(&mime, "png"), "image/PNG");
	assert_string_equal(find(&mime, "gmi"), "text/gemini");
	assert_string_equal(find(&mime, "gemini"), "text/gemini");
	assert_string_equal(find(&mime, "tar.gz"), "application/one");
	assert_string_equal(find(&mime, "ok"), "audio/ogg");
	assert_string_equal(find(&mime, "foo"), "");
	assert_string_equal(find(&mime, "css"), "");
	assert_int_equal(mime.count, 8);
	assert_sorted(&mime);
	arena_free(&arena);
}

static void test_text(void **state)
{
	(void)state;
	assert_true(mime_is_text("text/html") && mime_is_text("text/gemini"));
	assert_true(mime_is_text("TEXT/x-c") && mime_is_text("application/javascript"));
	assert_false(mime_is_text("application/json") || mime_is_text("image/svg+xml"));
	assert_false(mime_is_text("texts/html") || mime_is_text("application/javascripts"));
}

static void test_compressible(void **state)
{
	static const char *const compressible[] = {"text/html", "text/gemini", "image/svg+xml",
		"image/bmp", "image/x-icon", "image/vnd.microsoft.icon", "audio/wav", "audio/x-wav",
		"application/json", "application/wasm", "application/octet-stream", "font/ttf",
		"application/x-tar", "IMAGE/SVG+XML", "application/zipx", "application/pdfs",
		"application/vnd.oasis.other"};
	static const char *const compressed[] = {"image/png", "IMAGE/PNG", "image/svg", "video/mp4",
		"audio/ogg", "font/woff", "font/woff2", "application/zip", "application/gzip",
		"application/x-gzip", "application/zstd", "application/x-bzip2", "application/x-xz",
		"application/x-7z-compressed", "application/vnd.rar",
		"application/x-rar-compressed", "application/java-archive", "application/epub+zip",
		"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
		"application/vnd.oasis.opendocument.text", "application/pdf"};

	(void)state;
	for (size_t i = 0; i < sizeof compressible / sizeof *compressible; i++)
		assert_true(mime_is_compressible(compressible[i]));
	for (size_t i = 0; i < sizeof compressed / sizeof *compressed; i++)
		assert_false(mime_is_compressible(compressed[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_builtin),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_compressible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
