/* SPDX-License-Identifier: ISC */
#include "config_read.h"

static void read_vhosts(struct config_reader *reader, const struct node *node)
{
	if (node->kind == NODE_BAD || yaml_is_null(node))
		return;
	if (node->kind != NODE_LIST) {
		diagnostics_error(reader->source.diagnostics, &node->position,
			"\"vhosts\" is a list; each vhost begins with \"- names:\"");
		return;
	}
	for (const struct node *item = node->first; item; item = item->next) {
		struct config_vhost *vhost;

		if (item->kind == NODE_BAD)
			continue;
		if (item->kind != NODE_MAPPING) {
			diagnostics_error(reader->source.diagnostics, &item->position,
				"a vhost is a mapping with \"names\" and \"root\", and this is %s",
				yaml_kind_name(item));
			continue;
		}
		vhost = config_add_vhost(reader->config);
		vhost->position = item->position;
		config_read_mapping(reader, item, IN_VHOST, vhost->values, ORIGIN_VHOST);
	}
}

static void read_key(struct config_reader *reader, enum key key, const struct node *node,
	struct value *values, enum config_origin origin)
{
	struct value value = {.origin = (uint16_t)origin};

	switch (key_rows[key].kind) {
	case KIND_MAP:
		config_read_mapping(reader, node, key_rows[key].inside, values, origin);
		break;
	case KIND_DEFAULTS:
		config_read_mapping(
			reader, node, IN_DEFAULTS, reader->config->defaults, ORIGIN_DEFAULTS);
		break;
	case KIND_GROUPS:
		config_read_groups(reader, node);
		break;
	case KIND_PATHS:
		config_read_paths(reader, node, &value);
		values[key] = value;
		break;
	case KIND_VHOSTS:
		read_vhosts(reader, node);
		values[key].position = node->position;
		break;
	default:
		/* A value that is wrong counts as said: its absence is not complained about, too.
		 */
		value_read(&reader->source, key, node, &value);
		values[key] = value;
	}
}

static void refuse_key(struct config_reader *reader, const struct node *name, enum key_scope scope,
	struct value *values, enum config_origin origin)
{
	char complaint[KEY_COMPLAINT];
	enum key meant = key_complain(scope, name->text, complaint);

	diagnostics_error(reader->source.diagnostics, &name->position, "%s", complaint);
	/* So that what was meant is not missed, too. */
	if (meant < KEY_COUNT && values[meant].origin == ORIGIN_NONE)
		values[meant].origin = (uint16_t)origin;
}

void config_read_mapping(struct config_reader *reader, const struct node *mapping,
	enum key_scope scope, struct value *values, enum config_origin origin)
{
	if (mapping->kind == NODE_BAD || yaml_is_null(mapping))
		return;
	if (mapping->kind != NODE_MAPPING) {
		diagnostics_error(reader->source.diagnostics, &mapping->position,
			"%s%s%s is a mapping of keys and values, and this is %s",
			mapping->key ? "\"" : "",
			mapping->key ? mapping->key->text : "a configuration",
			mapping->key ? "\"" : "", yaml_kind_name(mapping));
		return;
	}
	for (const struct node *node = mapping->first; node; node = node->next) {
		enum key key;

		if (node->key->kind != NODE_SCALAR)
			continue;
		key = key_find(scope, node->key->text);
		if (key < KEY_COUNT && key_rows[key].kind != KIND_LATER)
			read_key(reader, key, node, values, origin);
		else
			refuse_key(reader, node->key, scope, values, origin);
	}
}

void config_read(struct config_reader *reader, const struct node *root, enum key_scope scope)
{
	config_read_mapping(reader, root, scope, reader->config->values, ORIGIN_TOP);
}
