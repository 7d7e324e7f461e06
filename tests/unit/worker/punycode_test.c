/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "punycode.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool encode(const char *label, char out[static 80])
{
	struct text text = text_over(out, 79);
	bool good = punycode_add(&text, label, strlen(label));

	text_string(&text);
	return good;
}

/* The first six are of RFC 3492 §7.1; the last are at the ends of what UTF-8 has. */
static void test_samples(void **state)
{
	static const struct {
		const char *label, *expected;
	} rows[] = {
		{"ليهمابتكلموشعربي؟", "xn--egbpdaj6bu4bxfgehfvwxn"},
		{"他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"},
		{"他們爲什麽不說中文", "xn--ihqwctvzc91f659drss3x8bo0yb"},
		{"pročprostěnemluvíčesky", "xn--proprostnemluvesky-uyb24dma41a"},
		{"למההםפשוטלאמדבריםעברית", "xn--4dbcagdahymbxekheh6e0a7fei0b"},
		{"3年b組金八先生", "xn--3b-ww4c5e180e575a65lsy2b"},
		{"bücher", "xn--bcher-kva"},
		{"ü", "xn--tda"},
		{"straße", "xn--strae-oqa"},
		{"例え", "xn--r8jz45g"},
		{"テスト", "xn--zckzah"},
		{"münchen-ost", "xn--mnchen-ost-9db"},
		{"ü-", "xn----dha"},
		{"\xc2\x80", "xn--a"},
		{"a\xf4\x8f\xbf\xbf", "xn--a-h023p"},
		{"\xf4\x8f\xbf\xbf\xc2\x80", "xn--a97093t"},
	};
	char out[80];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(encode(rows[i].label, out));
		assert_string_equal(out, rows[i].expected);
	}
}

static void repeat(char *to, const char *letter, size_t times)
{
	for (*to = '\0'; times > 0; times--)
		strcat(to, letter);
}

/* 63 bytes are a label, 64 are none, and of more code points than fit nothing is written. */
static void test_limit(void **state)
{
	char label[400], out[80];

	(void)state;
	repeat(label, "ü", 57);
	assert_true(encode(label, out));
	assert_int_equal(strlen(out), PUNYCODE_LABEL);
	repeat(label, "ü", 58);
	assert_false(encode(label, out));
	repeat(label, "\xf4\x8f\xbf\xbf", 55);
	assert_true(encode(label, out));
	assert_int_equal(strlen(out), PUNYCODE_LABEL);
	repeat(label, "\xf4\x8f\xbf\xbf", 59);
	assert_false(encode(label, out));
	out[0] = '\0';
	repeat(label, "\xf4\x8f\xbf\xbf", 60);
	assert_false(encode(label, out));
	assert_string_equal(out, "");
}

/* It is added to what is there, and never beyond the room. */
static void test_room(void **state)
{
	char out[20] = "";
	struct text text = text_over(out, 15);

	(void)state;
	text_add(&text, "a.");
	assert_true(punycode_add(&text, "bücher", 7));
	assert_string_equal(out, "a.xn--bcher-kva");
	text = text_over(out, 14);
	memset(out, 'z', sizeof out);
	text_add(&text, "a.");
	assert_false(punycode_add(&text, "bücher", 7));
	assert_memory_equal(out + 14, "zzzzzz", 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests_name("punycode", tests, NULL, NULL);
}
