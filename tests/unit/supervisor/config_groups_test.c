/* SPDX-License-Identifier: ISC */

/* Groups, and the files that hold their members. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "config_groups.h"

#define EIGHT(digit) digit digit digit digit digit digit digit digit
#define DIGEST(digit) \
	EIGHT(digit)  \
	EIGHT(digit) EIGHT(digit) EIGHT(digit) EIGHT(digit) EIGHT(digit) EIGHT(digit) EIGHT(digit)

static char folder[] = "/tmp/sulid-groups-XXXXXX";

static void write_file(const char *name, const char *bytes, size_t size)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

/* Groups of these files, which are not read yet. */
static struct config *load(const char *groups)
{
	struct diagnostics diagnostics = {0};
	char text[1024];
	struct config *config;

	snprintf(text, sizeof text, "groups: %s\nvhosts: [{names: a, root: /a}]\n", groups);
	config = config_load_bytes("x.yaml", folder, text, strlen(text), &diagnostics);
	diagnostics_print(&diagnostics, stderr);
	assert_non_null(config);
	diagnostics_free(&diagnostics);
	return config;
}

static void test_file(void **state)
{
	static const char text[] =
		"# members\n"
		"\n"
		"sha256:" DIGEST("2") "  # with a comment\n"
				      " \t" DIGEST("1") "\r\n"
							"SHA256:" DIGEST(
								"a") "#\n"
								     "sha256:" DIGEST(
									     "A") "\n"
										  "   # end\n"
										  "sha256:" DIGEST(
											  "1");
	struct diagnostics diagnostics = {0};
	const struct config_group *group;
	struct config *config;

	(void)state;
	write_file("staff.txt", text, sizeof text - 1);
	config = load("{staff: staff.txt, one: sha256:" DIGEST("4") "}");
	group = config_groups_find(config, "staff");
	assert_non_null(group);
	assert_int_equal(group->count, 0);
	assert_int_equal(config_groups_load(config, &diagnostics), 0);
	assert_int_equal(diagnostics.count, 0);
	group = config_groups_find(config, "staff");
	assert_int_equal(group->count, 3);
	assert_int_equal(group->digests[0].bytes[31], 0x11);
	assert_int_equal(group->digests[1].bytes[0], 0x22);
	assert_int_equal(group->digests[2].bytes[0], 0xaa);
	assert_int_equal(config_groups_find(config, "one")->count, 1);
	assert_null(config_groups_find(config, "staf"));
	/* Once more, as it is then. */
	write_file("staff.txt", text, 10);
	assert_int_equal(config_groups_load(config, &diagnostics), 0);
	assert_int_equal(config_groups_find(config, "staff")->count, 0);
	assert_int_equal(config_groups_find(config, "one")->count, 1);
	assert_int_equal(diagnostics.warnings, 1);
	assert_string_equal(diagnostics.list[0].file, "x.yaml");
	assert_int_equal(diagnostics.list[0].column, 17);
	diagnostics_free(&diagnostics);
	config_free(config);
}

static void assert_diagnostic(const struct diagnostics *diagnostics, size_t number,
	const char *file, unsigned line, unsigned column, const char *words)
{
	const struct diagnostic *found = &diagnostics->list[number];
	char path[128];

	assert_true(number < diagnostics->count);
	snprintf(path, sizeof path, "%s%s%s", file[0] == 'x' ? "" : folder,
		file[0] == 'x' ? "" : "/", file);
	assert_string_equal(found->file, path);
	assert_int_equal(found->line, line);
	assert_int_equal(found->column, column);
	assert_non_null(strstr(found->text, words));
}

static void test_errors(void **state)
{
	static const char text[] = "\n"
				   "sha256:12\n"
				   "\t " DIGEST("1") " x\n"
						     "caf\xc3\xa9\n"
						     "\xc3\xa9" DIGEST("1") "\n"
									    "sha1:" DIGEST("1");
	struct diagnostics diagnostics = {0};
	struct config *config;

	(void)state;
	write_file("bad.txt", text, sizeof text - 1);
	config = load("{bad: bad.txt, none: none.txt, folder: .}");
	assert_int_equal(config_groups_load(config, &diagnostics), -1);
	diagnostics_sort(&diagnostics);
	assert_int_equal(diagnostics.errors, 7);
	assert_diagnostic(
		&diagnostics, 0, "x.yaml", 1, 30, "none.txt cannot be read: No such file");
	assert_diagnostic(&diagnostics, 1, "x.yaml", 1, 48, "cannot be read: Is a directory");
	assert_diagnostic(&diagnostics, 2, "bad.txt", 2, 1, "\"sha256:12\" is not a digest");
	assert_diagnostic(&diagnostics, 3, "bad.txt", 3, 3, "x\" is not a digest");
	assert_diagnostic(&diagnostics, 4, "bad.txt", 4, 1, "caf\xc3\xa9\" is not a digest");
	assert_diagnostic(&diagnostics, 5, "bad.txt", 5, 1, "\" is not a digest");
	assert_diagnostic(&diagnostics, 6, "bad.txt", 6, 1, "\"sha1:1111");
	assert_non_null(strstr(diagnostics.list[2].source, "sha256:12"));
	diagnostics_free(&diagnostics);
	config_free(config);
}

static void assert_not_text(
	const char *bytes, size_t size, unsigned line, unsigned column, const char *words)
{
	struct diagnostics diagnostics = {0};
	struct config *config = load("{raw: raw.txt}");

	write_file("raw.txt", bytes, size);
	assert_int_equal(config_groups_load(config, &diagnostics), -1);
	assert_int_equal(diagnostics.count, 1);
	assert_diagnostic(&diagnostics, 0, "raw.txt", line, column, words);
	diagnostics_free(&diagnostics);
	config_free(config);
}

static void test_bytes(void **state)
{
	(void)state;
	assert_not_text("#\n#\xff", 4, 2, 2, "this is not UTF-8");
	assert_not_text("0\0"
			"0",
		3, 1, 2, "control character 0x00");
	assert_not_text("\x1b[m", 3, 1, 1, "control character 0x1b");
}

/* `check --syntax` and everything that reads from memory alone touch no group's file. */
static void test_not_read(void **state)
{
	struct config *config = load("{staff: /nonexistent/staff.txt}");

	(void)state;
	assert_string_equal(config->groups[0].file, "/nonexistent/staff.txt");
	assert_int_equal(config->groups[0].count, 0);
	config_free(config);
}

/* In an included file, relative to that; sorted by name. */
static void test_included(void **state)
{
	struct diagnostics diagnostics = {0};
	struct config *config =
		config_load("tests/fixtures/config/good/settings.yaml", &diagnostics);

	(void)state;
	diagnostics_print(&diagnostics, stderr);
	assert_non_null(config);
	assert_int_equal(config_groups_load(config, &diagnostics), 0);
	assert_int_equal(diagnostics.count, 0);
	assert_int_equal(config->group_count, 3);
	assert_string_equal(config->groups[0].name, "board");
	assert_int_equal(config->groups[0].count, 2);
	assert_string_equal(config->groups[1].name, "guests");
	assert_int_equal(config->groups[1].count, 1);
	assert_string_equal(config->groups[2].name, "staff");
	assert_int_equal(config->groups[2].count, 2);
	diagnostics_free(&diagnostics);
	config_free(config);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof command, "rm -r %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_not_read),
		cmocka_unit_test(test_included),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
