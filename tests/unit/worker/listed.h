/* SPDX-License-Identifier: ISC */
#ifndef SULID_TESTS_UNIT_WORKER_LISTED_H
#define SULID_TESTS_UNIT_WORKER_LISTED_H

/* A directory to be listed, and its listing as a string. For each test a new one. */

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "listing.h"

static char listed_path[64];
static struct listing listed; /* for "/x/", HTML, by name, links followed; a test may change it */
static char *listed_text;     /* of the last listing, terminated */
static size_t listed_length;

static int listed_remove_one(const char *path, const struct stat *status, int type, struct FTW *at)
{
	(void)status;
	(void)type;
	(void)at;
	return remove(path);
}

/* In memory if possible: there are tests with many files. */
static int listed_make(void **state)
{
	(void)state;
	snprintf(listed_path, sizeof listed_path, "%s/sulid-listed-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(listed_path))
		return -1;
	chmod(listed_path, 0755);
	listed = (struct listing){
		.directory = open(listed_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.path = "/x/",
		.path_length = 3,
		.follow = true,
	};
	return listed.directory >= 0 ? 0 : -1;
}

static int listed_remove(void **state)
{
	(void)state;
	free(listed_text);
	listed_text = NULL;
	close(listed.directory);
	return nftw(listed_path, listed_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Modified 2026-11-21T14:03:22.250Z. */
static void listed_date(const char *name, int64_t second, long nanosecond)
{
	struct timespec times[2] = {{second, nanosecond}, {second, nanosecond}};

	assert_int_equal(utimensat(listed.directory, name, times, AT_SYMLINK_NOFOLLOW), 0);
}

static void listed_file(const char *name, off_t size)
{
	int fd = openat(listed.directory, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	close(fd);
	listed_date(name, 1795269802, 250000000);
}

static void listed_directory(const char *name)
{
	assert_int_equal(mkdirat(listed.directory, name, 0755), 0);
	listed_date(name, 1795269802, 250000000);
}

/* listing_write with an arena that has a hole behind it; the result is in listed_text, or -1. */
static int listed_write(size_t arena_size)
{
	size_t mapped = (arena_size + 4095) / 4096 * 4096;
	char *arena = mmap(
		NULL, mapped + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct stat status;
	int fd;

	assert_true(arena != MAP_FAILED);
	assert_int_equal(mprotect(arena + mapped, 4096, PROT_NONE), 0);
	fd = listing_write(&listed, arena, arena_size);
	munmap(arena, mapped + 4096);
	if (fd < 0)
		return -1;
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fstat(fd, &status), 0);
	listed_length = (size_t)status.st_size;
	free(listed_text);
	listed_text = malloc(listed_length + 1);
	assert_non_null(listed_text);
	assert_int_equal(pread(fd, listed_text, listed_length, 0), listed_length);
	listed_text[listed_length] = '\0';
	close(fd);
	return 0;
}

static const char *listed_as(enum listing_format format)
{
	listed.format = format;
	assert_int_equal(listed_write(LISTING_ARENA), 0);
	assert_int_equal(strlen(listed_text), listed_length);
	return listed_text;
}

#define LISTED(name) cmocka_unit_test_setup_teardown(name, listed_make, listed_remove)

#endif
