/* SPDX-License-Identifier: ISC */
#include "range.h"

#include <stdbool.h>

#include "field.h"

/* 1*DIGIT; from INT64_MAX on it makes no difference any more. */
static bool take_number(struct span *rest, int64_t *number)
{
	size_t digits = 0;

	*number = 0;
	for (; digits < rest->length; digits++) {
		unsigned digit = (unsigned char)rest->bytes[digits] - (unsigned)'0';

		if (digit > 9)
			break;
		if (__builtin_mul_overflow(*number, 10, number) ||
			__builtin_add_overflow(*number, (int64_t)digit, number))
			*number = INT64_MAX;
	}
	field_take(rest, digits);
	return digits > 0;
}

/*
 * "first-", "first-last" or "-length" → where in the representation that is; first > last: nowhere.
 * False: it spoils the whole field.
 */
static bool take_range(struct span *rest, int64_t size, struct range *range)
{
	int64_t number;

	range->last = size - 1;
	if (field_take_byte(rest, '-')) {
		if (!take_number(rest, &number))
			return false;
		range->first = number < size ? size - number : 0;
		/* The last bytes of nothing can be had (§14.1.2), but no Content-Range says so. */
		return size > 0 || number == 0;
	}
	if (!take_number(rest, &range->first) || !field_take_byte(rest, '-'))
		return false;
	if (!take_number(rest, &number))
		return true;
	if (number < range->first)
		return false;
	if (number < range->last)
		range->last = number;
	return true;
}

static bool touch(const struct range *a, const struct range *b)
{
	return a->first <= b->last + 1 && b->first <= a->last + 1;
}

static bool some_touch(const struct range *ranges, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t k = i + 1; k < count; k++)
			if (touch(&ranges[i], &ranges[k]))
				return true;
	return false;
}

static void sort(struct range *ranges, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++) {
		struct range range = ranges[i];
		uint32_t at = i;

		for (; at > 0 && ranges[at - 1].first > range.first; at--)
			ranges[at] = ranges[at - 1];
		ranges[at] = range;
	}
}

/* Sorted ones; returns how many are left. */
static uint32_t coalesce(struct range *ranges, uint32_t count)
{
	uint32_t left = 0;

	for (uint32_t i = 1; i < count; i++) {
		if (!touch(&ranges[left], &ranges[i]))
			ranges[++left] = ranges[i];
		else if (ranges[i].last > ranges[left].last)
			ranges[left].last = ranges[i].last;
	}
	return left + 1;
}

enum ranges range_parse(struct span value, int64_t size, uint32_t limit,
	struct range ranges[static RANGES_MAX], uint32_t *count)
{
	uint32_t asked = 0, good = 0;

	*count = 0;
	if (!field_is(field_take_token(&value), "bytes") || !field_take_byte(&value, '='))
		return RANGES_IGNORED;
	while (field_next(&value)) {
		struct range range;

		if (!take_range(&value, size, &range) || !field_ends(&value) || ++asked > limit)
			return RANGES_IGNORED;
		if (range.first <= range.last)
			ranges[good++] = range;
	}
	if (asked == 0)
		return RANGES_IGNORED;
	if (good == 0)
		return RANGES_UNSATISFIABLE;
	if (some_touch(ranges, good)) {
		sort(ranges, good);
		good = coalesce(ranges, good);
	}
	*count = good;
	return RANGES_GOOD;
}
