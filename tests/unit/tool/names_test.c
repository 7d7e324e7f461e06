/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "names.h"

static void good(const char *text, const char *as, unsigned family)
{
	struct name name;

	assert_null(name_parse(text, &name));
	assert_string_equal(name.text, as);
	assert_int_equal(name.address.family, family);
}

static void bad(const char *text, const char *problem)
{
	struct name name;
	const char *found = name_parse(text, &name);

	assert_non_null(found);
	assert_string_equal(found, problem);
}

static void test_good(void **state)
{
	(void)state;
	good("example.org", "example.org", 0);
	good("Example.ORG.", "example.org", 0);
	good("localhost", "localhost", 0);
	good("*.example.net", "*.example.net", 0);
	good("xn--bcher-kva.example", "xn--bcher-kva.example", 0);
	good("a_b-c.d9", "a_b-c.d9", 0);
	good("9to5.example", "9to5.example", 0);
	good("192.0.2.7", "192.0.2.7", 4);
	good("2001:DB8::7", "2001:db8::7", 6);
	good("[2001:db8::7]", "2001:db8::7", 6);
}

static void test_bad(void **state)
{
	(void)state;
	bad("", "is empty");
	bad(".", "has an empty part between dots");
	bad("a..b", "has an empty part between dots");
	bad(".a", "has an empty part between dots");
	bad("a..", "has an empty part between dots");
	bad("-a.b", "has a part that begins or ends with a hyphen");
	bad("a-.b", "has a part that begins or ends with a hyphen");
	bad("b\xc3\xbc"
	    "cher.example",
		"is not ASCII; write it in punycode (xn--...)");
	bad("a.*.b", "has a \"*\" that is not its whole first part");
	bad("f*.b", "has a \"*\" that is not its whole first part");
	bad("*.*.b", "has a \"*\" that is not its whole first part");
	bad("a/b", "has a character that no host name has");
	bad("a b", "has a character that no host name has");
	bad("a\nb", "has a character that no host name has");
	bad("https://example.org", "has a character that no host name has");
	bad("192.0.2.300", "is neither an address nor a host name");
	bad("192.0.2", "is neither an address nor a host name");
	bad("[]", "has a character that no host name has");
}

static void test_lengths(void **state)
{
	char text[300];

	(void)state;
	memset(text, 'a', sizeof(text));
	strcpy(text + 63, ".b");
	good(text, text, 0);
	memset(text, 'a', 64);
	strcpy(text + 64, ".b");
	bad(text, "has a part of more than 63 characters");

	memset(text, 'a', sizeof(text));
	for (size_t i = 63; i < 253; i += 64)
		text[i] = '.';
	text[253] = '\0';
	good(text, text, 0);
	strcpy(text + 253, ".");
	text[254] = '\0';
	struct name name;
	assert_null(name_parse(text, &name)); /* a final dot does not count */
	assert_int_equal(strlen(name.text), 253);
	strcpy(text + 253, "a");
	bad(text, "is longer than 253 characters");
}

static void test_add(void **state)
{
	static struct names names;

	(void)state;
	memset(&names, 0, sizeof(names));
	assert_null(names_add(&names, "*.Example.org"));
	assert_null(names_add(&names, "example.org"));
	assert_null(names_add(&names, "EXAMPLE.org"));
	assert_null(names_add(&names, "[::1]"));
	assert_null(names_add(&names, "0:0::1"));
	assert_non_null(names_add(&names, "a b"));
	assert_int_equal(names.count, 3);
	assert_string_equal(names.common, "*.example.org");
	assert_string_equal(names.list[0].text, "*.example.org");
	assert_string_equal(names.list[1].text, "example.org");
	assert_string_equal(names.list[2].text, "::1");
}

static void test_any(void **state)
{
	static struct names names;
	char host[256] = "";
	struct name own;

	(void)state;
	memset(&names, 0, sizeof(names));
	assert_null(names_add(&names, "*"));
	assert_null(names_add(&names, "*"));
	assert_string_equal(names.common, "sulid");
	assert_string_equal(names.list[0].text, "localhost");
	assert_int_equal(gethostname(host, sizeof(host)), 0);
	if (name_parse(host, &own) == NULL && strcmp(own.text, "localhost") != 0) {
		assert_int_equal(names.count, 2);
		assert_string_equal(names.list[1].text, own.text);
	} else {
		assert_int_equal(names.count, 1);
	}

	memset(&names, 0, sizeof(names));
	assert_null(names_add(&names, "example.org"));
	assert_null(names_add(&names, "*"));
	assert_string_equal(names.common, "example.org");
	assert_string_equal(names.list[1].text, "localhost");
}

static void test_limit(void **state)
{
	static struct names names;
	char text[32];

	(void)state;
	memset(&names, 0, sizeof(names));
	for (int i = 0; i < NAMES_MOST; i++) {
		snprintf(text, sizeof(text), "n%d.example", i);
		assert_null(names_add(&names, text));
	}
	assert_non_null(names_add(&names, "one.more.example"));
	assert_null(names_add(&names, "n0.example")); /* there already */
	assert_int_equal(names.count, NAMES_MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_any),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
