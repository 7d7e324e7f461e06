/* SPDX-License-Identifier: ISC */

/*
 * What is printed reads as the same: every fixture, every example and the configuration as shipped.
 * "The same" is what the children get (the images) and what the supervisor opens.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "config_print.h"
#include "image_build.h"

static struct config *load(const char *name, const char *bytes, size_t size)
{
	struct diagnostics diagnostics = {0};
	struct config *config = bytes ? config_load_bytes(name, NULL, bytes, size, &diagnostics)
				      : config_load(name, &diagnostics);

	if (diagnostics.errors > 0)
		diagnostics_print(&diagnostics, stderr);
	assert_int_equal(diagnostics.errors, 0);
	assert_non_null(config);
	diagnostics_free(&diagnostics);
	return config;
}

static char *print(const struct config *config, size_t *length)
{
	char *printed = NULL;
	FILE *to = open_memstream(&printed, length);

	config_print(config, to);
	fclose(to);
	return printed;
}

static void assert_same_text(const char *left, const char *right)
{
	assert_int_equal(!left, !right);
	if (left)
		assert_string_equal(left, right);
}

static void assert_same_files(const struct config *left, const struct config *right)
{
	assert_int_equal(left->root_count, right->root_count);
	for (size_t i = 0; i < left->root_count; i++)
		assert_string_equal(left->roots[i].path, right->roots[i].path);
	assert_int_equal(left->log_count, right->log_count);
	for (size_t i = 0; i < left->log_count; i++)
		assert_same_text(left->logs[i].path, right->logs[i].path);
	assert_int_equal(left->certificate_count, right->certificate_count);
	for (size_t i = 0; i < left->certificate_count; i++) {
		assert_string_equal(left->certificates[i].chain, right->certificates[i].chain);
		assert_string_equal(left->certificates[i].key, right->certificates[i].key);
		assert_int_equal(
			left->certificates[i].made_by_us, right->certificates[i].made_by_us);
		assert_int_equal(left->certificates[i].vhost, right->certificates[i].vhost);
	}
	assert_int_equal(left->listener_count, right->listener_count);
	for (size_t i = 0; i < left->listener_count; i++) {
		assert_memory_equal(&left->listeners[i].address, &right->listeners[i].address,
			sizeof left->listeners[i].address);
		assert_int_equal(left->listeners[i].any, right->listeners[i].any);
		assert_int_equal(left->listeners[i].protocol, right->listeners[i].protocol);
	}
}

static void assert_same_server(const struct config *left, const struct config *right)
{
	assert_same_text(left->acme_path, right->acme_path);
	assert_int_equal(left->workers, right->workers);
	assert_int_equal(left->handshakers, right->handshakers);
	assert_int_equal(left->nice, right->nice);
	for (enum key key = KEYS_OF_VHOST_COUNT; key < KEY_COUNT; key++) {
		if (key == KEY_INCLUDE)
			continue;
		assert_true(left->values[key].number == right->values[key].number);
		assert_int_equal(left->values[key].word, right->values[key].word);
		assert_same_text(left->values[key].text, right->values[key].text);
	}
}

static void assert_same_images(const struct config *left, const struct config *right)
{
	for (int role = ROLE_HANDSHAKER; role < ROLE_COUNT; role++) {
		struct image_bytes one, other;

		assert_int_equal(image_build(left, (enum role)role, 7, NULL, &one), 0);
		assert_int_equal(image_build(right, (enum role)role, 7, NULL, &other), 0);
		assert_int_equal(one.size, other.size);
		assert_memory_equal(one.bytes, other.bytes, one.size);
		image_bytes_free(&one);
		image_bytes_free(&other);
	}
}

static void round_trip(const char *path)
{
	struct config *config = load(path, NULL, 0), *again;
	size_t length, length_again;
	char *printed = print(config, &length), *printed_again;

	again = load(path, printed, length);
	assert_same_files(config, again);
	assert_same_server(config, again);
	assert_same_images(config, again);
	printed_again = print(again, &length_again);
	assert_string_equal(printed, printed_again);
	free(printed);
	free(printed_again);
	config_free(config);
	config_free(again);
}

static unsigned round_trips(const char *pattern)
{
	glob_t found = {0};
	unsigned count;

	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		round_trip(found.gl_pathv[i]);
	count = (unsigned)found.gl_pathc;
	globfree(&found);
	return count;
}

static void test_good(void **state)
{
	(void)state;
	assert_true(round_trips("tests/fixtures/config/good/*.yaml") >= 4);
	round_trip("tests/fixtures/config/good/odd[1]/main.yaml");
}

static void test_shipped(void **state)
{
	(void)state;
	assert_int_equal(round_trips("conf/sulid.yaml"), 1);
	assert_true(round_trips("conf/examples/*.yaml") >= 5);
}

/* The forms that a person reads. */
static void test_forms(void **state)
{
	static const char text[] =
		"vhosts: [{names: ['*.a.test'], root: /a, certificate: {chain: /c, key: /k}}]\n"
		"timeouts: {idle: 60s}\n"
		"limits: {head: 4096}\n";
	struct config *config = load("x.yaml", text, sizeof text - 1);
	size_t length;
	char *printed = print(config, &length);

	(void)state;
	assert_non_null(strstr(printed, "\n  idle: 1m\n"));
	assert_non_null(strstr(printed, "\n  head: 4K\n"));
	assert_non_null(strstr(printed, "\n  min_rate: 1K/s\n"));
	assert_non_null(strstr(printed, "\n    reload: none\n"));
	assert_non_null(strstr(printed, "\n  workers: auto\n"));
	assert_non_null(strstr(printed,
		"\n  - names: [\"*.a.test\"]\n"
		"    listen: [\"https://*:443\", \"http://*:80\", \"gemini://*:1965\"]\n"
		"    root: /a\n"
		"    certificate:\n"
		"      - chain: /c\n"
		"        key: /k\n"
		"    http: redirect\n"
		"    index:\n"
		"      http: [index.html]\n"
		"      gemini: [index.gmi]\n"
		"    listing: false\n"
		"    hsts: none\n"
		"    cache: none\n"
		"    charset: utf-8\n"
		"    dotfiles: refuse\n"
		"    symlinks: within\n"
		"    allow: any\n"
		"    deny: none\n"
		"    identities: any\n"
		"    client_certificates: auto\n"
		"    slow_down: none\n"
		"    request_id: false\n"
		"    log:\n"
		"      access: /var/log/sulid/access.log\n"));
	assert_null(strstr(printed, "include"));
	assert_null(strstr(printed, "defaults"));
	free(printed);
	config_free(config);
}

