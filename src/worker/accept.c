/* SPDX-License-Identifier: ISC */
#include "accept.h"

#include <string.h>
#include <strings.h>

#include "field.h"

/* "text/html", "text" and "*", or "*" and "*", and what is said of it. */
struct media_range {
	struct span type;
	struct span subtype;
	unsigned weight; /* thousandths */
	bool charset;    /* charset=utf-8, which all that we make has */
	bool foreign;    /* other parameters, which nothing that we make has */
};

/* One of the two types that there are to choose from. */
struct candidate {
	struct span type;
	struct span subtype;
	unsigned specificity; /* of the range that holds for it; 0: none so far */
	unsigned weight;
};

static struct candidate candidate_of(const char *type)
{
	const char *slash = strchr(type, '/');

	return (struct candidate){
		.type = {type, (size_t)(slash - type)},
		.subtype = {slash + 1, strlen(slash + 1)},
	};
}

static bool same(struct span a, struct span b)
{
	return a.length == b.length && strncasecmp(a.bytes, b.bytes, a.length) == 0;
}

/* The weight may stand anywhere among the parameters (RFC 9110 §12.5.1). */
static bool take_parameters(struct span *rest, struct media_range *range)
{
	for (;;) {
		struct span name, value;

		field_take_space(rest);
		if (!field_take_byte(rest, ';'))
			return true;
		field_take_space(rest);
		name = field_take_token(rest);
		if (name.length == 0)
			continue;
		if (!field_take_byte(rest, '='))
			return false;
		if (field_is(name, "q")) {
			if (!field_take_qvalue(rest, &range->weight))
				return false;
			continue;
		}
		if (!field_take_value(rest, &value))
			return false;
		if (field_is(name, "charset") && field_is(value, "utf-8"))
			range->charset = true;
		else
			range->foreign = true;
	}
}

static bool take_range(struct span *rest, struct media_range *range)
{
	*range = (struct media_range){.weight = 1000};
	range->type = field_take_token(rest);
	if (range->type.length == 0 || !field_take_byte(rest, '/'))
		return false;
	range->subtype = field_take_token(rest);
	return range->subtype.length > 0 && take_parameters(rest, range);
}

/* 0: it is not meant. */
static unsigned specificity_of(const struct media_range *range, const struct candidate *candidate)
{
	bool any = field_is(range->subtype, "*");
	unsigned parameters = range->charset ? 1 : 0;

	if (range->foreign)
		return 0;
	if (any && field_is(range->type, "*"))
		return 2 + parameters;
	if (!same(range->type, candidate->type))
		return 0;
	if (any)
		return 4 + parameters;
	return same(range->subtype, candidate->subtype) ? 6 + parameters : 0;
}

static void consider(const struct media_range *range, struct candidate *candidate)
{
	unsigned specificity = specificity_of(range, candidate);

	if (specificity == 0 || specificity < candidate->specificity)
		return;
	/* Of one that is named twice, the lower. */
	if (specificity == candidate->specificity && range->weight >= candidate->weight)
		return;
	candidate->specificity = specificity;
	candidate->weight = range->weight;
}

static void read_line(struct span line, struct candidate candidates[2])
{
	struct candidate read[2] = {candidates[0], candidates[1]};

	while (field_next(&line)) {
		struct media_range range;

		if (!take_range(&line, &range) || !field_ends(&line))
			return;
		consider(&range, &read[0]);
		consider(&range, &read[1]);
	}
	candidates[0] = read[0];
	candidates[1] = read[1];
}

bool accept_prefers(const struct http_head *head, const char *type, const char *other)
{
	struct candidate candidates[2] = {candidate_of(type), candidate_of(other)};
	struct span line;
	size_t at = 0;

	while (http_head_next(head, "accept", &at, &line))
		read_line(line, candidates);
	return candidates[0].weight > candidates[1].weight;
}
