/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record.h"
#include "site.h"

static const uint8_t one[RECORD_DIGEST] = {1, 2, 3}, two[RECORD_DIGEST] = {2}, none[RECORD_DIGEST];

static int here(void)
{
	int directory = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	assert_true(directory >= 0);
	return directory;
}

static void add(int directory, const char *name, const uint8_t digest[static RECORD_DIGEST])
{
	struct record record;

	record_read(&record, directory);
	assert_int_equal(record_add_made(directory, &record, name, digest), 0);
	record_free(&record);
}

static bool made(int directory, const char *name, const uint8_t digest[static RECORD_DIGEST])
{
	struct record record;
	bool found;

	record_read(&record, directory);
	found = record_made(&record, name, digest);
	if (found)
		assert_true(record_lists(&record, name));
	record_free(&record);
	return found;
}

static size_t lines(int directory)
{
	struct record record;
	size_t count;

	record_read(&record, directory);
	count = record.count;
	record_free(&record);
	return count;
}

static void test_made(void **state)
{
	int directory = here();

	(void)state;
	assert_false(made(directory, "a.gz", one));
	add(directory, "a.gz", one);
	assert_true(made(directory, "a.gz", one));
	assert_false(made(directory, "a.gz", two));
	assert_false(made(directory, "a.g", one));
	assert_false(made(directory, "a.gzz", one));
	assert_false(made(directory, "a.gz", none));
	/* What it has is not added again; several lines of a name hold. */
	add(directory, "a.gz", one);
	assert_int_equal(lines(directory), 1);
	add(directory, "b.gz", none);
	add(directory, "a.gz", two);
	assert_true(made(directory, "a.gz", one));
	assert_true(made(directory, "a.gz", two));
	assert_int_equal(lines(directory), 3);
	close(directory);
}

static void test_any_name(void **state)
{
	static const char *const names[] = {
		"a b\nmade x.gz", "100%.gz", "b\xc3\xbc.gz", "\xff.gz", "%41.gz", "A.gz"};
	int directory = here();
	struct record record;

	(void)state;
	for (size_t i = 0; i < 5; i++)
		add(directory, names[i], one);
	record_read(&record, directory);
	assert_int_equal(record.count, 5);
	for (size_t i = 0; i < 5; i++) {
		char name[NAME_MAX + 1];
		bool found = false;

		assert_true(record_made(&record, names[i], one));
		for (size_t j = 0; j < record.count; j++)
			found = found || (record_name(&record.lines[j], name) &&
						 strcmp(name, names[i]) == 0);
		assert_true(found);
	}
	assert_false(record_made(&record, "A.gz", one));
	assert_false(record_made(&record, "x.gz", one));
	record_free(&record);
	close(directory);
}

/* A record is data from a directory where others may write, too. */
static void test_names_that_lead_elsewhere(void **state)
{
	static const char *const names[] = {
		"..", ".", "%2E%2E", "a%2Fb", "a/b", "a%00b", "%", "%4", "%4g", "%zz", ""};
	char name[NAME_MAX + 1], longest[NAME_MAX + 2];
	struct record_line line = {.token = "", .made = true};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		line.name = names[i];
		assert_false(record_name(&line, name));
	}
	memset(longest, 'a', sizeof(longest));
	longest[NAME_MAX + 1] = '\0';
	line.name = longest;
	assert_false(record_name(&line, name));
	longest[NAME_MAX] = '\0';
	assert_true(record_name(&line, name));
	assert_string_equal(name, longest);
}

static void test_vain(void **state)
{
	int directory = here();
	struct stat original = {.st_size = 5000, .st_mtim = {.tv_sec = 1700000000, .tv_nsec = 5}};
	struct stat other = original;
	struct record record;

	(void)state;
	record_read(&record, directory);
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			record_add_vain(directory, &record, "a.gz", &original, LEVEL_NORMAL), 0);
	record_free(&record);
	record_read(&record, directory);
	assert_true(record_vain(&record, "a.gz", &original, LEVEL_NORMAL));
	assert_false(record_vain(&record, "a.gz", &original, LEVEL_BEST));
	assert_false(record_vain(&record, "a.br", &original, LEVEL_NORMAL));
	assert_false(record_lists(&record, "a.gz"));
	other.st_mtim.tv_nsec++;
	assert_false(record_vain(&record, "a.gz", &other, LEVEL_NORMAL));
	other = original;
	other.st_size++;
	assert_false(record_vain(&record, "a.gz", &other, LEVEL_NORMAL));
	record_free(&record);
	close(directory);
}

