/* SPDX-License-Identifier: ISC */
#include "keep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define RANDOM_DIGITS 8 /* at the end of a temporary name */

/* path and what is above it. Exists is success: opening it tells whether it is a directory. */
static int make_directories(const char *path)
{
	char part[PATH_MAX];
	size_t length = strlen(path);

	if (length >= sizeof(part)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (size_t i = 1; i <= length; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0700) != 0 && errno != EEXIST)
			return -1;
	}
	return 0;
}

int keep_directory(const char *path)
{
	int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (directory < 0 && errno == ENOENT) {
		if (make_directories(path) != 0)
			return -1;
		directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (directory < 0)
		return -1;
	while (flock(directory, LOCK_EX) != 0) {
		if (errno == EINTR)
			continue;
		int error = errno;

		close(directory);
		errno = error;
		return -1;
	}
	return directory;
}

int keep_bytes(int file, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = write(file, bytes, length);

		if (written < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		bytes += written;
		length -= (size_t)written;
	}
	return 0;
}

/* NFS knows no RENAME_NOREPLACE but links; FAT has it the other way round. */
int keep_settle(int directory, const char *from, const char *to)
{
	if (renameat2(directory, from, directory, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (linkat(directory, from, directory, to, 0) != 0)
		return -1;
	return unlinkat(directory, from, 0);
}

int keep_file(int directory, const char *name, mode_t mode, const void *bytes, size_t length)
{
	char temporary[NAME_MAX + 1];
	uint32_t random;
	int file = -1, error = 0;
	bool made = false;

	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return -1;
	if (snprintf(temporary, sizeof(temporary), ".%s.%08x", name, random) >=
		(int)sizeof(temporary)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	file = openat(
		directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	made = file >= 0;
	if (!made || fchmod(file, mode) != 0 || keep_bytes(file, bytes, length) != 0 ||
		fsync(file) != 0)
		goto fail;
	/* Some file systems tell of a full disk only here. */
	if (close(file) != 0) {
		file = -1;
		goto fail;
	}
	file = -1;
	if (keep_settle(directory, temporary, name) == 0)
		return 0;
fail:
	error = errno;
	if (file >= 0)
		close(file);
	if (made)
		unlinkat(directory, temporary, 0);
	errno = error;
	return -1;
}

/* ".NAME.0123abcd", as keep_file has it. */
static bool is_temporary(const char *entry, const char *name)
{
	size_t length = strlen(name);

	return entry[0] == '.' && strncmp(entry + 1, name, length) == 0 &&
	       entry[length + 1] == '.' && strlen(entry) == length + 2 + RANDOM_DIGITS &&
	       strspn(entry + length + 2, "0123456789abcdef") == RANDOM_DIGITS;
}

void keep_sweep(int directory, const char *name)
{
	int again = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = again < 0 ? NULL : fdopendir(again);
	const struct dirent *entry;

	if (!list) {
		if (again >= 0)
			close(again);
		return;
	}
	while ((entry = readdir(list)) != NULL)
		if (is_temporary(entry->d_name, name))
			unlinkat(directory, entry->d_name, 0);
	closedir(list);
}

int keep_flush(int directory)
{
	return fsync(directory);
}