/* Mappings that are merged, and what is said by a path only. */
static void test_settings(void **state)
{
	static const char text[] =
		"groups: {b: /b.txt}\n"
		"defaults:\n"
		"  headers: {X-B: d, X-C: d}\n"
		"  types: {.css: {cache: 1d}}\n"
		"  paths: {/a/: {cache: 0}}\n"
		"vhosts:\n"
		"  - names: a\n"
		"    moved_from: B\n"
		"    root: /r\n"
		"    headers: {x-b: null, X-A: \"a: #\"}\n"
		"    hsts: [60s, preload]\n"
		"    types: {.css: {lang: [de, en]}, .x: {}}\n"
		"    error_pages: {404: /404}\n"
		"    paths: {/a/: {listing: yes}, /b: {}, /c: {gone: on, deny: 10.0.0.0/8}}\n"
		"    listen: {url: http://*, proxy: \"::1\"}\n";
	struct config *config = load("x.yaml", text, sizeof text - 1);
	size_t length;
	char *printed = print(config, &length);

	(void)state;
	assert_non_null(strstr(printed, "\ngroups:\n  b: /b.txt\nvhosts:\n"));
	assert_non_null(
		strstr(printed, "\n  - names: [a]\n"
				"    moved_from: [b]\n"
				"    listen: [{url: \"http://*:80\", proxy: [\"::1\"]}]\n"));
	assert_non_null(strstr(printed, "\n    error_pages:\n"
					"      404: /404\n"
					"    listing: false\n"
					"    headers:\n"
					"      X-A: \"a: #\"\n"
					"      x-b: null\n"
					"      X-C: d\n"
					"    hsts: [1m, preload]\n"
					"    cache: none\n"
					"    types:\n"
					"      .css: {lang: [de, en], cache: 1d}\n"
					"      .x: {}\n"));
	assert_non_null(strstr(printed, "\n    symlinks: never\n"));
	assert_non_null(strstr(printed, "\n    paths:\n"
					"      /a/:\n"
					"        listing: true\n"
					"        cache: 0s\n"
					"      /b: {}\n"
					"      /c:\n"
					"        deny: [10.0.0.0/8]\n"
					"        gone: true\n"));
	free(printed);
	config_free(config);
}

/* As the DNS has it, and what that is to people. */
static void test_international_names(void **state)
{
	static const char text[] =
		"vhosts:\n"
		"  - {names: [BÜCHER.example, plain.example, '*.例え.example', xn--qei.example],\n"
		"     moved_from: büch.example, root: /r, listen: http://*}\n";
	struct config *config = load("x.yaml", text, sizeof text - 1);
	size_t length;
	char *printed = print(config, &length);

	(void)state;
	assert_non_null(strstr(printed,
		"\n  - names: [xn--bcher-kva.example, plain.example, \"*.xn--r8jz45g.example\", "
		"xn--qei.example] # bücher.example, *.例え.example\n"
		"    moved_from: [xn--bch-hoa.example] # büch.example\n"));
	free(printed);
	config_free(config);
}

/* A parser looks for the colon within 1024 characters. */
static void test_long_keys(void **state)
{
	static const char format[] = "vhosts:\n"
				     "  - names: a\n"
				     "    root: /r\n"
				     "    paths:\n"
				     "      ? \"/%0*u%s\"\n"
				     "      : %s\n";
	static const char *const ends[] = {"", "/", "\\u2028", "\\\"/"};

	(void)state;
	for (unsigned digits = 480; digits <= 1019; digits += digits < 500 ? 1 : 173)
		for (size_t i = 0; i < 4; i++) {
			char text[2048];
			struct config *config, *again;
			char *printed;
			size_t length;

			snprintf(text, sizeof text, format, (int)digits, 0, ends[i],
				i % 2 ? "{listing: true}" : "");
			config = load("x.yaml", text, strlen(text));
			printed = print(config, &length);
			again = load("y.yaml", printed, length);
			assert_int_equal(again->vhosts[0]->location_count, 1);
			assert_string_equal(config->vhosts[0]->locations[0].path,
				again->vhosts[0]->locations[0].path);
			assert_same_images(config, again);
			free(printed);
			config_free(config);
			config_free(again);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_shipped),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_international_names),
		cmocka_unit_test(test_long_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
