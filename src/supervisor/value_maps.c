/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "forms.h"
#include "forms_site.h"
#include "value_kinds.h"

/* ---- mappings with a few keys ---- */

bool value_read_keys(const struct value_source *source, enum key_scope scope,
	const struct node *node, const enum key keys[], struct value *const values[])
{
	char complaint[KEY_COMPLAINT];
	bool good = true;

	for (const struct node *child = node->first; child; child = child->next) {
		enum key key;
		size_t i = 0;

		if (child->key->kind != NODE_SCALAR) {
			good = false;
			continue;
		}
		key = key_find(scope, child->key->text);
		if (key == KEY_COUNT) {
			key_complain(scope, child->key->text, complaint);
			complain(source, child->key, "%s", complaint);
			good = false;
			continue;
		}
		while (keys[i] != key)
			i++;
		values[i]->origin = ORIGIN_VHOST;
		good &= value_read(source, key, child, values[i]);
	}
	return good;
}

/* ---- one entry, its key being a scalar ---- */

static bool read_header(
	const struct value_source *source, const struct node *node, struct config_header *header)
{
	const char *problem = form_header_name(node->key->text);

	if (problem) {
		complain(source, node->key, "\"%s\": %s", node->key->text, problem);
		return false;
	}
	*header = (struct config_header){
		.name = arena_text(source->arena, node->key->text, strlen(node->key->text)),
		.position = node->key->position,
	};
	if (yaml_is_null(node))
		return true;
	if (!value_is_scalar(source, KEY_HEADERS, node))
		return false;
	problem = form_header_value(node->text);
	if (problem)
		complain(source, node, "%s", problem);
	header->value = arena_text(source->arena, node->text, strlen(node->text));
	return !problem;
}

static bool read_page(
	const struct value_source *source, const struct node *node, struct config_page *page)
{
	const char *problem;
	uint64_t status;

	if (form_number(node->key->text, &status) != FORM_GOOD || status < 400 || status > 599) {
		complain(source, node->key, "\"%s\" is not a status from 400 to 599",
			node->key->text);
		return false;
	}
	if (!value_is_scalar(source, KEY_ERROR_PAGES, node))
		return false;
	problem = form_site_path(node->text);
	if (problem)
		complain(source, node, "\"%s\": %s", node->text, problem);
	*page = (struct config_page){
		.status = (uint32_t)status,
		.path = arena_text(source->arena, node->text, strlen(node->text)),
		.position = node->position,
	};
	return !problem;
}

static bool read_type(
	const struct value_source *source, const struct node *node, struct config_type *type)
{
	static const enum key keys[] = {KEY_TYPE, KEY_LANG, KEY_CHARSET, KEY_CACHE};
	char ending[FORM_ENDING + 1];
	const char *problem = form_ending(node->key->text, ending);
	struct value *const values[] = {&type->type, &type->lang, &type->charset, &type->cache};

	if (problem) {
		complain(source, node->key, "\"%s\": %s", node->key->text, problem);
		return false;
	}
	*type = (struct config_type){
		.ending = arena_text(source->arena, ending, strlen(ending)),
		.position = node->key->position,
	};
	if (node->kind == NODE_BAD || yaml_is_null(node))
		return node->kind != NODE_BAD;
	if (node->kind != NODE_MAPPING) {
		complain(source, node,
			"the settings of \"%s\" are a mapping such as {cache: 1d}, and this is %s",
			node->key->text, yaml_kind_name(node));
		return false;
	}
	return value_read_keys(source, IN_TYPE, node, keys, values);
}

/* ---- order ---- */

static int compare_positions(const struct position *left, const struct position *right)
{
	if (left->line != right->line)
		return left->line < right->line ? -1 : 1;
	return (left->column > right->column) - (left->column < right->column);
}

static int compare_headers(const void *left_item, const void *right_item)
{
	const struct config_header *left = left_item, *right = right_item;
	int order = strcasecmp(left->name, right->name);

	return order ? order : compare_positions(&left->position, &right->position);
}

