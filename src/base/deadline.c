/* SPDX-License-Identifier: ISC */
#include "base/deadline.h"

void deadline_list_init(struct deadline_list *list, int64_t length)
{
	list->head.next = list->head.previous = &list->head;
	list->length = length;
}

void deadline_stop(struct deadline *deadline)
{
	if (!deadline->next)
		return;
	deadline->next->previous = deadline->previous;
	deadline->previous->next = deadline->next;
	deadline->next = deadline->previous = NULL;
}

void deadline_start(struct deadline_list *list, struct deadline *deadline, int64_t now)
{
	deadline_stop(deadline);
	deadline->at = list->length == INT64_MAX ? INT64_MAX : now + list->length;
	deadline->next = &list->head;
	deadline->previous = list->head.previous;
	list->head.previous->next = deadline;
	list->head.previous = deadline;
}

struct deadline *deadline_oldest(const struct deadline_list *list)
{
	return list->head.next == &list->head ? NULL : list->head.next;
}

struct deadline *deadline_expired(const struct deadline_list *list, int64_t now)
{
	struct deadline *oldest = deadline_oldest(list);

	return oldest && oldest->at <= now ? oldest : NULL;
}

int64_t deadline_next(const struct deadline_list *list, int64_t than)
{
	const struct deadline *oldest = deadline_oldest(list);

	return oldest && oldest->at < than ? oldest->at : than;
}
