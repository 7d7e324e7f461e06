/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "lookup.h"
#include "site.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct lookup lookup;
static struct address peer;
static const uint8_t digest[32] = {1}, other_digest[32] = {2};

static int fill(void **state)
{
	if (site_open(state) < 0)
		return -1;
	site_write(site_root, "index.txt", "root\n");
	site_write(site_root, "a.html", "<p>a");
	site_write(site_root, "a.tar.unknown", "?");
	site_write(site_root, "about.html", "about");
	site_write(site_root, "404.html", "lost");
	site_write(site_root, ".hidden", "x");
	site_directory(site_root, "both");
	site_write(site_root, "both/index.txt", "text");
	site_write(site_root, "both/index.html", "<p>both");
	site_directory(site_root, "none");
	site_directory(site_root, "odd");
	site_directory(site_root, "odd/index.html");
	site_write(site_root, "odd/index.txt", "odd");
	site_link("both", "inner");
	site_link("/etc", "outer");
	site_write(site_acme, "x", "elsewhere");
	site_directory(site_acme, "sub");
	site_directory(site_root, "members");
	site_write(site_root, "members/list.txt", "names");
	site_write(site_root, "members/list.txt.gz", "packed");
	site_write(site_root, "log.gmi", "# log\n");
	site_write(site_root, "log.html", "<h1>log");
	site_write(site_root, "log.html.gz", "packed log");
	site_write(site_root, "other.gemini", "# other\n");
	site_write(site_root, "other.html", "<h1>other");
	return 0;
}

static int empty(void **state)
{
	(void)state;
	site_plain();
	return 0;
}

static enum found find(const char *path)
{
	static struct target target;
	enum found found;

	lookup.image = &site_server.image;
	lookup.vhost = SITE_SERVED;
	lookup.index = site_image.vhosts[SITE_SERVED].index_http;
	lookup.peer = &peer;
	site_check();
	assert_int_equal(target_parse(path, strlen(path), &target), TARGET_GOOD);
	found = lookup_find(&lookup, &target);
	assert_int_equal(lookup.resource.fd >= 0, found == FOUND_FILE);
	assert_int_equal(lookup.directory >= 0, found == FOUND_DIRECTORY);
	lookup_close(&lookup);
	return found;
}

static void assert_found(const char *path, enum found expected)
{
	enum found found = find(path);

	if (found != expected)
		fail_msg("%s: %d, not %d", path, found, expected);
}

static void assert_size(const char *path, int64_t size)
{
	assert_found(path, FOUND_FILE);
	assert_int_equal(lookup.resource.size, size);
}

