/* SPDX-License-Identifier: ISC */

/* The server_name extension, well formed and not. */

#include "site.h"

#include "hello.h"

/* The body of the extension for a name, with lengths that may be wrong by so much. */
static bool parse(const char *name, size_t size, int list_off, int name_off, uint8_t type,
	char out[static HELLO_NAME_MAX], size_t *length)
{
	uint8_t bytes[600];
	size_t list = (size_t)((int)size + 3 + list_off), entry = (size_t)((int)size + name_off);

	bytes[0] = (uint8_t)(list >> 8);
	bytes[1] = (uint8_t)list;
	bytes[2] = type;
	bytes[3] = (uint8_t)(entry >> 8);
	bytes[4] = (uint8_t)entry;
	memcpy(bytes + 5, name, size);
	return hello_server_name(bytes, size + 5, out, length);
}

static void good_names(void **state)
{
	char name[HELLO_NAME_MAX], longest[HELLO_NAME_MAX];
	size_t length;

	(void)state;
	assert_true(parse("example.org", 11, 0, 0, 0, name, &length));
	assert_int_equal(length, 11);
	assert_memory_equal(name, "example.org", 11);
	assert_true(parse("EXAMPLE.Org.", 12, 0, 0, 0, name, &length));
	assert_int_equal(length, 11);
	assert_memory_equal(name, "example.org", 11);
	memset(longest, 'a', sizeof longest);
	assert_true(parse(longest, sizeof longest, 0, 0, 0, name, &length));
	assert_int_equal(length, HELLO_NAME_MAX);
}

static void bad_names(void **state)
{
	char name[HELLO_NAME_MAX], longer[HELLO_NAME_MAX + 1];
	size_t length;

	(void)state;
	memset(longer, 'a', sizeof longer);
	assert_false(parse("", 0, 0, 0, 0, name, &length));
	assert_false(parse(".", 1, 0, 0, 0, name, &length));
	assert_false(parse("a\0b", 3, 0, 0, 0, name, &length));
	assert_false(parse("a b", 3, 0, 0, 0, name, &length));
	assert_false(parse("\xc3\xa4", 2, 0, 0, 0, name, &length));
	assert_false(parse(longer, sizeof longer, 0, 0, 0, name, &length));
}

static void bad_lengths(void **state)
{
	static const uint8_t whole[] = {0, 4, 0, 0, 1, 'a'};
	char name[HELLO_NAME_MAX];
	size_t length;

	(void)state;
	assert_true(hello_server_name(whole, sizeof whole, name, &length));
	for (size_t size = 0; size < sizeof whole; size++)
		assert_false(hello_server_name(whole, size, name, &length));
	for (int off = -1; off <= 1; off += 2) {
		assert_false(parse("example.org", 11, off, 0, 0, name, &length));
		assert_false(parse("example.org", 11, 0, off, 0, name, &length));
	}
	assert_false(parse("example.org", 11, 0, 0, 1, name, &length));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_names),
		cmocka_unit_test(bad_names),
		cmocka_unit_test(bad_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
