/* SPDX-License-Identifier: ISC */
#include "config_merge.h"

#include <string.h>
#include <strings.h>

/* ---- what an entry is known by ---- */

static int compare_headers(const void *left_item, const void *right_item)
{
	const struct config_header *left = left_item, *right = right_item;

	return strcasecmp(left->name, right->name);
}

static int compare_pages(const void *left_item, const void *right_item)
{
	const struct config_page *left = left_item, *right = right_item;

	return (left->status > right->status) - (left->status < right->status);
}

static int compare_types(const void *left_item, const void *right_item)
{
	const struct config_type *left = left_item, *right = right_item;

	return strcmp(left->ending, right->ending);
}

static int compare_locations(const void *left_item, const void *right_item)
{
	const struct config_location *left = left_item, *right = right_item;

	return strcmp(left->path, right->path);
}

/* ---- entries that both have ---- */

static void combine_types(struct arena *arena, const void *outer_item, void *inner_item)
{
	const struct config_type *outer = outer_item;
	struct config_type *inner = inner_item;

	(void)arena;
	if (inner->type.origin == ORIGIN_NONE)
		inner->type = outer->type;
	if (inner->lang.origin == ORIGIN_NONE)
		inner->lang = outer->lang;
	if (inner->charset.origin == ORIGIN_NONE)
		inner->charset = outer->charset;
	if (inner->cache.origin == ORIGIN_NONE)
		inner->cache = outer->cache;
}

const struct value *config_said(const struct config_location *location, enum key key)
{
	for (size_t i = 0; i < location->said_count; i++)
		if (location->said[i].key == key)
			return &location->said[i].value;
	return NULL;
}

static bool says_gone(const struct config_location *location)
{
	const struct value *gone = config_said(location, KEY_GONE);

	return gone && gone->number == 1;
}

/* Does it lead elsewhere, or nowhere? */
static bool says_action(const struct config_location *location)
{
	return config_said(location, KEY_MOVED) || config_said(location, KEY_REDIRECT) ||
	       says_gone(location);
}

/* Does it ask? What the answer names is served. */
static bool says_input(const struct config_location *location)
{
	return config_said(location, KEY_INPUT) || config_said(location, KEY_SENSITIVE_INPUT);
}

/* Does it say what is served? */
static bool says_service(const struct config_location *location)
{
	return config_said(location, KEY_ROOT) || config_said(location, KEY_LISTING) ||
	       config_said(location, KEY_FALLBACK) || config_said(location, KEY_TRY) ||
	       (config_said(location, KEY_GONE) && !says_gone(location));
}

/* What one of them does instead of serving, and what the other serves, go together no better than
 * if one had said both. */
static bool goes_along(const struct config_location *inner, enum key key)
{
	bool input = key == KEY_INPUT || key == KEY_SENSITIVE_INPUT || key == KEY_ANSWERS;
	bool action = key == KEY_MOVED || key == KEY_REDIRECT || key == KEY_GONE || input;
	bool service =
		key == KEY_ROOT || key == KEY_LISTING || key == KEY_FALLBACK || key == KEY_TRY;

	if (says_action(inner))
		return !action && !service;
	if (says_input(inner))
		return !action;
	return !says_service(inner) || !action;
}

static void combine_locations(struct arena *arena, const void *outer_item, void *inner_item)
{
	const struct config_location *outer = outer_item;
	struct config_location *inner = inner_item, both = *inner;
	size_t i = 0;

	both.said = arena_array(
		arena, outer->said_count + inner->said_count, sizeof(struct config_said));
	both.said_count = 0;
	for (size_t o = 0; o <= outer->said_count; o++) {
		bool last = o == outer->said_count;
		const struct config_said *said = last ? NULL : &outer->said[o];
		struct config_said *to;

		while (i < inner->said_count && (last || inner->said[i].key < said->key))
			both.said[both.said_count++] = inner->said[i++];
		if (last || !goes_along(inner, said->key))
			continue;
		to = &both.said[both.said_count++];
		*to = (struct config_said){.key = said->key};
		if (i < inner->said_count && inner->said[i].key == said->key)
			*to = inner->said[i++];
		config_merge(arena, said->key, &said->value, &to->value);
	}
	*inner = both;
}

/* ---- both lists ---- */

struct merge_kind {
	size_t size;
	int (*compare)(const void *left, const void *right);
	void (*combine)(struct arena *arena, const void *outer, void *inner); /* NULL: not at all */
};

static const struct merge_kind kinds[] = {
	[KIND_HEADERS] = {sizeof(struct config_header), compare_headers, NULL},
	[KIND_PAGES] = {sizeof(struct config_page), compare_pages, NULL},
	[KIND_TYPES] = {sizeof(struct config_type), compare_types, combine_types},
	[KIND_PATHS] = {sizeof(struct config_location), compare_locations, combine_locations},
};

bool config_merges(enum key key)
{
	enum key_kind kind = key_rows[key].kind;

	return kind == KIND_HEADERS || kind == KIND_PAGES || kind == KIND_TYPES ||
	       kind == KIND_PATHS;
}

static void merge_lists(struct arena *arena, const struct merge_kind *kind,
	const struct value *outer, struct value *inner)
{
	const char *left = outer->list, *right = inner->list;
	uint32_t left_count = outer->count, right_count = inner->count, count = 0;
	char *merged = arena_array(arena, (size_t)left_count + right_count, kind->size);

	while (left_count > 0 || right_count > 0) {
		int order = left_count == 0    ? 1
			    : right_count == 0 ? -1
					       : kind->compare(left, right);
		char *to = merged + count++ * kind->size;

		memcpy(to, order < 0 ? left : right, kind->size);
		if (order == 0 && kind->combine)
			kind->combine(arena, left, to);
		if (order <= 0) {
			left += kind->size;
			left_count--;
		}
		if (order >= 0) {
			right += kind->size;
			right_count--;
		}
	}
	inner->list = merged;
	inner->count = count;
}

void config_merge(struct arena *arena, enum key key, const struct value *outer, struct value *inner)
{
	if (inner->origin == ORIGIN_NONE) {
		*inner = *outer;
		return;
	}
	if (!config_merges(key) || outer->count == 0)
		return;
	if (inner->count == 0) {
		inner->list = outer->list;
		inner->count = outer->count;
		return;
	}
	merge_lists(arena, &kinds[key_rows[key].kind], outer, inner);
}
