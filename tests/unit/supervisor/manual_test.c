/* SPDX-License-Identifier: ISC */

/*
 * The manual and the program agree: sulid.yaml(5) has each key of keys.h with its words and its
 * default, and none that is not supported; every example in the manuals is a configuration without
 * fault.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "keys.h"

#define CONFIG_MANUAL "docs/sulid.yaml.5"

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	assert_non_null(file);
	assert_true(getdelim(&text, &size, '\0', file) > 0);
	fclose(file);
	return text;
}

/* The next ".It Ic NAME" from "from" on, or NULL; *end is where the item ends. */
static const char *find_item(const char *from, const char *name, const char **end)
{
	char start[64];
	size_t length;

	snprintf(start, sizeof start, "\n.It Ic %s", name);
	length = strlen(start);
	for (; (from = strstr(from, start)) != NULL; from += length) {
		if (from[length] != '\n' && from[length] != ' ')
			continue;
		*end = strstr(from + length, "\n.It ");
		if (*end == NULL)
			*end = from + strlen(from);
		return from + length;
	}
	return NULL;
}

static bool holds(const char *from, const char *end, const char *word)
{
	return memmem(from, (size_t)(end - from), word, strlen(word)) != NULL;
}

static bool describes(const char *from, const char *end, enum key key)
{
	char word[KEY_WORD];

	for (unsigned i = 1; *key_word(key, i, word); i++)
		if (!holds(from, end, word))
			return false;
	return key_rows[key].standard == NULL || holds(from, end, key_rows[key].standard);
}

/* How often a key of this name is in keys.h, if "later" of the kind that is not supported. */
static unsigned count_rows(const char *name, bool later)
{
	unsigned count = 0;

	for (enum key key = 0; key < KEY_COUNT; key++)
		count += strcmp(key_rows[key].name, name) == 0 &&
			 (key_rows[key].kind == KIND_LATER) == later;
	return count;
}

static unsigned count_items(const char *manual, const char *name)
{
	const char *end, *item = manual;
	unsigned count = 0;

	while ((item = find_item(item, name, &end)) != NULL)
		count++;
	return count;
}

static void test_keys(void **state)
{
	char *manual = read_file(CONFIG_MANUAL);

	(void)state;
	for (enum key key = 0; key < KEY_COUNT; key++) {
		const char *name = key_rows[key].name, *item = manual, *end;
		bool found = false;

		if (key_rows[key].kind == KIND_LATER) {
			if (count_rows(name, false) == 0 && count_items(manual, name) > 0)
				fail_msg("%s: \"%s\" is not supported yet", CONFIG_MANUAL, name);
			continue;
		}
		if (count_items(manual, name) < count_rows(name, false))
			fail_msg("%s: \"%s\" is missing", CONFIG_MANUAL, name);
		while (!found && (item = find_item(item, name, &end)) != NULL)
			found = describes(item, end, key);
		if (!found)
			fail_msg("%s: \"%s\" lacks one of %s, or its default %s", CONFIG_MANUAL,
				name, key_rows[key].words ? key_rows[key].words : "no words",
				key_rows[key].standard ? key_rows[key].standard : "(none)");
	}
	free(manual);
}

/* Each displayed block that has vhosts is one. */
static unsigned check_examples(const char *path)
{
	char *manual = read_file(path), *at = manual, *end;
	unsigned count = 0;

	while ((at = strstr(at, "\n.Bd -literal")) != NULL) {
		struct diagnostics diagnostics = {0};
		struct config *config;

		at = strchr(at + 1, '\n') + 1;
		end = strstr(at, ".Ed\n");
		assert_non_null(end);
		*end = '\0';
		if (strstr(at, "vhosts:\n") != NULL) {
			config = config_load_bytes(path, "/", at, strlen(at), &diagnostics);
			diagnostics_print(&diagnostics, stderr);
			assert_non_null(config);
			assert_int_equal(diagnostics.warnings, 0);
			config_free(config);
			diagnostics_free(&diagnostics);
			count++;
		}
		at = end + 1;
	}
	free(manual);
	return count;
}

static void test_examples(void **state)
{
	(void)state;
	assert_int_equal(check_examples("docs/sulid.8"), 1);
	assert_int_equal(check_examples(CONFIG_MANUAL), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_examples),
	};

	return cmocka_run_group_tests_name("manual", tests, NULL, NULL);
}
