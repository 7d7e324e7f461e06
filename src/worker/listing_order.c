/* SPDX-License-Identifier: ISC */
#include "listing_order.h"

#include <string.h>

#define RUNS 32 /* of length 1, 2, 4, …: more entries than there can be */

bool listing_keep(struct listing_items *items, const struct listing_entry *entry)
{
	size_t need = offsetof(struct listing_item, name) + entry->length;
	struct listing_item *item = (struct listing_item *)(void *)(items->bytes + items->used);

	need = (need + _Alignof(struct listing_item) - 1) & ~(_Alignof(struct listing_item) - 1);
	if (need < sizeof *item)
		need = sizeof *item;
	if (items->size - items->used < need || entry->length > UINT16_MAX)
		return false;
	items->used += need;
	item->next = NULL;
	item->size = entry->size;
	item->modified = entry->modified;
	item->length = (uint16_t)entry->length;
	item->directory = entry->directory;
	memcpy(item->name, entry->name, entry->length);
	if (items->last)
		items->last->next = item;
	else
		items->first = item;
	items->last = item;
	return true;
}

struct listing_entry listing_entry(const struct listing_item *item)
{
	return (struct listing_entry){
		.name = item->name,
		.length = item->length,
		.size = item->size,
		.modified = item->modified,
		.directory = item->directory,
	};
}

/* ---- names ---- */

/* A name that is being compared, from "at" on. */
struct cursor {
	const unsigned char *at;
	const unsigned char *end;
};

static struct cursor cursor(const struct listing_item *item)
{
	const unsigned char *name = (const unsigned char *)item->name;

	return (struct cursor){name, name + item->length};
}

static bool at_digit(const struct cursor *cursor)
{
	return cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9';
}

static int lower(unsigned char byte)
{
	return byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte;
}

/* The digits of a number without its leading zeros; the cursor moves behind them. */
static struct cursor take_digits(struct cursor *cursor)
{
	struct cursor digits;

	while (at_digit(cursor) && *cursor->at == '0')
		cursor->at++;
	digits.at = cursor->at;
	while (at_digit(cursor))
		cursor->at++;
	digits.end = cursor->at;
	return digits;
}

static int compare_numbers(struct cursor *a, struct cursor *b)
{
	struct cursor left = take_digits(a), right = take_digits(b);
	ptrdiff_t longer = (left.end - left.at) - (right.end - right.at);

	if (longer != 0)
		return longer < 0 ? -1 : 1;
	return memcmp(left.at, right.at, (size_t)(left.end - left.at));
}

static int compare_bytes(const struct listing_item *a, const struct listing_item *b)
{
	int result = memcmp(a->name, b->name, a->length < b->length ? a->length : b->length);

	return result != 0 ? result : (int)a->length - (int)b->length;
}

static int compare_names(const struct listing_item *a, const struct listing_item *b)
{
	struct cursor left = cursor(a), right = cursor(b);

	while (left.at < left.end && right.at < right.end) {
		int result = at_digit(&left) && at_digit(&right)
				     ? compare_numbers(&left, &right)
				     : lower(*left.at++) - lower(*right.at++);

		if (result != 0)
			return result;
	}
	if (left.at < left.end || right.at < right.end)
		return left.at < left.end ? 1 : -1;
	return compare_bytes(a, b);
}

/* ---- sorting ---- */

static int compare_column(
	const struct listing_item *a, const struct listing_item *b, enum listing_column column)
{
	switch (column) {
	case LISTING_SIZE:
		return (a->size > b->size) - (a->size < b->size);
	case LISTING_DATE:
		return (a->modified > b->modified) - (a->modified < b->modified);
	case LISTING_NAME:
		break;
	}
	return compare_names(a, b);
}

static bool comes_first(
	const struct listing_item *a, const struct listing_item *b, struct listing_order order)
{
	int result;

	if (a->directory != b->directory)
		return a->directory;
	result = compare_column(a, b, order.column);
	if (result == 0)
		return compare_names(a, b) < 0;
	return order.descending ? result > 0 : result < 0;
}

static struct listing_item *merge(
	struct listing_item *a, struct listing_item *b, struct listing_order order)
{
	struct listing_item *first = NULL, **end = &first;

	while (a && b) {
		struct listing_item **from = comes_first(a, b, order) ? &a : &b;

		*end = *from;
		end = &(*from)->next;
		*from = *end;
	}
	*end = a ? a : b;
	return first;
}

/* Merge sort from below: runs[i] is NULL, or a sorted run of 2^i items. */
void listing_sort(struct listing_items *items, struct listing_order order)
{
	struct listing_item *runs[RUNS] = {NULL}, *rest = items->first;

	while (rest) {
		struct listing_item *run = rest;
		size_t i = 0;

		rest = rest->next;
		run->next = NULL;
		for (; runs[i]; i++) {
			run = merge(runs[i], run, order);
			runs[i] = NULL;
		}
		runs[i] = run;
	}
	items->first = NULL;
	for (size_t i = 0; i < RUNS; i++)
		items->first = merge(runs[i], items->first, order);
}
