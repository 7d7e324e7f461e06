/* SPDX-License-Identifier: ISC */
#include "config_groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config_file.h"
#include "config_read.h"
#include "forms_network.h"
#include "forms_site.h"
#include "value_kinds.h"
#include "yaml_syntax.h"

#define NAME_BYTES 64

/* ---- in the configuration ---- */

static void add_digest(
	struct arena *arena, struct config_group *group, const struct image_digest *digest)
{
	group->digests = arena_grow(arena, group->digests, group->count, sizeof *group->digests);
	group->digests[group->count++] = *digest;
}

static int compare_digests(const void *left, const void *right)
{
	return memcmp(left, right, sizeof(struct image_digest));
}

/* In order, and each once. */
static void sort_digests(struct config_group *group)
{
	size_t count = 0;

	if (group->count > 1)
		qsort(group->digests, group->count, sizeof *group->digests, compare_digests);
	for (size_t i = 0; i < group->count; i++)
		if (count == 0 ||
			compare_digests(&group->digests[count - 1], &group->digests[i]) != 0)
			group->digests[count++] = group->digests[i];
	group->count = count;
}

static bool is_digest(const char *text)
{
	struct image_digest digest;

	return strncmp(text, "sha256:", strlen("sha256:")) == 0 || form_digest(text, &digest);
}

static void read_digest(
	const struct value_source *source, const struct node *node, struct config_group *group)
{
	struct image_digest digest;

	if (!value_is_scalar(source, KEY_GROUPS, node))
		return;
	if (form_digest(node->text, &digest))
		add_digest(source->arena, group, &digest);
	else
		complain(source, node,
			"\"%s\" is not a digest: sha256: and 64 hexadecimal digits, as "
			"\"sulid digest\" prints it",
			node->text);
}

static void read_members(
	const struct value_source *source, const struct node *node, struct config_group *group)
{
	struct value path = {0};

	group->file_position = node->position;
	if (node->kind == NODE_LIST) {
		for (const struct node *item = node->first; item; item = item->next)
			read_digest(source, item, group);
		if (!node->first)
			complain(source, node, "this group is empty: nobody could be in it");
	} else if (value_is_scalar(source, KEY_GROUPS, node)) {
		if (is_digest(node->text))
			read_digest(source, node, group);
		else if (value_read_path(source, node, &path))
			group->file = path.text;
	}
	sort_digests(group);
}

static const char *check_name(const char *name)
{
	if (name[0] == '\0')
		return "a group has a name";
	if (form_has_control(name))
		return "the name of a group has no control characters";
	if (strcmp(name, "any") == 0)
		return "\"identities: any\" means everybody; a group has another name";
	return strlen(name) > NAME_BYTES ? "the name of a group has at most 64 bytes" : NULL;
}

void config_read_groups(struct config_reader *reader, const struct node *mapping)
{
	const struct value_source *source = &reader->source;
	struct config *config = reader->config;

	if (mapping->kind == NODE_BAD || yaml_is_null(mapping))
		return;
	if (mapping->kind != NODE_MAPPING) {
		complain(source, mapping,
			"\"groups\" is a mapping of names, each with a file or a list of digests, "
			"and this is %s",
			yaml_kind_name(mapping));
		return;
	}
	for (const struct node *node = mapping->first; node; node = node->next) {
		struct config_group *group;
		const char *problem;

		if (node->key->kind != NODE_SCALAR)
			continue;
		problem = check_name(node->key->text);
		if (problem) {
			complain(source, node->key, "\"%s\": %s", node->key->text, problem);
			continue;
		}
		config->groups = arena_grow(
			source->arena, config->groups, config->group_count, sizeof *config->groups);
		group = &config->groups[config->group_count++];
		*group = (struct config_group){
			.name = arena_text(source->arena, node->key->text, strlen(node->key->text)),
			.position = node->key->position,
		};
		read_members(source, node, group);
	}
}

/* ---- by name ---- */