static void test_damaged(void **state)
{
	static const char text[] = "made\nmade 00 a b\n\n\0made 11 zero\nmade 0102 c.gz\nvain x\n"
				   "other 00 d\nmade  e\nmade 03 f.gz";
	int directory = here();
	struct record record;

	(void)state;
	site_write(RECORD_NAME, text, sizeof(text) - 1);
	record_read(&record, directory);
	assert_false(record_lists(&record, "a"));
	assert_false(record_lists(&record, "d"));
	assert_true(record_lists(&record, "zero"));
	assert_true(record_lists(&record, "c.gz"));
	for (size_t i = 0; i < record.count; i++)
		assert_false(record_made(&record, record.lines[i].name, one));
	record_free(&record);
	add(directory, "g.gz", one); /* the last line had no end: both are lost */
	assert_false(made(directory, "g.gz", one));
	add(directory, "g.gz", one);
	assert_true(made(directory, "g.gz", one));
	close(directory);
}

/* No file of another's is written to, or taken for a record. */
static void test_not_ours_to_write(void **state)
{
	int directory = here();
	struct record record = {0};

	(void)state;
	site_write("target", "made 00 x\n", 10);
	assert_int_equal(symlink("target", RECORD_NAME), 0);
	assert_int_equal(record_add_made(directory, &record, "a.gz", one), -1);
	assert_int_equal(lines(directory), 0);
	unlink(RECORD_NAME);
	assert_int_equal(mkfifo(RECORD_NAME, 0666), 0);
	assert_int_equal(record_add_made(directory, &record, "a.gz", one), -1);
	assert_int_equal(lines(directory), 0);
	unlink(RECORD_NAME);
	/* One that is shared by a hard link is copied, and the copy is written to. */
	site_write("a.gz", "", 0);
	site_write("victim", "made 00 a.gz\nroot:x:0\n", 22);
	assert_int_equal(link("victim", RECORD_NAME), 0);
	add(directory, "b.gz", one);
	assert_int_equal(site_stat("victim").st_size, 22);
	assert_int_equal(site_stat("victim").st_nlink, 1);
	assert_true(made(directory, "b.gz", one));
	assert_int_equal(lines(directory), 2);
	close(directory);
}

static void test_mode(void **state)
{
	int directory = here();

	(void)state;
	umask(077);
	assert_int_equal(chmod(".", 02775), 0);
	add(directory, "a.gz", one);
	assert_int_equal(site_stat(RECORD_NAME).st_mode & 07777, 0664);
	close(directory);
}

static void test_tidy(void **state)
{
	int directory = here();
	struct stat original = {.st_size = 5000};
	struct record record = {0};

	(void)state;
	site_write("a.gz", "", 0);
	site_write("kept", "", 0);
	add(directory, "a.gz", none);
	add(directory, "a.gz", one);
	add(directory, "gone.gz", one);
	add(directory, "a.gz", two);
	for (int i = 0; i < 2; i++) {
		original.st_mtim.tv_sec = i;
		record_add_vain(directory, &record, "kept.gz", &original, LEVEL_FAST);
		record_add_vain(directory, &record, "lost.gz", &original, LEVEL_FAST);
	}
	assert_int_equal(lines(directory), 8);
	record_tidy(directory);
	assert_int_equal(lines(directory), 3);
	/* Of one name the last two: one of them may be what is there. */
	assert_false(made(directory, "a.gz", none));
	assert_true(made(directory, "a.gz", one));
	assert_true(made(directory, "a.gz", two));
	record_read(&record, directory);
	assert_true(record_vain(&record, "kept.gz", &original, LEVEL_FAST));
	record_free(&record);
	unlink("a.gz");
	unlink("kept");
	record_tidy(directory);
	assert_false(site_has(RECORD_NAME));
	record_tidy(directory);
	close(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_made, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_any_name, site_setup, site_teardown),
		cmocka_unit_test(test_names_that_lead_elsewhere),
		cmocka_unit_test_setup_teardown(test_vain, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_damaged, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_not_ours_to_write, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_mode, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_tidy, site_setup, site_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
