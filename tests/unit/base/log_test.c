/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

static int kept = -1, caught = -1;

/* From here on standard error is caught. */
static void catch_begin(void)
{
	kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	caught = memfd_create("log_test", MFD_CLOEXEC);
	assert_true(kept >= 0 && caught >= 0);
	assert_int_equal(dup2(caught, STDERR_FILENO), STDERR_FILENO);
}

static const char *catch_end(void)
{
	static char text[16384];
	ssize_t n = pread(caught, text, sizeof text - 1, 0);

	dup2(kept, STDERR_FILENO);
	close(kept);
	close(caught);
	assert_true(n >= 0);
	text[n] = '\0';
	return text;
}

static void say_all(void)
{
	errno = ENOENT;
	log_error("a %d", 1);
	log_errorx("b");
	log_warn("c");
	log_warnx("d");
	log_info("e");
	log_debug("f");
}

static void test_levels(void **state)
{
	static const char *const expected[] = {
		"p: a 1: No such file or directory\np: b\n",
		"p: a 1: No such file or directory\np: b\np: c: No such file or directory\np: d\n",
		"p: a 1: No such file or directory\np: b\np: c: No such file or directory\np: d\n"
		"p: e\n",
		"p: a 1: No such file or directory\np: b\np: c: No such file or directory\np: d\n"
		"p: e\np: f\n",
	};

	(void)state;
	for (unsigned level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
		log_open("p", LOG_LEVEL_ERROR, false);
		log_level((enum log_level)level);
		catch_begin();
		say_all();
		assert_string_equal(catch_end(), expected[level]);
	}
}

static void test_journal(void **state)
{
	(void)state;
	log_open("q", LOG_LEVEL_DEBUG, true);
	catch_begin();
	say_all();
	assert_string_equal(catch_end(),
		"<3>q: a 1: No such file or directory\n<3>q: b\n"
		"<4>q: c: No such file or directory\n<4>q: d\n<6>q: e\n<7>q: f\n");
	log_open("p", LOG_LEVEL_INFO, false);
}

static void test_errno(void **state)
{
	int after[4];

	(void)state;
	catch_begin();
	errno = EPIPE;
	log_error("x");
	after[0] = errno;
	log_info("x");
	after[1] = errno;
	log_debug("not said");
	after[2] = errno;
	errno = 0;
	log_error("nothing failed");
	after[3] = errno;
	assert_string_equal(catch_end(), "p: x: Broken pipe\np: x\np: nothing failed\n");
	assert_int_equal(after[0], EPIPE);
	assert_int_equal(after[1], EPIPE);
	assert_int_equal(after[2], EPIPE);
	assert_int_equal(after[3], 0);

	/* Even if nothing can be written. */
	catch_begin();
	close(STDERR_FILENO);
	errno = EPIPE;
	log_error("x");
	after[0] = errno;
	assert_string_equal(catch_end(), "");
	assert_int_equal(after[0], EPIPE);
}

static void test_control_characters(void **state)
{
	char all[34];

	(void)state;
	for (int i = 1; i < 0x20; i++)
		all[i - 1] = (char)i;
	memcpy(all + 31, "\x7f ", 3);
	catch_begin();
	log_info("%s", all);
	log_info("a\nb\x1b[31m\xc3\xa9~");
	assert_string_equal(catch_end(), "p: ???????????????????????????????? \n"
					 "p: a?b?[31m\xc3\xa9~\n");
}

/* One line of 2,048 bytes at most, its end included, whatever is in it. */
static void test_long(void **state)
{
	char text[4096], expected[2049];
	const char *line;

	(void)state;
	memset(text, 'x', sizeof text);
	memset(expected, 'x', sizeof expected);
	memcpy(expected, "p: ", 3);
	expected[2047] = '\n';
	expected[2048] = '\0';
	text[4095] = '\0';
	catch_begin();
	errno = ENOENT;
	log_error("%s", text);
	line = catch_end();
	assert_int_equal(strlen(line), 2048);
	assert_string_equal(line, expected);
	/* Exactly full, and one less: nothing of it is cut. */
	for (size_t length = 2044; length >= 2043; length--) {
		text[length] = '\0';
		expected[length + 3] = '\n';
		expected[length + 4] = '\0';
		catch_begin();
		log_info("%s", text);
		assert_string_equal(catch_end(), expected);
	}
	/* What does not fit of the reason is cut. */
	text[2040] = '\0';
	catch_begin();
	log_error("%s", text);
	line = catch_end();
	assert_int_equal(strlen(line), 2048);
	assert_string_equal(line + 2042, "x: No\n");
}

static void test_allowed(void **state)
{
	struct log_limit limit = {0};
	unsigned long suppressed = 99;
	struct timespec now;

	(void)state;
	assert_true(log_allowed(&limit, 3600, &suppressed));
	assert_int_equal(suppressed, 0);
	suppressed = 99;
	assert_false(log_allowed(&limit, 3600, &suppressed));
	assert_false(log_allowed(&limit, 3600, &suppressed));
	assert_int_equal(suppressed, 99);
	clock_gettime(CLOCK_MONOTONIC, &now);
	assert_in_range(limit.next, now.tv_sec + 3590, now.tv_sec + 3600);
	/* Time has passed. */
	limit.next = now.tv_sec;
	assert_true(log_allowed(&limit, 3600, &suppressed));
	assert_int_equal(suppressed, 2);
	assert_false(log_allowed(&limit, 3600, &suppressed));
	limit.next = now.tv_sec;
	assert_true(log_allowed(&limit, 0, &suppressed));
	assert_int_equal(suppressed, 1);
	assert_true(log_allowed(&limit, 0, &suppressed));
	assert_int_equal(suppressed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_journal),
		cmocka_unit_test(test_errno),
		cmocka_unit_test(test_control_characters),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
