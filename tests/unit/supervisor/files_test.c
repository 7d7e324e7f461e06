/* SPDX-License-Identifier: ISC */
#include "files.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];

static const char *inside(const char *name)
{
	static char paths[8][128];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof paths[0], "%s/%s", folder, name);
	return path;
}

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/sulid-files-XXXXXX");
	return mkdtemp(folder) && mkdir(inside("one"), 0755) == 0 &&
			       mkdir(inside("two"), 0755) == 0 &&
			       symlink("one", inside("root")) == 0
		       ? 0
		       : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		unlink(inside((const char *[]){"root", "log", "log.1", "next"}[i]));
	rmdir(inside("one"));
	rmdir(inside("two"));
	return rmdir(folder);
}

static struct config *configure(const char *log, struct diagnostics *diagnostics)
{
	char yaml[512];

	snprintf(yaml, sizeof yaml,
		"acme: none\nlog: {access: %s}\nvhosts:\n  - names: [a.example]\n    root: %s\n"
		"    listen: [\"http://127.0.0.1:0\"]\n",
		log, inside("root"));
	return config_load_bytes("test.yaml", "/", yaml, strlen(yaml), diagnostics);
}

/* The directory that the root's descriptor is. */
static void assert_root_is(const struct files *files, const char *name)
{
	struct stat held, named;

	assert_int_equal(fstat(files->roots[0].fd, &held), 0);
	assert_int_equal(stat(inside(name), &named), 0);
	assert_true(held.st_ino == named.st_ino);
}

static void test_root(void **state)
{
	struct diagnostics diagnostics = {0};
	struct config *config = configure(inside("log"), &diagnostics);
	struct files files;

	(void)state;
	assert_non_null(config);
	assert_int_equal(files_open(&files, config, &diagnostics), 0);
	assert_int_equal(files.root_count, 1);
	assert_root_is(&files, "one");
	assert_false(files_root_changed(&files, 0));
	/* Switched, as a deploy does. */
	assert_int_equal(symlink("two", inside("next")), 0);
	assert_int_equal(rename(inside("next"), inside("root")), 0);
	assert_true(files_root_changed(&files, 0));
	assert_root_is(&files, "two");
	assert_false(files_root_changed(&files, 0));
	/* Gone, said once; and back. */
	assert_int_equal(rename(inside("root"), inside("next")), 0);
	assert_true(files_root_changed(&files, 0));
	assert_int_equal(files.roots[0].fd, -1);
	assert_false(files_root_changed(&files, 0));
	assert_int_equal(rename(inside("next"), inside("root")), 0);
	assert_true(files_root_changed(&files, 0));
	assert_root_is(&files, "two");
	files_close(&files);
	config_free(config);
	diagnostics_free(&diagnostics);
}

static void test_log(void **state)
{
	struct diagnostics diagnostics = {0};
	struct config *config = configure(inside("log"), &diagnostics);
	struct stat old, new, held;
	struct files files;

	(void)state;
	assert_int_equal(files_open(&files, config, &diagnostics), 0);
	assert_int_equal(files.log_count, 1);
	assert_int_equal(stat(inside("log"), &old), 0);
	assert_int_equal(rename(inside("log"), inside("log.1")), 0);
	files_reopen_logs(&files, config);
	assert_int_equal(stat(inside("log"), &new), 0);
	assert_int_equal(fstat(files.logs[0], &held), 0);
	assert_true(held.st_ino == new.st_ino &&held.st_ino != old.st_ino);
	assert_true(fcntl(files.logs[0], F_GETFL) & O_APPEND);
	files_close(&files);
	config_free(config);
	diagnostics_free(&diagnostics);
}

static void test_refused(void **state)
{
	struct diagnostics diagnostics = {0};
	struct config *config = configure(inside("none/log"), &diagnostics);
	struct files files;

	(void)state;
	assert_int_equal(unlink(inside("root")), 0);
	assert_int_equal(files_open(&files, config, &diagnostics), -1);
	assert_int_equal(diagnostics.errors, 2);
	diagnostics_sort(&diagnostics);
	assert_int_equal(diagnostics.list[0].line, 2);
	assert_int_equal(diagnostics.list[0].column, 15);
	assert_int_equal(diagnostics.list[1].line, 5);
	assert_int_equal(diagnostics.list[1].column, 11);
	files_close(&files);
	config_free(config);
	diagnostics_free(&diagnostics);
}

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void expect_content(int fd, const char *text)
{
	char found[64] = "";

	assert_int_equal(pread(fd, found, sizeof found - 1, 0), (ssize_t)strlen(text));
	assert_string_equal(found, text);
	/* Nor can who has it change it. */
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
}

/* Overwritten in place by a renewal: a child that is started later gets what the others have. */
static void test_secrets(void **state)
{
	struct diagnostics diagnostics = {0};
	struct files files;
	struct config *config;
	char yaml[512];

	(void)state;
	put(inside("log"), "the old chain");
	put(inside("log.1"), "the old key");
	assert_int_equal(chmod(inside("log.1"), 0600), 0);
	snprintf(yaml, sizeof yaml,
		"acme: none\nlog: {access: none}\nvhosts:\n  - names: [a.example]\n    root: %s\n"
		"    listen: [\"https://127.0.0.1:0\"]\n"
		"    certificate: {chain: %s, key: %s}\n",
		inside("root"), inside("log"), inside("log.1"));
	config = config_load_bytes("test.yaml", "/", yaml, strlen(yaml), &diagnostics);
	assert_non_null(config);
	assert_int_equal(files_open(&files, config, &diagnostics), 0);
	put(inside("log"), "new");
	put(inside("log.1"), "new, too, and a little longer");
	expect_content(files.certificates[0], "the old chain");
	expect_content(files.certificates[1], "the old key");
	files_close(&files);
	config_free(config);
	diagnostics_free(&diagnostics);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_root, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_log, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_secrets, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_refused, make_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
