/* SPDX-License-Identifier: ISC */

/* What the worker finds for a path: inheritance, setting by setting, as it is compiled. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "built.h"

static struct address address_of(const char *text)
{
	struct address address;

	assert_true(address_parse(text, &address));
	return address;
}

/* May an address have what this path stands for, as the worker would say? */
static bool may(const struct built *built, const char *path, const char *who)
{
	const struct image_settings *settings = built_settings(built, 0, path);
	struct address address = address_of(who);
	const struct image_network *network =
		image_find_network(&built->image, settings->networks, &address);

	return network ? network->allow : settings->networks_else;
}

static void assert_headers(
	const struct built *built, uint32_t vhost, const char *path, const char *lines)
{
	assert_string_equal(built_text(built, built_settings(built, vhost, path)->headers), lines);
}

static void assert_cache(
	const struct built *built, uint32_t vhost, const char *path, const char *cache, int of_path)
{
	const struct image_settings *settings = built_settings(built, vhost, path);

	assert_string_equal(built_text(built, settings->cache), cache);
	assert_int_equal(settings->cache_of_path, of_path);
}

static const char *ending(
	const struct built *built, const struct image_settings *settings, uint32_t number)
{
	assert_true(number < settings->try_endings.count);
	return built_text(built, built->image.texts[settings->try_endings.first + number]);
}

/* Without any of it: one settings for a vhost, and everybody may. */
static void test_plain(void **state)
{
	struct built built = built_from("vhosts: [{names: a, root: /a}, {names: b, root: /b}]\n");
	const struct image_settings *settings = built_settings(&built, 1, "/x");

	(void)state;
	assert_int_equal(built.image.header->settings.count, 2);
	assert_int_equal(built.image.header->paths.count, 0);
	assert_int_equal(built.image.header->limits.ranges, 16);
	assert_ptr_equal(settings, &built.image.settings[built.image.vhosts[1].settings]);
	assert_int_equal(settings->root, 1);
	assert_int_equal(settings->strip, 0);
	assert_int_equal(settings->try_endings.count, 0);
	assert_int_equal(settings->error_pages.count, 0);
	assert_int_equal(settings->fallback.length, 0);
	assert_int_equal(settings->headers.length, 0);
	assert_int_equal(settings->hsts.length, 0);
	assert_int_equal(settings->cache.length, 0);
	assert_int_equal(settings->location.length, 0);
	assert_int_equal(settings->action, ACTION_SERVE);
	assert_int_equal(settings->symlinks, SYMLINKS_WITHIN);
	assert_int_equal(settings->restricted, 0);
	assert_int_equal(settings->networks_else, 1);
	assert_int_equal(settings->networks.count, 0);
	assert_int_equal(settings->listing, 0);
	assert_int_equal(settings->dotfiles, 0);
	assert_int_equal(settings->cache_of_path, 0);
	assert_int_equal(settings->server, 1);
	assert_int_equal(built.image.vhosts[1].request_id, 0);
	built_end(&built);
}

/* A path, then shorter ones, then the vhost, then the defaults; each setting by itself. */
static void test_nearest(void **state)
{
	struct built built =
		built_from("defaults: {listing: true, dotfiles: serve, symlinks: owner, try: .d}\n"
			   "vhosts:\n"
			   "  - names: a\n"
			   "    root: /a\n"
			   "    symlinks: never\n"
			   "    paths:\n"
			   "      /a/b/c: {listing: true}\n"
			   "      /a/b/: {symlinks: within}\n"
			   "      /a/: {listing: false, try: [.x, .y]}\n"
			   "      /a: {dotfiles: refuse}\n"
			   "      /e/: {try: []}\n"
			   "  - {names: b, root: /b}\n");
	const struct image_settings *settings;

	(void)state;
	settings = built_settings(&built, 0, "/other");
	assert_int_equal(settings->listing, 1);
	assert_int_equal(settings->dotfiles, 1);
	assert_int_equal(settings->symlinks, SYMLINKS_NEVER);
	assert_string_equal(ending(&built, settings, 0), ".d");
	settings = built_settings(&built, 0, "/a");
	assert_int_equal(settings->listing, 1);
	assert_int_equal(settings->dotfiles, 0);
	settings = built_settings(&built, 0, "/a/x");
	assert_int_equal(settings->listing, 0);
	assert_int_equal(settings->dotfiles, 1);
	assert_int_equal(settings->symlinks, SYMLINKS_NEVER);
	assert_int_equal(settings->try_endings.count, 2);
	assert_string_equal(ending(&built, settings, 0), ".x");
	assert_string_equal(ending(&built, settings, 1), ".y");
	settings = built_settings(&built, 0, "/a/b/x/y/z");
	assert_int_equal(settings->listing, 0);
	assert_int_equal(settings->symlinks, SYMLINKS_WITHIN);
	assert_string_equal(ending(&built, settings, 1), ".y");
	settings = built_settings(&built, 0, "/a/b/c");
	assert_int_equal(settings->listing, 1);
	assert_int_equal(settings->symlinks, SYMLINKS_WITHIN);
	assert_int_equal(built_settings(&built, 0, "/e/x")->try_endings.count, 0);
	assert_ptr_equal(built_settings(&built, 0, "/a/b/c/d"), built_settings(&built, 0, "/a/b/"));
	settings = built_settings(&built, 1, "/a/b/c");
	assert_int_equal(settings->listing, 1);
	assert_int_equal(settings->symlinks, SYMLINKS_OWNER);
	assert_true(image_has_path(&built.image, 0, "/a/b/", 5));
	assert_false(image_has_path(&built.image, 0, "/a/b", 4));
	built_end(&built);
}

