/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "contract/build.h"

#include "commands.h"
#include "config.h"

/* control.sock of the service that runs this configuration; NULL if nobody knows where that is. */
static char *find_socket(const struct config *config)
{
	const char *run = config_text(config, KEY_RUN);
	char *path = NULL;

	return run && asprintf(&path, "%s/control.sock", run) >= 0 ? path : NULL;
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (strlen(path) >= sizeof address.sun_path) {
		errno = ENAMETOOLONG;
	} else {
		memcpy(address.sun_path, path, strlen(path) + 1);
		if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
			return fd;
	}
	close(fd);
	return -1;
}

bool commands_colour(void)
{
	const char *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no && *no);
}

/* Messages, a NUL, and data, which is coloured. */
static void copy_answer(FILE *stream)
{
	bool colour = commands_colour(), escape = false;
	FILE *to = stderr;
	int byte;

	while ((byte = fgetc(stream)) != EOF) {
		if (to == stderr && byte == '\0') {
			to = stdout;
			continue;
		}
		if (byte == '\033')
			escape = true;
		if (!escape || colour)
			fputc(byte, to);
		if (escape && byte == 'm')
			escape = false;
	}
}

/* Send the request; the answer's first line is the exit status, which is returned. */
static int converse(int fd, const char *request)
{
	char line[16] = "";
	FILE *stream;
	int status = EXIT_FAILED;

	if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0 || !(stream = fdopen(fd, "r"))) {
		close(fd);
		return EXIT_FAILED;
	}
	if (fgets(line, sizeof line, stream)) {
		status = atoi(line);
		copy_answer(stream);
	} else {
		fputs("sulid: the service ended before it answered\n", stderr);
	}
	fclose(stream);
	return status;
}

static int ask(const struct config *config, const char *request)
{
	char *path = find_socket(config);
	int fd, status = EXIT_FAILED;

	if (!path) {
		fputs("sulid: no directory for control.sock is known: \"run:\" in the "
		      "configuration names one\n",
			stderr);
		return EXIT_FAILED;
	}
	fd = connect_to(path);
	if (fd >= 0)
		status = converse(fd, request);
	else if (errno == ENOENT || errno == ECONNREFUSED)
		fprintf(stderr, "sulid: no service is running (nobody answers at %s)\n", path);
	else
		fprintf(stderr, "sulid: %s: %s\n", path, strerror(errno));
	free(path);
	return status;
}

static struct config *load(const struct arguments *arguments, struct diagnostics *diagnostics)
{
	const char *file = arguments->value[CONFIG_FILE];

	return config_load(file ? file : commands_default_config(), diagnostics);
}

/* What is refused here the service would refuse, too; and only a good configuration tells where it
 * is. */
int cmd_reload(const struct arguments *arguments)
{
	struct diagnostics diagnostics = {0};
	struct config *config = load(arguments, &diagnostics);
	int status = EXIT_REFUSED;

	if (config)
		status = ask(config, "reload\n");
	else
		diagnostics_print(&diagnostics, stderr);
	if (status == EXIT_DONE)
		puts("reloaded");
	diagnostics_free(&diagnostics);
	config_free(config);
	return status;
}

/* A broken configuration must not hide how the service that runs on the old one is. */
int cmd_status(const struct arguments *arguments)
{
	struct diagnostics diagnostics = {0};
	struct config *config = load(arguments, &diagnostics);
	int status;

	if (!config)
		config = config_new();
	status = ask(config, arguments->value[STATUS_JSON] ? "status json\n" : "status\n");
	diagnostics_free(&diagnostics);
	config_free(config);
	return status;
}
