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
#include <sys/stat.h>
#include <unistd.h>

#include "tickets.h"

static void test_make(void **state)
{
	struct ticket_keys keys, other;
	uint8_t none[sizeof(struct ticket_key)] = {0};

	(void)state;
	memset(&keys, 0, sizeof keys);
	assert_int_equal(tickets_make(&keys), 0);
	assert_int_equal(tickets_make(&other), 0);
	for (int i = 0; i < TICKET_KEYS; i++) {
		assert_memory_not_equal(&keys.key[i], none, sizeof none);
		assert_memory_not_equal(&keys.key[i], &other.key[i], sizeof none);
		assert_memory_not_equal(&keys.key[i], &keys.key[(i + 1) % 3], sizeof none);
	}
	/* To its last byte: 16 zeros come by chance once in 2^128. */
	assert_memory_not_equal(keys.key[2].mac + 16, none, 16);
}

static void test_rotate(void **state)
{
	struct ticket_keys before, keys;

	(void)state;
	assert_int_equal(tickets_make(&before), 0);
	keys = before;
	assert_int_equal(tickets_rotate(&keys), 0);
	assert_memory_equal(&keys.key[1], &before.key[0], sizeof keys.key[0]);
	assert_memory_equal(&keys.key[2], &before.key[1], sizeof keys.key[0]);
	for (int i = 0; i < TICKET_KEYS; i++)
		assert_memory_not_equal(&keys.key[0], &before.key[i], sizeof keys.key[0]);
	/* After three of them nothing is left. */
	assert_int_equal(tickets_rotate(&keys), 0);
	assert_int_equal(tickets_rotate(&keys), 0);
	for (int i = 0; i < TICKET_KEYS; i++)
		for (int j = 0; j < TICKET_KEYS; j++)
			assert_memory_not_equal(&keys.key[i], &before.key[j], sizeof keys.key[0]);
}

static void test_file(void **state)
{
	struct ticket_keys keys, found;
	struct stat status;
	int fd;

	(void)state;
	assert_int_equal(tickets_make(&keys), 0);
	fd = tickets_file(&keys);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(status.st_size, sizeof keys);
	assert_int_equal(pread(fd, &found, sizeof found, 0), sizeof found);
	assert_memory_equal(&found, &keys, sizeof keys);
	assert_int_equal(
		fcntl(fd, F_GET_SEALS), F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(errno, EPERM);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_rotate),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
