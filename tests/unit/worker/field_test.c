/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "field.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A copy that ends where its memory does, so that a sanitizer sees a read beyond it. */
static struct span span_of(const char *text)
{
	static char *copy;
	size_t length = strlen(text);

	free(copy);
	copy = malloc(length > 0 ? length : 1);
	memcpy(copy, text, length);
	return (struct span){copy, length};
}

static bool equals(struct span span, const char *text)
{
	return span.length == strlen(text) && memcmp(span.bytes, text, span.length) == 0;
}

static void test_is(void **state)
{
	(void)state;
	assert_true(field_is(span_of("gzip"), "gzip"));
	assert_true(field_is(span_of("GZip"), "gzip"));
	assert_false(field_is(span_of("gzi"), "gzip"));
	assert_false(field_is(span_of("gzipp"), "gzip"));
	assert_false(field_is(span_of(""), "gzip"));
	assert_false(field_is((struct span){NULL, 0}, "gzip"));
}

/* RFC 9110 §5.6.2: every byte */
static void test_token(void **state)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		char bytes[2] = {(char)byte, 'a'};
		struct span rest = {bytes, 2};
		bool good = byte != 0 && strchr(token, byte) != NULL;

		assert_int_equal(field_is_token(rest), good);
		assert_int_equal(field_take_token(&rest).length, good ? 2 : 0);
		assert_int_equal(rest.length, good ? 0 : 2);
	}
	assert_true(field_is_token(span_of(token)));
	assert_false(field_is_token(span_of("")));
	assert_false(field_is_token(span_of("a ")));
	assert_false(field_is_token((struct span){NULL, 0}));
}

static void test_trim(void **state)
{
	static const char *const rows[][2] = {
		{"", ""},
		{" \t ", ""},
		{"a", "a"},
		{" \ta b\t ", "a b"},
		{"\x0b"
		 "a\xa0",
			"\x0b"
			"a\xa0"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_true(equals(field_trim(span_of(rows[i][0])), rows[i][1]));
}

/* RFC 9110 §12.4.2 */
static void test_qvalue(void **state)
{
	static const struct {
		const char *text;
		int value; /* -1: none */
		const char *rest;
	} rows[] = {
		{"0", 0, ""},
		{"1", 1000, ""},
		{"0.", 0, ""},
		{"1.", 1000, ""},
		{"0.1", 100, ""},
		{"0.12", 120, ""},
		{"0.123", 123, ""},
		{"0.001", 1, ""},
		{"0.010", 10, ""},
		{"0.999", 999, ""},
		{"1.0", 1000, ""},
		{"1.000", 1000, ""},
		{"0.000", 0, ""},
		{"0.1234", 123, "4"},
		{"1.0000", 1000, "0"},
		{"0.5, x", 500, ", x"},
		{"0.5.5", 500, ".5"},
		{"00", 0, "0"},
		{"10", 1000, "0"},
		{"1.001", -1, NULL},
		{"1.1", -1, NULL},
		{"2", -1, NULL},
		{".5", -1, NULL},
		{"-0", -1, NULL},
		{"+1", -1, NULL},
		{" 1", -1, NULL},
		{"", -1, NULL},
		{"x", -1, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct span rest = span_of(rows[i].text);
		unsigned value = 5000;

		if (field_take_qvalue(&rest, &value) != (rows[i].value >= 0) ||
			(rows[i].value >= 0 &&
				((int)value != rows[i].value || !equals(rest, rows[i].rest))))
			fail_msg("%s: %u", rows[i].text, value);
	}
}

/* RFC 9110 §5.6.4, §5.6.6 */
static void test_value(void **state)
{
	static const struct {
		const char *text, *value, *rest;
	} rows[] = {
		{"a", "a", ""},
		{"a b", "a", " b"},
		{"\"\"", "", ""},
		{"\"a\";b", "a", ";b"},
		{"\"a,b;c\"d", "a,b;c", "d"},
		{"\"a\\\"b\" ", "a\\\"b", " "},
		{"\"\\\\\"x", "\\\\", "x"},
		{"", NULL, NULL},
		{" a", NULL, NULL},
		{"\"", NULL, NULL},
		{"\"a", NULL, NULL},
		{"\"a\\\"", NULL, NULL},
		{"\"a\\", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct span rest = span_of(rows[i].text), value;
		bool good = field_take_value(&rest, &value);

		if (good != (rows[i].value != NULL) ||
			(good && (!equals(value, rows[i].value) || !equals(rest, rows[i].rest))))
			fail_msg("row %zu: %s", i, rows[i].text);
	}
}

/* RFC 9110 §5.6.1: the elements of a list of tokens, "|" after each, "!" if it is none */
static void test_list(void **state)
{
	static const char *const rows[][2] = {
		{"", ""},
		{",", ""},
		{" ,\t, ", ""},
		{"a", "a|"},
		{"a,b", "a|b|"},
		{"a , b", "a|b|"},
		{"\ta\t,\tb\t", "a|b|"},
		{",a,,b,", "a|b|"},
		{"a b", "a|!"},
		{"a;b", "a|!"},
		{"a,\"b\"", "a|!"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct span rest = span_of(rows[i][0]);
		char got[32] = "";

		while (field_next(&rest)) {
			struct span token = field_take_token(&rest);

			strncat(got, token.bytes, token.length);
			strcat(got, token.length > 0 ? "|" : "!");
			if (token.length == 0)
				break;
			if (!field_ends(&rest)) {
				strcat(got, "!");
				break;
			}
		}
		assert_string_equal(got, rows[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is),
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_trim),
		cmocka_unit_test(test_qvalue),
		cmocka_unit_test(test_value),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests_name("field", tests, NULL, NULL);
}
