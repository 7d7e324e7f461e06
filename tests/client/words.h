/* SPDX-License-Identifier: ISC */
/*
 * The language of the command line and of the answers: words `key=value` separated by blanks. A
 * value may stand in double quotes and then knows \r \n \t \\ \" and \xNN; it may hold any byte.
 */
#ifndef SULID_CLIENT_WORDS_H
#define SULID_CLIENT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define WORDS_MAX 96

struct word {
	const char *key;
	const char *value; /* ends in NUL, which len does not count; may hold NULs of its own */
	size_t len;
};

/*
 * Cuts a line into its verb and *count words, in place: they point into it and live as long as it
 * does. Returns NULL, or a text that says what is wrong; the words before that are valid. An empty
 * line has an empty verb.
 */
const char *words_cut(char *line, const char **verb, struct word words[WORDS_MAX], int *count);

/* One line of answer, written word by word. */
struct answer {
	FILE *out;
	bool begun;
};

void answer_bytes(struct answer *a, const char *key, const void *value, size_t len);
void answer_text(struct answer *a, const char *key, const char *value);
void answer_number(struct answer *a, const char *key, int64_t value);
void answer_yes(struct answer *a, const char *key, bool value);
void answer_end(struct answer *a);

#endif
