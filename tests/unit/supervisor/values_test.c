/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "values.h"

static void test_paths(void **state)
{
	struct arena arena = {0};
	struct value_source source = {.arena = &arena, .directory = "/etc/sulid/"};

	(void)state;
	assert_string_equal(value_path(&source, "www"), "/etc/sulid/www");
	assert_string_equal(value_path(&source, "./www//a/./b/"), "/etc/sulid/www/a/b");
	assert_string_equal(value_path(&source, "../www"), "/etc/sulid/../www");
	assert_string_equal(value_path(&source, "."), "/etc/sulid");
	assert_string_equal(value_path(&source, "/"), "/");
	assert_string_equal(value_path(&source, "//srv//www"), "/srv/www");
	assert_string_equal(value_path(&source, "..."), "/etc/sulid/...");
	source.directory = "/";
	assert_string_equal(value_path(&source, "."), "/");
	arena_free(&arena);
}

/* Words of a CHOICE are found by the enum's number, so their order is the enum's. */
static void test_words(void **state)
{
	char word[KEY_WORD];

	(void)state;
	assert_string_equal(key_word(KEY_HTTP, 1 + HTTP_SERVE, word), "serve");
	assert_string_equal(key_word(KEY_HTTP, 1 + HTTP_REDIRECT, word), "redirect");
	assert_string_equal(key_word(KEY_HTTP, 1 + HTTP_NONE, word), "none");
	assert_string_equal(key_word(KEY_HTTP, 4, word), "");
	assert_string_equal(key_word(KEY_HTTP, 0, word), "");
	assert_string_equal(key_word(KEY_ROOT, 1, word), "");
	assert_string_equal(key_word(KEY_CLIENT_CERTIFICATES, 1 + CLIENT_NONE, word), "none");
	assert_string_equal(key_word(KEY_CLIENT_CERTIFICATES, 1 + CLIENT_REQUEST, word), "request");
	assert_string_equal(key_word(KEY_CLIENT_CERTIFICATES, 1 + CLIENT_REQUIRE, word), "require");
	assert_string_equal(key_word(KEY_TLS_KERNEL, 1 + KERNEL_PREFER, word), "prefer");
	assert_string_equal(key_word(KEY_TLS_KERNEL, 1 + KERNEL_REQUIRE, word), "require");
	assert_string_equal(key_word(KEY_TLS_KERNEL, 1 + KERNEL_NEVER, word), "never");
	assert_string_equal(key_word(KEY_TLS_MINIMUM, 1 + TLS_MINIMUM_1_2, word), "1.2");
	assert_string_equal(key_word(KEY_TLS_MINIMUM, 1 + TLS_MINIMUM_1_3, word), "1.3");
	assert_string_equal(key_word(KEY_LOG_FORMAT, 1 + LOG_FORMAT_JSON, word), "json");
	assert_string_equal(key_word(KEY_LOG_FORMAT, 1 + LOG_FORMAT_COMBINED, word), "combined");
	assert_string_equal(key_word(KEY_LOG_CLIENTS, 1 + LOG_CLIENTS_FULL, word), "full");
	assert_string_equal(key_word(KEY_LOG_CLIENTS, 1 + LOG_CLIENTS_NETWORK, word), "network");
	assert_string_equal(key_word(KEY_LOG_CLIENTS, 1 + LOG_CLIENTS_NONE, word), "none");
	assert_string_equal(key_word(KEY_SYMLINKS, 1 + SYMLINKS_WITHIN, word), "within");
	assert_string_equal(key_word(KEY_SYMLINKS, 1 + SYMLINKS_NEVER, word), "never");
	assert_string_equal(key_word(KEY_SYMLINKS, 1 + SYMLINKS_OWNER, word), "owner");
	assert_string_equal(key_word(KEY_DOTFILES, 1, word), "refuse");
	assert_string_equal(key_word(KEY_DOTFILES, 2, word), "serve");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