/* Paths of the defaults are every vhost's; what a vhost says for the same path goes before. */
static void test_default_paths(void **state)
{
	struct built built =
		built_from("defaults:\n"
			   "  paths:\n"
			   "    /a/: {cache: 1h, listing: true, headers: {X: d, Y: d}}\n"
			   "    /old/: {moved: /new}\n"
			   "    /www/: {root: /w, headers: {X: d}}\n"
			   "vhosts:\n"
			   "  - names: a\n"
			   "    root: /r\n"
			   "    paths:\n"
			   "      /a/: {cache: 1d, headers: {x: v}}\n"
			   "      /old/: {listing: true}\n"
			   "      /www/: {gone: true}\n"
			   "      /www/x/: {listing: true}\n"
			   "      /z/: {}\n"
			   "  - {names: b, root: /r}\n");

	(void)state;
	assert_int_equal(built.image.vhosts[0].paths.count, 5);
	assert_int_equal(built.image.vhosts[1].paths.count, 3);
	assert_cache(&built, 0, "/a/x", "max-age=86400", 1);
	assert_cache(&built, 1, "/a/x", "max-age=3600", 1);
	assert_int_equal(built_settings(&built, 0, "/a/x")->listing, 1);
	assert_headers(&built, 0, "/a/x", "x: v\r\nY: d\r\n");
	assert_headers(&built, 1, "/a/x", "X: d\r\nY: d\r\n");
	assert_int_equal(built_settings(&built, 0, "/old/x")->action, ACTION_SERVE);
	assert_int_equal(built_settings(&built, 1, "/old/x")->action, ACTION_MOVED);
	assert_int_equal(built_settings(&built, 0, "/www/x")->action, ACTION_GONE);
	assert_int_equal(built_settings(&built, 0, "/www/x/")->action, ACTION_SERVE);
	assert_int_equal(built_settings(&built, 0, "/www/x/")->root, 0);
	assert_headers(&built, 0, "/www/x/", "X: d\r\n");
	assert_int_equal(built_settings(&built, 1, "/www/x")->root, 1);
	built_end(&built);
}

static void test_roots(void **state)
{
	struct built built =
		built_from("acme: /acme\n"
			   "vhosts:\n"
			   "  - names: a\n"
			   "    root: /r\n"
			   "    paths:\n"
			   "      /files/: {root: /data}\n"
			   "      /files/a/: {cache: 1d}\n"
			   "      /files/a/b: {cache: 2d}\n"
			   "      /files/r/: {root: /r}\n"
			   "      /: {cache: 3d}\n"
			   "  - {names: b, root: /data, paths: {/: {root: /slash}, /x/: {}}}\n");
	const struct image_settings *settings;

	(void)state;
	assert_int_equal(built.config->root_count, 3);
	assert_string_equal(built.config->roots[1].path, "/data");
	assert_int_equal(built.config->roots[1].position.line, 6);
	assert_int_equal(built.image.header->roots, 4);
	assert_int_equal(built.image.header->acme_root, 3);
	settings = built_settings(&built, 0, "/files");
	assert_int_equal(settings->root, 0);
	assert_int_equal(settings->strip, 0);
	settings = built_settings(&built, 0, "/files/x");
	assert_int_equal(settings->root, 1);
	assert_int_equal(settings->strip, 6);
	settings = built_settings(&built, 0, "/files/a/x");
	assert_int_equal(settings->root, 1);
	assert_int_equal(settings->strip, 6);
	assert_cache(&built, 0, "/files/a/x", "max-age=86400", 1);
	settings = built_settings(&built, 0, "/files/a/b");
	assert_int_equal(settings->root, 1);
	assert_int_equal(settings->strip, 6);
	settings = built_settings(&built, 0, "/files/r/x");
	assert_int_equal(settings->root, 0);
	assert_int_equal(settings->strip, 8);
	assert_int_equal(built.image.settings[built.image.vhosts[1].settings].root, 1);
	settings = built_settings(&built, 1, "/x/y");
	assert_int_equal(settings->root, 2);
	assert_int_equal(settings->strip, 0);
	built_end(&built);
}