static int compare_pages(const void *left_item, const void *right_item)
{
	const struct config_page *left = left_item, *right = right_item;

	return (left->status > right->status) - (left->status < right->status);
}

static int compare_types(const void *left_item, const void *right_item)
{
	const struct config_type *left = left_item, *right = right_item;
	int order = strcmp(left->ending, right->ending);

	return order ? order : compare_positions(&left->position, &right->position);
}

/* What YAML takes for two keys and is one: X-A and x-a, .HTML and .html. */
static bool check_headers(
	const struct value_source *source, struct config_header *headers, uint32_t count)
{
	bool good = true;

	for (uint32_t i = 1; i < count; i++) {
		if (strcasecmp(headers[i - 1].name, headers[i].name) != 0)
			continue;
		good = false;
		if (strcmp(headers[i - 1].name, headers[i].name) != 0)
			diagnostics_error(source->diagnostics, &headers[i].position,
				"\"%s\" is given twice; the other is in line %u", headers[i].name,
				headers[i - 1].position.line);
	}
	return good;
}

static bool check_types(
	const struct value_source *source, struct config_type *types, uint32_t count)
{
	bool good = true;

	for (uint32_t i = 1; i < count; i++) {
		if (strcmp(types[i - 1].ending, types[i].ending) != 0)
			continue;
		good = false;
		diagnostics_error(source->diagnostics, &types[i].position,
			"\".%s\" is given twice; the other is in line %u", types[i].ending,
			types[i - 1].position.line);
	}
	return good;
}

/* ---- all of them ---- */

union entry {
	struct config_header header;
	struct config_page page;
	struct config_type type;
};

static bool read_entry(const struct value_source *source, enum key_kind kind,
	const struct node *node, union entry *entry)
{
	if (node->key->kind != NODE_SCALAR)
		return false;
	if (form_has_control(node->key->text)) {
		complain(source, node->key, "a key has no control characters and no line breaks");
		return false;
	}
	if (kind == KIND_HEADERS)
		return read_header(source, node, &entry->header);
	if (kind == KIND_PAGES)
		return read_page(source, node, &entry->page);
	return read_type(source, node, &entry->type);
}

static bool check(
	const struct value_source *source, enum key_kind kind, void *entries, uint32_t count)
{
	if (kind == KIND_HEADERS)
		return check_headers(source, entries, count);
	return kind != KIND_TYPES || check_types(source, entries, count);
}

bool value_read_map(const struct value_source *source, enum key key, const struct node *node,
	struct value *value)
{
	static const struct {
		size_t size;
		int (*compare)(const void *left, const void *right);
	} kinds[] = {
		[KIND_HEADERS] = {sizeof(struct config_header), compare_headers},
		[KIND_PAGES] = {sizeof(struct config_page), compare_pages},
		[KIND_TYPES] = {sizeof(struct config_type), compare_types},
	};
	enum key_kind kind = key_rows[key].kind;
	size_t size = kinds[kind].size;
	bool good = true;
	char *entries = NULL;

	if (node->kind == NODE_BAD || yaml_is_null(node))
		return node->kind != NODE_BAD;
	if (node->kind != NODE_MAPPING) {
		complain(source, node, "\"%s\" is a mapping of keys and values, and this is %s",
			key_rows[key].name, yaml_kind_name(node));
		return false;
	}
	for (const struct node *child = node->first; child; child = child->next) {
		union entry entry = {0};

		if (!read_entry(source, kind, child, &entry)) {
			good = false;
			continue;
		}
		entries = arena_grow(source->arena, entries, value->count, size);
		memcpy(entries + value->count++ * size, &entry, size);
	}
	if (value->count > 1)
		qsort(entries, value->count, size, kinds[kind].compare);
	value->list = entries;
	return check(source, kind, entries, value->count) && good;
}
