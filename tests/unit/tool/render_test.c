/* SPDX-License-Identifier: ISC */

/* The craft and the command, other than --watch, signals and terminals: those are in bats. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "contract/build.h"
#include "record.h"
#include "render.h"
#include "site.h"

#define LINE(...) ((char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static char text[SITE_OUTPUT];

static void document(const char *path, const char *content)
{
	site_write(path, content, strlen(content));
}

/* The command ends with that status, and begins to print with this. */
static void expect(char *const *arguments, int status, const char *beginning)
{
	assert_int_equal(site_run(render_command, arguments, text), status);
	if (strncmp(text, beginning, strlen(beginning)) != 0)
		fail_msg("\"%s\" does not begin with \"%s\"", text, beginning);
}

static void expect_bytes(const char *path, const char *part)
{
	size_t length;
	unsigned char *bytes = site_read(path, &length);

	if (!strstr((const char *)bytes, part))
		fail_msg("\"%s\" is not in %s", part, path);
	free(bytes);
}

static void expect_neighbour(const char *original, unsigned kind, const char *expected)
{
	char name[CRAFT_NAME];

	assert_int_equal(render_craft.name(original, kind, name), expected != NULL);
	if (expected)
		assert_string_equal(name, expected);
}

static void expect_original(
	const char *neighbour, unsigned kind, unsigned number, const char *expected)
{
	char name[CRAFT_NAME];

	assert_int_equal(render_craft.original(neighbour, kind, number, name), expected != NULL);
	if (expected)
		assert_string_equal(name, expected);
}

static void test_names(void **state)
{
	(void)state;
	assert_true(render_craft.takes("a.gmi"));
	assert_true(render_craft.takes("a.b.gemini"));
	assert_false(render_craft.takes(".gmi"));
	assert_false(render_craft.takes("gmi"));
	assert_false(render_craft.takes("a.gmi.br"));
	assert_false(render_craft.takes("a.html"));
	expect_neighbour("a.gmi", RENDER_PAGE, "a.html");
	expect_neighbour("a.gmi.gemini", RENDER_PAGE, "a.gmi.html");
	expect_neighbour("index.gmi", RENDER_FEED, "atom.xml");
	expect_neighbour("index.gemini", RENDER_FEED, "atom.xml");
	expect_neighbour("a.gmi", RENDER_FEED, NULL);
	expect_original("a.html", RENDER_PAGE, 0, "a.gmi");
	expect_original("a.html", RENDER_PAGE, 1, "a.gemini");
	expect_original("a.html", RENDER_PAGE, 2, NULL);
	expect_original("a.htm", RENDER_PAGE, 0, NULL);
	expect_original("atom.xml", RENDER_PAGE, 0, NULL);
	expect_original("atom.xml", RENDER_FEED, 0, "index.gmi");
	expect_original("atom.xml", RENDER_FEED, 1, "index.gemini");
	expect_original("atom.xml", RENDER_FEED, 2, NULL);
	expect_original("a.html", RENDER_FEED, 0, NULL);
}

/* Pages of every size, the smallest one being nothing; a name that leaves no room for a page. */
static void test_sizes(void **state)
{
	char name[NAME_MAX + 1];

	(void)state;
	document("empty.gmi", "");
	document("byte.gmi", "a");
	site_text("large.gmi", 700000);
	memset(name, 'n', sizeof(name));
	strcpy(name + NAME_MAX - 5, ".gmi");
	document(name, "a");
	expect(LINE("."), EXIT_DONE, "4 of 4 files rendered: 4 html, ");
	assert_true(site_stat("empty.html").st_size > 500);
	assert_true(site_stat("large.html").st_size > 700000);
	strcpy(name + NAME_MAX - 5, "n.gmi");
	document(name, "a");
	expect(LINE("."), EXIT_FAILED, "sulid render: ./nnn");
	assert_non_null(strstr(text, ".gmi: .html: File name too long\n"));
}

/* The page is removed with the last of the documents that it may be of, and only if it is ours. */
static void test_pruned(void **state)
{
	(void)state;
	document("a.gmi", "# one");
	document("a.gemini", "# two");
	document("b.gmi", "b");
	document("index.gmi", "=> a.gmi 2026-05-17 A");
	expect(LINE(".", "--feed", "https://a.example"), EXIT_DONE,
		"3 of 3 files rendered: 3 html, 1 atom, ");
	expect_bytes("a.html", "<title>one</title>");
	expect_bytes("atom.xml", "<id>https://a.example/a.gmi</id>");
	unlink("a.gmi");
	unlink("b.gmi");
	unlink("index.gmi");
	document("b.html", "mine");
	/* Its time is the same. */
	expect(LINE(".", "--prune", "--again"), EXIT_DONE,
		"1 of 1 file rendered: 1 html, 1 removed, ");
	expect_bytes("a.html", "<title>two</title>");
	expect_bytes("b.html", "mine");
	assert_false(site_has("index.html"));
	assert_true(site_has("atom.xml"));
	unlink("a.gemini");
	expect(LINE(".", "--prune", "--feed", "https://a.example", "-n"), EXIT_DONE,
		"would remove ./a.html\nwould remove ./atom.xml\n");
	expect(LINE(".", "--prune", "--feed", "https://a.example"), EXIT_DONE,
		"0 of 0 files rendered, 2 removed, ");
	assert_false(site_has("a.html"));
	assert_false(site_has("atom.xml"));
	assert_true(site_has("b.html"));
}

static void test_language(void **state)
{
	static char *const good[] = {"en", "pt-BR", "zh-Hans-CN", "de-1996", "x-sulid"};
	static char *const bad[] = {
		"", "-", "en-", "-en", "en--GB", "123", "en_GB", "a\"b", "ü", "abcdefghi"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		expect(LINE(".", "-l", good[i]), EXIT_DONE, "0 of 0 files rendered, ");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect(LINE(".", "-l", bad[i]), EXIT_USAGE,
			"sulid render: --lang wants a language, such as en or pt-BR\n"
			"usage: sulid render DIR... [OPTION]...\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_sizes, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_pruned, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_language, site_setup, site_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
