/* SPDX-License-Identifier: ISC */
#include "watch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/loop.h"
#include "walk.h"

/* What is done to several files at once is taken together: after so many milliseconds without
 * another event, but not later than so many after the first. */
#define QUIET 150
#define MOST  2000

#define NEVER INT64_MAX

/* IN_CREATE is how links and directories appear, and files that were written without a name. A file
 * that is only created is looked at in vain, and once more when it is closed. */
#define EVENTS                                                                              \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB | \
		IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK)

/* Of the directory that a root is in: nobody else tells that it was removed, while it is open here.
 */
#define EVENTS_ABOVE (IN_DELETE | IN_ONLYDIR | IN_MASK_ADD)

struct directory {
	int wd;
	size_t root;
	char *path;
	int64_t since, due; /* of the first event, when to look at it; NEVER: there is none */
	bool recursive;     /* look also at what is below */
};

struct watch {
	struct pass *pass;
	const struct pass_root *roots;
	size_t root_count;
	int inotify;
	struct directory *directories; /* by wd */
	size_t count, room;
	int64_t next; /* the earliest that is due */
	bool failed, gone;
};

struct watch *watch_new(struct pass *pass, const struct pass_root *roots, size_t count)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	*watch = (struct watch){.pass = pass, .roots = roots, .root_count = count, .next = NEVER};
	watch->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (watch->inotify < 0) {
		free(watch);
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		char link[64];

		/* It may not be readable, which only means that there is less to be noticed. */
		snprintf(link, sizeof(link), "/proc/self/fd/%d/..", roots[i].fd);
		inotify_add_watch(watch->inotify, link, EVENTS_ABOVE);
	}
	return watch;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	for (size_t i = 0; i < watch->count; i++)
		free(watch->directories[i].path);
	free(watch->directories);
	close(watch->inotify);
	free(watch);
}

bool watch_failed(const struct watch *watch)
{
	return watch->failed;
}

size_t watch_count(const struct watch *watch)
{
	return watch->count;
}

/* ---- the directories ---- */

