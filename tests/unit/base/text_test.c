/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char bytes[256];

static void assert_text(const struct text *text, const char *expected)
{
	assert_int_equal(text->length, strlen(expected));
	assert_memory_equal(text->bytes, expected, text->length);
}

static void test_adds(void **state)
{
	struct text text = text_over(bytes, sizeof bytes);

	(void)state;
	assert_int_equal(text.length, 0);
	assert_false(text.overflow);
	text_byte(&text, 'a');
	text_bytes(&text, "bcd", 2);
	text_bytes(&text, NULL, 0);
	text_add(&text, "-");
	text_add(&text, "");
	text_hex(&text, (const uint8_t[]){0x00, 0x0f, 0xa5, 0xff}, 4);
	text_format(&text, " %s %d", "x", -7);
	assert_text(&text, "abc-000fa5ff x -7");
	assert_false(text.overflow);
	assert_string_equal(text_string(&text), "abc-000fa5ff x -7");
	assert_int_equal(text.length, 17);
}

static void test_numbers(void **state)
{
	struct text text = text_over(bytes, sizeof bytes);

	(void)state;
	text_number(&text, 0);
	text_byte(&text, ' ');
	text_number(&text, UINT64_MAX);
	text_byte(&text, ' ');
	text_signed(&text, INT64_MIN);
	text_byte(&text, ' ');
	text_signed(&text, INT64_MAX);
	text_byte(&text, ' ');
	text_signed(&text, -1);
	text_byte(&text, ' ');
	text_padded(&text, 7, 3);
	text_byte(&text, ' ');
	text_padded(&text, 1234, 3);
	text_byte(&text, ' ');
	text_padded(&text, 0, 0);
	text_byte(&text, ' ');
	text_padded(&text, 1, 24);
	assert_text(&text, "0 18446744073709551615 -9223372036854775808 9223372036854775807 -1 007 "
			   "1234 0 000000000000000000000001");
}

/* Each call writes more than fits into the 4 bytes; what follows is left out. */
static void test_overflow(void **state)
{
	struct text text = text_over(bytes, 4);

	(void)state;
	memset(bytes, '#', sizeof bytes);
	text_add(&text, "abcd");
	assert_false(text.overflow);
	text_bytes(&text, "", 0);
	assert_false(text.overflow);
	text_byte(&text, 'e');
	assert_true(text.overflow);
	assert_text(&text, "abcd");
	assert_int_equal(bytes[4], '#');

	text = text_over(bytes, 4);
	text_add(&text, "abcdef");
	assert_true(text.overflow);
	assert_text(&text, "abcd");
	assert_int_equal(bytes[4], '#');

	/* No hole: after what did not fit, nothing is added though it would fit. */
	text = text_over(bytes, 4);
	text_html(&text, "a&b", 3);
	assert_true(text.overflow);
	assert_text(&text, "a");
	text_byte(&text, 'c');
	text_format(&text, "%d", 1);
	text_number(&text, 1);
	assert_text(&text, "a");

	text = text_over(NULL, 0);
	text_byte(&text, 'a');
	assert_true(text.overflow);
	assert_int_equal(text.length, 0);
	assert_string_equal(text_string(&text), "");
}

static void test_format_room(void **state)
{
	struct text text = text_over(bytes, 5);

	(void)state;
	memset(bytes, '#', sizeof bytes);
	text_format(&text, "%s", "abcd");
	assert_false(text.overflow);
	assert_text(&text, "abcd");
	text = text_over(bytes, 5);
	text_format(&text, "%s", "abcde");
	assert_true(text.overflow);
	assert_text(&text, "abcd");
	assert_int_equal(bytes[5], '#');
}

static void test_string_cuts(void **state)
{
	struct text text = text_over(bytes, 4);

	(void)state;
	text_add(&text, "abc");
	assert_string_equal(text_string(&text), "abc");
	assert_false(text.overflow);
	text_add(&text, "d");
	assert_string_equal(text_string(&text), "abc");
	assert_int_equal(text.length, 3);
	assert_true(text.overflow);
}

