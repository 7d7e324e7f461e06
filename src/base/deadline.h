/* SPDX-License-Identifier: ISC */
#ifndef SULID_BASE_DEADLINE_H
#define SULID_BASE_DEADLINE_H

/*
 * Deadlines of one length: a FIFO list per kind of timeout. All entries of a list wait equally
 * long, so the head is always the next to expire, and every operation is O(1) without allocation.
 * An entry is in at most one list. A deadline is embedded in its owner, who takes it out before it
 * dies.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct deadline {
	struct deadline *next; /* NULL in no list */
	struct deadline *previous;
	int64_t at; /* loop->now's clock, milliseconds */
};

struct deadline_list {
	struct deadline head; /* circular; head.next is the next to expire */
	int64_t length;       /* milliseconds; INT64_MAX: never expires */
};

void deadline_list_init(struct deadline_list *list, int64_t length);

/* Put the entry (in whatever list it was) at the end of this list, to expire at now + length. */
void deadline_start(struct deadline_list *list, struct deadline *deadline, int64_t now);
/* Out of its list; does nothing if it is in none. */
void deadline_stop(struct deadline *deadline);

/* The next entry that has expired by now, still in the list, or NULL. */
struct deadline *deadline_expired(const struct deadline_list *list, int64_t now);
/* The oldest entry, expired or not, or NULL. */
struct deadline *deadline_oldest(const struct deadline_list *list);

/* The earlier of "than" and this list's next expiry. */
int64_t deadline_next(const struct deadline_list *list, int64_t than);

#define deadline_owner(pointer, type, member) \
	((type *)(void *)((char *)(pointer) - offsetof(type, member)))

#endif
