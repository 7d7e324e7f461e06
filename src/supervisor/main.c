/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "contract/build.h"

#include "commands.h"
#include "spawn.h"

#define CONFIG_ROW {"config", 'c', "FILE", "the configuration; - is standard input"}

/* The tool parses its own options: everything is passed on as it came. */
static int run_tool(char **argv)
{
	char *path = programs_path("sulid-tool");

	if (!path)
		return EXIT_SYSTEM;
	execv(path, argv);
	log_error("%s", path);
	free(path);
	return EXIT_SYSTEM;
}

static const struct command commands[] = {
	{.name = "serve",
		.operands = "[DIR]",
		.most = 1,
		.help = "serve a directory, here and now",
		.details = "Listens on the loopback only, IPv4 and IPv6. Each URL stands alone on "
			   "a line of\n"
			   "standard output once it is served; everything else goes to standard "
			   "error.\n"
			   "A port is a number, 0 for any free one, or \"none\" to leave that "
			   "protocol out.",
		.options = {{"https", 0, "PORT", "default 8443, or a free one if that is taken"},
			{"http", 0, "PORT", "default 8080, likewise"},
			{"gemini", 0, "PORT", "default 1965, likewise"},
			{"public", 0, NULL, "listen on every address of this host"},
			{"no-listing", 0, NULL, "no lists of directories without an index"},
			{"kernel", 0, "POLICY",
				"prefer (default), require or never: who encrypts"}},
		.run = cmd_serve},
	{.name = "run",
		.operands = "",
		.help = "the service, in the foreground",
		.options = {CONFIG_ROW},
		.run = cmd_run},
	{.name = "check",
		.operands = "",
		.help = "validate all that run would use",
		.options = {CONFIG_ROW, {"syntax", 0, NULL, "only the YAML: opens no other file"}},
		.run = cmd_check},
	{.name = "config",
		.operands = "",
		.help = "print the effective configuration",
		.details = "Defaults and included files are written out; the result is a "
			   "configuration that means the same.",
		.options = {CONFIG_ROW},
		.run = cmd_config},
	{.name = "reload",
		.operands = "",
		.help = "have the running service read its configuration again, and wait for the "
			"outcome",
		.options = {CONFIG_ROW},
		.run = cmd_reload},
	{.name = "status",
		.operands = "",
		.help = "what the running service is doing",
		.options = {CONFIG_ROW, {"json", 0, NULL, "for programs"}},
		.run = cmd_status},
	{.name = "doctor",
		.operands = "",
		.help = "what this kernel encrypts, and how to mend what is missing",
		.run = cmd_doctor},
	{.name = "certificate",
		.operands = "NAME…",
		.help = "make a self-signed key and certificate",
		.passes = run_tool},
	{.name = "digest",
		.operands = "FILE…",
		.help = "the SHA-256 digest by which a certificate is known",
		.passes = run_tool},
	{.name = "precompress",
		.operands = "DIR…",
		.help = "make compressed neighbours of the files of a document root",
		.passes = run_tool},
	{.name = "render",
		.operands = "DIR…",
		.help = "make pages for browsers of the documents of a Gemini capsule",
		.passes = run_tool},
	{.name = NULL},
};

int main(int argc, char **argv)
{
	int status;

	log_open("sulid", LOG_LEVEL_INFO,
		getenv("JOURNAL_STREAM") != NULL && !isatty(STDERR_FILENO));
	status = options_run(commands, argc, argv);
	/* Data that could not be written is a failure, even if all else went well. */
	if (fflush(stdout) != 0 && status == EXIT_DONE && errno != EPIPE) {
		log_error("standard output");
		status = EXIT_FAILED;
	}
	return status;
}