/* The first with that wd or a later one. */
static size_t position(const struct watch *watch, int wd)
{
	size_t low = 0, high = watch->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (watch->directories[middle].wd < wd)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct directory *find(struct watch *watch, int wd)
{
	size_t at = position(watch, wd);

	return at < watch->count && watch->directories[at].wd == wd ? &watch->directories[at]
								    : NULL;
}

static void forget(struct watch *watch, size_t at)
{
	free(watch->directories[at].path);
	watch->count--;
	memmove(&watch->directories[at], &watch->directories[at + 1],
		(watch->count - at) * sizeof(*watch->directories));
}

/* One that is known already may have got another path. false: out of memory. */
static bool remember(struct watch *watch, int wd, size_t root, const char *path)
{
	size_t at = position(watch, wd);
	char *copy = strdup(path);

	if (!copy)
		return false;
	if (at < watch->count && watch->directories[at].wd == wd) {
		free(watch->directories[at].path);
		watch->directories[at].path = copy;
		watch->directories[at].root = root;
		return true;
	}
	if (watch->count == watch->room) {
		size_t more = watch->room ? watch->room * 2 : 64;
		struct directory *grown = reallocarray(watch->directories, more, sizeof(*grown));

		if (!grown) {
			free(copy);
			return false;
		}
		watch->directories = grown;
		watch->room = more;
	}
	memmove(&watch->directories[at + 1], &watch->directories[at],
		(watch->count - at) * sizeof(*watch->directories));
	watch->directories[at] =
		(struct directory){.wd = wd, .root = root, .path = copy, .due = NEVER};
	watch->count++;
	return true;
}

void watch_directory(void *context, const struct pass_root *root, int fd, const char *path)
{
	struct watch *watch = context;
	char link[64]; /* there is no inotify_add_watch by descriptor */
	const char *problem;
	int wd;

	if (watch->failed)
		return;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	wd = inotify_add_watch(watch->inotify, link, EVENTS);
	if (wd >= 0 && remember(watch, wd, (size_t)(root - watch->roots), path))
		return;
	/* It went away meanwhile. */
	if (wd < 0 && errno == ENOENT && *path && access("/proc/self/fd", X_OK) == 0)
		return;
	problem = wd < 0 && errno == ENOSPC
			  ? "cannot be watched: that would be more directories than "
			    "fs.inotify.max_user_watches allows (sysctl)"
			  : "cannot be watched";
	pass_complain(watch->pass, root, path, "", problem);
	watch->failed = true;
}

/* ---- events ---- */

static void mark(struct watch *watch, struct directory *directory, bool recursive)
{
	int64_t now = loop_clock();

	if (directory->due == NEVER)
		directory->since = now;
	directory->due = now + QUIET;
	if (directory->due > directory->since + MOST)
		directory->due = directory->since + MOST;
	directory->recursive = directory->recursive || recursive;
	if (directory->due < watch->next)
		watch->next = directory->due;
}

static void join(char *path, size_t size, const char *directory, const char *name)
{
	snprintf(path, size, "%s%s%s", directory, *directory ? "/" : "", name);
}

/* A directory that appeared: what is in it may have come before it was watched. */
static void enter(struct watch *watch, size_t root, const char *path)
{
	int fd = walk_open(watch->roots[root].fd, path, O_RDONLY);

	if (fd < 0)
		return; /* it went away, or what keeps it from being read is said when it is */
	watch_directory(watch, &watch->roots[root], fd, path);
	close(fd);
	for (size_t i = 0; i < watch->count; i++) {
		struct directory *directory = &watch->directories[i];

		if (directory->root == root && strcmp(directory->path, path) == 0)
			mark(watch, directory, true);
	}
}

/* A directory that was moved away, with all that is below. */
static void depart(struct watch *watch, size_t root, const char *path)
{
	size_t length = strlen(path);

	for (size_t i = watch->count; i > 0; i--) {
		const struct directory *directory = &watch->directories[i - 1];

		if (directory->root != root || strncmp(directory->path, path, length) != 0 ||
			(directory->path[length] != '/' && directory->path[length] != '\0'))
			continue;
		inotify_rm_watch(watch->inotify, directory->wd);
		forget(watch, i - 1);
	}
}

static bool is_gone(const struct pass_root *root)
{
	struct stat status;

	return fstat(root->fd, &status) != 0 || status.st_nlink == 0;
}

/* Events were lost: everything is looked at again. */
static void start_over(struct watch *watch)
{
	for (size_t i = 0; i < watch->count; i++) {
		if (watch->directories[i].path[0] == '\0')
			mark(watch, &watch->directories[i], true);
	}
}

static void directory_event(
	struct watch *watch, const struct directory *directory, uint32_t mask, const char *name)
{
	size_t root = directory->root;
	char path[2 * PATH_MAX];

	join(path, sizeof(path), directory->path, name);
	if (mask & IN_MOVED_FROM)
		depart(watch, root, path);
	else if (mask & (IN_CREATE | IN_MOVED_TO))
		enter(watch, root, path);
}

static void file_event(
	struct watch *watch, struct directory *directory, uint32_t mask, const char *name)
{
	bool appeared = (mask & (IN_DELETE | IN_MOVED_FROM)) == 0;

	if (watch->pass->rules.craft->takes(name) && (appeared || watch->pass->rules.prune))
		mark(watch, directory, false);
}

static void handle(struct watch *watch, const struct inotify_event *event)
{
	struct directory *directory;

	if (event->mask & IN_Q_OVERFLOW) {
		start_over(watch);
		return;
	}
	for (size_t i = 0; event->mask & IN_DELETE && i < watch->root_count; i++)
		watch->gone = watch->gone || is_gone(&watch->roots[i]);
	directory = find(watch, event->wd);
	if (!directory)
		return; /* it is above a root, or was moved away and this is from before */
	if (event->mask & IN_IGNORED)
		forget(watch, position(watch, event->wd));
	else if (event->mask & IN_MOVE_SELF)
		watch->gone = watch->gone || directory->path[0] == '\0';
	else if (event->len == 0 || walk_is_hidden(event->name))
		return;
	else if (event->mask & IN_ISDIR)
		directory_event(watch, directory, event->mask, event->name);
	else
		file_event(watch, directory, event->mask, event->name);
}

/* All that are there. -1 with errno. */
static int read_events(struct watch *watch)
{
	_Alignas(struct inotify_event) char bytes[16 * 1024];
	ssize_t got;

	while ((got = read(watch->inotify, bytes, sizeof(bytes))) > 0) {
		const char *at = bytes;

		while (at < bytes + got) {
			const void *event = at;
			uint32_t length = ((const struct inotify_event *)event)->len;

			handle(watch, event);
			at += sizeof(struct inotify_event) + length;
		}
	}
	return got < 0 && errno != EAGAIN && errno != EINTR ? -1 : 0;
}

/* ---- looking after them ---- */

static int compare(const void *left, const void *right)
{
	const struct pass_place *a = left, *b = right;

	return strcmp(a->path, b->path);
}

/* Those of a root that are due, by their paths; they are no longer due then. NULL: out of memory.
 */
static struct pass_place *collect(struct watch *watch, size_t root, int64_t now, size_t *count)
{
	struct pass_place *places = calloc(watch->count + 1, sizeof(*places));

	*count = 0;
	for (size_t i = 0; places && i < watch->count; i++) {
		struct directory *directory = &watch->directories[i];

		if (directory->root != root || directory->due > now)
			continue;
		places[*count].recursive = directory->recursive;
		places[*count].path = strdup(directory->path);
		if (!places[*count].path)
			break; /* it stays due */
		++*count;
		directory->due = NEVER;
		directory->recursive = false;
	}
	if (*count > 0)
		qsort(places, *count, sizeof(*places), compare);
	return places;
}

/* A pass over what is due. false: it is the last. */
static bool look_after(struct watch *watch, size_t root, int64_t now)
{
	size_t count;
	struct pass_place *places = collect(watch, root, now, &count);
	bool goes_on = true;

	if (count > 0)
		goes_on = pass_run(watch->pass, &watch->roots[root], places, count);
	for (size_t i = 0; i < count; i++)
		free(places[i].path);
	free(places);
	return goes_on && !watch->failed && !watch->gone;
}

static bool look_after_all(struct watch *watch, int64_t now)
{
	bool goes_on = true;

	for (size_t root = 0; goes_on && root < watch->root_count; root++)
		goes_on = look_after(watch, root, now);
	watch->next = NEVER;
	for (size_t i = 0; i < watch->count; i++) {
		if (watch->directories[i].due < watch->next)
			watch->next = watch->directories[i].due;
	}
	return goes_on;
}

/* poll's milliseconds. */
static int wait_time(const struct watch *watch)
{
	int64_t left;

	if (watch->next == NEVER)
		return -1;
	left = watch->next - loop_clock();
	return left > 0 ? (int)left : 0;
}

bool watch_run(struct watch *watch)
{
	struct pollfd polled[2] = {
		{.fd = watch->inotify, .events = POLLIN},
		{.fd = watch->pass->interrupt->fd, .events = POLLIN},
	};
	bool goes_on = true;

	while (goes_on) {
		if (poll(polled, 2, wait_time(watch)) < 0 && errno != EINTR)
			return false;
		if (interrupt_came(watch->pass->interrupt))
			return true;
		if (read_events(watch) != 0)
			return false;
		if (watch->gone)
			break;
		if (watch->next <= loop_clock()) {
			goes_on = look_after_all(watch, loop_clock());
			fflush(stdout);
		}
	}
	if (watch->gone)
		fprintf(stderr, "sulid %s: a directory that is watched is gone\n",
			watch->pass->rules.craft->command);
	return interrupt_came(watch->pass->interrupt) && !watch->gone;
}
