/* SPDX-License-Identifier: ISC */

/* The program that is run is this one: by its name it knows that it is the child. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spawn.h"

#define CHILD "spawn_test child"

/* What the child found, written to its descriptor 1. */
struct found {
	int arguments;
	uint32_t open; /* by number */
	uint32_t close_on_exec;
	int above; /* how many there are from 32 on */
	int no_new_privileges;
	int notify_socket;
	int blocked; /* is SIGUSR1? */
	int third;   /* what descriptor 3 has to read */
};

static int child(int argc)
{
	struct found found = {.arguments = argc};
	sigset_t blocked;
	char byte = 0;

	for (int fd = 0; fd < 1024; fd++) {
		int flags = fcntl(fd, F_GETFD);

		if (flags < 0)
			continue;
		if (fd >= 32) {
			found.above++;
			continue;
		}
		found.open |= 1U << fd;
		if (flags & FD_CLOEXEC)
			found.close_on_exec |= 1U << fd;
	}
	found.no_new_privileges = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	found.notify_socket = getenv("NOTIFY_SOCKET") != NULL;
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	found.blocked = sigismember(&blocked, SIGUSR1);
	if (pread(3, &byte, 1, 0) == 1)
		found.third = byte;
	return write(STDOUT_FILENO, &found, sizeof found) == sizeof found ? 7 : 8;
}

static int own_program(void)
{
	int fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static int make_file(const char *bytes)
{
	FILE *file = tmpfile();
	int fd;

	assert_non_null(file);
	assert_true(fputs(bytes, file) >= 0);
	assert_int_equal(fflush(file), 0);
	fd = fcntl(fileno(file), F_DUPFD_CLOEXEC, 0);
	assert_true(fd >= 0);
	fclose(file);
	return fd;
}

/* Runs it with count descriptors: /dev/null, a pipe, our standard error, a file, then /dev/null. */
static struct found run(int count)
{
	struct found found = {0};
	int ends[2], status = 0, fds[16];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), file = make_file("Q");
	struct spawn what = {.program = own_program(), .name = CHILD, .fds = fds, .count = count};
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	for (int i = 0; i < 16; i++)
		fds[i] = null;
	fds[1] = ends[1];
	fds[2] = STDERR_FILENO;
	fds[3] = file;
	pid = spawn(&what);
	assert_true(pid > 0);
	close(ends[1]);
	assert_int_equal(read(ends[0], &found, sizeof found), sizeof found);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	close(ends[0]);
	close(file);
	close(null);
	close(what.program);
	return found;
}

static void test_descriptors(void **state)
{
	int stray[3];
	struct found found;

	(void)state;
	/* Low, in between and high, all of them inheritable. */
	stray[0] = fcntl(STDERR_FILENO, F_DUPFD, 4);
	stray[1] = fcntl(STDERR_FILENO, F_DUPFD, 20);
	stray[2] = fcntl(STDERR_FILENO, F_DUPFD, 500);
	for (int i = 0; i < 3; i++)
		assert_int_equal(fcntl(stray[i], F_GETFD), 0);
	for (int count = 4; count <= 16; count++) {
		found = run(count);
		assert_int_equal(found.arguments, 1);
		assert_int_equal(found.open, (1U << count) - 1);
		assert_int_equal(found.close_on_exec, 0);
		assert_int_equal(found.above, 0);
		assert_int_equal(found.third, 'Q');
	}
	/* The parent's are what they were. */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(fcntl(stray[i], F_GETFD), 0);
		close(stray[i]);
	}
}

static void test_surroundings(void **state)
{
	struct found found;
	sigset_t blocked, before;

	(void)state;
	setenv("NOTIFY_SOCKET", "/nowhere", 1);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	found = run(4);
	sigprocmask(SIG_SETMASK, &before, NULL);
	assert_int_equal(found.no_new_privileges, 1);
	assert_int_equal(found.notify_socket, 0);
	assert_int_equal(found.blocked, 0);
	assert_string_equal(getenv("NOTIFY_SOCKET"), "/nowhere");
	unsetenv("NOTIFY_SOCKET");
}

static void assert_fails(int program, int error)
{
	const int fds[] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
	const struct spawn what = {.program = program, .name = CHILD, .fds = fds, .count = 3};

	errno = 0;
	assert_int_equal(spawn(&what), -1);
	assert_int_equal(errno, error);
	/* And is reaped. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	close(program);
}

static void test_failure(void **state)
{
	int writer = memfd_create("spawn_test", MFD_CLOEXEC), program;
	char path[40];

	(void)state;
	assert_fails(open("/etc/passwd", O_PATH | O_CLOEXEC), EACCES);
	assert_fails(open("/", O_PATH | O_CLOEXEC), EACCES);
	assert_fails(-1, EBADF);
	/* Executable, but neither ELF nor a script; open for writing it could be ETXTBSY. */
	assert_int_equal(write(writer, "nothing", 7), 7);
	assert_int_equal(fchmod(writer, 0700), 0);
	snprintf(path, sizeof path, "/proc/self/fd/%d", writer);
	program = open(path, O_PATH | O_CLOEXEC);
	assert_true(program >= 0);
	close(writer);
	assert_fails(program, ENOEXEC);
}

static void test_account(void **state)
{
	struct account account = {0};

	(void)state;
	assert_true(account_find("root", &account));
	assert_true(account.change);
	assert_int_equal(account.uid, 0);
	assert_int_equal(account.gid, 0);
	assert_false(account_find("no such account", &account));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_surroundings),
		cmocka_unit_test(test_failure),
		cmocka_unit_test(test_account),
	};

	if (argc == 1 && strcmp(argv[0], CHILD) == 0)
		return child(argc);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
