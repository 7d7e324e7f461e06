/* SPDX-License-Identifier: ISC */
#include "options.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/suggest.h"
#include "contract/build.h"

#include "spawn.h"

static bool is_help(const char *word)
{
	return strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0;
}

void options_help(const struct command *commands, FILE *to)
{
	fputs("sulid serves static files over HTTPS, HTTP and Gemini; the kernel encrypts.\n\n"
	      "usage: sulid COMMAND [OPTION]…\n\n",
		to);
	for (const struct command *command = commands; command->name; command++)
		fprintf(to, "  %-12s %s\n", command->name, command->help);
	fputs("\n  sulid help COMMAND   tells more of one\n"
	      "  sulid --version      version, build and OpenSSL\n\n"
	      "To look around:  sulid serve DIR\n"
	      "Manuals:         sulid(8), sulid.yaml(5)\n",
		to);
}

void options_help_command(const struct command *command, FILE *to)
{
	fprintf(to, "usage: sulid %s%s%s%s\n\n%s.\n", command->name,
		command->options[0].name ? " [OPTION]…" : "", *command->operands ? " " : "",
		command->operands, command->help);
	if (command->details)
		fprintf(to, "\n%s\n", command->details);
	fputs("\n", to);
	for (const struct option_row *row = command->options; row->name; row++) {
		char left[64];

		if (row->letter)
			snprintf(left, sizeof left, "-%c, --%s%s%s", row->letter, row->name,
				row->argument ? " " : "", row->argument ? row->argument : "");
		else
			snprintf(left, sizeof left, "    --%s%s%s", row->name,
				row->argument ? " " : "", row->argument ? row->argument : "");
		fprintf(to, "  %-24s %s\n", left, row->help);
	}
	fprintf(to, "  %-24s %s\n", "-h, --help", "this text");
}

static int wrong(const char *what, const char *word, const char *nearest)
{
	if (nearest)
		fprintf(stderr, "sulid: %s \"%s\"; did you mean \"%s\"?\n", what, word, nearest);
	else
		fprintf(stderr, "sulid: %s \"%s\"; see: sulid --help\n", what, word);
	return EXIT_USAGE;
}

static const struct command *find_command(const struct command *commands, const char *name)
{
	for (; commands->name; commands++)
		if (strcmp(commands->name, name) == 0)
			return commands;
	return NULL;
}

static int unknown_command(const struct command *commands, const char *name)
{
	struct suggestion nearest = suggest_begin(name);

	for (; commands->name; commands++)
		suggest_consider(&nearest, commands->name);
	return wrong(
		name[0] == '-' ? "unknown option" : "unknown command", name, suggest_end(&nearest));
}

/* The row of "--name[=value]" or "-l"; *value is what follows "=", or NULL. -1: there is none. */
static int find_option(const struct command *command, const char *word, const char **value)
{
	const char *name = word + 2;
	size_t length = strcspn(name, "=");

	*value = NULL;
	for (int i = 0; command->options[i].name; i++) {
		const struct option_row *row = &command->options[i];

		if (word[1] != '-') {
			if (row->letter && word[1] == row->letter &&
				(word[2] == '\0' || row->argument)) {
				*value = word[2] ? word + 2 : NULL;
				return i;
			}
		} else if (strlen(row->name) == length && strncmp(row->name, name, length) == 0) {
			*value = name[length] == '=' ? name + length + 1 : NULL;
			return i;
		}
	}
	return -1;
}

static int unknown_option(const struct command *command, const char *word)
{
	char name[64];
	struct suggestion nearest;
	const char *found;

	snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
	nearest = suggest_begin(name + (name[1] == '-' ? 2 : 1));
	for (const struct option_row *row = command->options; row->name; row++)
		suggest_consider(&nearest, row->name);
	found = suggest_end(&nearest);
	if (found)
		fprintf(stderr, "sulid %s: unknown option \"%s\"; did you mean \"--%s\"?\n",
			command->name, name, found);
	else
		fprintf(stderr, "sulid %s: unknown option \"%s\"; see: sulid help %s\n",
			command->name, name, command->name);
	return EXIT_USAGE;
}

/* One option at argv[*at]; steps over its value. 0, or an exit status. */
static int take_option(
	const struct command *command, struct arguments *arguments, char **argv, int *at)
{
	const char *word = argv[*at], *value;
	int row = find_option(command, word, &value);

	if (row < 0)
		return unknown_option(command, word);
	if (!command->options[row].argument) {
		if (value) {
			fprintf(stderr, "sulid %s: --%s takes no value\n", command->name,
				command->options[row].name);
			return EXIT_USAGE;
		}
		value = "";
	} else if (!value) {
		value = argv[*at + 1];
		if (!value) {
			fprintf(stderr, "sulid %s: --%s wants a value: %s\n", command->name,
				command->options[row].name, command->options[row].argument);
			return EXIT_USAGE;
		}
		++*at;
	}
	arguments->value[row] = value;
	return 0;
}

/* argv[0] is the command's name. */
static int run_command(const struct command *command, int argc, char **argv)
{
	struct arguments arguments = {.operands = argv + 1};
	bool options = true;

	if (command->passes)
		return command->passes(argv);
	for (int i = 1; i < argc; i++) {
		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
		} else if (options && is_help(argv[i])) {
			options_help_command(command, stdout);
			return EXIT_DONE;
		} else if (options && argv[i][0] == '-' && argv[i][1] != '\0') {
			int status = take_option(command, &arguments, argv, &i);

			if (status != 0)
				return status;
		} else {
			arguments.operands[arguments.count++] = argv[i];
		}
	}
	if (arguments.count < command->least ||
		(command->most >= 0 && arguments.count > command->most)) {
		fprintf(stderr, "sulid %s: %s; see: sulid help %s\n", command->name,
			arguments.count < command->least ? "something is missing"
							 : "too many arguments",
			command->name);
		return EXIT_USAGE;
	}
	return command->run(&arguments);
}

/* The supervisor links no cryptography, so the program that does prints the line. */
static int print_version(void)
{
	char *tool = programs_path("sulid-tool");

	if (tool) {
		execl(tool, "sulid-tool", "--version", (char *)NULL);
		free(tool);
	}
	printf("sulid %s (build %s)\n", build_version, build_id_text);
	return EXIT_DONE;
}

int options_run(const struct command *commands, int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		options_help(commands, stderr);
		return EXIT_USAGE;
	}
	if (is_help(argv[1]) || (strcmp(argv[1], "help") == 0 && argc == 2)) {
		options_help(commands, stdout);
		return EXIT_DONE;
	}
	if (strcmp(argv[1], "-V") == 0 || strcmp(argv[1], "--version") == 0)
		return print_version();
	if (strcmp(argv[1], "help") == 0) {
		command = find_command(commands, argv[2]);
		if (!command)
			return unknown_command(commands, argv[2]);
		if (command->passes)
			return command->passes((char *[]){argv[2], (char[]){"--help"}, NULL});
		options_help_command(command, stdout);
		return EXIT_DONE;
	}
	command = find_command(commands, argv[1]);
	if (!command)
		return unknown_command(commands, argv[1]);
	return run_command(command, argc - 1, argv + 1);
}
