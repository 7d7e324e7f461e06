/* SPDX-License-Identifier: ISC */
#include "prompt.h"

#include <string.h>

#define FIELD "q="

/* The value of the form's field; a query without it is the answer as a whole. */
static struct span field_of(struct span query)
{
	struct span field = {query.bytes, 0};

	for (size_t at = 0; at <= query.length; at++) {
		if (at < query.length && query.bytes[at] != '&') {
			field.length++;
			continue;
		}
		if (field.length >= strlen(FIELD) && memcmp(field.bytes, FIELD, strlen(FIELD)) == 0)
			return (struct span){
				field.bytes + strlen(FIELD), field.length - strlen(FIELD)};
		field = (struct span){query.bytes + at + 1, 0};
	}
	return query;
}

/* The answer as a path: "?" is a letter of it, and in a form "+" is a space. 0: it is too long. */
static size_t write_path(struct span text, bool plus, char *path, size_t size)
{
	size_t length = 0;

	path[length++] = '/';
	for (size_t i = 0; i < text.length; i++) {
		const char *escape = text.bytes[i] == '?'           ? "%3F"
				     : plus && text.bytes[i] == '+' ? "%20"
								    : NULL;

		if (size - length < strlen("%3F"))
			return 0;
		if (escape) {
			memcpy(path + length, escape, strlen(escape));
			length += strlen(escape);
		} else {
			path[length++] = text.bytes[i];
		}
	}
	return length;
}

enum found prompt_find(struct lookup *lookup, const struct target *target, enum prompt_form form)
{
	struct span text = target->query;
	char path[TARGET_MAX];
	struct target answer;
	size_t length;

	if (form == PROMPT_HTML && text.bytes)
		text = field_of(text);
	if (text.length == 0)
		return FOUND_INPUT;
	length = write_path(text, form == PROMPT_HTML, path, sizeof path);
	if (length == 0)
		return FOUND_MISSING;
	return target_parse(path, length, &answer) == TARGET_GOOD ? lookup_answer(lookup, &answer)
								  : FOUND_MALFORMED;
}
