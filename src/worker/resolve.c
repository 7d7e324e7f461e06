/* SPDX-License-Identifier: ISC */
#include "resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRIES         3 /* RESOLVE_BENEATH answers EAGAIN if it met a rename */
#define FALLBACK_TYPE "application/octet-stream"

int64_t resolve_time(const struct timespec *time)
{
	return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

/* path: from its '/' on. O_NONBLOCK: a FIFO would wait for its writer. */
static int open_below(int root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(O_CLOEXEC | flags),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int fd = -1;

	for (int i = 0; i < TRIES; i++) {
		fd = (int)syscall(SYS_openat2, root, path[1] ? path + 1 : ".", &how, sizeof how);
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return fd;
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

static enum resolved open_file(
	const struct image *image, int root, const char *path, struct resource *resource)
{
	const char *name = strrchr(path, '/') + 1;
	struct stat status;
	int fd = open_below(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	enum resolved result;

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
		.links = (uint32_t)status.st_nlink,
		.type = image_find_type(image, name, strlen(name)),
	};
	if (!resource->type)
		resource->type = FALLBACK_TYPE;
	return RESOLVED_FILE;
}

/* No index was found; is there a directory at all? */
static enum resolved bare_directory(int root, const char *path)
{
	int fd = open_below(root, path, O_PATH | O_DIRECTORY);

	if (fd < 0)
		return failure(errno);
	close(fd);
	return RESOLVED_NO_INDEX;
}

enum resolved resolve_open(const struct image *image, int root, const struct target *target,
	struct image_range index, struct resource *resource)
{
	char path[TARGET_MAX + 256]; /* NAME_MAX and its NUL */

	resource->fd = -1;
	if (!target->directory)
		return open_file(image, root, target->path, resource);
	memcpy(path, target->path, target->length);
	for (uint32_t i = index.first; i < index.first + index.count; i++) {
		struct image_text name = image->texts[i];
		enum resolved result;

		if (name.length >= sizeof path - target->length)
			continue;
		memcpy(path + target->length, image_string(image, name), name.length + 1);
		result = open_file(image, root, path, resource);
		/* A directory of that name is no index. */
		if (result != RESOLVED_MISSING && result != RESOLVED_DIRECTORY)
			return result;
	}
	return bare_directory(root, target->path);
}
