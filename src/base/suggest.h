/* SPDX-License-Identifier: ISC */
#ifndef SULID_BASE_SUGGEST_H
#define SULID_BASE_SUGGEST_H

/* "did you mean": the candidate nearest to a word that was not understood. */

struct suggestion {
	const char *word;
	const char *best;
	unsigned distance;
};

struct suggestion suggest_begin(const char *word);
void suggest_consider(struct suggestion *suggestion, const char *candidate);

/* The nearest candidate if it is near enough to be meant, else NULL. */
const char *suggest_end(const struct suggestion *suggestion);

#endif
