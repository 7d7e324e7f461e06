/* SPDX-License-Identifier: ISC */

/* The command as a whole, other than --watch, signals and terminals: those are in bats. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "contract/build.h"
#include "precompress.h"
#include "record.h"
#include "site.h"

#define LINE(...) ((char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static char text[SITE_OUTPUT];

static int precompress(char *const *arguments)
{
	return site_run(precompress_command, arguments, text);
}

static void expect_in(const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, text);
}

/* The summary begins with this. */
static void expect_summary(char *const *arguments, const char *beginning)
{
	int status = precompress(arguments);

	assert_int_equal(status, EXIT_DONE);
	if (strncmp(text, beginning, strlen(beginning)) != 0)
		fail_msg("\"%s\" does not begin with \"%s\"", text, beginning);
}

static void make_site(void)
{
	static const char *const directories[] = {
		"site", "site/css", "site/.git", "site/.well-known", "other"};

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		assert_int_equal(mkdir(directories[i], 0755), 0);
	site_text("site/index.html", 20000);
	site_text("site/css/a.css", 3000);
	site_text("site/.well-known/b.txt", 3000);
	site_text("site/.git/c.txt", 3000);
	site_text("site/.hidden.txt", 3000);
	site_text("site/small.txt", 255);
	site_text("site/d.png", 3000);
	site_fill("site/random", 3000, false);
	site_text("other/e.txt", 3000);
	assert_int_equal(symlink("../other", "site/link"), 0);
	assert_int_equal(symlink("../other/e.txt", "site/e.txt"), 0);
}

static void test_tree(void **state)
{
	static const char *const without[] = {"site/.git/c.txt.br", "site/.hidden.txt.br",
		"site/small.txt.br", "site/d.png.br", "site/random.br", "site/e.txt.br",
		"other/e.txt.br", "site/.git/" RECORD_NAME, "other/" RECORD_NAME};

	(void)state;
	make_site();
	expect_summary(LINE("site"), "3 of 4 files compressed: 26 KB → ");
	assert_true(site_has("site/index.html.br"));
	assert_true(site_has("site/index.html.zst"));
	assert_true(site_has("site/index.html.gz"));
	assert_true(site_has("site/css/a.css.gz"));
	assert_true(site_has("site/.well-known/b.txt.gz"));
	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++)
		assert_false(site_has(without[i]));
	/* Nothing is left to be done, not even for what was in vain. */
	expect_summary(LINE("site", "-n"), "0 of 4 files to be compressed, 0.");
	expect_summary(LINE("site"), "0 of 4 files compressed, 0.");
}

/* A root may be a link, may be in another, and may be given twice. */
static void test_roots(void **state)
{
	(void)state;
	make_site();
	assert_int_equal(symlink("site", "current"), 0);
	expect_summary(LINE("-j1", "current/", "site/css", "other", "other", "-e", "gzip"),
		"4 of 7 files compressed: 29 KB → ");
	assert_int_equal(precompress(LINE("nothing", "site/index.html", "other")), EXIT_FAILED);
	expect_in("sulid precompress: nothing: No such file or directory\n"
		  "sulid precompress: site/index.html: Not a directory\n");
	expect_in("1 of 1 file compressed: 3.0 KB → ");
	expect_in(", 2 failed, ");
}

static void test_only_stale(void **state)
{
	(void)state;
	make_site();
	expect_summary(LINE("site"), "3 of 4 ");
	site_touch("site/css/a.css", 1700000001, 0);
	assert_int_equal(precompress(LINE("--dry-run", "site/")), EXIT_DONE);
	expect_in("would make site/css/a.css.br\nwould make site/css/a.css.zst\n"
		  "would make site/css/a.css.gz\n1 of 4 files to be compressed: 3.0 KB (br), ");
	expect_summary(LINE("site"), "1 of 4 files compressed: 3.0 KB → ");
	unlink("site/index.html.br");
	expect_summary(LINE("site", "--encodings=zstd,gzip"), "0 of 4 files compressed, ");
	expect_summary(LINE("site"), "1 of 4 files compressed: 20 KB → ");
	assert_null(strstr(text, "gzip"));
}

static void test_foreign(void **state)
{
	(void)state;
	make_site();
	site_write("site/index.html.gz", "mine", 4);
	site_touch("site/index.html.gz", 1800000000, 0);
	site_write("site/archive.tar.gz", "mine", 4);
	expect_summary(LINE("site", "--prune"), "3 of 4 files compressed: 26 KB → ");
	expect_in(", 1 stale but not ours, ");
	assert_int_equal(site_stat("site/index.html.gz").st_size, 4);
	assert_true(site_has("site/archive.tar.gz"));
	assert_int_equal(precompress(LINE("site", "-n")), EXIT_DONE);
	expect_in("0 of 4 files to be compressed, 1 stale but not ours, ");
	assert_int_equal(precompress(LINE("site", "-n", "--replace")), EXIT_DONE);
	expect_in("would make site/index.html.gz\n1 of 4 ");
	expect_summary(LINE("site", "--replace"), "1 of 4 files compressed: 20 KB → ");
	assert_null(strstr(text, "stale"));
}

