/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>

#include "site.h"
#include "walk.h"

/* What a walk told, one line each. */
struct told {
	char text[4096];
	int directories, most;
};

static void tell(struct told *told, const char *what, const char *path)
{
	size_t length = strlen(told->text);

	snprintf(told->text + length, sizeof(told->text) - length, "%s %s\n", what, path);
}

static void opened(struct walk *walk, int fd, const char *path)
{
	assert_true(fd >= 0);
	tell(walk->context, "open", path);
}

static bool directory(struct walk *walk, const struct walk_directory *found)
{
	struct told *told = walk->context;

	tell(told, "directory", found->path);
	for (size_t i = 0; i < found->count; i++)
		tell(told,
			found->entries[i].type == DT_REG   ? "-"
			: found->entries[i].type == DT_DIR ? "d"
							   : "l",
			found->entries[i].name);
	return ++told->directories != told->most;
}

static void failed(struct walk *walk, const char *path, int error)
{
	tell(walk->context, "failed", path);
	tell(walk->context, strerror(error), path);
}

static bool walk_it(struct told *told, const char *from, bool recursive)
{
	struct walk walk = {
		.root = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC),
		.directory = directory,
		.failed = failed,
		.context = told,
	};
	bool whole = walk_from(&walk, from, recursive);

	close(walk.root);
	return whole;
}

static void make_tree(void)
{
	static const char *const directories[] = {
		"b", "b/c", "b-", "a", "a/.hidden", ".well-known", ".git", "a/deep"};

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		assert_int_equal(mkdir(directories[i], 0755), 0);
	site_write("z.txt", "", 0);
	site_write("b/2", "", 0);
	site_write("b/1", "", 0);
	site_write("b/c/x", "", 0);
	site_write("a/.hidden/x", "", 0);
	site_write(".git/x", "", 0);
	site_write(".well-known/x", "", 0);
	assert_int_equal(symlink("b", "link"), 0);
	assert_int_equal(symlink("/etc", "a/out"), 0);
}

static void test_order(void **state)
{
	struct told told = {0};

	(void)state;
	make_tree();
	assert_true(walk_it(&told, "", true));
	assert_string_equal(told.text, "directory \n"
				       "d .git\nd .well-known\nd a\nd b\nd b-\nl link\n- z.txt\n"
				       "directory .well-known\n- x\n"
				       "directory a\nd .hidden\nd deep\nl out\n"
				       "directory a/deep\n"
				       "directory b\n- 1\n- 2\nd c\n"
				       "directory b/c\n- x\n"
				       "directory b-\n");
}

static void test_part(void **state)
{
	struct told told = {0};

	(void)state;
	make_tree();
	assert_true(walk_it(&told, "b", true));
	assert_string_equal(told.text, "directory b\n- 1\n- 2\nd c\ndirectory b/c\n- x\n");
	told = (struct told){0};
	assert_true(walk_it(&told, "b", false));
	assert_string_equal(told.text, "directory b\n- 1\n- 2\nd c\n");
	told = (struct told){.most = 2};
	assert_false(walk_it(&told, "", true));
	assert_int_equal(told.directories, 2);
}

/* What went away is no failure, other than the root; nothing leads out. */
static void test_not_there(void **state)
{
	struct told told = {0};
	struct walk walk = {
		.opened = opened, .directory = directory, .failed = failed, .context = &told};

	(void)state;
	make_tree();
	assert_true(walk_it(&told, "nothing", true));
	assert_true(walk_it(&told, "z.txt", true));
	assert_true(walk_it(&told, "link", true));
	assert_true(walk_it(&told, "a/out", true));
	assert_true(walk_it(&told, "link/c", true));
	assert_string_equal(told.text, "");
	assert_true(walk_it(&told, "../b", true));
	assert_string_equal(told.text, "failed ../b\nInvalid cross-device link ../b\n");
	told = (struct told){0};
	walk.root = open("z.txt", O_PATH | O_CLOEXEC);
	assert_true(walk_from(&walk, "", true));
	assert_string_equal(told.text, "failed \nNot a directory \n");
	close(walk.root);
}

static void test_open(void **state)
{
	int root = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), fd;

	(void)state;
	make_tree();
	fd = walk_open(root, "b/c", O_RDONLY);
	assert_true(fd >= 0);
	close(fd);
	fd = walk_open(root, "", O_PATH);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(walk_open(root, "link/c", O_RDONLY), -1);
	assert_int_equal(errno, ELOOP);
	assert_int_equal(walk_open(root, "z.txt", O_RDONLY), -1);
	assert_int_equal(errno, ENOTDIR);
	close(root);
}

/* Many entries, and a directory that is deep: nothing is kept open on the way. */
static void test_large(void **state)
{
	struct told told = {0};
	char path[4000] = "";

	(void)state;
	for (int i = 0; i < 300; i++) {
		snprintf(path, sizeof(path), "f%03d", i);
		site_write(path, "", 0);
	}
	path[0] = '\0';
	for (int i = 0; i < 1500; i++) {
		strcat(path, i ? "/d" : "d");
		assert_int_equal(mkdir(path, 0755), 0);
	}
	assert_true(walk_it(&told, "", true));
	assert_int_equal(told.directories, 1501);
	assert_non_null(strstr(told.text, "- f298\n- f299\n"));
}

static void test_hidden(void **state)
{
	(void)state;
	assert_true(walk_is_hidden(".git"));
	assert_true(walk_is_hidden(".well-known2"));
	assert_false(walk_is_hidden(".well-known"));
	assert_false(walk_is_hidden("a.b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_part, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_not_there, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_open, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_large, site_setup, site_teardown),
		cmocka_unit_test(test_hidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
