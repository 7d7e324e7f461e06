/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "contract/build.h"

#include "accounts.h"
#include "commands.h"
#include "config_groups.h"
#include "config_print.h"
#include "own_certificates.h"
#include "supervise.h"

#include "places.h"

const char *commands_default_config(void)
{
	return PLACE_CONFIG "/sulid.yaml";
}

static const char *config_file(const struct arguments *arguments)
{
	return arguments->value[CONFIG_FILE] ? arguments->value[CONFIG_FILE]
					     : commands_default_config();
}

/* Everything that can be known before anything listens. */
static struct config *load(void *context, struct diagnostics *diagnostics)
{
	struct config *config = config_load(context, diagnostics);

	if (config && (config_groups_load(config, diagnostics) < 0 ||
			      own_certificates_make(config, diagnostics) < 0)) {
		config_free(config);
		return NULL;
	}
	return config;
}

/* Standard error becomes the error log, for us and for every child. */
static int open_error_log(const struct config *config)
{
	const char *path = config_text(config, KEY_LOG_ERROR);
	int fd;

	log_level((enum log_level)config_number(config, KEY_LOG_LEVEL));
	if (!path)
		return 0;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
	if (fd < 0 || dup2(fd, STDERR_FILENO) < 0) {
		log_error("the error log %s cannot be opened", path);
		return -1;
	}
	close(fd);
	return 0;
}

static int start(struct config *config, const char *file, struct diagnostics *diagnostics)
{
	struct supervise_plan plan = {
		.config = config,
		.reload = strcmp(file, "-") == 0 ? NULL : load,
		.context = (void *)(uintptr_t)file,
	};

	if (accounts_of_config(config, plan.accounts, diagnostics) < 0 ||
		open_error_log(config) < 0) {
		diagnostics_print(diagnostics, stderr);
		config_free(config);
		return EXIT_SYSTEM;
	}
	plan.run_path = config_text(config, KEY_RUN);
	if (!plan.run_path)
		log_warnx("no directory for control.sock is known, so reload and status will not "
			  "find this service: \"run:\" names one");
	return supervise(&plan, diagnostics);
}

int cmd_run(const struct arguments *arguments)
{
	struct diagnostics diagnostics = {0};
	const char *file = config_file(arguments);
	struct config *config = load((void *)(uintptr_t)file, &diagnostics);
	int status = EXIT_REFUSED;

	if (config)
		status = start(config, file, &diagnostics);
	else
		diagnostics_print(&diagnostics, stderr);
	diagnostics_free(&diagnostics);
	return status;
}

int cmd_config(const struct arguments *arguments)
{
	struct diagnostics diagnostics = {0};
	struct config *config = config_load(config_file(arguments), &diagnostics);

	diagnostics_print(&diagnostics, stderr);
	diagnostics_free(&diagnostics);
	if (!config)
		return EXIT_REFUSED;
	config_print(config, stdout);
	config_free(config);
	return EXIT_DONE;
}