static void test_files(void **state)
{
	static const struct {
		const char *path;
		enum found found;
		int64_t size;
		const char *type;
	} rows[] = {
		{"/", FOUND_FILE, 5, "text/plain"},
		{"/a.html", FOUND_FILE, 4, "text/html; charset=utf-8"},
		{"/a.tar.unknown", FOUND_FILE, 1, "application/octet-stream"},
		{"/both/", FOUND_FILE, 7, "text/html; charset=utf-8"},
		{"/inner/", FOUND_FILE, 7, "text/html; charset=utf-8"},
		{"/odd/", FOUND_FILE, 3, "text/plain"},
		{"/both", FOUND_SLASH, 0, NULL},
		{"/none/", FOUND_FORBIDDEN, 0, NULL},
		{"/about", FOUND_MISSING, 0, NULL},
		{"/missing/", FOUND_MISSING, 0, NULL},
		{"/outer/passwd", FOUND_MISSING, 0, NULL},
		{"/.hidden", FOUND_MISSING, 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_found(rows[i].path, rows[i].found);
		if (rows[i].found != FOUND_FILE)
			continue;
		assert_int_equal(lookup.resource.size, rows[i].size);
		assert_string_equal(lookup.resource.type, rows[i].type);
	}
}

static void test_try_and_fallback(void **state)
{
	struct image_settings *settings = site_path(SITE_SERVED, "/");

	(void)state;
	site_try(settings, ".md");
	site_try(settings, ".html");
	assert_size("/about", 5);
	assert_string_equal(lookup.name, "/about.html");
	assert_found("/both", FOUND_SLASH);
	assert_found("/nothing", FOUND_MISSING);
	settings->fallback = site_text("/a.html");
	assert_size("/nothing", 4);
	assert_size("/nothing/at/all/", 4);
	assert_found("/none/", FOUND_FORBIDDEN);
	/* A fallback that is not there is no more than that. */
	settings->fallback = site_text("/gone");
	assert_found("/nothing", FOUND_MISSING);
}

static void test_roots(void **state)
{
	struct image_settings *settings = site_path(SITE_SERVED, "/files/");

	(void)state;
	settings->root = 1;
	settings->strip = 6;
	assert_size("/files/x", 9);
	assert_found("/files", FOUND_SLASH);
	assert_found("/files/sub", FOUND_SLASH);
	assert_found("/files/a.html", FOUND_MISSING);
	assert_found("/x", FOUND_MISSING);
	settings->root = IMAGE_NONE;
	assert_found("/files/x", FOUND_MISSING);
	assert_found("/files/", FOUND_MISSING);
}

static void test_listing_and_dotfiles(void **state)
{
	struct image_settings *settings = site_path(SITE_SERVED, "/none/");

	(void)state;
	settings->listing = 1;
	assert_found("/none/", FOUND_DIRECTORY);
	site_image.settings[SITE_SERVED].listing = 1;
	assert_found("/both/", FOUND_FILE);
	assert_found("/missing/", FOUND_MISSING);
	site_image.settings[SITE_SERVED].dotfiles = 1;
	assert_size("/.hidden", 1);
}

static void test_actions(void **state)
{
	struct image_settings *settings = site_path(SITE_SERVED, "/a.html");

	(void)state;
	settings->location = site_text("/b.html");
	settings->action = ACTION_MOVED;
	assert_found("/a.html", FOUND_MOVED);
	settings->action = ACTION_REDIRECT;
	assert_found("/a.html", FOUND_REDIRECT);
	settings->action = ACTION_GONE;
	assert_found("/a.html", FOUND_GONE);
	/* Nor is it found by another name. */
	site_try(&site_image.settings[SITE_SERVED], ".html");
	assert_found("/a", FOUND_MISSING);
}

static void test_networks(void **state)
{
	struct image_settings *settings = site_path(SITE_SERVED, "/members/");

	(void)state;
	site_network(settings, "192.0.2.7", 32, false);
	site_network(settings, "192.0.2.0", 24, true);
	settings->networks_else = 0;
	assert_true(address_parse("192.0.2.1", &peer));
	assert_size("/members/list.txt", 5);
	assert_true(address_parse("192.0.2.7", &peer));
	assert_found("/members/list.txt", FOUND_FORBIDDEN);
	assert_true(address_parse("192.0.3.1", &peer));
	assert_found("/members/list.txt", FOUND_FORBIDDEN);
	assert_found("/members/", FOUND_FORBIDDEN);
	assert_found("/members/missing", FOUND_FORBIDDEN);
	assert_size("/a.html", 4);
	settings->networks_else = 1;
	assert_size("/members/list.txt", 5);
}

static void test_identities(void **state)
{
	struct image_settings *settings = site_path(SITE_SERVED, "/members/");

	(void)state;
	site_identity(settings, digest);
	lookup.current = true;
	lookup.digest = NULL;
	assert_found("/members/list.txt", FOUND_UNIDENTIFIED);
	assert_found("/members/missing", FOUND_UNIDENTIFIED);
	lookup.digest = other_digest;
	assert_found("/members/list.txt", FOUND_STRANGER);
	lookup.digest = digest;
	assert_size("/members/list.txt", 5);
	lookup.current = false;
	assert_found("/members/list.txt", FOUND_EXPIRED);
	lookup.digest = NULL;
	/* Restricted to nobody. */
	settings->identities.count = 0;
	lookup.digest = digest;
	assert_found("/members/list.txt", FOUND_STRANGER);
	lookup.digest = NULL;
}

/* The permission is looked up for every name that leads to the file. */
static void test_ways_in(void **state)
{
	struct image_settings *vhost = &site_image.settings[SITE_SERVED];

	(void)state;
	lookup.digest = NULL;
	site_identity(site_path(SITE_SERVED, "/about.html"), digest);
	site_identity(site_path(SITE_SERVED, "/both/index.html"), other_digest);
	site_identity(site_path(SITE_SERVED, "/members/list.txt"), digest);
	assert_found("/about.html", FOUND_UNIDENTIFIED);
	assert_found("/both/", FOUND_UNIDENTIFIED);
	site_try(vhost, ".html");
	assert_found("/about", FOUND_UNIDENTIFIED);
	vhost->fallback = site_text("/about.html");
	assert_found("/nothing", FOUND_UNIDENTIFIED);
	assert_int_equal(lookup_file(&lookup, vhost->fallback), FOUND_UNIDENTIFIED);
	/* A neighbour is as secret as what it was made of. */
	assert_found("/members/list.txt.gz", FOUND_UNIDENTIFIED);
	vhost->symlinks = SYMLINKS_NEVER;
	assert_found("/inner/index.txt", FOUND_UNIDENTIFIED); /* by the fallback */
}

static void copy_name(const char *from, const char *to)
{
	int root = inherit_root(&site_server.image, 0);

	assert_int_equal(linkat(root, from, root, to, 0), 0);
}

/*
 * A file system without case takes one name for another; here a hard link does. What is one file
 * with one that is guarded, and is spelled so that it might be, is not found.
 */
static void test_spellings(void **state)
{
	static const char *const others[] = {"members/LIST.txt", "members/li\xc5\xbft.txt",
		"members/li\xc2\xadst.txt", "members/LIST.txt.gz"};

	(void)state;
	lookup.digest = NULL;
	site_image.settings[SITE_SERVED].symlinks = SYMLINKS_NEVER;
	for (size_t i = 0; i < COUNT(others); i++)
		copy_name(i < 3 ? "members/list.txt" : "members/list.txt.gz", others[i]);
	assert_size("/members/LIST.txt", 5);
	site_identity(site_path(SITE_SERVED, "/members/list.txt"), digest);
	assert_found("/members/LIST.txt", FOUND_MISSING);
	assert_found("/members/li%C5%BFt.txt", FOUND_MISSING);
	assert_found("/members/li%C2%ADst.txt", FOUND_MISSING);
	assert_found("/members/LIST.txt.gz", FOUND_MISSING); /* made from it */
	assert_found("/members/list.txt", FOUND_UNIDENTIFIED);
	assert_found("/members/list.txt.GZ", FOUND_UNIDENTIFIED);
	/* Another file that only looks like it is another file. */
	site_write(site_root, "members/List.txt", "other");
	assert_size("/members/List.txt", 5);
	for (size_t i = 0; i < COUNT(others); i++)
		assert_int_equal(unlinkat(inherit_root(&site_server.image, 0), others[i], 0), 0);
}

/* A neighbour may be for fewer than what it was made of. */
static void test_guarded_neighbour(void **state)
{
	struct target target;

	(void)state;
	lookup.digest = NULL;
	site_identity(site_path(SITE_SERVED, "/members/list.txt.gz"), digest);
	assert_int_equal(target_parse("/members/list.txt", 17, &target), TARGET_GOOD);
	assert_int_equal(lookup_find(&lookup, &target), FOUND_FILE);
	assert_false(lookup_neighbour(&lookup, ".gz"));
	lookup.digest = digest;
	lookup.current = true;
	assert_true(lookup_neighbour(&lookup, ".gz"));
	lookup_close(&lookup);
	lookup.digest = NULL;
}

/* What holds is what holds for the name that was found. */
static void test_settings_of_index(void **state)
{
	struct image_settings *settings = site_path(SITE_SERVED, "/both/index.html");

	(void)state;
	settings->cache = site_text("no-store");
	settings->cache_of_path = 1;
	assert_size("/both/", 7);
	assert_ptr_equal(lookup.settings, settings);
	assert_string_equal(lookup.cache, "no-store");
	assert_found("/none/", FOUND_FORBIDDEN);
	assert_ptr_equal(lookup.settings, &site_image.settings[SITE_SERVED]);
}

static void test_cache(void **state)
{
	struct image_settings *settings = site_path(SITE_SERVED, "/both/");
	struct image_type *html = &site_image.types[1];

	(void)state;
	assert_found("/a.html", FOUND_FILE);
	assert_null(lookup.cache);
	html->cache = site_text("max-age=1");
	html->compressible = 1;
	assert_found("/a.html", FOUND_FILE);
	assert_string_equal(lookup.cache, "max-age=1");
	assert_true(lookup.compressible);
	/* What a vhost says stands behind its type's, what a path says before it. */
	settings->cache = site_text("max-age=2");
	assert_found("/both/index.html", FOUND_FILE);
	assert_string_equal(lookup.cache, "max-age=1");
	settings->cache_of_path = 1;
	assert_found("/both/index.html", FOUND_FILE);
	assert_string_equal(lookup.cache, "max-age=2");
	assert_found("/both/index.txt", FOUND_FILE);
	assert_string_equal(lookup.cache, "max-age=2");
	assert_false(lookup.compressible);
	html->cache = (struct image_text){0};
	html->compressible = 0;
}

static void set_time(const char *name, time_t seconds)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = seconds}};

	assert_int_equal(utimensat(inherit_root(&site_server.image, 0), name, times, 0), 0);
}

