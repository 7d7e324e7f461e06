/* SPDX-License-Identifier: ISC */
#include "image_types.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forms_site.h"

static const char unknown_type[] = "application/octet-stream";

/* ---- by what types are recognised ---- */

static void say_value(FILE *to, const struct value *value)
{
	const struct config_text *texts = value->list;

	fprintf(to, "%u %u %llu %s", value->origin != ORIGIN_NONE, value->word,
		(unsigned long long)value->number, value->text ? value->text : "");
	for (uint32_t i = 0; i < value->count; i++)
		fprintf(to, " %s", texts[i].text);
	fputc('\n', to);
}

/* Vhosts that say the same have the same types. */
static char *describe(const struct config_vhost *vhost, size_t *length)
{
	const struct value *charset = &vhost->values[KEY_CHARSET];
	const struct config_type *types = vhost->values[KEY_TYPES].list;
	char *text = NULL;
	FILE *to = open_memstream(&text, length);

	if (!to)
		return NULL;
	fprintf(to, "%s\n", charset->text ? charset->text : "");
	for (uint32_t i = 0; i < vhost->values[KEY_TYPES].count; i++) {
		fprintf(to, "%s\n", types[i].ending);
		say_value(to, &types[i].type);
		say_value(to, &types[i].lang);
		say_value(to, &types[i].charset);
		say_value(to, &types[i].cache);
	}
	fclose(to);
	return text;
}

/* ---- one type ---- */

/* "en", or "en,fr" in quotes. */
static const char *languages(struct arena *arena, const struct value *lang)
{
	const struct config_text *list = lang->list;
	const char *text = list[0].text;

	if (lang->count == 1)
		return text;
	for (uint32_t i = 1; i < lang->count; i++)
		text = arena_format(arena, "%s,%s", text, list[i].text);
	return arena_format(arena, "\"%s\"", text);
}

/* own: what is said of the ending, or NULL. */
static void put_type(struct image_tables *tables, const struct config_vhost *vhost,
	const char *ending, const char *type, const struct config_type *own)
{
	struct arena scratch = {0};
	const char *charset = mime_is_text(type) ? vhost->values[KEY_CHARSET].text : NULL;
	const char *whole = type;
	char cache[FORM_CACHE];

	if (own && own->charset.origin != ORIGIN_NONE)
		charset = own->charset.text;
	if (charset)
		whole = arena_format(&scratch, "%s; charset=%s", whole, charset);
	if (own && own->lang.count > 0)
		whole = arena_format(
			&scratch, "%s; lang=%s", whole, languages(&scratch, &own->lang));
	*image_tables_add(tables, types) = (struct image_type){
		.ending = image_tables_text(tables, ending),
		.type = image_tables_text(tables, whole),
		.cache = image_tables_text(tables, own && own->cache.origin != ORIGIN_NONE
							   ? form_cache(&own->cache, cache)
							   : NULL),
		.compressible = mime_is_compressible(type),
	};
	arena_free(&scratch);
}

/* ---- all of a vhost's ---- */

/* Both lists are sorted by ending. */
static void put_types(struct image_tables *tables, const struct config_vhost *vhost)
{
	const struct config_type *types = vhost->values[KEY_TYPES].list;
	uint32_t count = vhost->values[KEY_TYPES].count, t = 0;
	size_t k = 0;

	while (k < tables->mime.count || t < count) {
		const struct mime_type *known =
			k < tables->mime.count ? &tables->mime.types[k] : NULL;
		const struct config_type *own = t < count ? &types[t] : NULL;
		int order = !known ? 1 : !own ? -1 : strcmp(known->ending, own->ending);
		const char *type = order <= 0 ? known->type : unknown_type;

		if (order >= 0 && own->type.text)
			type = own->type.text;
		put_type(tables, vhost, order <= 0 ? known->ending : own->ending, type,
			order >= 0 ? own : NULL);
		k += order <= 0;
		t += order >= 0;
	}
}

struct image_range image_types_put(struct image_tables *tables, const struct config_vhost *vhost)
{
	struct image_range range = {.first = tables->header.types.count};
	uint32_t number = tables->type_range_count;
	size_t length;
	char *said = describe(vhost, &length);
	bool is_new;

	if (!said) {
		tables->overflow = true;
		return (struct image_range){0};
	}
	tables->known_types.arena = &tables->arena;
	is_new = seen_add(&tables->known_types, said, length, &number);
	free(said);
	if (!is_new)
		return tables->type_ranges[number];
	if (tables->type_range_count == 0)
		tables->mime = mime_load(&tables->arena, tables->config->mime_types);
	put_types(tables, vhost);
	range.count = tables->header.types.count - range.first;
	tables->type_ranges = arena_grow(&tables->arena, tables->type_ranges,
		tables->type_range_count, sizeof *tables->type_ranges);
	tables->type_ranges[tables->type_range_count++] = range;
	return range;
}