static int compare_groups(const void *left_item, const void *right_item)
{
	const struct config_group *left = *(const struct config_group *const *)left_item,
				  *right = *(const struct config_group *const *)right_item;
	int order = strcmp(left->name, right->name);

	/* Both are in one array, in the order of the files. */
	return order ? order : (left > right) - (left < right);
}

void config_groups_sort(struct config *config)
{
	struct arena scratch = {0};
	size_t count = config->group_count;
	const struct config_group **order =
		arena_array(&scratch, count, sizeof(struct config_group *));
	struct config_group *sorted =
		arena_array(&config->arena, count, sizeof(struct config_group));

	for (size_t i = 0; i < count; i++)
		order[i] = &config->groups[i];
	if (count > 1)
		qsort(order, count, sizeof(struct config_group *), compare_groups);
	for (size_t i = 0; i < count; i++)
		sorted[i] = *order[i];
	config->groups = sorted;
	arena_free(&scratch);
}

const struct config_group *config_groups_find(const struct config *config, const char *name)
{
	size_t low = 0, high = config->group_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(config->groups[middle].name, name);

		if (order == 0)
			return &config->groups[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* ---- files ---- */

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r';
}

/* One line up to its break. */
static void read_line(struct config *config, struct config_group *group, const char *line,
	size_t length, struct position position, struct diagnostics *diagnostics)
{
	struct arena scratch = {0};
	struct image_digest digest;
	const char *comment = memchr(line, '#', length);
	const char *text;
	size_t start = 0;

	if (comment)
		length = (size_t)(comment - line);
	while (length > 0 && is_blank(line[length - 1]))
		length--;
	while (start < length && is_blank(line[start]))
		start++;
	if (start == length)
		return;
	position.column = (uint32_t)start + 1;
	text = arena_text(&scratch, line + start, length - start);
	if (form_digest(text, &digest))
		add_digest(&config->arena, group, &digest);
	else
		diagnostics_error(diagnostics, &position,
			"\"%.80s\" is not a digest: sha256: and 64 hexadecimal digits, as \"sulid "
			"digest\" prints it",
			text);
	arena_free(&scratch);
}

static void read_lines(struct config *config, struct config_group *group,
	const struct config_file *file, struct diagnostics *diagnostics)
{
	const struct yaml_reader text = {.diagnostics = diagnostics,
		.file = group->file,
		.bytes = file->bytes,
		.size = file->size};
	struct position position = {.file = group->file, .line = 1};
	unsigned before = diagnostics->errors;
	size_t length;

	diagnostics_source(diagnostics, group->file, file->bytes, file->size);
	if (!yaml_bytes_are_text(&text))
		return;
	for (size_t at = 0; at < file->size; at += length + 1, position.line++) {
		const char *end = memchr(file->bytes + at, '\n', file->size - at);

		length = end ? (size_t)(end - (file->bytes + at)) : file->size - at;
		read_line(config, group, file->bytes + at, length, position, diagnostics);
	}
	if (group->count == 0 && diagnostics->errors == before)
		diagnostics_warn(diagnostics, &group->file_position,
			"the group \"%s\" is empty: %s names nobody", group->name, group->file);
}

int config_groups_load(struct config *config, struct diagnostics *diagnostics)
{
	unsigned before = diagnostics->errors;

	for (size_t i = 0; i < config->group_count; i++) {
		struct config_group *group = &config->groups[i];
		struct arena scratch = {0};
		struct config_file file;

		if (!group->file)
			continue;
		group->digests = NULL;
		group->count = 0;
		if (config_file_read(&scratch, group->file, &file) < 0)
			diagnostics_error(diagnostics, &group->file_position,
				"the group's file %s cannot be read: %s", group->file,
				errno == EFBIG    ? "it is too long"
				: errno == EINVAL ? "it is not a regular file"
						  : strerror(errno));
		else
			read_lines(config, group, &file, diagnostics);
		arena_free(&scratch);
		sort_digests(group);
	}
	return diagnostics->errors > before ? -1 : 0;
}
