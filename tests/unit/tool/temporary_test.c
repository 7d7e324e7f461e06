/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "site.h"
#include "temporary.h"

static int here(void)
{
	int directory = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	assert_true(directory >= 0);
	return directory;
}

static void test_settle(void **state)
{
	int directory = here();
	struct temporary temporary;

	(void)state;
	umask(0);
	assert_int_equal(temporary_open(&temporary, directory), 0);
	assert_true(temporary_is_name(temporary.name));
	assert_int_equal(site_stat(temporary.name).st_mode & 07777, 0600);
	assert_int_equal(write(temporary.fd, "new", 3), 3);
	site_write("old", "old", 3);
	assert_int_equal(temporary_settle(&temporary, "old", false), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(site_stat("old").st_mtim.tv_sec, 1700000000);
	assert_int_equal(temporary_settle(&temporary, "old", true), 0);
	assert_false(site_has(temporary.name));
	site_write("expected", "new", 3);
	site_same("old", "expected");
	/* It is done with, and this does nothing. */
	temporary_discard(&temporary);
	assert_true(site_has("old"));

	assert_int_equal(temporary_open(&temporary, directory), 0);
	assert_int_equal(temporary_settle(&temporary, "other", false), 0);
	assert_true(site_has("other"));
	close(directory);
}

static void test_discard(void **state)
{
	int directory = here();
	struct temporary temporary;

	(void)state;
	assert_int_equal(temporary_open(&temporary, directory), 0);
	temporary_discard(&temporary);
	assert_false(site_has(temporary.name));
	assert_int_equal(temporary.fd, -1);
	close(directory);
}

/* Only what nobody is writing. */
static void test_sweep(void **state)
{
	int directory = here();
	struct temporary temporary;

	(void)state;
	assert_int_equal(temporary_open(&temporary, directory), 0);
	temporary_sweep(directory, temporary.name);
	assert_true(site_has(temporary.name));
	close(temporary.fd); /* as if the process had died */
	temporary_sweep(directory, temporary.name);
	assert_false(site_has(temporary.name));
	assert_int_equal(mkdir(temporary.name, 0755), 0);
	temporary_sweep(directory, temporary.name);
	assert_true(site_has(temporary.name));
	rmdir(temporary.name);
	assert_int_equal(symlink("target", temporary.name), 0);
	site_write("target", "", 0);
	temporary_sweep(directory, temporary.name);
	assert_true(site_has("target"));
	close(directory);
}

static void test_name(void **state)
{
	(void)state;
	assert_true(temporary_is_name(".sulid-new-0123456789abcdef"));
	assert_false(temporary_is_name(".sulid-new-0123456789abcde"));
	assert_false(temporary_is_name(".sulid-new-0123456789abcdef0"));
	assert_false(temporary_is_name(".sulid-new-0123456789ABCDEF"));
	assert_false(temporary_is_name("sulid-new-0123456789abcdef"));
	assert_false(temporary_is_name(".sulid-precompressed"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_settle, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_discard, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_sweep, site_setup, site_teardown),
		cmocka_unit_test(test_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
