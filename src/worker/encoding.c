/* SPDX-License-Identifier: ISC */
#include "encoding.h"

#include "field.h"

#define UNSAID (-1)
#define OTHERS ENCODING_COUNT /* "*" */

const struct encoding_row encoding_rows[ENCODING_COUNT] = {
	[ENCODING_BROTLI] = {"br", ".br"},
	[ENCODING_ZSTD] = {"zstd", ".zst"},
	[ENCODING_GZIP] = {"gzip", ".gz"},
	[ENCODING_IDENTITY] = {"identity", ""},
};

/* What the client says of each encoding and of the others: thousandths, or UNSAID. */
struct weights {
	int of[ENCODING_COUNT + 1];
};

/* Where in "weights" an encoding is; UNSAID: it is none of ours. */
static int index_of(struct span name)
{
	if (field_is(name, "*"))
		return OTHERS;
	/* RFC 9110 §8.4.1.3 */
	if (field_is(name, "x-gzip"))
		return ENCODING_GZIP;
	for (int i = 0; i < ENCODING_COUNT; i++)
		if (field_is(name, encoding_rows[i].name))
			return i;
	return UNSAID;
}

/* OWS ";" OWS "q=" qvalue, or nothing (RFC 9110 §12.4.2) */
static bool take_weight(struct span *rest, unsigned *weight)
{
	*weight = 1000;
	field_take_space(rest);
	if (!field_take_byte(rest, ';'))
		return true;
	field_take_space(rest);
	return field_is(field_take_token(rest), "q") && field_take_byte(rest, '=') &&
	       field_take_qvalue(rest, weight);
}

static void read_line(struct span line, struct weights *weights)
{
	struct weights read = *weights;

	while (field_next(&line)) {
		struct span name = field_take_token(&line);
		unsigned weight;
		int index;

		if (name.length == 0 || !take_weight(&line, &weight) || !field_ends(&line))
			return;
		index = index_of(name);
		/* What is refused anywhere is refused. */
		if (index != UNSAID && (read.of[index] == UNSAID || (int)weight < read.of[index]))
			read.of[index] = (int)weight;
	}
	*weights = read;
}

/* 0: refused. An identity that nobody has named stands between that and 0.001. */
static int rank_of(const struct weights *weights, enum encoding encoding)
{
	int weight = weights->of[encoding], others = weights->of[OTHERS];

	if (weight != UNSAID)
		return weight * 2;
	if (encoding == ENCODING_IDENTITY)
		return others == 0 ? 0 : 1;
	return others == UNSAID ? 0 : others * 2;
}

void encoding_choose(const struct http_head *head, struct encoding_choice *choice)
{
	struct weights weights;
	int rank[ENCODING_COUNT];
	struct span line;
	size_t from = 0;

	for (int i = 0; i <= OTHERS; i++)
		weights.of[i] = UNSAID;
	while (http_head_next(head, "accept-encoding", &from, &line))
		read_line(line, &weights);

	choice->count = 0;
	for (enum encoding encoding = 0; encoding < ENCODING_COUNT; encoding++) {
		unsigned at = choice->count;

		rank[encoding] = rank_of(&weights, encoding);
		if (rank[encoding] == 0)
			continue;
		for (; at > 0 && rank[choice->order[at - 1]] < rank[encoding]; at--)
			choice->order[at] = choice->order[at - 1];
		choice->order[at] = encoding;
		choice->count++;
	}
}
