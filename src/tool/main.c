/* SPDX-License-Identifier: ISC */

/*
 * sulid-tool: the commands that need no running service, only libraries that no server links. sulid
 * runs it when a person asks for one of them, with the command's name as argv[0]; by itself it
 * takes the command as its first argument. Nothing listens in here.
 */

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "base/suggest.h"
#include "certificate.h"
#include "contract/build.h"
#include "digest.h"
#include "precompress.h"
#include "render.h"

static const struct command {
	const char *name;
	const char *synopsis;
	int (*run)(char *const *arguments);
} commands[] = {
	{"certificate", "NAME... [-o DIR] [--days N] [--keep-key] [--quiet]", certificate_command},
	{"digest", "FILE...", digest_command},
	{"precompress", "DIR... [OPTION]...", precompress_command},
	{"render", "DIR... [OPTION]...", render_command},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *to)
{
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(to, "%s sulid %s %s\n", i == 0 ? "usage:" : "      ", commands[i].name,
			commands[i].synopsis);
}

static int unknown_command(const char *name)
{
	struct suggestion suggestion = suggest_begin(name);

	for (size_t i = 0; i < COMMANDS; i++)
		suggest_consider(&suggestion, commands[i].name);

	const char *meant = suggest_end(&suggestion);

	if (meant)
		fprintf(stderr, "sulid-tool: unknown command \"%s\"; did you mean \"%s\"?\n", name,
			meant);
	else
		fprintf(stderr, "sulid-tool: unknown command \"%s\"\n", name);
	return EXIT_USAGE;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(name, commands[i].name) == 0)
			return &commands[i];
	}
	return NULL;
}

/* arguments[0] is the command, or what stands in its place. */
static int run(char *const *arguments)
{
	const char *name = arguments[0];
	const struct command *command;

	if (!name) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(name, "-h") == 0 || strcmp(name, "--help") == 0) {
		usage(stdout);
		return EXIT_DONE;
	}
	if (strcmp(name, "-V") == 0 || strcmp(name, "--version") == 0) {
		printf("sulid %s (build %s), %s\n", build_version, build_id_text,
			OpenSSL_version(OPENSSL_VERSION));
		return EXIT_DONE;
	}
	command = find_command(name);
	return command ? command->run(arguments + 1) : unknown_command(name);
}

int main(int argc, char **argv)
{
	int status = run(argc > 0 && !find_command(argv[0]) ? argv + 1 : argv);

	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "sulid-tool: standard output: %s\n", strerror(errno));
		return EXIT_FAILED;
	}
	return status;
}
