/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "config_merge.h"
#include "config_read.h"
#include "forms_site.h"

static struct diagnostics *diagnostics_of(const struct config_reader *reader)
{
	return reader->source.diagnostics;
}

/* ---- what does not go together in one path ---- */

static bool comes_after(const struct position *left, const struct position *right)
{
	return left->line != right->line ? left->line > right->line : left->column > right->column;
}

/* The key that tells what is done instead of serving; KEY_COUNT if there is none. */
static enum key check_actions(
	const struct config_reader *reader, const struct config_location *location)
{
	static const enum key actions[] = {
		KEY_MOVED, KEY_REDIRECT, KEY_GONE, KEY_INPUT, KEY_SENSITIVE_INPUT};
	enum key first = KEY_COUNT;

	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
		const struct value *value = config_said(location, actions[i]), *other;
		bool after;

		/* "gone: false" only lifts what a shorter path says. */
		if (!value || (actions[i] == KEY_GONE && value->number == 0))
			continue;
		if (first == KEY_COUNT) {
			first = actions[i];
			continue;
		}
		other = config_said(location, first);
		after = comes_after(&value->position, &other->position);
		diagnostics_error(diagnostics_of(reader),
			after ? &value->position : &other->position,
			"a path has only one of \"moved\", \"redirect\", \"gone\", \"input\" and "
			"\"sensitive_input\"");
	}
	return first;
}

/* A question and where its answers are: both, or neither. */
static void check_answers(
	const struct config_reader *reader, const struct config_location *location, enum key action)
{
	const struct value *answers = config_said(location, KEY_ANSWERS), *question;

	if (action != KEY_INPUT && action != KEY_SENSITIVE_INPUT) {
		if (answers && !config_said(location, KEY_INPUT) &&
			!config_said(location, KEY_SENSITIVE_INPUT))
			diagnostics_error(diagnostics_of(reader), &answers->position,
				"\"answers\" are to an \"input\" or a \"sensitive_input\", and "
				"this "
				"path has neither");
		return;
	}
	question = config_said(location, action);
	if (!answers)
		diagnostics_error(diagnostics_of(reader), &question->position,
			"\"%s\" wants \"answers\", too: the path below which they name files",
			key_rows[action].name);
	else if (answers->text && answers->text[strlen(answers->text) - 1] != '/')
		diagnostics_error(diagnostics_of(reader), &answers->position,
			"\"answers\" wants a path that ends in a slash: \"%s/\"", answers->text);
}

static void check_location(
	const struct config_reader *reader, const struct config_location *location)
{
	static const enum key served[] = {KEY_ROOT, KEY_LISTING, KEY_FALLBACK, KEY_TRY};
	enum key action = check_actions(reader, location);
	const struct value *root = config_said(location, KEY_ROOT);

	check_answers(reader, location, action);
	if (action == KEY_INPUT || action == KEY_SENSITIVE_INPUT)
		action = KEY_COUNT; /* what the answer names is served */
	for (size_t i = 0; i < sizeof served / sizeof *served && action < KEY_COUNT; i++) {
		const struct value *value = config_said(location, served[i]);

		if (value)
			diagnostics_error(diagnostics_of(reader), &value->position,
				"\"%s\" means nothing beside \"%s\": nothing is served here",
				key_rows[served[i]].name, key_rows[action].name);
	}
	if (root && location->path[strlen(location->path) - 1] != '/')
		diagnostics_error(diagnostics_of(reader), &root->position,
			"\"root\" wants a path that ends in a slash: \"%s/\"", location->path);
}

/* ---- one path ---- */

static void read_keys(
	struct config_reader *reader, const struct node *node, struct config_location *location)
{
	struct value values[KEYS_OF_VHOST_COUNT] = {0};
	struct arena *arena = reader->source.arena;

	config_read_mapping(reader, node, IN_PATH, values, ORIGIN_PATH);
	for (enum key key = 0; key < KEYS_OF_VHOST_COUNT; key++) {
		if (values[key].origin == ORIGIN_NONE)
			continue;
		location->said = arena_grow(
			arena, location->said, location->said_count, sizeof *location->said);
		location->said[location->said_count++] =
			(struct config_said){.key = key, .value = values[key]};
	}
}

static bool read_location(
	struct config_reader *reader, const struct node *node, struct config_location *location)
{
	const struct node *key = node->key;
	const char *problem;

	if (key->kind != NODE_SCALAR || node->kind == NODE_BAD)
		return false;
	problem = form_site_path(key->text);
	if (problem) {
		diagnostics_error(
			diagnostics_of(reader), &key->position, "\"%s\": %s", key->text, problem);
		return false;
	}
	if (node->kind != NODE_MAPPING && !yaml_is_null(node)) {
		diagnostics_error(diagnostics_of(reader), &node->position,
			"the settings of \"%s\" are a mapping such as {cache: 1d}, and this is %s",
			key->text, yaml_kind_name(node));
		return false;
	}
	*location = (struct config_location){
		.path = arena_text(reader->source.arena, key->text, strlen(key->text)),
		.position = key->position,
		.root = IMAGE_NONE,
	};
	read_keys(reader, node, location);
	check_location(reader, location);
	return true;
}

static int compare(const void *left_item, const void *right_item)
{
	const struct config_location *left = left_item, *right = right_item;

	return strcmp(left->path, right->path);
}

void config_read_paths(
	struct config_reader *reader, const struct node *mapping, struct value *value)
{
	struct config_location *locations = NULL;

	value->position = mapping->position;
	if (mapping->kind == NODE_BAD || yaml_is_null(mapping))
		return;
	if (mapping->kind != NODE_MAPPING) {
		diagnostics_error(diagnostics_of(reader), &mapping->position,
			"\"paths\" is a mapping of paths, each with its settings, and this is %s",
			yaml_kind_name(mapping));
		return;
	}
	for (const struct node *node = mapping->first; node; node = node->next) {
		struct config_location location;

		if (!read_location(reader, node, &location))
			continue;
		locations = arena_grow(
			reader->source.arena, locations, value->count, sizeof *locations);
		locations[value->count++] = location;
	}
	if (value->count > 1)
		qsort(locations, value->count, sizeof *locations, compare);
	value->list = locations;
}
