/* SPDX-License-Identifier: ISC */
#include "keys.h"

#include <stdio.h>
#include <string.h>

#include "base/suggest.h"

const struct key_row key_rows[KEY_COUNT] = {
#define X(constant, key_name, key_kind, where, key_help, ...) \
	[KEY_##constant] = {.name = key_name,                 \
		.kind = KIND_##key_kind,                      \
		.scopes = where,                              \
		.help = key_help,                             \
		__VA_ARGS__},
	KEYS_OF_VHOST(X) KEYS_OF_SERVER(X)
#undef X
};

enum key key_find(enum key_scope scope, const char *name)
{
	enum key key = 0;

	while (key < KEY_COUNT &&
		(!(key_rows[key].scopes & scope) || strcmp(key_rows[key].name, name) != 0))
		key++;
	return key;
}

/* The key that holds a scope, or KEY_COUNT. */
static enum key holder(unsigned scopes)
{
	enum key key = 0;

	while (key < KEY_COUNT && !(key_rows[key].inside & scopes))
		key++;
	return key;
}

/* Where a key of another scope belongs. */
static void say_where(enum key key, char *text, size_t size)
{
	unsigned scopes = key_rows[key].scopes;

	if (scopes & IN_TOP)
		snprintf(text, size, "at the top of the main file");
	else if (scopes & IN_VHOST)
		snprintf(text, size, "in a vhost");
	else
		snprintf(text, size, "in \"%s\"", key_rows[holder(scopes)].name);
}

enum key key_complain(enum key_scope scope, const char *name, char text[static KEY_COMPLAINT])
{
	struct suggestion suggestion = suggest_begin(name);
	enum key elsewhere = KEY_COUNT;
	char where[64];

	for (enum key key = 0; key < KEY_COUNT; key++) {
		if ((key_rows[key].scopes & scope) && key_rows[key].kind != KIND_LATER)
			suggest_consider(&suggestion, key_rows[key].name);
		if (elsewhere == KEY_COUNT && strcmp(key_rows[key].name, name) == 0)
			elsewhere = key;
	}
	if (elsewhere < KEY_COUNT && key_rows[elsewhere].kind == KIND_LATER) {
		snprintf(text, KEY_COMPLAINT, "\"%s\" is not supported yet", name);
	} else if (elsewhere < KEY_COUNT) {
		say_where(elsewhere, where, sizeof where);
		snprintf(text, KEY_COMPLAINT, "\"%s\" does not belong here but %s", name, where);
	} else if (suggest_end(&suggestion)) {
		snprintf(text, KEY_COMPLAINT, "unknown key \"%.64s\"; did you mean \"%s\"?", name,
			suggest_end(&suggestion));
		return key_find(scope, suggest_end(&suggestion));
	} else {
		snprintf(text, KEY_COMPLAINT, "unknown key \"%.64s\"", name);
	}
	return KEY_COUNT;
}

const char *key_word(enum key key, unsigned word, char text[static KEY_WORD])
{
	const char *words = key_rows[key].words;

	text[0] = '\0';
	if (!words || word == 0)
		return text;
	while (--word > 0) {
		words = strchr(words, '|');
		if (!words)
			return text;
		words++;
	}
	snprintf(text, KEY_WORD, "%.*s", (int)strcspn(words, "|"), words);
	return text;
}
