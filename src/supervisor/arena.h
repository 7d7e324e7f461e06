/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_ARENA_H
#define SULID_SUPERVISOR_ARENA_H

/*
 * Memory that lives and dies together: what a configuration is made of. Nothing in it is freed by
 * itself. Without memory the program ends with a message (EXIT_FAILED): a configuration is read
 * before anything new is served, and in a reload by a process of its own.
 */

#include <stddef.h>

struct arena {
	struct arena_block *blocks; /* {0} is an empty arena */
};

/* Zeroed, aligned for everything. */
void *arena_take(struct arena *arena, size_t size);
/* Room for "count" items of "size"; ends the program if the product overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size);
/* A copy of these bytes with a NUL after them. */
char *arena_text(struct arena *arena, const char *bytes, size_t length);
char *arena_format(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/*
 * A list that grows by doubling: its items moved to where there is room for one more, which is
 * zeroed. count: how many it has now.
 */
void *arena_grow(struct arena *arena, void *items, size_t count, size_t size);

void arena_free(struct arena *arena);

#endif
