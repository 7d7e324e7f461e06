/* SPDX-License-Identifier: ISC */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#include "config_merge.h"
#include "config_settings.h"
#include "memory_file.h"

#define SECRET_MOST 0x100000 /* bytes; a handshaker refuses what is as long as that */

static int open_root(struct root *root)
{
	struct stat status;
	int fd = open(root->path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (fstat(fd, &status) < 0) {
		close(fd);
		return -1;
	}
	root->fd = fd;
	root->device = status.st_dev;
	root->inode = status.st_ino;
	return 0;
}

static void open_roots(
	struct files *files, const struct config *config, struct diagnostics *diagnostics)
{
	files->root_count = config->root_count + (config->acme_path ? 1 : 0);
	for (size_t i = 0; i < files->root_count; i++) {
		struct root *root = &files->roots[i];
		bool acme = i == config->root_count;

		root->path = acme ? config->acme_path : config->roots[i].path;
		root->fd = -1;
		/* The default for ACME need not be there: whoever asks for certificates makes it.
		 */
		if (open_root(root) < 0 &&
			!(acme && config->acme_position.line == 0 && errno == ENOENT))
			diagnostics_error(diagnostics,
				acme ? &config->acme_position : &config->roots[i].position,
				"the directory %s cannot be opened: %s", root->path,
				strerror(errno));
	}
}

static bool is_directory(const struct files *files, const struct config_vhost *vhost,
	const struct config_location *location)
{
	struct arena scratch = {0};
	struct config_settings settings;
	struct stat status;
	const char *below;
	bool found;

	config_settings_of(vhost, location, &scratch, &settings);
	below = location->path + settings.strip + 1;
	found = settings.root != IMAGE_NONE && *below &&
		fstatat(files->roots[settings.root].fd, below, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISDIR(status.st_mode);
	arena_free(&scratch);
	return found;
}

/* "/members" covers exactly that: who forgets the slash of a directory has guarded nothing in it.
 */
static void warn_of_slashes(
	const struct files *files, const struct config *config, struct diagnostics *diagnostics)
{
	static const enum key guards[] = {KEY_IDENTITIES, KEY_ALLOW, KEY_DENY};

	for (size_t v = 0; v < config->vhost_count; v++)
		for (size_t i = 0; i < config->vhosts[v]->location_count; i++) {
			const struct config_location *location = &config->vhosts[v]->locations[i];
			const struct value *said = NULL;

			for (size_t k = 0; k < sizeof guards / sizeof *guards && !said; k++)
				said = config_said(location, guards[k]);
			if (said && location->path[strlen(location->path) - 1] != '/' &&
				is_directory(files, config->vhosts[v], location))
				diagnostics_warn(diagnostics, &location->position,
					"this is a directory, and without a slash at the end "
					"nothing in it is covered: \"%s/\"",
					location->path);
		}
}

/* path NULL: standard output. By its name a standard error that is a socket could not be opened. */
static int open_log(const char *path)
{
	if (!path)
		return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (strcmp(path, "/dev/stderr") == 0)
		return fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	/* A pipe or device must not make the supervisor wait. */
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
}

static void open_logs(
	struct files *files, const struct config *config, struct diagnostics *diagnostics)
{
	files->log_count = config->log_count;
	for (size_t i = 0; i < files->log_count; i++) {
		const char *path = config->logs[i].path;

		files->logs[i] = open_log(path);
		if (files->logs[i] < 0)
			diagnostics_error(diagnostics, &config->logs[i].position,
				"the log %s cannot be opened: %s",
				path ? path : "on standard output", strerror(errno));
	}
}

/* The file's content as it is now, in place of the file. Takes fd over. */
static int hold_content(
	int fd, const char *path, const struct position *position, struct diagnostics *diagnostics)
{
	int copy = memory_file_copy("sulid-certificate", fd, SECRET_MOST);

	/* A file system that can do no sendfile: then it is the file itself. */
	if (copy < 0 && (errno == EINVAL || errno == ENOSYS))
		return fd;
	if (copy < 0)
		diagnostics_error(
			diagnostics, position, "%s cannot be read: %s", path, strerror(errno));
	close(fd);
	return copy;
}

static int open_secret(const char *path, const struct position *position,
	struct diagnostics *diagnostics, bool key)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &status) < 0) {
		diagnostics_error(diagnostics, position, "%s %s cannot be opened: %s",
			key ? "the key" : "the certificate", path, strerror(errno));
		return fd;
	}
	if (!S_ISREG(status.st_mode)) {
		diagnostics_error(diagnostics, position, "%s is not a regular file", path);
		return fd;
	}
	if (key && (status.st_mode & 0007) != 0)
		diagnostics_warn(diagnostics, position,
			"the key %s can be read by everybody (mode %04o); chmod 0600 it", path,
			(unsigned)(status.st_mode & 07777));
	return hold_content(fd, path, position, diagnostics);
}

