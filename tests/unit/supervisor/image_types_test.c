/* SPDX-License-Identifier: ISC */

/* Media types as the worker finds them: mime.types, and "types" and "charset" on top. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "built.h"

static void assert_type(const struct built *built, uint32_t vhost, const char *file,
	const char *type, const char *cache)
{
	const struct image_type *found = image_find_type(&built->image, vhost, file, strlen(file));

	assert_non_null(found);
	assert_string_equal(built_text(built, found->type), type);
	assert_string_equal(built_text(built, found->cache), cache);
}

static void test_plain(void **state)
{
	struct built built = built_from("vhosts: [{names: a, root: /a}, {names: b, root: /b}]\n");

	(void)state;
	assert_type(&built, 0, "a.HTML", "text/html; charset=utf-8", "");
	assert_type(&built, 1, "a.gmi", "text/gemini; charset=utf-8", "");
	assert_type(&built, 1, "a.json", "application/json", "");
	assert_null(image_find_type(&built.image, 0, "a.unknown", 9));
	assert_int_equal(built.image.vhosts[0].types.first, built.image.vhosts[1].types.first);
	assert_int_equal(built.image.vhosts[0].types.count, built.image.header->types.count);
	built_end(&built);
}

/* By ending, and of that each key by itself. */
static void test_merge(void **state)
{
	struct built built = built_from("defaults:\n"
					"  types:\n"
					"    .css: {cache: 1d, lang: en}\n"
					"    .gmi: {lang: [en, pt-BR]}\n"
					"    .z: {type: text/x-z}\n"
					"vhosts:\n"
					"  - names: a\n"
					"    root: /a\n"
					"    types:\n"
					"      .CSS: {cache: immutable}\n"
					"      .gmi: {charset: iso-8859-1}\n"
					"      .nothing: {cache: 10s}\n"
					"      .tar.gz: {type: application/x-tgz}\n"
					"      .json: {charset: us-ascii, cache: no-store}\n"
					"      .txt: {charset: none, cache: none}\n"
					"      .html: ~\n"
					"      .js: {}\n"
					"  - {names: b, root: /b}\n"
					"  - {names: c, root: /c, types: {}}\n");

	(void)state;
	assert_type(&built, 0, "a.css", "text/css; charset=utf-8; lang=en",
		"public, max-age=31536000, immutable");
	assert_type(&built, 0, "a.gmi", "text/gemini; charset=iso-8859-1; lang=\"en,pt-BR\"", "");
	assert_type(&built, 0, "a.z", "text/x-z; charset=utf-8", "");
	assert_type(&built, 0, "a.nothing", "application/octet-stream", "max-age=10");
	assert_type(&built, 0, "a.tar.gz", "application/x-tgz", "");
	assert_type(&built, 0, "a.gz", "application/gzip", "");
	assert_type(&built, 0, "a.json", "application/json; charset=us-ascii", "no-store");
	assert_type(&built, 0, "a.txt", "text/plain", "");
	assert_type(&built, 0, "a.html", "text/html; charset=utf-8", "");
	assert_type(&built, 0, "a.js", "text/javascript; charset=utf-8", "");
	assert_type(&built, 1, "a.css", "text/css; charset=utf-8; lang=en", "max-age=86400");
	assert_type(&built, 1, "a.gmi", "text/gemini; charset=utf-8; lang=\"en,pt-BR\"", "");
	assert_type(&built, 1, "a.json", "application/json", "");
	assert_null(image_find_type(&built.image, 1, "a.nothing", 9));
	assert_int_equal(built.image.vhosts[1].types.first, built.image.vhosts[2].types.first);
	assert_int_not_equal(built.image.vhosts[0].types.first, built.image.vhosts[1].types.first);
	built_end(&built);
}

static void test_charset(void **state)
{
	struct built built = built_from(
		"defaults: {charset: iso-8859-15}\n"
		"vhosts:\n"
		"  - {names: a, root: /a}\n"
		"  - {names: b, root: /b, charset: none}\n"
		"  - {names: c, root: /c, charset: utf-8}\n"
		"  - {names: d, root: /d, charset: iso-8859-15}\n"
		"  - {names: e, root: /e, charset: none, types: {.txt: {charset: utf-8}}}\n");

	(void)state;
	assert_type(&built, 0, "a.txt", "text/plain; charset=iso-8859-15", "");
	assert_type(&built, 0, "a.png", "image/png", "");
	assert_type(&built, 1, "a.txt", "text/plain", "");
	assert_type(&built, 2, "a.txt", "text/plain; charset=utf-8", "");
	assert_int_equal(built.image.vhosts[0].types.first, built.image.vhosts[3].types.first);
	assert_type(&built, 4, "a.txt", "text/plain; charset=utf-8", "");
	assert_type(&built, 4, "a.html", "text/html", "");
	built_end(&built);
}

static void test_compressible(void **state)
{
	struct built built = built_from(
		"vhosts: [{names: a, root: /a, types: {.raw: {type: image/x-raw}, .html: {type: "
		"video/html}}}]\n");
	static const struct {
		const char *file;
		uint32_t compressible;
	} rows[] = {{"a.css", 1}, {"a.svg", 1}, {"a.png", 0}, {"a.raw", 0}, {"a.html", 0},
		{"a.json", 1}, {"a.zip", 0}, {"a.wav", 1}, {"a.woff2", 0}, {"a.ttf", 1}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(
			image_find_type(&built.image, 0, rows[i].file, strlen(rows[i].file))
				->compressible,
			rows[i].compressible);
	built_end(&built);
}

/* Each difference makes types of one's own. */
static void test_told_apart(void **state)
{
	static const char *const keys[] = {"type: text/x", "lang: en", "lang: [en, fr]",
		"charset: us-ascii", "charset: none", "cache: 1s", "cache: no-store", "cache: none",
		""};
	const size_t count = sizeof keys / sizeof *keys;
	char text[1024] = "vhosts:\n";
	struct built built;

	(void)state;
	for (size_t i = 0; i < count; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text),
			"  - {names: n%zu, root: /r, types: {.txt: {%s}}}\n", i, keys[i]);
	built = built_from(text);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(built.image.vhosts[i].types.first,
				built.image.vhosts[j].types.first);
	built_end(&built);
}

/* Ten thousand vhosts with the same types have them once, also if each says them itself. */
static void test_many(void **state)
{
	size_t room = 10000 * 80, used = 0;
	char *text = malloc(room);
	struct built built;

	(void)state;
	used += (size_t)snprintf(text, room, "defaults: {types: {.css: {cache: 1d}}}\nvhosts:\n");
	for (unsigned i = 0; i < 10000; i++)
		used += (size_t)snprintf(text + used, room - used,
			"  - {names: n%u.test, root: /r%s}\n", i,
			i % 2 ? "" : ", types: {.css: {cache: 1d}}");
	built = built_from(text);
	assert_int_equal(built.image.header->types.count, built.image.vhosts[9999].types.count);
	built_end(&built);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_charset),
		cmocka_unit_test(test_compressible),
		cmocka_unit_test(test_told_apart),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
