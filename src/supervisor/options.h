/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_OPTIONS_H
#define SULID_SUPERVISOR_OPTIONS_H

/*
 * The command line. One table of commands makes the parser, --help, and what the manual and
 * the completion are compared with. Long options take their value after "=" or a space; "--" ends
 * options.
 */

#include <stdbool.h>
#include <stdio.h>

#define OPTIONS_MAX 8

struct option_row {
	const char *name;     /* without the dashes; NULL ends the table */
	char letter;          /* 0: none */
	const char *argument; /* "PORT"; NULL: a flag */
	const char *help;
};

struct arguments {
	const char *value[OPTIONS_MAX]; /* by row of the command's options; NULL: not given; "": a
					   flag */
	int count;                      /* of operands */
	char **operands;
};

struct command {
	const char *name;     /* NULL ends the table */
	const char *operands; /* "[DIR]", "NAME…", "" */
	int least, most;      /* how many operands; most < 0: any number */
	const char *help;     /* one line */
	const char *details;  /* a paragraph for its own --help, or NULL */
	struct option_row options[OPTIONS_MAX + 1];
	int (*run)(const struct arguments *arguments); /* returns an exit status */
	int (*passes)(char **argv); /* instead of run: everything from the name on, unparsed */
};

/* Runs what argv asks for and returns the exit status. argv is permuted. */
int options_run(const struct command *commands, int argc, char **argv);

void options_help(const struct command *commands, FILE *to);
void options_help_command(const struct command *command, FILE *to);

#endif
