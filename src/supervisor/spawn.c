/* SPDX-License-Identifier: ISC */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/close_range.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"

#include "places.h"

/* The folder this program was started from, with its slash. */
static bool own_folder(char folder[static PATH_MAX])
{
	ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
	char *slash;

	if (length < 0)
		return false;
	folder[length] = '\0';
	slash = strrchr(folder, '/');
	if (!slash)
		return false;
	slash[1] = '\0';
	return true;
}

char *programs_path(const char *name)
{
	char folder[PATH_MAX];
	char *path = NULL;

	/* A build tree has them side by side; an installed sulid has none beside it. */
	if (own_folder(folder)) {
		if (asprintf(&path, "%s%s", folder, name) < 0)
			return NULL;
		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	if (asprintf(&path, "%s/%s", PLACE_LIBEXEC, name) < 0)
		return NULL;
	if (access(path, X_OK) == 0)
		return path;
	log_error("%s cannot be run; is sulid installed completely?", path);
	free(path);
	return NULL;
}

int programs_open(struct programs *programs)
{
	for (int role = 0; role < ROLE_COUNT; role++)
		programs->fd[role] = -1;
	for (int role = ROLE_HANDSHAKER; role < ROLE_COUNT; role++) {
		char *path = programs_path(role_program[role]);

		if (!path)
			goto fail;
		programs->fd[role] = open(path, O_PATH | O_CLOEXEC);
		if (programs->fd[role] < 0)
			log_error("%s", path);
		free(path);
		if (programs->fd[role] < 0)
			goto fail;
	}
	return 0;
fail:
	programs_close(programs);
	return -1;
}

void programs_close(struct programs *programs)
{
	for (int role = 0; role < ROLE_COUNT; role++) {
		if (programs->fd[role] >= 0)
			close(programs->fd[role]);
		programs->fd[role] = -1;
	}
}

bool account_find(const char *name, struct account *account)
{
	const struct passwd *entry = getpwnam(name);

	if (!entry)
		return false;
	*account = (struct account){.change = true, .uid = entry->pw_uid, .gid = entry->pw_gid};
	return true;
}

/* Move every descriptor above the numbers to be filled, then down to its number. */
static int place_descriptors(const struct spawn *what, int *program, int *report)
{
	int *above = calloc((size_t)what->count, sizeof *above);

	if (!above)
		return -1;
	for (int i = 0; i < what->count; i++)
		if ((above[i] = fcntl(what->fds[i], F_DUPFD_CLOEXEC, what->count)) < 0)
			return -1;
	*program = fcntl(*program, F_DUPFD_CLOEXEC, what->count);
	*report = fcntl(*report, F_DUPFD_CLOEXEC, what->count);
	if (*program < 0 || *report < 0)
		return -1;
	for (int i = 0; i < what->count; i++)
		if (dup2(above[i], i) < 0)
			return -1;
	free(above);
	/* Whatever else we were started with is not for children. */
	return close_range((unsigned)what->count, ~0U, CLOSE_RANGE_CLOEXEC);
}

static int become(const struct account *account)
{
	if (!account->change)
		return 0;
	if (setgroups(0, NULL) < 0 || setresgid(account->gid, account->gid, account->gid) < 0)
		return -1;
	return setresuid(account->uid, account->uid, account->uid);
}

static _Noreturn void run_child(const struct spawn *what, int report)
{
	char name[32];
	char *arguments[] = {name, NULL};
	int program = what->program;
	sigset_t none;

	snprintf(name, sizeof name, "%s", what->name);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	unsetenv("NOTIFY_SOCKET");
	errno = 0;
	if (place_descriptors(what, &program, &report) == 0 &&
		(what->nice == 0 || setpriority(PRIO_PROCESS, 0, what->nice) == 0 ||
			errno == EACCES || errno == EPERM) &&
		become(&what->account) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		execveat(program, "", arguments, environ, AT_EMPTY_PATH);
	/* The parent reads why; if even that fails it sees the exit status. */
	int error = errno;
	if (write(report, &error, sizeof error) < 0)
		_exit(126);
	_exit(127);
}

pid_t spawn(const struct spawn *what)
{
	int report[2];
	int error = 0;
	pid_t pid;

	if (pipe2(report, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0)
		run_child(what, report[1]);
	close(report[1]);
	if (pid > 0) {
		ssize_t n;

		do
			n = read(report[0], &error, sizeof error);
		while (n < 0 && errno == EINTR);
		if (n == (ssize_t)sizeof error) {
			waitpid(pid, NULL, 0);
			pid = -1;
			errno = error;
		}
	}
	error = errno;
	close(report[0]);
	errno = error;
	return pid;
}
