/* SPDX-License-Identifier: ISC */
#include "certificates.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/date.h"

#include "spawn.h"

#define WARN_BEFORE (14 * 86400) /* seconds of life left */

/* Those that the vhost has, and those that it had. */
static void add_names(const struct config_vhost *vhost, char **arguments, size_t count)
{
	static const enum key keys[] = {KEY_NAMES, KEY_MOVED_FROM};

	for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
		const struct config_text *list = vhost->values[keys[k]].list;

		for (uint32_t i = 0; i < vhost->values[keys[k]].count; i++)
			arguments[count++] = (char *)(uintptr_t)list[i].text;
	}
}

/* Run "sulid-tool certificate --quiet -o DIR NAME…" and wait. Its messages go to standard error. */
static int run_tool(const char *directory, const struct config_vhost *vhost)
{
	size_t names = (size_t)vhost->values[KEY_NAMES].count + vhost->values[KEY_MOVED_FROM].count;
	char **arguments = calloc(names + 7, sizeof *arguments);
	char *tool = programs_path("sulid-tool");
	size_t count = 0;
	int status = -1;
	pid_t pid = -1;

	if (!arguments || !tool)
		goto out;
	arguments[count++] = (char[]){"certificate"};
	arguments[count++] = (char[]){"--quiet"};
	arguments[count++] = (char[]){"-o"};
	arguments[count++] = (char *)(uintptr_t)directory;
	arguments[count++] = (char[]){"--"};
	add_names(vhost, arguments, count);
	pid = fork();
	if (pid == 0) {
		/* Standard output is for URLs and data only. */
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execv(tool, arguments);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
out:
	free(arguments);
	free(tool);
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

int certificates_make_missing(const struct config *config, struct diagnostics *diagnostics)
{
	unsigned before = diagnostics->errors;

	for (size_t i = 0; i < config->certificate_count; i++) {
		const struct config_certificate *pair = &config->certificates[i];
		char directory[4096];
		char *slash;

		if (!pair->made_by_us || access(pair->chain, F_OK) == 0 ||
			access(pair->key, F_OK) == 0)
			continue;
		snprintf(directory, sizeof directory, "%s", pair->chain);
		slash = strrchr(directory, '/');
		if (!slash)
			continue;
		*slash = '\0';
		if (run_tool(directory, config->vhosts[pair->vhost]) < 0)
			diagnostics_error(diagnostics, &pair->position,
				"the self-signed certificate in %s could not be made", directory);
	}
	return diagnostics->errors > before ? -1 : 0;
}

static void judge_problem(const struct config_certificate *pair,
	const struct control_certificate *facts, struct diagnostics *diagnostics)
{
	switch ((enum certificate_problem)facts->problem) {
	case CERTIFICATE_MISMATCH:
		diagnostics_error(diagnostics, &pair->key_position,
			"the key %s is not that of the certificate %s", pair->key, pair->chain);
		break;
	case CERTIFICATE_KEY_UNREADABLE:
		diagnostics_error(diagnostics, &pair->key_position, "%s holds no usable key: %s",
			pair->key, facts->reason);
		break;
	case CERTIFICATE_WEAK:
		diagnostics_error(diagnostics, &pair->position,
			"the certificate %s is too weak: %s", pair->chain, facts->reason);
		break;
	case CERTIFICATE_UNREADABLE:
	case CERTIFICATE_GOOD:
	default:
		diagnostics_error(diagnostics, &pair->position,
			"%s holds no usable certificate: %s", pair->chain, facts->reason);
		break;
	}
}

static void judge_life(const struct config_certificate *pair,
	const struct control_certificate *facts, struct diagnostics *diagnostics)
{
	int64_t now = (int64_t)time(NULL);
	char date[DATE_ISO];

	if (now < facts->not_before) {
		date_iso(date, facts->not_before, 0);
		diagnostics_warn(diagnostics, &pair->position,
			"the certificate %s is not valid before %.10s", pair->chain, date);
	}
	if (now <= facts->not_after - WARN_BEFORE)
		return;
	date_iso(date, facts->not_after, 0);
	diagnostics_warn(diagnostics, &pair->position, "the certificate %s %s on %.10s",
		pair->chain, now > facts->not_after ? "expired" : "expires", date);
}

void certificates_judge(const struct config *config, const struct control_certificate *facts,
	struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < config->certificate_count; i++) {
		const struct config_certificate *pair = &config->certificates[i];

		if (facts[i].problem != CERTIFICATE_GOOD) {
			judge_problem(pair, &facts[i], diagnostics);
			continue;
		}
		if (facts[i].not_after == 0)
			continue; /* nothing was reported */
		judge_life(pair, &facts[i], diagnostics);
		if (*facts[i].missing && !pair->made_by_us)
			diagnostics_warn(diagnostics, &pair->position,
				"the certificate %s does not cover the name \"%s\"%s", pair->chain,
				facts[i].missing,
				facts[i].names_missing > 1 ? ", nor some others" : "");
	}
}

int64_t certificates_first_expiry(
	const struct config *config, const struct control_certificate *facts)
{
	int64_t first = INT64_MAX;

	for (size_t i = 0; i < config->certificate_count; i++)
		if (facts[i].not_after != 0 && facts[i].not_after < first)
			first = facts[i].not_after;
	return first;
}
