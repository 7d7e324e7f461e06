/* SPDX-License-Identifier: ISC */
#include "options.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/suggest.h"

struct options options_over(const struct option_row *rows, size_t count, char *const *arguments)
{
	return (struct options){.rows = rows, .count = count, .next = arguments};
}

__attribute__((format(printf, 2, 3))) static int wrong(
	struct options *options, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(options->message, sizeof(options->message), format, arguments);
	va_end(arguments);
	return OPTIONS_WRONG;
}

static int unknown_name(struct options *options, const char *name, size_t length)
{
	char asked[40];

	snprintf(asked, sizeof(asked), "%.*s", (int)(length < 39 ? length : 39), name);

	struct suggestion suggestion = suggest_begin(asked);

	for (size_t i = 0; i < options->count; i++)
		suggest_consider(&suggestion, options->rows[i].name);

	const char *meant = suggest_end(&suggestion);

	if (meant)
		return wrong(
			options, "unknown option \"--%s\"; did you mean \"--%s\"?", asked, meant);
	return wrong(options, "unknown option \"--%s\"", asked);
}

static int long_option(struct options *options, const char *name, const char **value)
{
	const char *equals = strchrnul(name, '=');
	size_t length = (size_t)(equals - name);

	for (size_t i = 0; i < options->count; i++) {
		const struct option_row *row = &options->rows[i];

		if (strlen(row->name) != length || memcmp(row->name, name, length) != 0)
			continue;
		if (!row->value) {
			if (*equals)
				return wrong(options, "--%s takes no value", row->name);
		} else if (*equals) {
			*value = equals + 1;
		} else if (*options->next) {
			*value = *options->next++;
		} else {
			return wrong(options, "--%s wants %s", row->name, row->value);
		}
		return (int)i;
	}
	return unknown_name(options, name, length);
}

/* The next letter of options->letters. */
static int short_option(struct options *options, const char **value)
{
	char letter = *options->letters++;
	const char *rest = *options->letters ? options->letters : NULL;

	options->letters = rest;
	for (size_t i = 0; i < options->count; i++) {
		const struct option_row *row = &options->rows[i];

		if (row->letter != letter)
			continue;
		if (row->value) {
			options->letters = NULL;
			*value = rest ? rest : *options->next;
			if (!*value)
				return wrong(options, "-%c wants %s", letter, row->value);
			if (!rest)
				options->next++;
		}
		return (int)i;
	}
	return wrong(options, "unknown option \"-%c\"", letter);
}

int options_next(struct options *options, const char **value)
{
	*value = NULL;
	if (options->letters)
		return short_option(options, value);

	const char *argument = *options->next;

	if (!argument)
		return OPTIONS_END;
	options->next++;
	if (options->ended || argument[0] != '-' || argument[1] == '\0') {
		*value = argument;
		return OPTIONS_OPERAND;
	}
	if (argument[1] != '-') {
		options->letters = argument + 1;
		return short_option(options, value);
	}
	if (argument[2] == '\0') {
		options->ended = true;
		return options_next(options, value);
	}
	return long_option(options, argument + 2, value);
}
