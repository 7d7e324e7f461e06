/* SPDX-License-Identifier: ISC */
#include "own_certificates.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"

#include "config_resolve.h"
#include "name_list.h"
#include "spawn.h"

#define SAID_MOST   4096 /* bytes of what the tool says that are looked at */
#define NAMES_WIDTH 60

/* ---- names ---- */

struct names {
	const char **list; /* the configuration's */
	size_t count;
};

/* Of one vhost: those that it has, and those that it had. Each once. */
static void add_names(struct names *names, struct arena *arena, const struct config_vhost *vhost)
{
	static const enum key keys[] = {KEY_NAMES, KEY_MOVED_FROM};

	for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
		const struct config_text *list = vhost->values[keys[k]].list;

		for (uint32_t i = 0; i < vhost->values[keys[k]].count; i++) {
			bool known = false;

			for (size_t n = 0; n < names->count && !known; n++)
				known = strcmp(names->list[n], list[i].text) == 0;
			if (known)
				continue;
			names->list =
				arena_grow(arena, names->list, names->count, sizeof *names->list);
			names->list[names->count++] = list[i].text;
		}
	}
}

/* Of all vhosts that use the certificate: two that differ in protocol may begin with one name. */
static struct names names_of(const struct config *config, size_t index, struct arena *arena)
{
	struct names names = {0};

	for (size_t i = 0; i < config->vhost_count; i++) {
		const struct config_vhost *vhost = config->vhosts[i];

		if (vhost->certificate_count > 0 && index >= vhost->first_certificate &&
			index - vhost->first_certificate < vhost->certificate_count)
			add_names(&names, arena, vhost);
	}
	return names;
}

static const char *join_names(const struct names *names, struct arena *arena)
{
	const char *text = "";

	for (size_t i = 0; i < names->count; i++)
		text = arena_format(arena, "%s%s%s", text, i > 0 ? ", " : "", names->list[i]);
	return text;
}

/* ---- the tool ---- */

struct outcome {
	int status; /* of waitpid; -1: it did not run */
	char said[SAID_MOST];
};

static void read_all(int fd, char said[static SAID_MOST])
{
	size_t length = 0;
	ssize_t n;

	do {
		char more[256];
		size_t room = SAID_MOST - 1 - length;

		n = read(fd, more, sizeof more);
		if (n <= 0)
			continue;
		/* What is too much is read all the same: the tool must not wait for us. */
		memcpy(said + length, more, (size_t)n < room ? (size_t)n : room);
		length += (size_t)n < room ? (size_t)n : room;
	} while (n > 0 || (n < 0 && errno == EINTR));
	said[length] = '\0';
}

/* In the child. What it says on either of its outputs comes back to us. */
static void become_tool(const char *tool, char *const *arguments, int out)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	execv(tool, arguments);
	_exit(127);
}

static void run_tool(char *const *arguments, struct outcome *outcome)
{
	char *tool = programs_path("sulid-tool");
	int pipe_ends[2];
	pid_t pid;

	*outcome = (struct outcome){.status = -1};
	if (!tool || pipe2(pipe_ends, O_CLOEXEC) < 0) {
		free(tool);
		return;
	}
	pid = fork();
	if (pid == 0)
		become_tool(tool, arguments, pipe_ends[1]);
	close(pipe_ends[1]);
	if (pid > 0)
		read_all(pipe_ends[0], outcome->said);
	close(pipe_ends[0]);
	while (pid > 0 && waitpid(pid, &outcome->status, 0) < 0 && errno == EINTR)
		;
	free(tool);
}

/* Line "number" of what was said, from 0, ended in place; "" if there is none. */
static char *line_of(char *said, int number)
{
	for (; number > 0 && *said; number--) {
		said += strcspn(said, "\n");
		said += *said == '\n';
	}
	said[strcspn(said, "\n")] = '\0';
	return said;
}

/* ---- one certificate ---- */

const char *own_certificates_directory(
	const struct config_certificate *pair, char directory[static OWN_DIRECTORY])
{
	const char *slash = strrchr(pair->chain, '/');

	snprintf(directory, OWN_DIRECTORY, "%.*s", slash ? (int)(slash - pair->chain) : 0,
		pair->chain);
	return directory;
}