/* By name, whatever its case; null takes one away. */
static void test_headers(void **state)
{
	struct built built = built_from(
		"defaults: {headers: {X-A: d, X-B: d, X-C: d}}\n"
		"vhosts:\n"
		"  - names: a\n"
		"    root: /r\n"
		"    headers: {x-b: v, x-d: \"v: \\u00e4 \\\"q\\\"\", X-C: null, X-None: ~}\n"
		"    paths:\n"
		"      /a/: {headers: {X-A: null, X-C: \"null\", a: \"\"}}\n"
		"      /a/b/: {headers: {X-a: back, x-D: }}\n"
		"      /server/: {headers: {Server: null}}\n"
		"      /server/own/: {headers: {server: mine}}\n"
		"      /own/: {headers: {SERVER: mine}}\n"
		"      /own/not/: {headers: {server: ~}}\n"
		"  - {names: b, root: /r, headers: {Server: null}}\n"
		"  - {names: c, root: /r, headers: }\n");

	(void)state;
	assert_headers(&built, 0, "/", "X-A: d\r\nx-b: v\r\nx-d: v: \xc3\xa4 \"q\"\r\n");
	assert_headers(
		&built, 0, "/a/x", "a: \r\nx-b: v\r\nX-C: null\r\nx-d: v: \xc3\xa4 \"q\"\r\n");
	assert_headers(&built, 0, "/a/b/x", "a: \r\nX-a: back\r\nx-b: v\r\nX-C: null\r\n");
	assert_int_equal(built_settings(&built, 0, "/")->server, 1);
	assert_int_equal(built_settings(&built, 0, "/server/x")->server, 0);
	assert_headers(&built, 0, "/server/x", "X-A: d\r\nx-b: v\r\nx-d: v: \xc3\xa4 \"q\"\r\n");
	assert_int_equal(built_settings(&built, 0, "/own/x")->server, 0);
	assert_non_null(strstr(built_text(&built, built_settings(&built, 0, "/own/x")->headers),
		"SERVER: mine\r\n"));
	assert_non_null(
		strstr(built_text(&built, built_settings(&built, 0, "/server/own/")->headers),
			"server: mine\r\n"));
	assert_int_equal(built_settings(&built, 0, "/own/not/")->server, 0);
	assert_null(strstr(
		built_text(&built, built_settings(&built, 0, "/own/not/")->headers), "mine"));
	assert_int_equal(built_settings(&built, 1, "/x")->server, 0);
	assert_headers(&built, 1, "/x", "X-A: d\r\nX-B: d\r\nX-C: d\r\n");
	assert_headers(&built, 2, "/x", "X-A: d\r\nX-B: d\r\nX-C: d\r\n");
	built_end(&built);
}

/* As many bytes as there are, and no more: what is inherited counts, what is taken away does not.
 */
static void test_headers_size(void **state)
{
	static const char format[] = "vhosts:\n"
				     "  - {names: a, root: /r, headers: {A: \"%02000u\", B: x},\n"
				     "     paths: {/x/: {headers: {C: \"%0*u\"}}, /y/: {headers: "
				     "{A: ~, C: \"%02000u\"}}, "
				     "/z/: {cache: 1d}}}\n";
	struct diagnostics diagnostics = {0};
	struct built built;
	char text[8192];

	(void)state;
	/* "A: …", "B: x", "C: …", each with four bytes around. */
	snprintf(text, sizeof text, format, 0, 3072 - 2005 - 6 - 5, 0, 0);
	built = built_from(text);
	assert_int_equal(built_settings(&built, 0, "/x/")->headers.length, 3072);
	assert_int_equal(built_settings(&built, 0, "/y/")->headers.length, 6 + 2005);
	built_end(&built);
	snprintf(text, sizeof text, format, 0, 3072 - 2005 - 6 - 5 + 1, 0, 0);
	assert_null(config_load_bytes("x.yaml", NULL, text, strlen(text), &diagnostics));
	assert_int_equal(diagnostics.errors, 1);
	assert_string_equal(diagnostics.list[0].text, "these headers and those that are inherited "
						      "have 3073 bytes; 3072 are room for all");
	assert_int_equal(diagnostics.list[0].line, 3);
	assert_int_equal(diagnostics.list[0].column, 29);
	diagnostics_free(&diagnostics);
}

