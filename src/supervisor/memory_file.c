/* SPDX-License-Identifier: ISC */
#include "memory_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

static int write_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}

static int close_with_errno(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
	return -1;
}

static int seal(int fd)
{
	return fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
}

int memory_file_sealed(const char *name, const void *bytes, size_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	if (write_all(fd, bytes, size) < 0 || seal(fd) < 0)
		return close_with_errno(fd);
	return fd;
}

int memory_file_copy(const char *name, int file, size_t most)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	off_t offset = 0;

	if (fd < 0)
		return -1;
	while ((size_t)offset < most) {
		ssize_t n = sendfile(fd, file, &offset, most - (size_t)offset);

		if (n == 0)
			break;
		if (n < 0 && errno != EINTR)
			return close_with_errno(fd);
	}
	return seal(fd) < 0 ? close_with_errno(fd) : fd;
}

int memory_file_counters(
	enum role role, uint32_t generation, int *reader, const struct counters **mapped)
{
	struct counters counters;
	char path[40];
	int fd = memfd_create("sulid-counters", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	memset(&counters, 0, sizeof counters);
	memcpy(counters.build, build_id, BUILD_ID_SIZE);
	counters.role = (uint32_t)role;
	counters.generation = generation;
	if (write_all(fd, (const char *)&counters, sizeof counters) < 0 ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return close_with_errno(fd);
	/* The one way to a descriptor of the same file that cannot be mapped to write. */
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	*reader = open(path, O_RDONLY | O_CLOEXEC);
	if (*reader < 0)
		return close_with_errno(fd);
	*mapped = counters_map_read(*reader);
	if (!*mapped) {
		close_with_errno(*reader);
		return close_with_errno(fd);
	}
	return fd;
}
