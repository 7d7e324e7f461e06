/* SPDX-License-Identifier: ISC */

/*
 * Every file of tests/fixtures/config/bad is refused with exactly the errors that its first lines
 * name: "# LINE:COLUMN words", or "# FILE:LINE:COLUMN words" for one in a file that it includes.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

#define FOLDER "tests/fixtures/config/bad"
#define MOST   64

struct expected {
	char file[256]; /* "": the fixture itself */
	unsigned line;
	unsigned column;
	char words[256];
	bool found;
};

static size_t read_expected(const char *path, struct expected *list)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0, count = 0;

	assert_non_null(file);
	while (getline(&line, &size, file) > 0 && line[0] == '#') {
		struct expected *expected = &list[count];

		*expected = (struct expected){0};
		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "# %u:%u %255[^\n]", &expected->line, &expected->column,
			    expected->words) != 3 &&
			sscanf(line, "# %255[^:]:%u:%u %255[^\n]", expected->file, &expected->line,
				&expected->column, expected->words) != 4)
			continue;
		assert_true(++count < MOST);
	}
	free(line);
	fclose(file);
	return count;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), of_end = strlen(end);

	return length >= of_end && strcmp(text + length - of_end, end) == 0;
}

static bool is_expected(
	const struct diagnostic *diagnostic, const char *path, struct expected *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *file = list[i].file[0] ? list[i].file : path;

		if (!list[i].found && list[i].line == diagnostic->line &&
			list[i].column == diagnostic->column && diagnostic->file &&
			ends_with(diagnostic->file, file) &&
			strstr(diagnostic->text, list[i].words)) {
			list[i].found = true;
			return true;
		}
	}
	return false;
}

/* Returns how many differences there are. */
static unsigned check_file(const char *path)
{
	static struct expected list[MOST];
	size_t count = read_expected(path, list);
	struct diagnostics diagnostics = {0};
	struct config *config = config_load(path, &diagnostics);
	unsigned wrong = 0;

	if (config || count == 0) {
		print_error("%s: %s\n", path, config ? "is accepted" : "names no error");
		wrong++;
	}
	diagnostics_sort(&diagnostics);
	for (size_t i = 0; i < diagnostics.count; i++) {
		const struct diagnostic *diagnostic = &diagnostics.list[i];

		if (is_expected(diagnostic, path, list, count))
			continue;
		print_error("not expected: %s:%u:%u: %s%s\n",
			diagnostic->file ? diagnostic->file : "-", diagnostic->line,
			diagnostic->column, diagnostic->warning ? "warning: " : "",
			diagnostic->text);
		wrong++;
	}
	for (size_t i = 0; i < count; i++)
		if (!list[i].found) {
			print_error("missing: %s: %s:%u:%u %s\n", path, list[i].file, list[i].line,
				list[i].column, list[i].words);
			wrong++;
		}
	config_free(config);
	diagnostics_free(&diagnostics);
	return wrong;
}

static void test_all(void **state)
{
	DIR *folder = opendir(FOLDER);
	const struct dirent *entry;
	unsigned files = 0, wrong = 0;

	(void)state;
	assert_non_null(folder);
	while ((entry = readdir(folder))) {
		char path[512];

		if (!ends_with(entry->d_name, ".yaml"))
			continue;
		snprintf(path, sizeof path, "%s/%s", FOLDER, entry->d_name);
		wrong += check_file(path);
		files++;
	}
	closedir(folder);
	assert_int_equal(wrong, 0);
	assert_true(files >= 50);
}

/* What cannot be a fixture with a comment in it. */
static void assert_only(
	const char *bytes, size_t size, unsigned line, unsigned column, const char *words)
{
	struct diagnostics diagnostics = {0};

	assert_null(config_load_bytes("x.yaml", NULL, bytes, size, &diagnostics));
	diagnostics_sort(&diagnostics);
	assert_int_equal(diagnostics.errors, 1);
	assert_int_equal(diagnostics.count, 1);
	assert_string_equal(diagnostics.list[0].file, "x.yaml");
	assert_int_equal(diagnostics.list[0].line, line);
	assert_int_equal(diagnostics.list[0].column, column);
	assert_non_null(strstr(diagnostics.list[0].text, words));
	diagnostics_free(&diagnostics);
}

static void test_bytes(void **state)
{
	static char long_text[16 * 1024 * 1024 + 1];

	(void)state;
	assert_only("", 0, 1, 1, "there are no vhosts");
	assert_only("\0", 1, 1, 1, "control character 0x00");
	assert_only("\xef\xbb\xbf", 3, 1, 1, "there are no vhosts");
	assert_only("\xef\xbb\xbf"
		    "vhost: 1",
		11, 1, 1, "did you mean \"vhosts\"?");
	assert_only("\xff\xfe", 2, 1, 1, "this is not UTF-8");
	assert_only("a: b\r\nvhosts:\r\n  - names: [\xc3\xa9\xc3\xa9, \xff]\r\n", 37, 3, 17,
		"this is not UTF-8");
	memset(long_text, '#', sizeof long_text);
	assert_only(long_text, sizeof long_text, 0, 0, "longer than 16 MiB");
}

static void test_files(void **state)
{
	struct diagnostics diagnostics = {0};

	(void)state;
	assert_null(config_load("/nowhere/sulid.yaml", &diagnostics));
	assert_null(config_load("/", &diagnostics));
	assert_null(config_load("/dev/null", &diagnostics));
	assert_int_equal(diagnostics.errors, 3);
	assert_string_equal(diagnostics.list[0].file, "/nowhere/sulid.yaml");
	assert_string_equal(diagnostics.list[0].text, "cannot be read: No such file or directory");
	assert_string_equal(diagnostics.list[1].text, "cannot be read: Is a directory");
	assert_string_equal(diagnostics.list[2].text, "cannot be read: it is not a regular file");
	diagnostics_free(&diagnostics);
	/* From memory without a directory, nothing is included. */
	assert_null(config_load_bytes("x.yaml", NULL,
		"include: /etc/*.yaml\nvhosts: [{names: a.test, root: /a}]\n", 57, &diagnostics));
	assert_int_equal(diagnostics.errors, 1);
	assert_string_equal(diagnostics.list[0].text, "nothing can be included here");
	diagnostics_free(&diagnostics);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
