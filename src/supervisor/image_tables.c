/* SPDX-License-Identifier: ISC */
#include "image_tables.h"

#include <string.h>

/* Room for "length" more bytes and their NUL. False if they are too many. */
static bool make_room(struct image_tables *tables, size_t length)
{
	size_t needed = tables->text_size + length + 1, room = 2 * needed;
	char *larger;

	if (needed > UINT32_MAX / 2) {
		tables->overflow = true;
		return false;
	}
	if (needed <= tables->text_room)
		return true;
	larger = arena_take(&tables->arena, room);
	if (tables->text_size > 0)
		memcpy(larger, tables->text, tables->text_size);
	tables->text = larger;
	tables->text_room = room;
	return true;
}

struct image_text image_tables_text(struct image_tables *tables, const char *string)
{
	size_t length = string ? strlen(string) : 0;
	struct image_text text = {(uint32_t)tables->text_size, (uint32_t)length};

	if (!make_room(tables, length))
		return (struct image_text){0};
	tables->known_text.arena = &tables->arena;
	if (!seen_add(&tables->known_text, string ? string : "", length, &text.offset))
		return text;
	memcpy(tables->text + tables->text_size, string ? string : "", length + 1);
	tables->text_size += length + 1;
	return text;
}

void *image_tables_append(struct image_tables *tables, struct seen *known, void *table,
	uint32_t *count, size_t size, const void *entries, uint32_t number,
	struct image_range *range)
{
	const char *from = entries;

	*range = (struct image_range){.count = number};
	if (number == 0)
		return table;
	range->first = *count;
	known->arena = &tables->arena;
	if (!seen_add(known, entries, number * size, &range->first))
		return table;
	for (uint32_t i = 0; i < number; i++) {
		table = arena_grow(&tables->arena, table, *count, size);
		memcpy((char *)table + (*count)++ * size, from + i * size, size);
	}
	return table;
}
