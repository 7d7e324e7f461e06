/* SPDX-License-Identifier: ISC */
#include "resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRIES 3 /* RESOLVE_BENEATH answers EAGAIN if it met a rename */

int64_t resolve_time(const struct timespec *time)
{
	int64_t nanoseconds;

	/* Some file systems know years beyond 2262. */
	if (__builtin_mul_overflow(time->tv_sec, INT64_C(1000000000), &nanoseconds) ||
		__builtin_add_overflow(nanoseconds, time->tv_nsec, &nanoseconds))
		return time->tv_sec < 0 ? INT64_MIN : INT64_MAX;
	return nanoseconds;
}

/* path: from its '/' on. */
static int open_below(int root, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(O_CLOEXEC | flags),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve,
	};
	int fd = -1;

	for (int i = 0; i < TRIES; i++) {
		fd = (int)syscall(SYS_openat2, root, path[1] ? path + 1 : ".", &how, sizeof how);
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return fd;
}

static bool owner_of(int root, const char *path, int flags, struct stat *status)
{
	int fd = open_below(root, path, O_PATH | flags, 0);
	bool good = fd >= 0 && fstat(fd, status) == 0;

	if (fd >= 0)
		close(fd);
	return good;
}

/* Each symbolic link on the way has the owner of what it leads to. */
static bool owners_match(int root, const char *path)
{
	char prefix[PATH_MAX];
	size_t length = strlen(path);

	if (length >= sizeof prefix)
		return false;
	memcpy(prefix, path, length + 1);
	for (size_t end = 1; end <= length; end++) {
		struct stat link, target;
		bool good;

		if (path[end] != '/' && path[end] != '\0')
			continue;
		prefix[end] = '\0';
		good = owner_of(root, prefix, O_NOFOLLOW, &link) &&
		       (!S_ISLNK(link.st_mode) || (owner_of(root, prefix, 0, &target) &&
							  link.st_uid == target.st_uid));
		prefix[end] = path[end];
		if (!good)
			return false;
		/* A slash at the end has nothing behind it. */
		if (path[end] == '/' && path[end + 1] == '\0')
			break;
	}
	return true;
}

/* By the policy for symbolic links; errno is ELOOP where it forbids one. */
static int open_allowed(int root, const char *path, int flags, enum symlinks symlinks)
{
	int fd = open_below(
		root, path, flags, symlinks == SYMLINKS_WITHIN ? 0 : RESOLVE_NO_SYMLINKS);

	if (fd >= 0 || errno != ELOOP || symlinks != SYMLINKS_OWNER)
		return fd;
	if (!owners_match(root, path)) {
		errno = ELOOP;
		return -1;
	}
	return open_below(root, path, flags, 0);
}

static enum resolved failure(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ENAMETOOLONG:
	case EINVAL: /* a name that this file system cannot have */
	case ELOOP:
	case EXDEV: /* a link out of the root */
		return RESOLVED_MISSING;
	case EACCES:
	case EPERM:
	case ENXIO: /* a socket, a device without driver */
	case ENODEV:
		return RESOLVED_FORBIDDEN;
	case EAGAIN:
	case EINTR:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return RESOLVED_BUSY;
	default:
		return RESOLVED_FAILED;
	}
}

enum resolved resolve_file(
	int root, const char *path, enum symlinks symlinks, struct resource *resource)
{
	struct stat status;
	/* O_NONBLOCK: a FIFO would wait for its writer. */
	int fd = open_allowed(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, symlinks);
	enum resolved result;

	resource->fd = -1;
	if (fd < 0)
		return failure(errno);
	if (fstat(fd, &status) < 0)
		result = failure(errno);
	else if (S_ISDIR(status.st_mode))
		result = RESOLVED_DIRECTORY;
	else
		result = S_ISREG(status.st_mode) ? RESOLVED_FILE : RESOLVED_FORBIDDEN;
	if (result != RESOLVED_FILE) {
		close(fd);
		return result;
	}
	*resource = (struct resource){
		.fd = fd,
		.size = status.st_size,
		.mtime = resolve_time(&status.st_mtim),
		.ctime = resolve_time(&status.st_ctim),
		.inode = status.st_ino,
		.links = (uint32_t)status.st_nlink,
	};
	return RESOLVED_FILE;
}

bool resolve_same(int root, const char *path, int other_root, const char *other)
{
	struct stat one, two;
	int fd = open_below(root, path, O_PATH, RESOLVE_NO_SYMLINKS);
	int other_fd = open_below(other_root, other, O_PATH, RESOLVE_NO_SYMLINKS);
	bool same = fd >= 0 && other_fd >= 0 && fstat(fd, &one) == 0 &&
		    fstat(other_fd, &two) == 0 && one.st_dev == two.st_dev &&
		    one.st_ino == two.st_ino;

	if (fd >= 0)
		close(fd);
	if (other_fd >= 0)
		close(other_fd);
	return same;
}

enum resolved resolve_directory(int root, const char *path, enum symlinks symlinks, int *fd)
{
	int opened = open_allowed(root, path, (fd ? O_RDONLY : O_PATH) | O_DIRECTORY, symlinks);

	if (opened < 0)
		return failure(errno);
	if (fd)
		*fd = opened;
	else
		close(opened);
	return RESOLVED_DIRECTORY;
}