static void test_hsts(void **state)
{
	static const struct {
		const char *value;
		const char *line;
	} rows[] = {
		{"none", ""},
		{"1y", "Strict-Transport-Security: max-age=31536000\r\n"},
		{"0", "Strict-Transport-Security: max-age=0\r\n"},
		{"[1d]", "Strict-Transport-Security: max-age=86400\r\n"},
		{"[1y, subdomains, preload]",
			"Strict-Transport-Security: max-age=31536000; includeSubDomains; "
			"preload\r\n"},
		{"[preload, 10s]", "Strict-Transport-Security: max-age=10; preload\r\n"},
		{"[50y, subdomains]",
			"Strict-Transport-Security: max-age=1576800000; includeSubDomains\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[256];
		struct built built;

		snprintf(text, sizeof text,
			"defaults: {hsts: %s}\n"
			"vhosts: [{names: a, root: /r, paths: {/x/: {}}}, {names: b, root: /r, "
			"hsts: 1s}]\n",
			rows[i].value);
		built = built_from(text);
		assert_string_equal(
			built_text(&built, built_settings(&built, 0, "/")->hsts), rows[i].line);
		assert_string_equal(
			built_text(&built, built_settings(&built, 0, "/x/")->hsts), rows[i].line);
		assert_string_equal(built_text(&built, built_settings(&built, 1, "/")->hsts),
			"Strict-Transport-Security: max-age=1\r\n");
		built_end(&built);
	}
}

static void test_cache(void **state)
{
	struct built built = built_from("defaults: {cache: 1d}\n"
					"vhosts:\n"
					"  - names: a\n"
					"    root: /r\n"
					"    paths:\n"
					"      /0/: {cache: 0}\n"
					"      /1/: {cache: no-cache}\n"
					"      /2/: {cache: no-store}\n"
					"      /3/: {cache: immutable}\n"
					"      /4/: {cache: none}\n"
					"      /4/x/: {listing: true}\n"
					"      /5/: {listing: true}\n"
					"  - {names: b, root: /r, cache: none}\n");

	(void)state;
	assert_cache(&built, 0, "/x", "max-age=86400", 0);
	assert_cache(&built, 0, "/0/x", "no-cache", 1);
	assert_cache(&built, 0, "/1/x", "no-cache", 1);
	assert_cache(&built, 0, "/2/x", "no-store", 1);
	assert_cache(&built, 0, "/3/x", "public, max-age=31536000, immutable", 1);
	assert_cache(&built, 0, "/4/x", "", 1);
	assert_cache(&built, 0, "/4/x/y", "", 1);
	assert_cache(&built, 0, "/5/x", "max-age=86400", 0);
	assert_cache(&built, 1, "/0/x", "", 0);
	built_end(&built);
}

static const char *page(const struct built *built, const char *path, uint32_t status)
{
	const struct image_settings *settings = built_settings(built, 0, path);

	for (uint32_t i = 0; i < settings->error_pages.count; i++) {
		const struct image_error_page *entry =
			&built->image.error_pages[settings->error_pages.first + i];

		if (entry->status == status)
			return built_text(built, entry->path);
	}
	return "";
}

static void test_pages(void **state)
{
	struct built built = built_from(
		"defaults: {error_pages: {599: /d, 404: /d}, fallback: /d}\n"
		"vhosts:\n"
		"  - names: a\n"
		"    root: /r\n"
		"    error_pages: {404: /v, 400: /v}\n"
		"    paths:\n"
		"      /app/: {error_pages: {404: /p, 403: /p}, fallback: /app/index.html}\n"
		"      /app/x: {}\n"
		"  - {names: b, root: /r, fallback: /b}\n");

	(void)state;
	assert_string_equal(page(&built, "/", 404), "/v");
	assert_string_equal(page(&built, "/", 400), "/v");
	assert_string_equal(page(&built, "/", 599), "/d");
	assert_string_equal(page(&built, "/", 403), "");
	assert_string_equal(page(&built, "/app/x", 404), "/p");
	assert_string_equal(page(&built, "/app/x", 403), "/p");
	assert_string_equal(page(&built, "/app/x", 400), "/v");
	assert_string_equal(page(&built, "/app/x", 599), "/d");
	assert_int_equal(built_settings(&built, 0, "/app/")->error_pages.count, 4);
	assert_string_equal(built_text(&built, built_settings(&built, 0, "/")->fallback), "/d");
	assert_string_equal(built_text(&built, built_settings(&built, 0, "/app/x")->fallback),
		"/app/index.html");
	assert_string_equal(built_text(&built, built_settings(&built, 1, "/")->fallback), "/b");
	built_end(&built);
}

static void assert_action(const struct built *built, const char *path, enum action action,
	const char *location, uint32_t key)
{
	const struct image_settings *settings = built_settings(built, 0, path);

	assert_int_equal(settings->action, action);
	assert_string_equal(built_text(built, settings->location), location);
	assert_int_equal(settings->location_key, key);
}

static void test_actions(void **state)
{
	struct built built = built_from("vhosts:\n"
					"  - names: a\n"
					"    root: /r\n"
					"    paths:\n"
					"      /old/: {moved: \"/new/{rest}\", cache: 1d}\n"
					"      /old/c/: {cache: 2d}\n"
					"      /old/kept/: {listing: false}\n"
					"      /old/kept/not/: {gone: true}\n"
					"      /old/root/: {root: /x}\n"
					"      /old/try/: {try: .html}\n"
					"      /old/fall/: {fallback: /f}\n"
					"      /old/back/: {gone: false}\n"
					"      /feed: {redirect: https://b.test/atom.xml}\n"
					"      /2019/: {gone: true}\n"
					"      /2019/x: {redirect: \"gemini://{host}/{rest}\"}\n");

	(void)state;
	assert_action(&built, "/", ACTION_SERVE, "", 0);
	assert_action(&built, "/old/", ACTION_MOVED, "/new/{rest}", 5);
	assert_action(&built, "/old/x/y", ACTION_MOVED, "/new/{rest}", 5);
	assert_action(&built, "/old/c/x", ACTION_MOVED, "/new/{rest}", 5);
	assert_cache(&built, 0, "/old/c/x", "max-age=172800", 1);
	assert_action(&built, "/old/kept/x", ACTION_SERVE, "", 0);
	assert_action(&built, "/old/kept/not/x", ACTION_GONE, "", 14);
	assert_action(&built, "/old/root/x", ACTION_SERVE, "", 0);
	assert_action(&built, "/old/try/x", ACTION_SERVE, "", 0);
	assert_action(&built, "/old/fall/x", ACTION_SERVE, "", 0);
	assert_action(&built, "/old/back/x", ACTION_SERVE, "", 0);
	assert_action(&built, "/feed", ACTION_REDIRECT, "https://b.test/atom.xml", 5);
	assert_action(&built, "/feed/", ACTION_SERVE, "", 0);
	assert_action(&built, "/2019/y", ACTION_GONE, "", 6);
	assert_action(&built, "/2019/x", ACTION_REDIRECT, "gemini://{host}/{rest}", 7);
	built_end(&built);
}

static void test_networks(void **state)
{
	struct built built =
		built_from("defaults: {deny: 192.0.2.0/24}\n"
			   "vhosts:\n"
			   "  - names: a\n"
			   "    root: /r\n"
			   "    paths:\n"
			   "      /in/: {allow: [\"2001:db8::/32\", 10.0.0.0/8, 10.0.0.0/8]}\n"
			   "      /in/not/: {deny: [10.1.0.0/16, 192.0.2.0/24]}\n"
			   "      /in/any/: {allow: any}\n"
			   "      /out/: {deny: none}\n"
			   "      /home/: {allow: \"::1\", deny: none}\n");
	const struct image_settings *settings;

	(void)state;
	assert_true(may(&built, "/", "10.0.0.1"));
	assert_false(may(&built, "/", "192.0.2.7"));
	assert_true(may(&built, "/", "2001:db9::1"));
	assert_true(may(&built, "/in/x", "10.255.0.1"));
	assert_true(may(&built, "/in/x", "2001:db8:1::1"));
	assert_false(may(&built, "/in/x", "11.0.0.1"));
	assert_false(may(&built, "/in/x", "2001:db9::1"));
	assert_false(may(&built, "/in/x", "192.0.2.7"));
	assert_false(may(&built, "/in/not/x", "10.1.255.1"));
	assert_true(may(&built, "/in/not/x", "10.2.0.1"));
	assert_false(may(&built, "/in/not/x", "192.0.2.7"));
	assert_true(may(&built, "/in/any/x", "11.0.0.1"));
	assert_false(may(&built, "/in/any/x", "192.0.2.7"));
	assert_true(may(&built, "/out/x", "192.0.2.7"));
	assert_true(may(&built, "/home/", "::1"));
	assert_false(may(&built, "/home/", "127.0.0.1"));
	settings = built_settings(&built, 0, "/in/x");
	assert_int_equal(settings->networks.count, 3);
	assert_int_equal(settings->networks_else, 0);
	assert_int_equal(built.image.networks[settings->networks.first].allow, 0);
	assert_int_equal(built_settings(&built, 0, "/out/x")->networks_else, 1);
	assert_int_equal(built_settings(&built, 0, "/out/x")->networks.count, 0);
	built_end(&built);
}

/* A link must not lead from where everybody may to where not everybody may. */
static void test_symlinks(void **state)
{
	struct built built = built_from(
		"defaults: {symlinks: owner}\n"
		"vhosts:\n"
		"  - {names: a, root: /r, allow: 10.0.0.0/8, paths: {/x/: {allow: 10.0.0.0/8}, "
		"/y/: {symlinks: within}}}\n"
		"  - {names: b, root: /r, paths: {/x/: {allow: 10.0.0.0/8}, /y/: {listing: "
		"true}}}\n"
		"  - {names: c, root: /r, deny: 10.0.0.0/8, paths: {/x/: {deny: none}}}\n"
		"  - {names: d, root: /r, allow: 10.0.0.0/8, paths: {/x/: {allow: 10.0.0.0/9}}}\n"
		"  - {names: e, root: /r, paths: {/x/: {allow: any, deny: none, identities: "
		"any}}}\n"
		"  - {names: f, root: /r, symlinks: never, paths: {/x/: {deny: 10.0.0.0/8}}}\n");
	static const int expected[][3] = {{SYMLINKS_OWNER, SYMLINKS_OWNER, SYMLINKS_WITHIN},
		{SYMLINKS_NEVER, SYMLINKS_NEVER, SYMLINKS_NEVER},
		{SYMLINKS_NEVER, SYMLINKS_NEVER, SYMLINKS_NEVER},
		{SYMLINKS_NEVER, SYMLINKS_NEVER, SYMLINKS_NEVER},
		{SYMLINKS_OWNER, SYMLINKS_OWNER, SYMLINKS_OWNER},
		{SYMLINKS_NEVER, SYMLINKS_NEVER, SYMLINKS_NEVER}};
	static const char *const paths[] = {"/z", "/x/z", "/y/z"};

	(void)state;
	for (uint32_t vhost = 0; vhost < 6; vhost++)
		for (size_t i = 0; i < 3; i++)
			assert_int_equal(built_settings(&built, vhost, paths[i])->symlinks,
				expected[vhost][i]);
	built_end(&built);
}

#define DIGEST(byte) "sha256:" byte byte byte byte byte byte byte byte
#define EIGHT(digit) digit digit digit digit digit digit digit digit

/* The member whose digest is 32 times this byte. */
static bool has_member(const struct built *built, const char *path, uint8_t byte)
{
	const struct image_settings *settings = built_settings(built, 0, path);
	uint8_t digest[sizeof(struct image_digest)];

	memset(digest, byte, sizeof digest);
	return settings->restricted &&
	       image_has_digest(&built->image, settings->identities, digest);
}

static void test_identities(void **state)
{
	struct built built = built_from(
		"groups:\n"
		"  one: [" DIGEST(EIGHT(
			"1")) "]\n"
			      "  two: [" DIGEST(EIGHT("2")) ", " DIGEST(EIGHT("1")) ", " DIGEST(
				      EIGHT("2")) "]\n"
						  "  three: " DIGEST(EIGHT(
							  "3")) "\n"
								"  none: /nobody.txt\n"
								"defaults: {certificate: auto, "
								"listen: [https://*, gemini://*]}\n"
								"vhosts:\n"
								"  - names: a\n"
								"    root: /r\n"
								"    paths:\n"
								"      /m/: {identities: [two, "
								"one]}\n"
								"      /m/3/: {identities: three}\n"
								"      /m/any/: {identities: any}\n"
								"      /m/none/: {identities: "
								"none}\n"
								"      /m/same/: {identities: "
								"[one, two, one]}\n"
								"  - {names: b, root: /r, "
								"identities: three, "
								"client_certificates: require}\n"
								"  - {names: c, root: /r}\n"
								"  - {names: d, root: /r, "
								"identities: one}\n");
	const struct image_settings *settings = built_settings(&built, 0, "/m/x");

	(void)state;
	assert_int_equal(built_settings(&built, 0, "/x")->restricted, 0);
	assert_int_equal(settings->identities.count, 2);
	assert_true(has_member(&built, "/m/x", 0x11) && has_member(&built, "/m/x", 0x22));
	assert_false(has_member(&built, "/m/x", 0x33));
	assert_true(has_member(&built, "/m/3/x", 0x33));
	assert_false(has_member(&built, "/m/3/x", 0x11));
	assert_int_equal(built_settings(&built, 0, "/m/any/x")->restricted, 0);
	/* A file that has not been read lets nobody in. */
	assert_int_equal(built_settings(&built, 0, "/m/none/x")->restricted, 1);
	assert_int_equal(built_settings(&built, 0, "/m/none/x")->identities.count, 0);
	/* What is the same is there once. */
	assert_int_equal(built_settings(&built, 0, "/m/same/")->identities.first,
		settings->identities.first);
	assert_int_equal(built.image.header->digests.count, 2 + 1 + 1);
	assert_int_equal(settings->symlinks, SYMLINKS_NEVER);
	assert_int_equal(built_settings(&built, 1, "/")->symlinks, SYMLINKS_WITHIN);
	/* Only who has somebody to tell apart asks on https. */
	assert_int_equal(built.image.vhosts[0].client_certificates, CLIENT_REQUEST);
	assert_int_equal(built.image.vhosts[0].client_certificates_gemini, CLIENT_REQUEST);
	assert_int_equal(built.image.vhosts[1].client_certificates, CLIENT_REQUIRE);
	assert_int_equal(built.image.vhosts[2].client_certificates, CLIENT_NONE);
	assert_int_equal(built.image.vhosts[2].client_certificates_gemini, CLIENT_REQUEST);
	assert_int_equal(built.image.vhosts[3].client_certificates, CLIENT_REQUEST);
	built_end(&built);
}

static void assert_pace(const struct built *built, const char *path, uint32_t requests,
	uint32_t period_ms, uint32_t burst)
{
	const struct image_pace *pace = &built_settings(built, 0, path)->pace;

	assert_int_equal(pace->requests, requests);
	assert_int_equal(pace->period_ms, period_ms);
	assert_int_equal(pace->burst, burst);
}

/* A worker's part of it; who inherits counts with whom. */
static void test_pace(void **state)
{
	struct built built = built_from("processes: {workers: 4}\n"
					"defaults: {slow_down: 5/s}\n"
					"vhosts:\n"
					"  - names: a\n"
					"    root: /a\n"
					"    paths:\n"
					"      /a/: {slow_down: 30/m}\n"
					"      /a/b/: {listing: true}\n"
					"      /c/: {slow_down: {rate: 1/h, burst: 7}}\n"
					"      /d/: {slow_down: none}\n"
					"      /e/: {listing: true}\n"
					"      /f/: {slow_down: {rate: 1/d, burst: 1}}\n"
					"  - {names: b, root: /b}\n");
	uint32_t vhost = built_settings(&built, 0, "/")->pace.bucket;
	uint32_t a = built_settings(&built, 0, "/a/")->pace.bucket;

	(void)state;
	assert_pace(&built, "/", 5, 4000, 1);
	assert_pace(&built, "/a/x", 30, 240000, 7);
	assert_pace(&built, "/a/b/", 30, 240000, 7);
	assert_pace(&built, "/c/", 1, 14400000, 1);
	assert_pace(&built, "/d/", 0, 0, 0);
	assert_pace(&built, "/f/", 1, 345600000, 1);
	assert_int_equal(built_settings(&built, 0, "/e/")->pace.bucket, vhost);
	assert_int_equal(built_settings(&built, 0, "/a/b/")->pace.bucket, a);
	assert_int_not_equal(a, vhost);
	assert_int_not_equal(built_settings(&built, 0, "/c/")->pace.bucket, a);
	assert_int_equal(built_settings(&built, 1, "/")->pace.requests, 5);
	assert_int_not_equal(built_settings(&built, 1, "/")->pace.bucket, vhost);
	built_end(&built);
}

static void assert_asks(const struct built *built, const char *path, enum action action,
	const char *prompt, const char *answers)
{
	const struct image_settings *settings = built_settings(built, 0, path);

	assert_int_equal(settings->action, action);
	assert_string_equal(built_text(built, settings->prompt), prompt);
	assert_string_equal(built_text(built, settings->answers), answers);
}

/* What asks may say how its answers are served; what serves below it does not ask. */
static void test_input(void **state)
{
	struct built built =
		built_from("defaults:\n"
			   "  paths:\n"
			   "    /z/: {input: 'Default?', answers: /z/}\n"
			   "    /y/: {try: .d}\n"
			   "    /w/: {moved: /v}\n"
			   "vhosts:\n"
			   "  - names: a\n"
			   "    root: /a\n"
			   "    paths:\n"
			   "      /a: {input: 'Who: \"you\"?', answers: /b/}\n"
			   "      /b/: {sensitive_input: 'The word', answers: /b/, try: .x}\n"
			   "      /b/c/: {listing: true}\n"
			   "      /b/d/: {cache: 1d}\n"
			   "      /z/: {listing: true}\n"
			   "      /y/: {input: 'Y?', answers: /y/}\n"
			   "      /w/: {input: 'W?', answers: /w/}\n");

	(void)state;
	assert_asks(&built, "/a", ACTION_INPUT, "Who: \"you\"?", "/b/");
	assert_asks(&built, "/a/x", ACTION_SERVE, "", "");
	assert_asks(&built, "/b/x", ACTION_SENSITIVE, "The word", "/b/");
	assert_string_equal(ending(&built, built_settings(&built, 0, "/b/x"), 0), ".x");
	assert_asks(&built, "/b/c/", ACTION_SERVE, "", "");
	assert_asks(&built, "/b/d/", ACTION_SENSITIVE, "The word", "/b/");
	assert_asks(&built, "/z/", ACTION_SERVE, "", "");
	assert_asks(&built, "/y/", ACTION_INPUT, "Y?", "/y/");
	assert_string_equal(ending(&built, built_settings(&built, 0, "/y/"), 0), ".d");
	assert_asks(&built, "/w/", ACTION_INPUT, "W?", "/w/");
	built_end(&built);
}

static const char *groups_of(const struct built *built, uint8_t first)
{
	uint8_t digest[32];

	memset(digest, 0x11, sizeof digest);
	digest[0] = first;
	return image_find_groups(&built->image, digest);
}

#define ONES "1111111111111111111111111111111111111111111111111111111111111"

/* Whose they are, of all groups, whether a path is for them or not. */
static void test_members(void **state)
{
	struct built built = built_from("groups:\n"
					"  staff: ['sha256:a11" ONES "', 'sha256:b11" ONES "']\n"
					"  board: ['sha256:b11" ONES "']\n"
					"  empty and unused: 'sha256:c11" ONES "'\n"
					"vhosts: [{names: a, root: /a}]\n");

	(void)state;
	assert_int_equal(built.image.header->members.count, 3);
	assert_string_equal(groups_of(&built, 0xa1), "staff");
	assert_string_equal(groups_of(&built, 0xb1), "board,staff");
	assert_string_equal(groups_of(&built, 0xc1), "empty and unused");
	assert_null(groups_of(&built, 0xd1));
	image_bytes_free(&built.bytes);
	/* Who makes the handshake need not know them. */
	built_image(&built, ROLE_HANDSHAKER);
	assert_int_equal(built.image.header->members.count, 0);
	built_end(&built);
}

static void test_request_id(void **state)
{
	struct built built = built_from(
		"request_id: true\n"
		"vhosts: [{names: a, root: /a}, {names: b, root: /b, request_id: off}]\n");

	(void)state;
	assert_int_equal(built.image.vhosts[0].request_id, 1);
	assert_int_equal(built.image.vhosts[1].request_id, 0);
	built_end(&built);
	built = built_from("defaults: {request_id: Yes}\n"
			   "vhosts: [{names: a, root: /a}]\n");
	assert_int_equal(built.image.vhosts[0].request_id, 1);
	built_end(&built);
}

/* Settings that are the same do not make an image longer. */
static void test_shared(void **state)
{
	size_t room = 2048 * 64, used = 0;
	char *text = malloc(room);
	struct built built;

	(void)state;
	used += (size_t)snprintf(text, room,
		"vhosts: [{names: a, root: /r, deny: 10.0.0.0/8, try: [.a, .b],\n"
		"  error_pages: {404: /404}, headers: {X: \"%01000u\"}, paths: {\n",
		0);
	for (unsigned i = 0; i < 2000; i++)
		used += (size_t)snprintf(
			text + used, room - used, "    /%u/: {listing: true},\n", i);
	snprintf(text + used, room - used, "}}]\n");
	built = built_from(text);
	free(text);
	assert_int_equal(built.image.header->settings.count, 2001);
	assert_int_equal(built.image.header->paths.count, 2000);
	assert_int_equal(built.image.header->networks.count, 1);
	assert_int_equal(built.image.header->error_pages.count, 1);
	assert_int_equal(built.image.header->texts.count, 2 + 1 + 1);
	assert_true(built.bytes.size < 2001 * 124 + 2000 * (12 + 8) + 12000);
	assert_int_equal(built_settings(&built, 0, "/1999/x")->listing, 1);
	built_end(&built);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_default_paths),
		cmocka_unit_test(test_roots),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_headers_size),
		cmocka_unit_test(test_hsts),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_symlinks),
		cmocka_unit_test(test_identities),
		cmocka_unit_test(test_pace),
		cmocka_unit_test(test_input),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_request_id),
		cmocka_unit_test(test_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
