/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "prompt.h"
#include "site.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct lookup lookup;
static const uint8_t digest[32] = {1};

static int fill(void **state)
{
	if (site_open(state) < 0)
		return -1;
	site_directory(site_root, "birds");
	site_write(site_root, "birds/gannet", "bird");
	site_write(site_root, "birds/blue footed+.gmi", "two");
	site_write(site_root, "birds/who?", "asked");
	site_write(site_root, "birds/.egg", "x");
	site_write(site_root, "birds/unknown", "fallback");
	site_directory(site_root, "birds/nest");
	site_write(site_root, "birds/nest/index.gmi", "nest");
	site_directory(site_root, "birds/bare");
	site_write(site_root, "outside", "no");
	return 0;
}

static int empty(void **state)
{
	(void)state;
	site_plain();
	lookup = (struct lookup){0};
	return 0;
}

/* What the target stands for; closed again. */
static enum found find(const char *target, enum prompt_form form)
{
	static struct target parsed;
	static const struct address nobody;
	enum found found;

	site_check();
	lookup.image = &site_server.image;
	lookup.vhost = SITE_SERVED;
	lookup.index = site_image.vhosts[SITE_SERVED].index_gemini;
	lookup.peer = &nobody;
	assert_int_equal(target_parse(target, strlen(target), &parsed), TARGET_GOOD);
	found = lookup_find(&lookup, &parsed);
	if (found == FOUND_INPUT)
		found = prompt_find(&lookup, &parsed, form);
	assert_int_equal(lookup.resource.fd >= 0, found == FOUND_FILE);
	assert_int_equal(lookup.directory, -1);
	lookup_close(&lookup);
	return found;
}

struct row {
	const char *target;
	enum found found;
	const char *name; /* of the file */
};

static void assert_rows(const struct row *rows, size_t count, enum prompt_form form)
{
	for (size_t i = 0; i < count; i++) {
		enum found found = find(rows[i].target, form);

		if (found != rows[i].found)
			fail_msg("%s: %d, not %d", rows[i].target, found, rows[i].found);
		if (rows[i].name)
			assert_string_equal(lookup.name, rows[i].name);
	}
}

static void test_gemini(void **state)
{
	static const struct row rows[] = {
		{"/ask", FOUND_INPUT, NULL},
		{"/ask?", FOUND_INPUT, NULL},
		{"/ask?gannet", FOUND_FILE, "/birds/gannet"},
		{"/ask?g%61nnet", FOUND_FILE, "/birds/gannet"},
		{"/ask?./x/../gannet", FOUND_FILE, "/birds/gannet"},
		{"/ask?blue%20footed+", FOUND_FILE, "/birds/blue footed+.gmi"},
		{"/ask?who?", FOUND_FILE, "/birds/who?"},
		{"/ask?who%3f", FOUND_FILE, "/birds/who?"},
		{"/ask?nest/", FOUND_FILE, "/birds/nest/index.gmi"},
		{"/ask?q=gannet", FOUND_MISSING, NULL},
		{"/ask?nest", FOUND_MISSING, NULL},
		{"/ask?bare/", FOUND_MISSING, NULL},
		{"/ask?penguin", FOUND_MISSING, NULL},
		{"/ask?.egg", FOUND_MISSING, NULL},
		{"/ask?../outside", FOUND_MALFORMED, NULL},
		{"/ask?%2e%2e/outside", FOUND_MALFORMED, NULL},
		{"/ask?/../outside", FOUND_MALFORMED, NULL},
		{"/ask?..%2foutside", FOUND_MALFORMED, NULL},
		{"/ask?a%00", FOUND_MALFORMED, NULL},
		{"/ask?%ff", FOUND_MALFORMED, NULL},
		{"/ask?%zz", FOUND_MALFORMED, NULL},
	};

	(void)state;
	site_try(site_input("/ask", ACTION_INPUT, "Who?", "/birds/"), ".txt");
	site_try(&site_image.settings[SITE_SERVED], ".gmi");
	/* What is served is what the answer's own path says; its listing would lead nowhere. */
	site_path(SITE_SERVED, "/birds/bare/")->listing = 1;
	assert_rows(rows, COUNT(rows), PROMPT_GEMINI);
}