static void make(const struct config *config, size_t index, struct diagnostics *diagnostics)
{
	static const char prefix[] = "sulid certificate: ";
	struct stat status;
	const struct config_certificate *pair = &config->certificates[index];
	char directory[OWN_DIRECTORY], words[NAME_LIST];
	struct arena arena = {0};
	struct names names = names_of(config, index, &arena);
	const char **arguments = arena_array(&arena, names.count + 6, sizeof *arguments);
	struct outcome outcome;
	size_t count = 0;
	char *line;

	arguments[count++] = "certificate";
	arguments[count++] = "--keep-key";
	arguments[count++] = "-o";
	arguments[count++] = own_certificates_directory(pair, directory);
	/* A link to what has been deleted. */
	if (stat(directory, &status) < 0 && errno == ENOENT && lstat(directory, &status) == 0 &&
		S_ISLNK(status.st_mode))
		unlink(directory);
	arguments[count++] = "--";
	for (size_t i = 0; i < names.count; i++)
		arguments[count++] = names.list[i];
	run_tool((char *const *)(uintptr_t)arguments, &outcome);
	if (outcome.status != -1 && WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == 0) {
		log_info("made a self-signed certificate for %s: %s, %s",
			name_list_shorten(join_names(&names, &arena), (uint32_t)names.count,
				NAMES_WIDTH, words),
			pair->chain, line_of(outcome.said, 2));
	} else {
		line = line_of(outcome.said, 0);
		if (strncmp(line, prefix, sizeof prefix - 1) == 0)
			line += sizeof prefix - 1;
		diagnostics_error(diagnostics, &pair->position,
			"no self-signed certificate can be made: %s",
			*line ? line : "sulid-tool did not run to its end");
	}
	arena_free(&arena);
}

static bool is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

static bool is_first_name(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->vhost_count; i++)
		if (config->vhosts[i]->name && strcmp(config->vhosts[i]->name, name) == 0)
			return true;
	return false;
}

/* A name that stood in front before, or has moved, left a directory. */
static void find_earlier(struct config *config, size_t index)
{
	struct config_certificate *pair = &config->certificates[index];
	struct names names = names_of(config, index, &config->arena);

	for (size_t i = 0; i < names.count; i++) {
		const char *directory = config_own_directory(config, names.list[i]);
		const char *chain = arena_format(&config->arena, "%s/fullchain.pem", directory);

		if (is_first_name(config, names.list[i]) || !is_there(chain))
			continue;
		pair->chain = chain;
		pair->key = arena_format(&config->arena, "%s/privkey.pem", directory);
		return;
	}
}

/* Whichever name stands in front next time leads here. A name that has its own stays out of it. */
static void link_names(struct config *config, size_t index)
{
	struct names names = names_of(config, index, &config->arena);
	char directory[OWN_DIRECTORY];
	const char *target =
		strrchr(own_certificates_directory(&config->certificates[index], directory), '/');

	for (size_t i = 0; target && i < names.count; i++)
		if (!is_first_name(config, names.list[i]) &&
			symlink(target + 1, config_own_directory(config, names.list[i])) < 0 &&
			errno != EEXIST)
			log_warn("the link %s cannot be made",
				config_own_directory(config, names.list[i]));
}

int own_certificates_make(struct config *config, struct diagnostics *diagnostics)
{
	unsigned before = diagnostics->errors;

	for (size_t i = 0; i < config->certificate_count; i++) {
		const struct config_certificate *pair = &config->certificates[i];
		char directory[OWN_DIRECTORY];

		if (!pair->made_by_us)
			continue;
		if (!is_there(pair->chain) && !is_there(pair->key))
			find_earlier(config, i);
		if (!is_there(pair->chain))
			make(config, i, diagnostics);
		else if (!is_there(pair->key) && errno == ENOENT)
			diagnostics_error(diagnostics, &pair->position,
				"%s has lost its key, %s: put that back, or delete %s to have a "
				"new pair made",
				pair->chain, pair->key,
				own_certificates_directory(pair, directory));
	}
	/* Not before all have theirs: what is where must not depend on who came first. */
	for (size_t i = 0; i < config->certificate_count && diagnostics->errors == before; i++)
		if (config->certificates[i].made_by_us)
			link_names(config, i);
	return diagnostics->errors > before ? -1 : 0;
}
