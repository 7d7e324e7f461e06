/* SPDX-License-Identifier: ISC */
#include "temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keep.h"

#define TRIES 100

/* false: somebody swept it away before it was locked. */
static bool lock(const struct temporary *temporary)
{
	struct stat status;

	/* Where files cannot be locked, none can be swept either. */
	if (flock(temporary->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
		return false;
	return fstat(temporary->fd, &status) == 0 && status.st_nlink > 0;
}

int temporary_open(struct temporary *temporary, int directory)
{
	temporary->directory = directory;
	temporary->fd = -1;
	for (int i = 0; i < TRIES; i++) {
		uint64_t random;

		if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
			return -1;
		snprintf(temporary->name, sizeof(temporary->name), TEMPORARY_PREFIX "%016" PRIx64,
			random);
		temporary->fd = openat(directory, temporary->name,
			O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (temporary->fd < 0 && errno != EEXIST)
			return -1;
		if (temporary->fd >= 0 && lock(temporary))
			return 0;
		temporary_discard(temporary);
	}
	errno = EAGAIN;
	return -1;
}

/* It is renamed before it is closed, because closing ends the lock. */
int temporary_settle(struct temporary *temporary, const char *name, bool replaces)
{
	int result = replaces ? renameat(temporary->directory, temporary->name,
					temporary->directory, name)
			      : keep_settle(temporary->directory, temporary->name, name);

	if (result != 0)
		return -1;
	close(temporary->fd);
	temporary->fd = -1;
	return 0;
}

void temporary_discard(struct temporary *temporary)
{
	if (temporary->fd < 0)
		return;
	unlinkat(temporary->directory, temporary->name, 0);
	close(temporary->fd);
	temporary->fd = -1;
}

bool temporary_is_name(const char *name)
{
	size_t prefix = strlen(TEMPORARY_PREFIX);

	return strncmp(name, TEMPORARY_PREFIX, prefix) == 0 && strlen(name) == prefix + 16 &&
	       strspn(name + prefix, "0123456789abcdef") == 16;
}

void temporary_sweep(int directory, const char *name)
{
	int file =
		openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat opened, named;

	if (file < 0)
		return;
	if (flock(file, LOCK_EX | LOCK_NB) == 0 && fstat(file, &opened) == 0 &&
		S_ISREG(opened.st_mode) &&
		fstatat(directory, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
		named.st_dev == opened.st_dev && named.st_ino == opened.st_ino)
		unlinkat(directory, name, 0);
	close(file);
}
