/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "contract/inherit.h"

/* Three listeners, the first and the last with a socket. */
static const struct image_listener listeners[] = {
	{.socket = 0}, {.socket = IMAGE_NONE}, {.socket = 1}};

static void test_handshaker(void **state)
{
	const struct image_header header = {.listeners = {0, 3}, .certificates = {0, 2}};
	const struct image image = {.header = &header, .listeners = listeners};

	(void)state;
	assert_int_equal(INHERIT_FIRST, 8);
	assert_int_equal(inherit_listeners(&image), 2);
	assert_int_equal(inherit_listener(&image, 0), 8);
	assert_int_equal(inherit_listener(&image, 1), 9);
	assert_int_equal(inherit_chain(&image, 0), 10);
	assert_int_equal(inherit_key(&image, 0), 11);
	assert_int_equal(inherit_chain(&image, 1), 12);
	assert_int_equal(inherit_key(&image, 1), 13);
	assert_int_equal(inherit_end(&image), 14);
}

static void test_worker(void **state)
{
	const struct image_header header = {.listeners = {0, 3}, .roots = 3, .logs = 2};
	const struct image image = {.header = &header, .listeners = listeners};

	(void)state;
	assert_int_equal(inherit_listener(&image, 1), 9);
	assert_int_equal(inherit_root(&image, 0), 10);
	assert_int_equal(inherit_root(&image, 2), 12);
	assert_int_equal(inherit_log(&image, 0), 13);
	assert_int_equal(inherit_log(&image, 1), 14);
	assert_int_equal(inherit_end(&image), 15);
}

static void test_admin(void **state)
{
	const struct image_header header = {.listeners = {0, 1}};
	const struct image_header none = {.listeners = {0, 0}};
	struct image image = {.header = &header, .listeners = listeners};

	(void)state;
	assert_int_equal(inherit_listeners(&image), 1);
	assert_int_equal(inherit_end(&image), 9);
	image.header = &none;
	assert_int_equal(inherit_listeners(&image), 0);
	assert_int_equal(inherit_end(&image), 8);
}

/*
 * In a child whose descriptors are exactly 0 to end - 1, without "missing" and with "more"
 * (-1: none): what inherit_check returns, its errno, and which it names.
 */
static void assert_check(int end, int missing, int more, int result, int error, int which)
{
	pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		const struct image_header header = {
			.listeners = {0, 3}, .roots = (uint32_t)end - 10};
		const struct image image = {.header = &header, .listeners = listeners};
		int found = -1, returned;

		for (int fd = 0; fd < end; fd++)
			if (fcntl(fd, F_GETFD) < 0 && dup2(STDERR_FILENO, fd) < 0)
				_exit(10);
		if (close_range((unsigned)end, ~0U, 0) < 0)
			_exit(11);
		if (missing >= 0)
			close(missing);
		if (more >= 0 && dup2(0, more) < 0)
			_exit(12);
		errno = 0;
		returned = inherit_check(&image, &found);
		if (returned != result)
			_exit(13);
		if (result < 0 && errno != error)
			_exit(14);
		if (found != which)
			_exit(15);
		/* It leaves nothing open behind it. */
		_exit(more < 0 && fcntl(end, F_GETFD) >= 0 ? 16 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_check(void **state)
{
	(void)state;
	assert_check(12, -1, -1, 0, 0, 12);
	assert_check(10, -1, -1, 0, 0, 10);
	for (int missing = 2; missing < 12; missing++)
		assert_check(12, missing, -1, -1, EBADF, missing);
	/* One too many: what is free first comes after it. */
	assert_check(12, -1, 12, -1, EMFILE, 13);
	/* 0 or 1 is closed. */
	assert_check(12, 0, -1, -1, EMFILE, 0);
	assert_check(12, 1, -1, -1, EMFILE, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handshaker),
		cmocka_unit_test(test_worker),
		cmocka_unit_test(test_admin),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