static void test_prune(void **state)
{
	(void)state;
	make_site();
	expect_summary(LINE("site"), "3 of 4 ");
	unlink("site/css/a.css");
	rename("site/index.html", "site/home.html");
	expect_summary(LINE("site"), "1 of 3 files compressed: 20 KB → ");
	assert_true(site_has("site/css/a.css.br"));
	assert_int_equal(precompress(LINE("site", "-n", "--prune")), EXIT_DONE);
	expect_in("would remove site/index.html.br\nwould remove site/index.html.zst\n"
		  "would remove site/index.html.gz\nwould remove site/css/a.css.br\n");
	assert_true(site_has("site/css/a.css.br"));
	expect_summary(LINE("site", "--prune"), "0 of 3 files compressed, 6 removed, ");
	assert_false(site_has("site/css/a.css.br"));
	assert_false(site_has("site/css/a.css.zst"));
	assert_false(site_has("site/css/a.css.gz"));
	/* The record goes with the last of them. */
	assert_false(site_has("site/css/" RECORD_NAME));
	assert_true(site_has("site/" RECORD_NAME));
	expect_summary(LINE("site", "--prune"), "0 of 3 files compressed, 0.");
}

/* The same bytes whatever the number of threads. */
static void test_jobs(void **state)
{
	(void)state;
	assert_int_equal(mkdir("a", 0755), 0);
	for (int i = 0; i < 40; i++) {
		char path[32];

		snprintf(path, sizeof(path), "a/%d", i);
		site_text(path, (size_t)(300 + i * 997));
	}
	assert_int_equal(system("cp -a a b"), 0);
	expect_summary(LINE("a", "--jobs", "1"), "40 of 40 ");
	expect_summary(LINE("b", "--jobs", "7"), "40 of 40 ");
	assert_int_equal(system("diff -r --exclude=" RECORD_NAME " a b && test -e a/39.zst"), 0);
	assert_int_equal(system("sort a/" RECORD_NAME " >c; sort b/" RECORD_NAME " | cmp - c"), 0);
}

/* One that fails is named and keeps no other from being done. */
static void test_failure(void **state)
{
	char path[300] = "site/";

	(void)state;
	make_site();
	memset(path + 5, 'x', 250);
	strcpy(path + 255, ".txt");
	site_text(path, 3000);
	assert_int_equal(precompress(LINE("site")), EXIT_FAILED);
	expect_in("xx.txt: .br: File name too long\n");
	expect_in("3 of 5 files compressed: ");
	expect_in(", 1 failed, ");
	assert_true(site_has("site/css/a.css.br"));
}

static void test_left_behind(void **state)
{
	(void)state;
	make_site();
	site_text("site/css/.sulid-new-0123456789abcdef", 1000);
	site_text("site/css/.sulid-new-mine", 1000);
	assert_int_equal(precompress(LINE("-n", "site")), EXIT_DONE);
	assert_true(site_has("site/css/.sulid-new-0123456789abcdef"));
	assert_int_equal(precompress(LINE("site")), EXIT_DONE);
	assert_false(site_has("site/css/.sulid-new-0123456789abcdef"));
	assert_true(site_has("site/css/.sulid-new-mine"));
}

/* Names are shown without what a terminal would obey. */
static void test_names(void **state)
{
	(void)state;
	assert_int_equal(mkdir("s", 0755), 0);
	site_text("s/a\n\033[31m \xc3\xa4", 3000);
	assert_int_equal(precompress(LINE("-n", "-e", "br", "s")), EXIT_DONE);
	expect_in("would make s/a\\x0a\\x1b[31m \xc3\xa4.br\n");
	expect_summary(LINE("s"), "1 of 1 file compressed");
	expect_summary(LINE("s"), "0 of 1 file compressed");
}

static void test_quiet(void **state)
{
	(void)state;
	make_site();
	assert_int_equal(precompress(LINE("-q", "site")), EXIT_DONE);
	assert_string_equal(text, "");
	assert_int_equal(precompress(LINE("-qn", "site", "other")), EXIT_DONE);
	assert_string_equal(text, "");
}

static void expect_usage(char *const *arguments, const char *message)
{
	char expected[400];

	snprintf(expected, sizeof(expected),
		"sulid precompress: %s\nusage: sulid precompress DIR... [OPTION]...\n", message);
	assert_int_equal(precompress(arguments), EXIT_USAGE);
	assert_string_equal(text, expected);
}

static void test_usage(void **state)
{
	(void)state;
	expect_usage(LINE(), "which directory?");
	expect_usage(LINE("-q"), "which directory?");
	expect_usage(LINE("--encoding", "br", "."),
		"unknown option \"--encoding\"; did you mean \"--encodings\"?");
	expect_usage(
		LINE("-e", "br,deflate", "."), "--encodings wants a list of br, zstd and gzip");
	expect_usage(LINE("-e", "", "."), "--encodings wants a list of br, zstd and gzip");
	expect_usage(LINE("-e", "br,", "."), "--encodings wants a list of br, zstd and gzip");
	expect_usage(LINE("-e", "b", "."), "--encodings wants a list of br, zstd and gzip");
	expect_usage(LINE("--level=11", "."), "--level wants fast, normal or best");
	expect_usage(LINE("-j", "0", "."), "--jobs wants a number from 1 to 256");
	expect_usage(LINE("-j", "257", "."), "--jobs wants a number from 1 to 256");
	expect_usage(LINE("-j", "2x", "."), "--jobs wants a number from 1 to 256");
	expect_usage(LINE("--watch", "-n", "."), "--dry-run does not go with --watch");
	assert_int_equal(precompress(LINE("--help")), EXIT_DONE);
	expect_in("usage: sulid precompress DIR...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_tree, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_roots, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_only_stale, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_foreign, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_prune, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_jobs, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_failure, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_left_behind, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_names, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_quiet, site_setup, site_teardown),
		cmocka_unit_test(test_usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
