/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "listeners.h"

static const struct address loopback = {.bytes = {127, 0, 0, 1}, .family = 4};

static void pool_end(struct listening_pool *pool)
{
	listening_begin(pool);
	listening_drop_unwanted(pool);
	assert_int_equal(pool->count, 0);
	free(pool->list);
}

static int option(int fd, int name)
{
	int value = -1;
	socklen_t length = sizeof value;

	assert_int_equal(getsockopt(fd, SOL_SOCKET, name, &value, &length), 0);
	return value;
}

static void test_free_port(void **state)
{
	struct listening_pool pool = {0};
	struct sockaddr_storage name;
	socklen_t length = sizeof name;
	uint16_t port = 0;
	int fd;

	(void)state;
	listening_begin(&pool);
	fd = listening_want(&pool, &loopback, false, 0, &port);
	assert_true(fd >= 0);
	assert_int_not_equal(port, 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &length), 0);
	assert_int_equal(address_from_sockaddr(&name).port, port);
	assert_int_equal(option(fd, SO_ACCEPTCONN), 1);
	assert_int_equal(option(fd, SO_REUSEADDR), 1);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	assert_int_equal(pool.count, 1);
	assert_int_equal(pool.list[0].port, port);
	pool_end(&pool);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void test_kept(void **state)
{
	struct listening_pool pool = {0};
	uint16_t first, second, again, third;
	int a, b;

	(void)state;
	/* Two with port 0 in one configuration are two sockets. */
	listening_begin(&pool);
	a = listening_want(&pool, &loopback, false, 0, &first);
	b = listening_want(&pool, &loopback, false, 0, &second);
	assert_true(a >= 0 && b >= 0);
	assert_int_not_equal(a, b);
	assert_int_not_equal(first, second);
	/* The next configuration has both again, in order, whatever port it proposes. */
	listening_begin(&pool);
	assert_int_equal(listening_want(&pool, &loopback, false, 0, &again), a);
	assert_int_equal(again, first);
	assert_int_equal(listening_want(&pool, &loopback, false, first, &again), b);
	assert_int_equal(again, second);
	listening_drop_unwanted(&pool);
	assert_int_equal(pool.count, 2);
	/* One only: the other is closed. */
	listening_begin(&pool);
	assert_int_equal(listening_want(&pool, &loopback, false, 0, &third), a);
	listening_drop_unwanted(&pool);
	assert_int_equal(pool.count, 1);
	assert_int_equal(pool.list[0].fd, a);
	assert_int_equal(fcntl(a, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(b, F_GETFD), -1);
	assert_int_equal(errno, EBADF);
	pool_end(&pool);
}

static void test_taken(void **state)
{
	struct listening_pool pool = {0}, other = {0};
	struct address address = loopback;
	uint16_t port, unused = 1;

	(void)state;
	listening_begin(&pool);
	assert_true(listening_want(&pool, &loopback, false, 0, &port) >= 0);
	address.port = port;
	listening_begin(&other);
	errno = 0;
	assert_int_equal(listening_want(&other, &address, false, port, &unused), -1);
	assert_int_equal(errno, EADDRINUSE);
	assert_int_equal(other.count, 0);
	assert_int_equal(unused, 1);
	/* Once it is dropped the port can be had. */
	pool_end(&pool);
	assert_true(listening_want(&other, &address, false, port, &unused) >= 0);
	assert_int_equal(unused, port);
	pool_end(&other);
}

/* An address that no interface has (RFC 5737), thanks to IP_FREEBIND. */
static void test_free_bind(void **state)
{
	const struct address absent = {.bytes = {192, 0, 2, 77}, .family = 4};
	struct listening_pool pool = {0};
	uint16_t port = 0;

	(void)state;
	assert_true(listening_want(&pool, &absent, false, 0, &port) >= 0);
	assert_int_not_equal(port, 0);
	pool_end(&pool);
}

/* "*" is another listener than an address, and answers IPv4 in any case. */
static void test_any(void **state)
{
	struct listening_pool pool = {0};
	struct sockaddr_storage to;
	struct address address = loopback;
	uint16_t port = 0;
	int fd = listening_want(&pool, &loopback, true, 0, &port), client;
	socklen_t length;

	(void)state;
	assert_true(fd >= 0);
	address.port = port;
	length = address_to_sockaddr(&address, &to);
	client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(client, (struct sockaddr *)&to, length), 0);
	close(client);
	listening_begin(&pool);
	assert_int_not_equal(listening_want(&pool, &loopback, false, 0, &port), fd);
	assert_int_equal(listening_want(&pool, &loopback, true, 0, &port), fd);
	assert_int_equal(port, address.port);
	pool_end(&pool);
}

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/listeners_test.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static mode_t mode_of(const char *path)
{
	struct stat status;

	assert_int_equal(lstat(path, &status), 0);
	assert_true(S_ISSOCK(status.st_mode));
	return status.st_mode & 07777;
}

static void test_unix(void **state)
{
	char path[128], too_long[120];
	mode_t before = umask(0022);
	struct stat status;
	int fd, second;

	(void)state;
	snprintf(path, sizeof path, "%s/socket", folder);
	fd = listening_unix(path, 0600);
	assert_true(fd >= 0);
	assert_int_equal(mode_of(path), 0600);
	assert_int_equal(umask(0022), 0022);
	assert_int_equal(option(fd, SO_ACCEPTCONN), 1);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	/* A living one stays. */
	errno = 0;
	assert_int_equal(listening_unix(path, 0600), -1);
	assert_int_equal(errno, EADDRINUSE);
	assert_int_equal(umask(0022), 0022);
	/* A dead one is replaced. */
	close(fd);
	assert_int_equal(mode_of(path), 0600);
	second = listening_unix(path, 0666);
	assert_true(second >= 0);
	assert_int_equal(mode_of(path), 0666);
	close(second);
	assert_int_equal(unlink(path), 0);
	/* A file that is no socket is somebody's: it stays. */
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "precious", 8), 8);
	close(fd);
	assert_int_equal(listening_unix(path, 0600), -1);
	assert_int_equal(errno, EADDRINUSE);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_size, 8);
	assert_int_equal(unlink(path), 0);
	umask(before);

	memset(too_long, 'x', sizeof too_long);
	too_long[108] = '\0';
	assert_int_equal(listening_unix(too_long, 0600), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	snprintf(path, sizeof path, "%s/none/socket", folder);
	assert_int_equal(listening_unix(path, 0600), -1);
	assert_int_equal(errno, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_free_port),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_free_bind),
		cmocka_unit_test(test_any),
		cmocka_unit_test_setup_teardown(test_unix, make_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
