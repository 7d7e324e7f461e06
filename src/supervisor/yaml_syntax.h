/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_YAML_SYNTAX_H
#define SULID_SUPERVISOR_YAML_SYNTAX_H

/* What is wrong with a file as YAML, in words that tell a person what to do. For yaml_tree.c. */

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#include "arena.h"
#include "diagnostics.h"

struct yaml_reader {
	struct arena *arena;
	struct diagnostics *diagnostics;
	const char *file;
	const char *bytes;
	size_t size;
	yaml_parser_t parser;
};

struct position yaml_position(const struct yaml_reader *reader, const yaml_mark_t *mark);

/* UTF-8 without control characters? libyaml tells no line for these, so it is looked at first. */
bool yaml_bytes_are_text(const struct yaml_reader *reader);

/* What begins with * at "mark" is meant as a name. */
void yaml_say_needs_quotes(const struct yaml_reader *reader, const yaml_mark_t *mark);

/* The error at which the parser stopped. */
void yaml_say_syntax(const struct yaml_reader *reader);

#endif
