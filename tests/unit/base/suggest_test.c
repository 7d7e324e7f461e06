/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/suggest.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const words[] = {
	"root", "names", "listen", "certificate", "client_certificates", "log", "http", "https"};

static const struct {
	const char *word, *expected;
} cases[] = {
	{"root", "root"},
	{"rot", "root"},   /* one missing */
	{"roots", "root"}, /* one too many */
	{"riot", "root"},
	{"orot", "root"}, /* two swapped are one edit */
	{"roto", "root"},
	{"rt", NULL}, /* two, of two letters */
	{"ro", NULL},
	{"toor", NULL},
	{"name", "names"},
	{"nmaes", "names"},
	{"nmase", NULL}, /* five letters: one edit */
	{"lstne", NULL},
	{"lsiten", "listen"},
	{"litsne", "listen"}, /* six letters: two edits */
	{"itsnle", NULL},
	{"cretificate", "certificate"},
	{"certifcat", "certificate"},
	{"certi", NULL},
	{"client_certificate", "client_certificates"},
	{"lgo", "log"},
	{"httpx", "http"}, /* as near as "https", but first */
	{"htps", "https"},
	{"Root", "root"},
	{"", NULL},
	{"x", NULL},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct suggestion suggestion = suggest_begin(cases[i].word);
		const char *found;

		for (size_t w = 0; w < COUNT(words); w++)
			suggest_consider(&suggestion, words[w]);
		found = suggest_end(&suggestion);
		if ((found == NULL) != (cases[i].expected == NULL) ||
			(found && strcmp(found, cases[i].expected) != 0))
			fail_msg("\"%s\": %s", cases[i].word, found ? found : "nothing");
	}
}

static void test_limits(void **state)
{
	char word[64], longer[64];
	struct suggestion suggestion = suggest_begin("root");

	(void)state;
	assert_null(suggest_end(&suggestion)); /* none considered */
	memset(word, 'a', sizeof word);
	word[48] = '\0';
	suggestion = suggest_begin(word);
	strcpy(longer, word);
	longer[0] = 'b';
	suggest_consider(&suggestion, longer);
	assert_ptr_equal(suggest_end(&suggestion), longer);
	/* Longer words are not compared. */
	memset(word, 'a', 49);
	word[49] = '\0';
	suggestion = suggest_begin(word);
	suggest_consider(&suggestion, word);
	assert_null(suggest_end(&suggestion));
	suggest_consider(&suggestion, longer);
	assert_null(suggest_end(&suggestion));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