static void test_neighbour(void **state)
{
	struct target target;

	(void)state;
	assert_int_equal(target_parse("/members/list.txt", 17, &target), TARGET_GOOD);
	set_time("members/list.txt", 1000);
	set_time("members/list.txt.gz", 999);
	assert_int_equal(lookup_find(&lookup, &target), FOUND_FILE);
	assert_false(lookup_neighbour(&lookup, ".br"));
	assert_false(lookup_neighbour(&lookup, ".gz")); /* stale */
	assert_int_equal(lookup.resource.size, 5);
	set_time("members/list.txt.gz", 1000);
	assert_true(lookup_neighbour(&lookup, ".gz"));
	assert_int_equal(lookup.resource.size, 6);
	assert_string_equal(lookup.resource.type, "text/plain");
	assert_string_equal(lookup.name, "/members/list.txt");
	lookup_close(&lookup);
}

/* Found by that path, then replaced by its rendering? */
static bool rendered(const char *path)
{
	static struct target target;
	bool found;

	site_check();
	assert_int_equal(target_parse(path, strlen(path), &target), TARGET_GOOD);
	assert_int_equal(lookup_find(&lookup, &target), FOUND_FILE);
	found = lookup_rendered(&lookup);
	assert_true(lookup.resource.fd >= 0);
	lookup_close(&lookup);
	return found;
}

