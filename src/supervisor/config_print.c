/* SPDX-License-Identifier: ISC */
#include "config_print.h"

#include "config_print_value.h"
#include "forms_network.h"
#include "yaml_print.h"

static bool is_printed(enum key key, enum key_scope scope)
{
	const struct key_row *row = &key_rows[key];

	/* Files that are included and defaults are in the vhosts by now. */
	return (row->scopes & scope) && row->kind != KIND_LATER && row->kind != KIND_VHOSTS &&
	       row->kind != KIND_DEFAULTS && row->kind != KIND_PATTERNS && row->kind != KIND_GROUPS;
}

/* The keys of a scope, from "first" on. */
static void print_scope(FILE *to, enum key_scope scope, const struct value *values,
	unsigned columns, enum key first)
{
	for (enum key key = first; key < KEY_COUNT; key++) {
		const struct key_row *row = &key_rows[key];

		if (!is_printed(key, scope))
			continue;
		if (row->kind == KIND_MAP) {
			yaml_print_indent(to, columns);
			fprintf(to, "%s:\n", row->name);
			print_scope(to, row->inside, values, columns + CONFIG_PRINT_STEP, 0);
		} else if (values[key].origin != ORIGIN_NONE &&
			   (key != KEY_RUN || values[key].text)) {
			/* Of what has no default, and was not said, there is nothing to print. */
			config_print_value(to, key, &values[key], columns);
		}
	}
}

static void print_group(FILE *to, const struct config_group *group)
{
	char digest[FORM_DIGEST];

	yaml_print_key(to, group->name, CONFIG_PRINT_STEP);
	fputc(' ', to);
	if (group->file) {
		yaml_print_text(to, group->file);
	} else {
		fputc('[', to);
		for (size_t i = 0; i < group->count; i++) {
			fputs(i > 0 ? ", " : "", to);
			yaml_print_text(to, form_digest_format(&group->digests[i], digest));
		}
		fputc(']', to);
	}
	fputc('\n', to);
}

void config_print(const struct config *config, FILE *to)
{
	print_scope(to, IN_TOP, config->values, 0, 0);
	fputs(config->group_count > 0 ? "groups:\n" : "", to);
	for (size_t i = 0; i < config->group_count; i++)
		print_group(to, &config->groups[i]);
	fputs("vhosts:\n", to);
	for (size_t i = 0; i < config->vhost_count; i++) {
		const struct value *values = config->vhosts[i]->values;

		fputs("  - ", to);
		config_print_value(to, KEY_NAMES, &values[KEY_NAMES], 0);
		print_scope(to, IN_VHOST, values, 2 * CONFIG_PRINT_STEP, KEY_NAMES + 1);
	}
}
