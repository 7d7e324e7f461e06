/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_OPTIONS_H
#define SULID_TOOL_OPTIONS_H

/*
 * A command line, one argument after the other: "--days 30", "--days=30", "-d 30", "-d30", "-qd30".
 * Options and operands may be mixed; after "--" all are operands; "-" is an operand. Option names
 * are not abbreviated. Nothing is copied: values point into the arguments.
 */

#include <stdbool.h>
#include <stddef.h>

struct option_row {
	const char *name;  /* without the "--" */
	const char *value; /* what its value is called, "DIR"; NULL if it takes none */
	char letter;       /* 0: it has no short form */
};

struct options {
	const struct option_row *rows;
	size_t count;
	char *const *next;   /* the arguments that are left, NULL at the end */
	const char *letters; /* the rest of "-qd30", or NULL */
	bool ended;          /* "--" was seen */
	char message[200];   /* after OPTIONS_WRONG: for a person, without a full stop */
};

enum {
	OPTIONS_END = -1,
	OPTIONS_OPERAND = -2, /* *value is it */
	OPTIONS_WRONG = -3,
};

/* arguments: NULL-terminated, without the name of the command. */
struct options options_over(const struct option_row *rows, size_t count, char *const *arguments);

/* The number of the option's row, with *value if it takes one; or one of the above. */
int options_next(struct options *options, const char **value);

#endif