static void open_certificates(
	struct files *files, const struct config *config, struct diagnostics *diagnostics)
{
	files->certificate_count = config->certificate_count;
	for (size_t i = 0; i < files->certificate_count; i++) {
		const struct config_certificate *pair = &config->certificates[i];

		files->certificates[2 * i] =
			open_secret(pair->chain, &pair->position, diagnostics, false);
		files->certificates[2 * i + 1] =
			open_secret(pair->key, &pair->key_position, diagnostics, true);
	}
}

int files_open(struct files *files, const struct config *config, struct diagnostics *diagnostics)
{
	unsigned before = diagnostics->errors;

	*files = (struct files){
		.roots = calloc(config->root_count + 1, sizeof *files->roots),
		.logs = calloc(config->log_count + 1, sizeof *files->logs),
		.certificates =
			calloc(2 * config->certificate_count + 1, sizeof *files->certificates),
	};
	if (!files->roots || !files->logs || !files->certificates)
		return -1;
	open_roots(files, config, diagnostics);
	warn_of_slashes(files, config, diagnostics);
	open_logs(files, config, diagnostics);
	open_certificates(files, config, diagnostics);
	return diagnostics->errors > before ? -1 : 0;
}

bool files_root_changed(struct files *files, size_t index)
{
	struct root *root = &files->roots[index];
	struct stat status;
	int before = root->fd;

	if (stat(root->path, &status) < 0 || !S_ISDIR(status.st_mode)) {
		if (before < 0)
			return false;
		log_warnx("the root %s is gone: its files answer 404 (Gemini 51) until it is back",
			root->path);
		root->fd = -1;
	} else {
		if (before >= 0 && status.st_dev == root->device && status.st_ino == root->inode)
			return false;
		if (open_root(root) < 0)
			return false;
		log_info("the root %s is %s", root->path,
			before < 0 ? "there now" : "another directory now");
	}
	if (before >= 0)
		close(before);
	return true;
}

void files_reopen_logs(struct files *files, const struct config *config)
{
	for (size_t i = 0; i < files->log_count; i++) {
		const char *path = config->logs[i].path;
		int fd;

		if (!path)
			continue;
		fd = open_log(path);
		if (fd < 0) {
			log_error("the log %s cannot be opened anew; the old one is written on",
				path);
			continue;
		}
		close(files->logs[i]);
		files->logs[i] = fd;
	}
}

static void close_all(int *fds, size_t count)
{
	for (size_t i = 0; fds && i < count; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	free(fds);
}

void files_close(struct files *files)
{
	for (size_t i = 0; files->roots && i < files->root_count; i++)
		if (files->roots[i].fd >= 0)
			close(files->roots[i].fd);
	free(files->roots);
	close_all(files->logs, files->log_count);
	close_all(files->certificates, 2 * files->certificate_count);
	*files = (struct files){0};
}