static void test_form(void **state)
{
	static const struct row rows[] = {
		{"/ask", FOUND_INPUT, NULL},
		{"/ask?q=", FOUND_INPUT, NULL},
		{"/ask?x=1&q=", FOUND_INPUT, NULL},
		{"/ask?q=gannet", FOUND_FILE, "/birds/gannet"},
		{"/ask?x=1&q=gannet&y", FOUND_FILE, "/birds/gannet"},
		{"/ask?q=gannet&q=penguin", FOUND_FILE, "/birds/gannet"},
		{"/ask?gannet", FOUND_FILE, "/birds/gannet"},
		{"/ask?q=blue+footed%2B.gmi", FOUND_FILE, "/birds/blue footed+.gmi"},
		{"/ask?q=who%3F", FOUND_FILE, "/birds/who?"},
		{"/ask?q=..%2Foutside", FOUND_MALFORMED, NULL},
		{"/ask?q=../outside", FOUND_MALFORMED, NULL},
		{"/ask?Q=gannet", FOUND_MISSING, NULL},
	};

	(void)state;
	site_input("/ask", ACTION_INPUT, "Who?", "/birds/");
	assert_rows(rows, COUNT(rows), PROMPT_HTML);
}

/* What the path of the answer says holds, however one gets there. */
static void test_settings_of_answer(void **state)
{
	struct image_settings *asking = site_input("/ask", ACTION_INPUT, "Who?", "/birds/");
	struct image_settings *below = site_path(SITE_SERVED, "/birds/");
	(void)state;
	assert_int_equal(find("/ask?gannet", PROMPT_GEMINI), FOUND_FILE);
	assert_ptr_equal(lookup.settings, below);
	asking->fallback = site_text("/outside");
	assert_int_equal(find("/ask?penguin", PROMPT_GEMINI), FOUND_MISSING);
	below->fallback = site_text("/birds/unknown");
	assert_int_equal(find("/ask?penguin", PROMPT_GEMINI), FOUND_FILE);
	assert_string_equal(lookup.name, "/birds/unknown");
	below->fallback = (struct image_text){0};
	site_identity(below, digest);
	assert_int_equal(find("/ask?gannet", PROMPT_GEMINI), FOUND_UNIDENTIFIED);
	below->restricted = 0;
	below->action = ACTION_GONE;
	assert_int_equal(find("/ask?gannet", PROMPT_GEMINI), FOUND_MISSING);
	site_identity(asking, digest);
	assert_int_equal(find("/ask", PROMPT_GEMINI), FOUND_UNIDENTIFIED);
	assert_int_equal(find("/ask?gannet", PROMPT_GEMINI), FOUND_UNIDENTIFIED);
}

/* A path that asks for all that is below it: nobody has the files but by an answer. */
static void test_below_itself(void **state)
{
	(void)state;
	site_input("/birds/", ACTION_SENSITIVE, "The word?", "/birds/");
	assert_int_equal(find("/birds/gannet", PROMPT_GEMINI), FOUND_INPUT);
	assert_int_equal(find("/birds/?gannet", PROMPT_GEMINI), FOUND_FILE);
	assert_int_equal(find("/birds/?wrong", PROMPT_HTML), FOUND_MISSING);
}

static void test_long(void **state)
{
	static char target[TARGET_MAX + 64];
	(void)state;
	site_input("/ask", ACTION_INPUT, "Who?", "/birds/");
	memset(target, 'a', sizeof target - 1);
	memcpy(target, "/ask?", 5);
	assert_int_equal(find(target, PROMPT_GEMINI), FOUND_MISSING);
	/* The longest that fits a path: "/birds/" and a file system's ENAMETOOLONG are left. */
	for (size_t i = 5; i < sizeof target; i += 2)
		target[i] = '/';
	target[5 + TARGET_MAX - 1] = '\0';
	assert_int_equal(find(target, PROMPT_GEMINI), FOUND_MISSING);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_gemini, empty),
		cmocka_unit_test_setup(test_form, empty),
		cmocka_unit_test_setup(test_settings_of_answer, empty),
		cmocka_unit_test_setup(test_below_itself, empty),
		cmocka_unit_test_setup(test_long, empty),
	};

	return cmocka_run_group_tests(tests, fill, site_close);
}
