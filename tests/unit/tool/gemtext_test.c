/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "gemtext.h"

/* The lines of a document, one letter each for the type (a heading's level), then its parts. */
static void expect_bytes(const char *document, size_t length, const char *expected)
{
	static const char letters[] = "tl#*>opc";
	struct gemtext gemtext = gemtext_over(document, length);
	struct gemtext_line line;
	char seen[1024] = "";

	while (gemtext_next(&gemtext, &line)) {
		char type = line.type == GEMTEXT_HEADING ? (char)('0' + line.level)
							 : letters[line.type];

		snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%c[%.*s]", type,
			(int)line.text.length, line.text.bytes);
		if (line.type == GEMTEXT_LINK)
			snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "(%.*s)",
				(int)line.url.length, line.url.bytes);
	}
	assert_string_equal(seen, expected);
}

static void expect(const char *document, const char *expected)
{
	expect_bytes(document, strlen(document), expected);
}

static void test_types(void **state)
{
	(void)state;
	expect("a\n# b\n## c\n### d\n* e\n> f\n=> g h\n", "t[a]1[b]2[c]3[d]*[e]>[f]l[h](g)");
	/* Blanks after a mark may be missing or many, but that of a list is part of it. */
	expect("#b\n##\tc\n###d \n>f\n=>g\n* \t e\n*e\n*\n", "1[b]2[c]3[d]>[f]l[](g)*[e]t[*e]t[*]");
	/* What stands before a mark makes it text, and text is as it is. */
	expect(" # a\n => b\n\t* c\n  > \n ```\n", "t[ # a]t[ => b]t[\t* c]t[  > ]t[ ```]");
	expect("####a\n#\n", "3[#a]1[]");
	expect("=a\n=\n`\n``\n=>>x\n", "t[=a]t[=]t[`]t[``]l[](>x)");
}

static void test_links(void **state)
{
	(void)state;
	expect("=>\t gemini://a/b?c \t a  label\t\n", "l[a  label](gemini://a/b?c)");
	expect("=>a\n=> a \n=>\ta\tb\n", "l[](a)l[](a)l[b](a)");
	/* Without a URL there is no link, and nothing is lost. */
	expect("=>\n=> \t\n", "t[=>]t[=> \t]");
}

static void test_preformatted(void **state)
{
	(void)state;
	expect("``` alt text \n# a\n=> b\n  c\n\n```  ignored\n# d\n",
		"o[alt text]p[# a]p[=> b]p[  c]p[]c[ignored]1[d]");
	expect("```\n```\n````x\n```", "o[]c[]o[`x]c[]");
	/* To the end, if nobody closes it. */
	expect("```\n* a", "o[]p[* a]");
}

static void test_ends(void **state)
{
	(void)state;
	expect("", "");
	expect("\n", "t[]");
	expect("a", "t[a]");
	expect("a\r\n\r\n# b\r\nc\r", "t[a]t[]1[b]t[c]");
	expect("```\r\n=> a\r\n```\r\n* b\r\n=> c d\r\n", "o[]p[=> a]c[]*[b]l[d](c)");
	expect("a\rb\r\r\n", "t[a\rb\r]");
	expect("\xef\xbb\xbf# a\n\xef\xbb\xbf# b\n", "1[a]t[\xef\xbb\xbf# b]");
	expect("\xef\xbb\xbf", "");
	expect("\xef\xbb", "t[\xef\xbb]");
	expect_bytes("#\0a\n", 4, "1[]"); /* as far as it is shown here */
}

static void test_title(void **state)
{
	static const char document[] = "a\n#\n```\n# no\n```\n## yes\n# other\n";
	struct gemtext_part title = gemtext_title(document, strlen(document));

	(void)state;
	assert_int_equal(title.length, 3);
	assert_memory_equal(title.bytes, "yes", 3);
	assert_int_equal(gemtext_title("", 0).length, 0);
	assert_int_equal(gemtext_title("=> # a\n", 7).length, 0);
}

static size_t date(const char *text)
{
	return gemtext_date((struct gemtext_part){text, strlen(text)});
}

static void test_date(void **state)
{
	static const char *const none[] = {"", "2026-05-1", "2026-13-01", "2026-00-10",
		"2026-01-00", "2026-04-31", "2026-02-29", "1900-02-29", "2026-05-170", "0000-01-01",
		"2026/05/17", " 2026-05-17", "2026-5-17 a", "x026-05-17"};

	(void)state;
	assert_int_equal(date("2026-05-17"), 10);
	assert_int_equal(date("2026-12-31: a"), 10);
	assert_int_equal(date("2024-02-29"), 10);
	assert_int_equal(date("2000-02-29x"), 10);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		if (date(none[i]) != 0)
			fail_msg("\"%s\" is no date", none[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_preformatted),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_title),
		cmocka_unit_test(test_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
