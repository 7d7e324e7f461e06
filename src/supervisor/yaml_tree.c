/* SPDX-License-Identifier: ISC */
#include "yaml_tree.h"

#include <stdlib.h>
#include <string.h>

#include "yaml_syntax.h"

static bool next_event(struct yaml_reader *reader, yaml_event_t *event)
{
	if (yaml_parser_parse(&reader->parser, event))
		return true;
	yaml_say_syntax(reader);
	return false;
}

/* Refuse what a node may be decorated with. */
static void refuse(const struct yaml_reader *reader, const struct node *node,
	const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		diagnostics_error(reader->diagnostics, &node->position,
			"anchors (&) are not supported; what vhosts share belongs in \"defaults\". "
			"A value that begins with & needs quotes");
	if (tag)
		diagnostics_error(reader->diagnostics, &node->position,
			"tags (!) are not supported. A value that begins with ! needs quotes");
}

static struct node *new_node(const struct yaml_reader *reader, const yaml_event_t *event)
{
	struct node *node = arena_take(reader->arena, sizeof *node);

	node->position = yaml_position(reader, &event->start_mark);
	return node;
}

static struct node *scalar(const struct yaml_reader *reader, const yaml_event_t *event)
{
	struct node *node = new_node(reader, event);
	const char *value = (const char *)event->data.scalar.value;
	size_t length = event->data.scalar.length;

	node->kind = NODE_SCALAR;
	node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	node->text = arena_text(reader->arena, value, length);
	refuse(reader, node, event->data.scalar.anchor, event->data.scalar.tag);
	if (memchr(value, '\0', length)) {
		diagnostics_error(reader->diagnostics, &node->position, "control character 0x00");
		node->kind = NODE_BAD;
	}
	return node;
}

static struct node *read_node(
	struct yaml_reader *reader, const yaml_event_t *event, unsigned depth);

static int compare_keys(const void *left_item, const void *right_item)
{
	const struct node *const *left = left_item, *const *right = right_item;
	int order = strcmp((*left)->key->text, (*right)->key->text);

	if (order == 0)
		order = ((*left)->position.line > (*right)->position.line) -
			((*left)->position.line < (*right)->position.line);
	if (order == 0)
		order = ((*left)->position.column > (*right)->position.column) -
			((*left)->position.column < (*right)->position.column);
	return order;
}

static void refuse_duplicates(
	const struct yaml_reader *reader, const struct node *mapping, size_t count)
{
	struct arena scratch = {0};
	const struct node **sorted = arena_array(&scratch, count, sizeof(struct node *));
	size_t used = 0;

	for (const struct node *node = mapping->first; node; node = node->next)
		if (node->key->kind == NODE_SCALAR)
			sorted[used++] = node;
	if (used > 1)
		qsort(sorted, used, sizeof(struct node *), compare_keys);
	for (size_t i = 1; i < used; i++)
		if (strcmp(sorted[i - 1]->key->text, sorted[i]->key->text) == 0)
			diagnostics_error(reader->diagnostics, &sorted[i]->key->position,
				"\"%s\" is given twice; the other is in line %u",
				sorted[i]->key->text, sorted[i - 1]->key->position.line);
	arena_free(&scratch);
}

/* The items of a list or the pairs of a mapping, up to its end event. false: nothing more can be
 * read. */
static bool read_items(
	struct yaml_reader *reader, struct node *parent, yaml_event_type_t end, unsigned depth)
{
	struct node **link = &parent->first, *key = NULL;
	size_t count = 0;

	for (;;) {
		yaml_event_t event;
		struct node *node;
		bool last;

		if (!next_event(reader, &event))
			return false;
		last = event.type == end;
		node = last ? NULL : read_node(reader, &event, depth + 1);
		yaml_event_delete(&event);
		if (last)
			break;
		if (!node)
			return false;
		if (parent->kind == NODE_MAPPING && !key) {
			key = node;
			if (key->kind == NODE_LIST || key->kind == NODE_MAPPING) {
				diagnostics_error(reader->diagnostics, &key->position,
					"a key cannot be %s", yaml_kind_name(key));
				key->kind = NODE_BAD;
			}
			continue;
		}
		node->key = key;
		key = NULL;
		*link = node;
		link = &node->next;
		count++;
	}
	if (parent->kind == NODE_MAPPING)
		refuse_duplicates(reader, parent, count);
	return true;
}

