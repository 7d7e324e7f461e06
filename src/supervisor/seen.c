/* SPDX-License-Identifier: ISC */
#include "seen.h"

#include <string.h>

struct seen_entry {
	const void *bytes; /* NULL: free */
	size_t length;
	uint32_t number;
};

/* FNV-1a. */
static size_t hash(const unsigned char *bytes, size_t length)
{
	uint64_t value = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < length; i++)
		value = (value ^ bytes[i]) * UINT64_C(0x100000001b3);
	return (size_t)(value ^ (value >> 32));
}

static struct seen_entry *place_of(const struct seen *seen, const void *bytes, size_t length)
{
	size_t i = hash(bytes, length) & (seen->size - 1);

	while (seen->entries[i].bytes &&
		(seen->entries[i].length != length ||
			memcmp(seen->entries[i].bytes, bytes, length) != 0))
		i = (i + 1) & (seen->size - 1);
	return &seen->entries[i];
}

static void grow(struct seen *seen)
{
	struct seen larger = {.arena = seen->arena, .size = seen->size > 0 ? 2 * seen->size : 64};

	larger.entries = arena_array(seen->arena, larger.size, sizeof *larger.entries);
	for (size_t i = 0; i < seen->size; i++) {
		const struct seen_entry *entry = &seen->entries[i];

		if (entry->bytes)
			*place_of(&larger, entry->bytes, entry->length) = *entry;
	}
	larger.count = seen->count;
	*seen = larger;
}

bool seen_add(struct seen *seen, const void *bytes, size_t length, uint32_t *number)
{
	struct seen_entry *entry;

	if (2 * (seen->count + 1) > seen->size)
		grow(seen);
	entry = place_of(seen, bytes, length);
	if (entry->bytes) {
		*number = entry->number;
		return false;
	}
	*entry = (struct seen_entry){arena_text(seen->arena, bytes, length), length, *number};
	seen->count++;
	return true;
}
