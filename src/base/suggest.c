/* SPDX-License-Identifier: ISC */
#include "base/suggest.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

#define WORD_MAX 48

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned smaller = a < b ? a : b;

	return smaller < c ? smaller : c;
}

/* Edit distance that counts two neighbours swapped as one edit (optimal string alignment). */
static unsigned distance(const char *left, const char *right)
{
	size_t rows = strlen(left), columns = strlen(right);
	unsigned table[WORD_MAX + 1][WORD_MAX + 1];

	if (rows > WORD_MAX || columns > WORD_MAX)
		return UINT_MAX;
	for (size_t i = 0; i <= rows; i++)
		table[i][0] = (unsigned)i;
	for (size_t j = 0; j <= columns; j++)
		table[0][j] = (unsigned)j;
	for (size_t i = 1; i <= rows; i++) {
		for (size_t j = 1; j <= columns; j++) {
			unsigned change = left[i - 1] != right[j - 1];

			table[i][j] = least(table[i - 1][j] + 1, table[i][j - 1] + 1,
				table[i - 1][j - 1] + change);
			if (i > 1 && j > 1 && left[i - 1] == right[j - 2] &&
				left[i - 2] == right[j - 1])
				table[i][j] = least(table[i][j], table[i - 2][j - 2] + 1, UINT_MAX);
		}
	}
	return table[rows][columns];
}

struct suggestion suggest_begin(const char *word)
{
	return (struct suggestion){.word = word, .distance = UINT_MAX};
}

void suggest_consider(struct suggestion *suggestion, const char *candidate)
{
	unsigned away = distance(suggestion->word, candidate);

	if (away < suggestion->distance) {
		suggestion->distance = away;
		suggestion->best = candidate;
	}
}

const char *suggest_end(const struct suggestion *suggestion)
{
	size_t length = strlen(suggestion->word);

	/* A third of the word may be wrong, and of short words one letter. */
	return suggestion->distance <= (length > 5 ? length / 3 : 1) ? suggestion->best : NULL;
}
