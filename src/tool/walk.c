/* SPDX-License-Identifier: ISC */
#include "walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRIES 100 /* RESOLVE_BENEATH answers EAGAIN if it met a rename anywhere */

/* Directories that are still to be visited; the last is the next. */
struct pending {
	char **paths;
	size_t count, room;
};

bool walk_is_hidden(const char *name)
{
	return name[0] == '.' && strcmp(name, ".well-known") != 0;
}

int walk_open(int root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(O_DIRECTORY | O_CLOEXEC | flags),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	int fd = -1;

	for (int i = 0; i < TRIES; i++) {
		fd = (int)syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return fd;
}

static int compare(const void *left, const void *right)
{
	const struct walk_entry *a = left, *b = right;

	return strcmp(a->name, b->name);
}

const struct walk_entry *walk_find(const struct walk_directory *directory, const char *name)
{
	union {
		const char *constant;
		char *name;
	} text = {.constant = name};
	struct walk_entry wanted = {.name = text.name};

	if (directory->count == 0)
		return NULL;
	return bsearch(&wanted, directory->entries, directory->count, sizeof(wanted), compare);
}

static void free_entries(struct walk_directory *directory)
{
	for (size_t i = 0; i < directory->count; i++)
		free(directory->entries[i].name);
	free(directory->entries);
}

/* Not every file system tells it with the name. */
static unsigned char type_of(int fd, const struct dirent *found)
{
	struct stat status;

	if (found->d_type != DT_UNKNOWN)
		return found->d_type;
	if (fstatat(fd, found->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return DT_UNKNOWN;
	return (unsigned char)IFTODT(status.st_mode);
}

static bool add_entry(struct walk_directory *directory, size_t *room, const struct dirent *found)
{
	struct walk_entry entry = {.type = type_of(directory->fd, found)};

	if (directory->count == *room) {
		size_t more = *room ? *room * 2 : 64;
		struct walk_entry *grown = reallocarray(directory->entries, more, sizeof(*grown));

		if (!grown)
			return false;
		directory->entries = grown;
		*room = more;
	}
	entry.name = strdup(found->d_name);
	if (!entry.name)
		return false;
	directory->entries[directory->count++] = entry;
	return true;
}

/* All entries but "." and "..", sorted. 0, or an error's number. */
static int read_entries(struct walk_directory *directory, DIR *stream)
{
	size_t room = 0;
	const struct dirent *found;

	while (errno = 0, (found = readdir(stream)) != NULL) {
		if (strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0)
			continue;
		if (!add_entry(directory, &room, found))
			return ENOMEM;
	}
	if (errno != 0)
		return errno;
	if (directory->count > 0)
		qsort(directory->entries, directory->count, sizeof(*directory->entries), compare);
	return 0;
}

static bool push(struct pending *pending, const char *path, const char *name)
{
	char *whole;

	if (pending->count == pending->room) {
		size_t more = pending->room ? pending->room * 2 : 64;
		char **grown = reallocarray(pending->paths, more, sizeof(*grown));

		if (!grown)
			return false;
		pending->paths = grown;
		pending->room = more;
	}
	if (asprintf(&whole, "%s%s%s", path, *path && *name ? "/" : "", name) < 0)
		return false;
	pending->paths[pending->count++] = whole;
	return true;
}

/* The last of them first, so that the first is visited first. */
static bool push_all(struct pending *pending, const struct walk_directory *directory)
{
	for (size_t i = directory->count; i > 0; i--) {
		const struct walk_entry *entry = &directory->entries[i - 1];

		if (entry->type == DT_DIR && !walk_is_hidden(entry->name) &&
			!push(pending, directory->path, entry->name))
			return false;
	}
	return true;
}

/* What is below the root may go away, or become something else, at any time: that is no failure. */
static void fail(struct walk *walk, const char *path, int error)
{
	bool went = error == ENOENT || error == ENOTDIR || error == ELOOP;

	if (!went || *path == '\0')
		walk->failed(walk, path, error);
}

static bool visit(struct walk *walk, const char *path, struct pending *pending)
{
	struct walk_directory directory = {.path = path};
	DIR *stream = NULL;
	bool goes_on = true;
	int error;

	directory.fd = walk_open(walk->root, path, O_RDONLY);
	if (directory.fd >= 0)
		stream = fdopendir(directory.fd);
	if (!stream) {
		fail(walk, path, errno);
		if (directory.fd >= 0)
			close(directory.fd);
		return true;
	}
	if (walk->opened)
		walk->opened(walk, directory.fd, path);
	error = read_entries(&directory, stream);
	if (error == 0) {
		goes_on = walk->directory(walk, &directory);
		if (pending && !push_all(pending, &directory))
			error = ENOMEM;
	}
	if (error != 0)
		fail(walk, path, error);
	free_entries(&directory);
	closedir(stream);
	return goes_on;
}

bool walk_from(struct walk *walk, const char *path, bool recursive)
{
	struct pending pending = {0};
	bool goes_on = true;

	if (!recursive)
		return visit(walk, path, NULL);
	if (!push(&pending, path, ""))
		fail(walk, path, ENOMEM);
	while (goes_on && pending.count > 0) {
		char *next = pending.paths[--pending.count];

		goes_on = visit(walk, next, &pending);
		free(next);
	}
	while (pending.count > 0)
		free(pending.paths[--pending.count]);
	free(pending.paths);
	return goes_on;
}