struct escape {
	const char *from;
	size_t length;
	const char *to;
};

#define ROW(from, to) {from, sizeof(from) - 1, to}

static void check_escapes(const struct escape *rows, size_t count,
	void (*escape)(struct text *, const char *, size_t))
{
	for (size_t i = 0; i < count; i++) {
		struct text text = text_over(bytes, sizeof bytes);
		size_t whole;

		escape(&text, rows[i].from, rows[i].length);
		assert_string_equal(text_string(&text), rows[i].to);
		assert_false(text.overflow);
		/* Cut anywhere, it is a beginning of the same. */
		whole = text.length;
		for (size_t size = 0; size < whole; size++) {
			char part[256];

			text = text_over(part, size);
			escape(&text, rows[i].from, rows[i].length);
			assert_true(text.overflow);
			assert_true(text.length <= size);
			assert_memory_equal(part, rows[i].to, text.length);
		}
	}
}

static void test_json(void **state)
{
	static const struct escape rows[] = {
		ROW("", ""),
		ROW("plain /?", "plain /?"),
		ROW("\"\\/", "\\\"\\\\/"),
		ROW("\b\f\n\r\t", "\\b\\f\\n\\r\\t"),
		ROW("\0\1\x1b\x1f\x7f", "\\u0000\\u0001\\u001b\\u001f\\u007f"),
		ROW("\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa6", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa6"),
		/* one U+FFFD for each maximal part that begins a character (Unicode 3.9) */
		ROW("\xff"
		    "a",
			"\xef\xbf\xbd"
			"a"),
		ROW("\xe2\x82"
		    "a",
			"\xef\xbf\xbd"
			"a"),
		ROW("\xe2\x82", "\xef\xbf\xbd"),
		ROW("\xf0\x9f\x90\"", "\xef\xbf\xbd\\\""),
		ROW("\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"),
		ROW("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"),
		ROW("\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"),
		ROW("\xc3\xc3\xa9", "\xef\xbf\xbd\xc3\xa9"),
	};

	(void)state;
	check_escapes(rows, COUNT(rows), text_json);
}

static void test_json_is_whole(void **state)
{
	struct text text;

	(void)state;
	for (size_t size = 0; size < 6; size++) {
		text = text_over(bytes, size);
		text_json(&text, "\1", 1);
		assert_int_equal(text.length, 0);
	}
	text = text_over(bytes, 2);
	text_json(&text, "\xe2\x82\xac", 3);
	assert_int_equal(text.length, 0);
	text = text_over(bytes, 2);
	text_json(&text, "a\"", 2);
	assert_text(&text, "a");
}

static void test_html(void **state)
{
	static const struct escape rows[] = {
		ROW("a<b>&c\"d'e", "a&lt;b&gt;&amp;c&quot;d&#39;e"),
		ROW("\xc3\xa9\n", "\xc3\xa9\n"),
		ROW("&amp;", "&amp;amp;"),
	};

	(void)state;
	check_escapes(rows, COUNT(rows), text_html);
}

static void test_url(void **state)
{
	static const struct escape rows[] = {
		ROW("/aZ09-._~!$&'()*+,;=:@", "/aZ09-._~!$&'()*+,;=:@"),
		ROW(" \"#%<>?[\\]^`{|}", "%20%22%23%25%3C%3E%3F%5B%5C%5D%5E%60%7B%7C%7D"),
		ROW("\0\n\x7f\xc3\xa9\xff", "%00%0A%7F%C3%A9%FF"),
	};

	(void)state;
	check_escapes(rows, COUNT(rows), text_url);
}

static void test_log(void **state)
{
	static const struct escape rows[] = {
		ROW("GET /a b HTTP/1.1", "GET /a b HTTP/1.1"),
		ROW("\"\\\n\0\x7f\x80\xff", "\\x22\\x5c\\x0a\\x00\\x7f\\x80\\xff"),
		ROW(" ~", " ~"),
	};

	(void)state;
	check_escapes(rows, COUNT(rows), text_log);
}

static void test_utf8(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		bool valid;
	} rows[] = {
#define GOOD(string) {string, sizeof(string) - 1, true}
#define BAD(string)  {string, sizeof(string) - 1, false}
		GOOD(""),
		GOOD("a\0b\x7f"),
		GOOD("\xc2\x80"),         /* U+0080, the first of two */
		GOOD("\xdf\xbf"),         /* U+07FF, the last */
		GOOD("\xe0\xa0\x80"),     /* U+0800, the first of three */
		GOOD("\xed\x9f\xbf"),     /* U+D7FF, below the surrogates */
		GOOD("\xee\x80\x80"),     /* U+E000, above them */
		GOOD("\xef\xbf\xbf"),     /* U+FFFF, the last */
		GOOD("\xf0\x90\x80\x80"), /* U+10000, the first of four */
		GOOD("\xf4\x8f\xbf\xbf"), /* U+10FFFF, the last of all */
		GOOD("a\xc3\xa9z\xe2\x82\xac"),
		BAD("\x80"),
		BAD("\xbf"),
		BAD("\xc0\x80"), /* overlong */
		BAD("\xc1\xbf"),
		BAD("\xe0\x80\x80"),
		BAD("\xe0\x9f\xbf"),
		BAD("\xf0\x80\x80\x80"),
		BAD("\xf0\x8f\xbf\xbf"),
		BAD("\xed\xa0\x80"), /* surrogates */
		BAD("\xed\xbf\xbf"),
		BAD("\xf4\x90\x80\x80"), /* beyond U+10FFFF */
		BAD("\xf5\x80\x80\x80"),
		BAD("\xf8\x88\x80\x80\x80"),
		BAD("\xfe"),
		BAD("\xff"),
		BAD("\xc3"), /* truncated */
		BAD("\xe2\x82"),
		BAD("\xe2"),
		BAD("\xf0\x9f\x90"),
		BAD("\xf0\x9f"),
		BAD("\xf0"),
		BAD("\xc3z"),
		BAD("\xe2\x82z"),
		BAD("\xe2z\xac"),
		BAD("\xf0\x9f\x90z"),
		BAD("ok\xc3\xa9\xa9"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (text_is_utf8(rows[i].bytes, rows[i].length) != rows[i].valid)
			fail_msg("row %zu", i);
}

/* Against the definition, for every sequence of up to three bytes that begins high. */
static void test_utf8_all(void **state)
{
	(void)state;
	for (unsigned a = 0x80; a < 0x100; a++) {
		for (unsigned b = 0; b < 0x100; b++) {
			char two[2] = {(char)a, (char)b};
			bool tail = (b & 0xc0) == 0x80;

			assert_int_equal(text_is_utf8(two, 2),
				(a & 0xe0) == 0xc0 && tail &&
					((a & 0x1f) << 6 | (b & 0x3f)) >= 0x80);
			for (unsigned c = 0; c < 0x100; c++) {
				char three[3] = {(char)a, (char)b, (char)c};
				unsigned code = (a & 0x0f) << 12 | (b & 0x3f) << 6 | (c & 0x3f);
				bool wanted = (a & 0xf0) == 0xe0 && tail && (c & 0xc0) == 0x80 &&
					      code >= 0x800 && (code < 0xd800 || code > 0xdfff);

				if (c < 0x80)
					wanted = text_is_utf8(two, 2);
				if (text_is_utf8(three, 3) != wanted)
					fail_msg("%02x %02x %02x", a, b, c);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_adds),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_format_room),
		cmocka_unit_test(test_string_cuts),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_is_whole),
		cmocka_unit_test(test_html),
		cmocka_unit_test(test_url),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_utf8_all),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
