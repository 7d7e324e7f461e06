/* SPDX-License-Identifier: ISC */
#include "precondition.h"

#include <string.h>

#include "base/date.h"

#include "field.h"

struct entity_tag {
	struct span opaque; /* with its quotes */
	bool weak;
};

static bool is_tag_byte(char byte)
{
	return (unsigned char)byte > ' ' && byte != '"' && byte != 0x7f;
}

/* [ "W/" ] DQUOTE *etagc DQUOTE; "W/" is case-sensitive, and nothing is escaped (§8.8.3). */
static bool take_tag(struct span *rest, struct entity_tag *tag)
{
	size_t end = 1;

	tag->weak = field_take_byte(rest, 'W');
	if (tag->weak && !field_take_byte(rest, '/'))
		return false;
	if (rest->length == 0 || rest->bytes[0] != '"')
		return false;
	while (end < rest->length && is_tag_byte(rest->bytes[end]))
		end++;
	if (end == rest->length || rest->bytes[end] != '"')
		return false;
	tag->opaque = field_take(rest, end + 1);
	return true;
}

/* §8.8.3.2 */
static bool is_same(const struct entity_tag *tag, const struct validator *validator, bool strong)
{
	size_t prefix = validator->weak ? 2 : 0;
	size_t length = validator->etag_length - prefix;

	if (strong && (tag->weak || validator->weak))
		return false;
	return tag->opaque.length == length &&
	       memcmp(tag->opaque.bytes, validator->etag + prefix, length) == 0;
}

/* False: the line is no list of entity tags. */
static bool read_line(struct span line, const struct validator *validator, bool strong, bool *found)
{
	while (field_next(&line)) {
		struct entity_tag tag;

		if (!take_tag(&line, &tag) || !field_ends(&line))
			return false;
		*found |= is_same(&tag, validator, strong);
	}
	return true;
}

/* All lines are one list; "*" is no element of it, but stands alone. */
static bool matches(const struct http_head *head, const char *name,
	const struct validator *validator, bool strong)
{
	bool good = true, star = false, found = false;
	unsigned lines = 0;
	struct span line;

	for (size_t at = 0; http_head_next(head, name, &at, &line); lines++) {
		if (field_is(line, "*"))
			star = true;
		else
			good &= read_line(line, validator, strong, &found);
	}
	return star ? lines == 1 : good && found;
}

static bool read_date(struct span value, int64_t now, int64_t *date)
{
	return value.length > 0 && date_parse_http(value.bytes, value.length, now, date);
}

enum precondition precondition_check(
	const struct http_head *head, const struct validator *validator, int64_t now)
{
	int64_t date;

	if (head->if_match.bytes) {
		if (!matches(head, "if-match", validator, true))
			return PRECONDITION_FAILED;
	} else if (validator->dated && read_date(head->if_unmodified_since, now, &date) &&
		   validator->modified > date) {
		return PRECONDITION_FAILED;
	}
	if (head->if_none_match.bytes)
		return matches(head, "if-none-match", validator, false) ? PRECONDITION_UNCHANGED
									: PRECONDITION_HOLDS;
	if (validator->dated && read_date(head->if_modified_since, now, &date) &&
		validator->modified <= date)
		return PRECONDITION_UNCHANGED;
	return PRECONDITION_HOLDS;
}

bool precondition_range(
	const struct http_head *head, const struct validator *validator, int64_t now)
{
	struct span value = head->if_range;
	struct entity_tag tag;
	int64_t date;

	if (!value.bytes)
		return true;
	if (take_tag(&value, &tag))
		return value.length == 0 && is_same(&tag, validator, true);
	/* Not of "value": there the W of "Wed" is gone. */
	return validator->dated && !validator->weak && validator->modified < now &&
	       read_date(head->if_range, now, &date) && date == validator->modified;
}
