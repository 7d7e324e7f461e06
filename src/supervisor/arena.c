/* SPDX-License-Identifier: ISC */
#include "arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract/build.h"

#define BLOCK 16384

struct arena_block {
	struct arena_block *next;
	size_t size;
	size_t used;
	_Alignas(max_align_t) char bytes[];
};

static _Noreturn void no_memory(void)
{
	fputs("sulid: no memory for the configuration\n", stderr);
	exit(EXIT_FAILED);
}

void *arena_take(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->blocks;
	void *taken;

	if (size > SIZE_MAX / 2)
		no_memory();
	size = (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
	if (!block || block->size - block->used < size) {
		size_t room = size > BLOCK ? size : BLOCK;

		block = calloc(1, sizeof *block + room);
		if (!block)
			no_memory();
		block->size = room;
		block->next = arena->blocks;
		arena->blocks = block;
	}
	taken = block->bytes + block->used;
	block->used += size;
	return taken;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		no_memory();
	return arena_take(arena, bytes);
}

char *arena_text(struct arena *arena, const char *bytes, size_t length)
{
	char *text = arena_take(arena, length + 1);

	if (length > 0)
		memcpy(text, bytes, length);
	return text;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
	va_list arguments;
	char *text;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		no_memory();
	char *copy = arena_text(arena, text, (size_t)length);

	free(text);
	return copy;
}

void *arena_grow(struct arena *arena, void *items, size_t count, size_t size)
{
	void *moved;

	/* There is room unless the count has reached a power of two. */
	if (count > 0 && (count & (count - 1)) != 0)
		return items;
	moved = arena_array(arena, count > 0 ? 2 * count : 1, size);
	if (count > 0)
		memcpy(moved, items, count * size);
	return moved;
}

void arena_free(struct arena *arena)
{
	while (arena->blocks) {
		struct arena_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
}
