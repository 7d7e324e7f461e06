/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "yaml_tree.h"

static struct arena arena;
static struct diagnostics diagnostics;

static struct node *parse(const char *text)
{
	return yaml_parse(&arena, "x.yaml", text, strlen(text), &diagnostics);
}

static int clear(void **state)
{
	(void)state;
	arena_free(&arena);
	diagnostics_free(&diagnostics);
	return 0;
}

static void assert_at(const struct node *node, unsigned line, unsigned column)
{
	assert_string_equal(node->position.file, "x.yaml");
	assert_int_equal(node->position.line, line);
	assert_int_equal(node->position.column, column);
}

static void test_positions(void **state)
{
	struct node *root = parse("# comment\r\n"
				  "a: \"\xc3\xa4\xc3\xb6\"\r\n"
				  "\xc3\xa4: {x: 1, y: [p, 'q']}\r\n"
				  "list:\r\n"
				  "  - one\r\n"
				  "  - - two\r\n");
	struct node *a, *umlaut, *list, *y;

	(void)state;
	assert_int_equal(diagnostics.errors, 0);
	assert_int_equal(root->kind, NODE_MAPPING);
	assert_at(root, 2, 1);
	a = root->first;
	assert_at(a->key, 2, 1);
	assert_at(a, 2, 4);
	assert_string_equal(a->text, "\xc3\xa4\xc3\xb6");
	assert_false(a->plain);
	umlaut = a->next;
	assert_string_equal(umlaut->key->text, "\xc3\xa4");
	assert_at(umlaut, 3, 4);
	assert_at(umlaut->first->key, 3, 5);
	assert_true(umlaut->first->plain);
	y = umlaut->first->next;
	assert_int_equal(y->kind, NODE_LIST);
	assert_at(y, 3, 14);
	assert_at(y->first->next, 3, 18);
	assert_null(y->first->next->next);
	list = umlaut->next;
	assert_at(list, 5, 3);
	assert_at(list->first, 5, 5);
	assert_int_equal(list->first->next->kind, NODE_LIST);
	assert_at(list->first->next->first, 6, 7);
	assert_null(list->next);
}

static void test_nothing(void **state)
{
	struct node *root = parse("a:\nb: ~\nc: null\nd: ''\ne: \"null\"\nf: x\ng: []\n");
	const struct node *node = root->first;

	(void)state;
	for (int i = 0; i < 3; i++, node = node->next)
		assert_true(yaml_is_null(node));
	for (; node; node = node->next)
		assert_false(yaml_is_null(node));
	assert_int_equal(parse("")->kind, NODE_MAPPING);
	assert_int_equal(parse("# nothing\n---\n")->kind, NODE_MAPPING);
	assert_null(parse("# nothing\n")->first);
	assert_at(parse(""), 1, 1);
	assert_int_equal(diagnostics.errors, 0);
}

static void test_documents(void **state)
{
	(void)state;
	assert_non_null(parse("%YAML 1.1\n---\na: b\n...\n"));
	assert_int_equal(diagnostics.errors, 0);
	assert_non_null(parse("a: b\n...\n# end\n"));
	assert_int_equal(diagnostics.errors, 0);
	parse("a: b\n---\nc: d\n---\ne: f\n");
	assert_int_equal(diagnostics.errors, 1);
}

/* 32 within each other are read, one more is not; a thousand do not cost a thousand frames. */
static void test_depth(void **state)
{
	char text[4096];

	(void)state;
	memset(text, '[', 32);
	memset(text + 32, ']', 32);
	text[64] = '\0';
	assert_non_null(parse(text));
	assert_int_equal(diagnostics.errors, 0);
	memset(text, '[', 33);
	memset(text + 33, ']', 33);
	text[66] = '\0';
	assert_null(parse(text));
	assert_int_equal(diagnostics.errors, 1);
	memset(text, '{', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	assert_null(parse(text));
	assert_int_equal(diagnostics.errors, 2);
}

/* Every error of a tree that can still be read, and no tree where it cannot. */
static void test_errors(void **state)
{
	struct node *root = parse("a: *x\nb: &y 1\nc: !t 2\na: 3\nd: 4\n");

	(void)state;
	assert_int_equal(diagnostics.errors, 4);
	assert_int_equal(root->first->kind, NODE_BAD);
	assert_string_equal(
		diagnostics.list[0].text, "\"*x\" needs quotes, because * begins an alias in YAML");
	assert_null(parse("a: [\n"));
	assert_null(parse("a: \"\n"));
	assert_null(parse("a: b\n c: d\n"));
	assert_null(parse("a: @b\n"));
	assert_null(parse("a: \"\\q\"\n"));
	assert_int_equal(diagnostics.errors, 9);
}

/* Duplicates are found in a large mapping without comparing all with all. */
static void test_large(void **state)
{
	size_t size = 200000 * 10 + 16;
	char *text = malloc(size), *to = text;

	(void)state;
	for (unsigned i = 0; i < 200000; i++)
		to += sprintf(to, "%u: \n", i);
	to += sprintf(to, "77: \n");
	assert_non_null(yaml_parse(&arena, "x.yaml", text, (size_t)(to - text), &diagnostics));
	assert_int_equal(diagnostics.errors, 1);
	assert_string_equal(
		diagnostics.list[0].text, "\"77\" is given twice; the other is in line 78");
	assert_int_equal(diagnostics.list[0].line, 200001);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_positions, clear),
		cmocka_unit_test_teardown(test_nothing, clear),
		cmocka_unit_test_teardown(test_documents, clear),
		cmocka_unit_test_teardown(test_depth, clear),
		cmocka_unit_test_teardown(test_errors, clear),
		cmocka_unit_test_teardown(test_large, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