static void test_rendered(void **state)
{
	const struct image_settings *vhost = &site_image.settings[SITE_SERVED], *page;

	(void)state;
	lookup.digest = NULL;
	set_time("log.gmi", 1000);
	set_time("log.html", 999);
	assert_false(rendered("/log.gmi")); /* stale */
	assert_string_equal(lookup.name, "/log.gmi");
	assert_string_equal(lookup.resource.type, "text/gemini");
	assert_int_equal(lookup.resource.size, 6);
	set_time("log.html", 1000);
	page = site_path(SITE_SERVED, "/log.html");
	assert_true(rendered("/log.gmi"));
	assert_string_equal(lookup.name, "/log.html");
	assert_string_equal(lookup.resource.type, "text/html; charset=utf-8");
	assert_int_equal(lookup.resource.size, 7);
	assert_ptr_equal(lookup.settings, page);
	assert_true(rendered("/other.gemini"));
	assert_false(rendered("/a.html")); /* is none of gemtext */
	/* Of two texts of one name the page is that of the first. */
	site_write(site_root, "log.gemini", "# another log\n");
	set_time("log.gemini", 1000);
	assert_false(rendered("/log.gemini"));
	assert_true(rendered("/log.gmi"));
	assert_false(rendered("/"));
	/* Who may not have the page gets the text. */
	site_identity(site_path(SITE_SERVED, "/other.html"), digest);
	assert_false(rendered("/other.gemini"));
	assert_ptr_equal(lookup.settings, vhost);
	assert_string_equal(lookup.name, "/other.gemini");
}

/* A rendering is as secret as the text, and so is what is packed of it. */
static void test_ways_into_gemtext(void **state)
{
	(void)state;
	lookup.digest = NULL;
	assert_found("/log.html", FOUND_FILE);
	site_identity(site_path(SITE_SERVED, "/log.gmi"), digest);
	assert_found("/log.html", FOUND_UNIDENTIFIED);
	assert_found("/log.html.gz", FOUND_UNIDENTIFIED);
	assert_found("/about.html", FOUND_FILE);
	site_identity(site_path(SITE_SERVED, "/other.gemini"), digest);
	assert_found("/other.html", FOUND_UNIDENTIFIED);
}

/* Another generation serves: what this one knows of identities is not used any more. */
static void test_outdated(void **state)
{
	(void)state;
	site_identity(site_path(SITE_SERVED, "/members/"), digest);
	lookup.current = true;
	lookup.outdated = true;
	lookup.digest = digest;
	assert_found("/members/list.txt", FOUND_OUTDATED);
	lookup.digest = NULL;
	assert_found("/members/list.txt", FOUND_OUTDATED);
	assert_found("/a.html", FOUND_FILE);
	lookup.outdated = false;
	assert_found("/members/list.txt", FOUND_UNIDENTIFIED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_files, empty),
		cmocka_unit_test_setup(test_try_and_fallback, empty),
		cmocka_unit_test_setup(test_roots, empty),
		cmocka_unit_test_setup(test_listing_and_dotfiles, empty),
		cmocka_unit_test_setup(test_actions, empty),
		cmocka_unit_test_setup(test_networks, empty),
		cmocka_unit_test_setup(test_identities, empty),
		cmocka_unit_test_setup(test_rendered, empty),
		cmocka_unit_test_setup(test_ways_into_gemtext, empty),
		cmocka_unit_test_setup(test_outdated, empty),
		cmocka_unit_test_setup(test_ways_in, empty),
		cmocka_unit_test_setup(test_spellings, empty),
		cmocka_unit_test_setup(test_guarded_neighbour, empty),
		cmocka_unit_test_setup(test_settings_of_index, empty),
		cmocka_unit_test_setup(test_cache, empty),
		cmocka_unit_test_setup(test_neighbour, empty),
	};

	return cmocka_run_group_tests(tests, fill, site_close);
}