/* NULL: nothing more can be read. */
static struct node *read_node(struct yaml_reader *reader, const yaml_event_t *event, unsigned depth)
{
	struct node *node;

	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return scalar(reader, event);
	case YAML_ALIAS_EVENT:
		yaml_say_needs_quotes(reader, &event->start_mark);
		node = new_node(reader, event);
		node->kind = NODE_BAD;
		return node;
	case YAML_SEQUENCE_START_EVENT:
		node = new_node(reader, event);
		node->kind = NODE_LIST;
		refuse(reader, node, event->data.sequence_start.anchor,
			event->data.sequence_start.tag);
		break;
	case YAML_MAPPING_START_EVENT:
		node = new_node(reader, event);
		node->kind = NODE_MAPPING;
		refuse(reader, node, event->data.mapping_start.anchor,
			event->data.mapping_start.tag);
		break;
	default:
		return NULL;
	}
	if (depth >= YAML_DEPTH) {
		diagnostics_error(reader->diagnostics, &node->position,
			"more than %d lists and mappings within each other", YAML_DEPTH);
		return NULL;
	}
	if (!read_items(reader, node,
		    node->kind == NODE_LIST ? YAML_SEQUENCE_END_EVENT : YAML_MAPPING_END_EVENT,
		    depth))
		return NULL;
	return node;
}

static struct node *empty_document(const struct yaml_reader *reader)
{
	struct node *node = arena_take(reader->arena, sizeof *node);

	node->kind = NODE_MAPPING;
	node->position = (struct position){.file = reader->file, .line = 1, .column = 1};
	return node;
}

static struct node *read_stream(struct yaml_reader *reader)
{
	struct node *root = NULL;
	yaml_event_type_t type;

	do {
		yaml_event_t event;
		struct node *node = NULL;

		if (!next_event(reader, &event))
			return NULL;
		type = event.type;
		if (type == YAML_DOCUMENT_START_EVENT && root) {
			struct position position = yaml_position(reader, &event.start_mark);

			diagnostics_error(reader->diagnostics, &position,
				"a second document begins here; a file holds one");
			type = YAML_STREAM_END_EVENT;
		} else if (type == YAML_SCALAR_EVENT || type == YAML_ALIAS_EVENT ||
			   type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT) {
			node = read_node(reader, &event, 0);
			root = node;
			if (!node)
				type = YAML_STREAM_END_EVENT;
		}
		yaml_event_delete(&event);
	} while (type != YAML_STREAM_END_EVENT);
	if (reader->parser.error != YAML_NO_ERROR)
		return NULL;
	return root;
}

struct node *yaml_parse(struct arena *arena, const char *file, const char *bytes, size_t size,
	struct diagnostics *diagnostics)
{
	struct yaml_reader reader = {.arena = arena,
		.diagnostics = diagnostics,
		.file = file,
		.bytes = bytes,
		.size = size};
	unsigned before = diagnostics->errors;
	struct node *root;

	/* A byte order mark is no part of the first line. */
	if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		reader.bytes += 3;
		reader.size -= 3;
	}
	diagnostics_source(diagnostics, file, reader.bytes, reader.size);
	if (size > YAML_SIZE) {
		diagnostics_error(diagnostics, &(struct position){.file = file},
			"longer than %d MiB", YAML_SIZE >> 20);
		return NULL;
	}
	if (!yaml_bytes_are_text(&reader))
		return NULL;
	if (!yaml_parser_initialize(&reader.parser)) {
		diagnostics_error(diagnostics, NULL, "no memory to read %s", file);
		return NULL;
	}
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
		&reader.parser, (const unsigned char *)reader.bytes, reader.size);
	root = read_stream(&reader);
	yaml_parser_delete(&reader.parser);
	if (!root && diagnostics->errors > before)
		return NULL;
	return !root || yaml_is_null(root) ? empty_document(&reader) : root;
}

bool yaml_is_null(const struct node *node)
{
	return node->kind == NODE_SCALAR && node->plain &&
	       (strcmp(node->text, "") == 0 || strcmp(node->text, "~") == 0 ||
		       strcmp(node->text, "null") == 0);
}

const char *yaml_kind_name(const struct node *node)
{
	switch (node->kind) {
	case NODE_LIST:
		return "a list";
	case NODE_MAPPING:
		return "a mapping";
	default:
		return yaml_is_null(node) ? "nothing" : "one value";
	}
}
