/* SPDX-License-Identifier: ISC */
#include "config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "yaml_tree.h"

const char *config_file_here(struct arena *arena)
{
	char *here = getcwd(NULL, 0);
	const char *copy = "/";

	if (here)
		copy = arena_text(arena, here, strlen(here));
	free(here);
	return copy;
}

/* The directory part of a path with its slash, "" if it has none. */
static char *directory_part(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	return arena_text(arena, path, slash ? (size_t)(slash - path) + 1 : 0);
}

static const char *directory_of(struct arena *arena, const char *path)
{
	const char *part = directory_part(arena, path);

	if (part[0] == '/')
		return part;
	return part[0] ? arena_format(arena, "%s/%s", config_file_here(arena), part)
		       : config_file_here(arena);
}

/* To the end, or one byte more than is allowed. */
static int read_all(struct arena *arena, int fd, struct config_file *file)
{
	size_t room = 65536, used = 0;
	char *bytes = malloc(room);
	int result = -1;

	while (bytes) {
		ssize_t n = read(fd, bytes + used, room - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			result = (int)n;
			break;
		}
		used += (size_t)n;
		if (used > YAML_SIZE) {
			errno = EFBIG;
			break;
		}
		if (used == room) {
			char *more = realloc(bytes, 2 * room);

			if (!more)
				break;
			room *= 2;
			bytes = more;
		}
	}
	if (result == 0) {
		file->bytes = arena_text(arena, bytes, used);
		file->size = used;
	}
	free(bytes);
	return result;
}

int config_file_read(struct arena *arena, const char *path, struct config_file *file)
{
	bool standard_input = strcmp(path, "-") == 0;
	struct stat status;
	int fd, result = -1, saved;

	*file = (struct config_file){0};
	if (standard_input) {
		file->name = CONFIG_STANDARD_INPUT;
		file->directory = config_file_here(arena);
		return read_all(arena, STDIN_FILENO, file);
	}
	file->name = arena_text(arena, path, strlen(path));
	file->directory = directory_of(arena, path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -1;
	if (fstat(fd, &status) == 0) {
		file->device = status.st_dev;
		file->inode = status.st_ino;
		errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
		if (S_ISREG(status.st_mode))
			result = read_all(arena, fd, file);
	}
	saved = errno;
	close(fd);
	errno = saved;
	return result;
}

/* A directory's own name may hold what glob takes for a pattern. */
static char *escape(struct arena *arena, const char *text)
{
	char *escaped = arena_take(arena, 2 * strlen(text) + 1), *to = escaped;

	for (; *text; text++) {
		if (strchr("*?[\\", *text))
			*to++ = '\\';
		*to++ = *text;
	}
	return escaped;
}

static int refuse_unreadable(const char *path, int error)
{
	(void)path;
	/* What is not there finds nothing; what cannot be read would leave vhosts out in silence.
	 */
	return error != ENOENT && error != ENOTDIR;
}

long config_file_find(
	struct arena *arena, const struct config_file *from, const char *pattern, char ***found)
{
	glob_t matches = {0};
	long count = -1;
	int error;

	if (!strpbrk(pattern, "*?[")) {
		*found = arena_take(arena, sizeof(char *));
		(*found)[0] = arena_format(arena, "%s%s",
			pattern[0] == '/' ? "" : directory_part(arena, from->name), pattern);
		return 1;
	}
	if (pattern[0] != '/')
		pattern = arena_format(
			arena, "%s%s", escape(arena, directory_part(arena, from->name)), pattern);
	errno = 0;
	error = glob(pattern, 0, refuse_unreadable, &matches);
	if (error == 0) {
		count = (long)matches.gl_pathc;
		*found = arena_array(arena, matches.gl_pathc, sizeof(char *));
		for (size_t i = 0; i < matches.gl_pathc; i++)
			(*found)[i] =
				arena_text(arena, matches.gl_pathv[i], strlen(matches.gl_pathv[i]));
	} else if (error == GLOB_NOMATCH) {
		count = 0;
	} else if (errno == 0) {
		errno = error == GLOB_NOSPACE ? ENOMEM : EACCES;
	}
	globfree(&matches);
	return count;
}
