/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "authority.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct authority authority;

static void test_good(void **state)
{
	static const struct {
		const char *from, *name;
		uint16_t port;
		bool literal;
	} rows[] = {
		{"example.org", "example.org", 0, false},
		{"EXAMPLE.Org", "example.org", 0, false},
		{"example.org.", "example.org", 0, false},
		{"example.org.:80", "example.org", 80, false},
		{"example.org:1", "example.org", 1, false},
		{"example.org:65535", "example.org", 65535, false},
		{"example.org:00443", "example.org", 443, false},
		{"example.org:", "example.org", 0, false}, /* RFC 3986 §3.2.3 */
		{"a", "a", 0, false},
		{"localhost:8443", "localhost", 8443, false},
		{"a_b.xn--nxasmq6b", "a_b.xn--nxasmq6b", 0, false},
		{"-", "-", 0, false},
		{"café.org", "xn--caf-dma.org", 0, false},
		{"CAFé.Org.:80", "xn--caf-dma.org", 80, false},
		{"caf%C3%A9.org", "xn--caf-dma.org", 0, false},
		{"caf%c3\xa9.org", "xn--caf-dma.org", 0, false}, /* half of it escaped */
		{"a.é.b.ü:1", "a.xn--9ca.b.xn--tda", 1, false},
		{"xn--caf-dma.org", "xn--caf-dma.org", 0, false},
		{"XN--CAF-DMA.ORG", "xn--caf-dma.org", 0, false},
		{"%78n--caf-dma.org", "xn--caf-dma.org", 0, false},
		{"%61%5A%30%2d%5F", "az0-_", 0, false}, /* RFC 3986 §6.2.2.2 */
		{"a%62:8443", "ab", 8443, false},
		{"%3192.0.2.1", "192.0.2.1", 0, true},
		/* what takes tables stays something else */
		{"CAFÉ.org", "xn--caf-pia.org", 0, false},
		{"cafe\xcc\x81.org", "xn--cafe-yvc.org", 0, false},
		{"192.0.2.1", "192.0.2.1", 0, true},
		{"192.0.2.1:1965", "192.0.2.1", 1965, true},
		{"192.0.2.1.", "192.0.2.1", 0, true},
		{"1.2.3", "1.2.3", 0, false},
		{"0x7f.1", "0x7f.1", 0, false},
		{"256.1.1.1", "256.1.1.1", 0, false},
		{"[2001:db8::1]", "2001:db8::1", 0, true},
		{"[2001:DB8:0::0001]:1965", "2001:db8::1", 1965, true},
		{"[::1]:", "::1", 0, true},
		{"[::]", "::", 0, true},
		{"[::ffff:192.0.2.1]", "192.0.2.1", 0, true},
		{"[fe80:1:2:3:4:5:255.255.255.255]", "fe80:1:2:3:4:5:ffff:ffff", 0, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		memset(&authority, 0xa5, sizeof authority);
		if (!authority_parse(rows[i].from, strlen(rows[i].from), &authority))
			fail_msg("refused: %s", rows[i].from);
		assert_string_equal(authority.name, rows[i].name);
		assert_int_equal(authority.length, strlen(rows[i].name));
		assert_int_equal(authority.port, rows[i].port);
		assert_int_equal(authority.literal, rows[i].literal);
	}
}

static void test_bad(void **state)
{
	static const char *const rows[] = {"", ":", ":80", ".", "..", ".a", "a..b", "a..", ".:80",
		"a:0", "a:00", "a:65536", "a:99999999999999999999", "a:4294967297", "a:80a", "a:-1",
		"a:+1", "a: 1", "a:1:2", "a:80:", "u@a", "@a", "a@", "u:p@a:80", "a b", " a", "a ",
		"a/b", "a?b", "a#b", "a,b", "a\\b", "a\"", "<a>", "a;b", "a*b", "*", "a\x7f",
		"a\tb", "a\r", "\xff", "caf\xe9.org", "\xc3", "a\xed\xa0\x80", "[", "]", "[]",
		"[]:80", "[::1", "::1", "[::1]80", "[::1]x", "[::1]:0", "[::1]:x", "[::1]]",
		"[[::1]]", "[1.2.3.4]", "[a]", "[::g]", "[1:2:3]", "[::1%lo]", "[::1%25lo]",
		"[v1.a]", "a[::1]", "[::1]a:1", "[:]", "%", "a%", "a%6", "a%6g", "a%g1", "%%61",
		"a%-1", "a%+1", "a%00", "a%00b", "a%2Eb", "a%2e", "%2E", "a%3A80", "a%2F", "a%25",
		"a%2561", "a%20", "a%40b", "a%5B", "a%7F", "%5B::1]", "[::%31]", "[%3A:1]", "a:%38",
		"a%FF", "a%C3", "a%C3.%A9", "%C0%AE", "%ED%A0%80", "é..a", "é..", ".é", "é%2E",
		"a:é", "[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa]"};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (authority_parse(rows[i], strlen(rows[i]), &authority))
			fail_msg("taken: %s", rows[i]);
	assert_false(authority_parse("a\0b", 3, &authority));
	assert_false(authority_parse("a%61", 3, &authority)); /* half of it */
	assert_false(authority_parse("[::1\0]", 6, &authority));
	assert_false(authority_parse(NULL, 0, &authority));
}

static void test_limit(void **state)
{
	char name[AUTHORITY_MAX + 8];

	(void)state;
	memset(name, 'a', sizeof name);
	assert_true(authority_parse(name, AUTHORITY_MAX - 1, &authority));
	assert_int_equal(authority.length, AUTHORITY_MAX - 1);
	assert_int_equal(strlen(authority.name), AUTHORITY_MAX - 1);
	assert_false(authority_parse(name, AUTHORITY_MAX, &authority));
	name[AUTHORITY_MAX - 1] = '.'; /* does not count */
	assert_true(authority_parse(name, AUTHORITY_MAX, &authority));
	assert_int_equal(authority.length, AUTHORITY_MAX - 1);
	memcpy(name + AUTHORITY_MAX - 1, ":65535", 6);
	assert_true(authority_parse(name, AUTHORITY_MAX + 5, &authority));
	assert_int_equal(authority.port, 65535);
}

/* What counts is the A-label: 63 bytes of each, and of all what there is room for. */
static void test_international_limit(void **state)
{
	char host[4 * 3 * 62 + 8] = "";

	(void)state;
	for (size_t i = 0; i < 57; i++)
		strcat(host, "%C3%BC");
	assert_true(authority_parse(host, strlen(host), &authority));
	assert_int_equal(authority.length, 63);
	strcat(host, "%C3%BC");
	assert_false(authority_parse(host, strlen(host), &authority));
	/* Four labels of 62 with their dots are 252; three letters more end there. */
	host[0] = '\0';
	for (size_t i = 0; i < 4 * 56; i++)
		strcat(host, i % 56 == 55 ? "ü." : "ü");
	strcat(host, "abc");
	assert_true(authority_parse(host, strlen(host), &authority));
	assert_int_equal(authority.length, AUTHORITY_MAX - 1);
	assert_int_equal(strlen(authority.name), AUTHORITY_MAX - 1);
	strcat(host, "d");
	assert_false(authority_parse(host, strlen(host), &authority));
}

/* Escapes make a host longer than its name, and only so long is looked at. */
static void test_escaped_limit(void **state)
{
	char host[3 * 1025 + 1] = "";

	(void)state;
	for (size_t i = 0; i < AUTHORITY_MAX - 1; i++)
		memcpy(host + 3 * i, "%61", 4);
	assert_true(authority_parse(host, strlen(host), &authority));
	assert_int_equal(authority.length, AUTHORITY_MAX - 1);
	for (size_t i = AUTHORITY_MAX - 1; i < 1025; i++)
		memcpy(host + 3 * i, "%61", 4);
	assert_false(authority_parse(host, 3 * AUTHORITY_MAX, &authority));
	assert_false(authority_parse(host, 3 * 1024, &authority));
	assert_false(authority_parse(host, 3 * 1025, &authority));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_international_limit),
		cmocka_unit_test(test_escaped_limit),
	};

	return cmocka_run_group_tests_name("authority", tests, NULL, NULL);
}
