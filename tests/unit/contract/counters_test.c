/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "contract/counters.h"

static int make_file(off_t size, uint8_t flip)
{
	int fd = memfd_create("counters_test", MFD_CLOEXEC);
	uint8_t build[BUILD_ID_SIZE];

	assert_true(fd >= 0);
	memcpy(build, build_id, sizeof build);
	build[BUILD_ID_SIZE - 1] ^= flip;
	assert_int_equal(write(fd, build, sizeof build), sizeof build);
	assert_int_equal(ftruncate(fd, size), 0);
	return fd;
}

static void test_count(void **state)
{
	int fd = make_file(sizeof(struct counters), 0);
	struct counters *writer = counters_map(fd);
	const struct counters *reader = counters_map_read(fd);

	(void)state;
	assert_non_null(writer);
	assert_non_null(reader);
	close(fd);
	counter_add(writer, COUNTER_BYTES_SENT, UINT64_C(0x100000000));
	counter_add(writer, COUNTER_BYTES_SENT, 5);
	counter_add(writer, COUNTER_CONNECTIONS_OPEN, 3);
	counter_subtract(writer, COUNTER_CONNECTIONS_OPEN, 2);
	for (unsigned i = 0; i < COUNTER_COUNT; i++) {
		uint64_t expected = i == COUNTER_BYTES_SENT         ? UINT64_C(0x100000005)
				    : i == COUNTER_CONNECTIONS_OPEN ? 1
								    : 0;

		assert_true(counter_read(reader, (enum counter)i) == expected);
	}
	munmap(writer, sizeof *writer);
	assert_true(counter_read(reader, COUNTER_CONNECTIONS_OPEN) == 1);
	munmap((void *)(uintptr_t)reader, sizeof *reader);
}

/* A reader's descriptor is enough to read, and not enough to write. */
static void test_read_only(void **state)
{
	int fd = make_file(sizeof(struct counters), 0), only;
	const struct counters *reader;
	char path[40];

	(void)state;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	only = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(only >= 0);
	assert_null(counters_map(only));
	assert_int_equal(errno, EACCES);
	reader = counters_map_read(only);
	assert_non_null(reader);
	munmap((void *)(uintptr_t)reader, sizeof *reader);
	close(only);
	close(fd);
}

static void assert_refused(int fd, int error)
{
	errno = 0;
	assert_null(counters_map(fd));
	assert_int_equal(errno, error);
	errno = 0;
	assert_null(counters_map_read(fd));
	assert_int_equal(errno, error);
	close(fd);
}

static void test_refused(void **state)
{
	off_t size = sizeof(struct counters);

	(void)state;
	assert_refused(make_file(0, 0), EPROTO);
	assert_refused(make_file(size - 1, 0), EPROTO);
	assert_refused(make_file(size + 1, 0), EPROTO);
	assert_refused(make_file(size, 1), EPROTO);
	assert_refused(-1, EBADF);
}

/* Rows of one name stand together, its first has the help, and no row is there twice. */
static void test_table(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNTER_COUNT; i++) {
		const struct counter_name *row = &counter_names[i];
		size_t length = strlen(row->name);
		bool first = i == 0 || strcmp(row[-1].name, row->name) != 0;
		bool total = length > 6 && strcmp(row->name + length - 6, "_total") == 0;

		assert_int_equal(row->kind, total ? COUNTER_KIND_TOTAL : COUNTER_KIND_GAUGE);
		assert_int_equal(first, row->help[0] != '\0');
		if (!first)
			assert_int_equal(row->kind, row[-1].kind);
		for (unsigned j = 0; j < i; j++) {
			bool same = strcmp(counter_names[j].name, row->name) == 0;

			assert_false(same && first);
			assert_false(same && strcmp(counter_names[j].label, row->label) == 0);
		}
	}
	assert_string_equal(counter_names[COUNTER_CONNECTIONS_OPEN].name, "connections_open");
	assert_string_equal(counter_names[COUNTER_LIMIT_RELAYED].label, "limit=\"relayed\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_read_only),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
