/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diagnostics.h"

static void assert_prints(struct diagnostics *diagnostics, const char *expected)
{
	char *printed = NULL;
	size_t length;
	FILE *to = open_memstream(&printed, &length);

	diagnostics_print(diagnostics, to);
	fclose(to);
	assert_string_equal(printed, expected);
	free(printed);
	diagnostics_free(diagnostics);
}

static void source(struct diagnostics *diagnostics, const char *file, const char *text)
{
	diagnostics_source(diagnostics, file, text, strlen(text));
}

static void test_order(void **state)
{
	struct diagnostics diagnostics = {0};
	struct position a = {"a.yaml", 2, 3}, b = {"b.yaml", 1, 1}, early = {"a.yaml", 1, 9};

	(void)state;
	source(&diagnostics, "b.yaml", "first\n");
	source(&diagnostics, "a.yaml", "one\n  two\r\nthree");
	diagnostics_error(&diagnostics, &a, "second \"%s\"", "x");
	diagnostics_warn(&diagnostics, &early, "past the end");
	diagnostics_error(&diagnostics, &b, "other file");
	diagnostics_error(&diagnostics, NULL, "no place");
	diagnostics_error(&diagnostics, &a, "third");
	diagnostics_error(&diagnostics, &(struct position){.file = "c.yaml"}, "no line");
	assert_int_equal(diagnostics.errors, 5);
	assert_int_equal(diagnostics.warnings, 1);
	assert_prints(&diagnostics, "sulid: no place\n"
				    "c.yaml: no line\n"
				    "b.yaml:1:1: other file\n"
				    "first\n"
				    "^\n"
				    "a.yaml:1:9: warning: past the end\n"
				    "one\n"
				    "   …\n"
				    "a.yaml:2:3: second \"x\"\n"
				    "  two\n"
				    "  ^\n"
				    "a.yaml:2:3: third\n"
				    "  two\n"
				    "  ^\n");
	assert_int_equal(diagnostics.errors, 0);
}

static void test_lines(void **state)
{
	struct diagnostics diagnostics = {0};

	(void)state;
	/* Tabs are repeated, characters counted, control characters not shown; all of YAML's
	 * breaks. */
	source(&diagnostics, "a",
		"\t\xc3\xa4 x\n\x1b[1m\xc2\x9bm\rthree\xe2\x80\xa8"
		"four");
	diagnostics_error(&diagnostics, &(struct position){"a", 1, 4}, "tab");
	diagnostics_error(&diagnostics, &(struct position){"a", 2, 1}, "escape \x1b[1m\n\xc2\x9b");
	diagnostics_error(&diagnostics, &(struct position){"a", 3, 1}, "return");
	diagnostics_error(&diagnostics, &(struct position){"a", 4, 5}, "separator");
	diagnostics_error(&diagnostics, &(struct position){"a", 5, 1}, "beyond");
	assert_prints(&diagnostics, "a:1:4: tab\n"
				    "\t\xc3\xa4 x\n"
				    "\t  ^\n"
				    "a:2:1: escape ?[1m???\n"
				    "?[1m??m\n"
				    "^\n"
				    "a:3:1: return\n"
				    "three\n"
				    "^\n"
				    "a:4:5: separator\n"
				    "four\n"
				    "    ^\n"
				    "a:5:1: beyond\n");
}

static void test_bounds(void **state)
{
	struct diagnostics diagnostics = {0};
	static char line[4000];
	char *printed = NULL;
	size_t length;
	FILE *to;

	(void)state;
	memset(line, 'x', sizeof line);
	diagnostics_source(&diagnostics, "a", line, sizeof line);
	for (unsigned i = 0; i < 1000; i++)
		diagnostics_error(&diagnostics, &(struct position){"a", 1, i + 1}, "e");
	assert_int_equal(diagnostics.errors, 1000);
	assert_int_equal(diagnostics.count, 200);
	to = open_memstream(&printed, &length);
	diagnostics_print(&diagnostics, to);
	fclose(to);
	assert_non_null(strstr(printed, "a:1:200: e\n"));
	assert_null(strstr(printed, "a:1:201: e\n"));
	assert_string_equal(printed + length - strlen("sulid: 800 more\n"), "sulid: 800 more\n");
	assert_true(length < 200 * 500);
	free(printed);
	diagnostics_free(&diagnostics);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
