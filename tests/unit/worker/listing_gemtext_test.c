/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "listed.h"

static void test_whole(void **state)
{
	(void)state;
	listed_file("b.txt", 1234);
	listed_file("A: c?.gmi", 5);
	listed_directory("sub dir");
	assert_string_equal(listed_as(LISTING_GEMTEXT),
		"# /x/\n"
		"\n"
		"=> ../ ..\n"
		"=> ./sub%20dir/ sub dir/\n"
		"=> ./A:%20c%3F.gmi A: c?.gmi (5 B, 2026-11-21)\n"
		"=> ./b.txt b.txt (1.2 kB, 2026-11-21)\n");
}

/* A name is one line of text, whatever is in it: no second link, no heading. */
static void test_names(void **state)
{
	(void)state;
	listed_file("x\xe2\x80\xae"
		    "gpj.exe",
		1);
	assert_string_equal(listed_as(LISTING_GEMTEXT),
		"# /x/\n"
		"\n"
		"=> ../ ..\n"
		"=> ./x%E2%80%AEgpj.exe x\xef\xbf\xbdgpj.exe (1 B, 2026-11-21)\n");
}

static void test_root(void **state)
{
	(void)state;
	listed.path = "/";
	listed.path_length = 1;
	assert_string_equal(listed_as(LISTING_GEMTEXT), "# /\n\nThis directory is empty.\n");
}

static void test_type(void **state)
{
	(void)state;
	assert_string_equal(listing_type(LISTING_GEMTEXT), "text/gemini; charset=utf-8");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		LISTED(test_whole),
		LISTED(test_names),
		LISTED(test_root),
		LISTED(test_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
