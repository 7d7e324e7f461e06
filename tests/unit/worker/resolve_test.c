/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolve.h"
#include "site.h"
#include "target.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static enum resolved resolve_by(const char *path, enum symlinks symlinks, struct resource *resource)
{
	return resolve_file(inherit_root(&site_server.image, 0), path, symlinks, resource);
}

static enum resolved resolve(const char *path, struct resource *resource)
{
	return resolve_by(path, SYMLINKS_WITHIN, resource);
}

static int fill(void **state)
{
	static const char outside[] = "/etc/passwd";

	if (site_open(state) < 0)
		return -1;
	site_write(site_root, "index.txt", "root\n");
	site_write(site_root, "a.html", "<p>a");
	site_write(site_root, "a.tar.unknown", "?");
	site_write(site_root, "empty.txt", "");
	site_directory(site_root, "both");
	site_write(site_root, "both/index.txt", "text");
	site_write(site_root, "both/index.html", "<p>both");
	site_directory(site_root, "none");
	site_directory(site_root, "odd");
	site_directory(site_root, "odd/index.html");
	site_write(site_root, "odd/index.txt", "odd");
	site_link("both", "inner");
	site_link("a.html", "inner.html");
	site_link(outside, "outer.html");
	site_link("../../etc", "climb");
	site_link("loop", "loop");
	site_link("/proc/self/root/etc/passwd", "magic");
	if (mkfifoat(inherit_root(&site_server.image, 0), "fifo", 0644) < 0)
		return -1;
	return 0;
}

static void test_results(void **state)
{
	static const struct {
		const char *path;
		enum resolved result;
		int64_t size;
	} rows[] = {
		{"/index.txt", RESOLVED_FILE, 5},
		{"/a.html", RESOLVED_FILE, 4},
		{"/empty.txt", RESOLVED_FILE, 0},
		{"/both/index.html", RESOLVED_FILE, 7},
		{"/inner/index.html", RESOLVED_FILE, 7},
		{"/inner.html", RESOLVED_FILE, 4},
		{"/", RESOLVED_DIRECTORY, 0},
		{"/both", RESOLVED_DIRECTORY, 0},
		{"/both/", RESOLVED_DIRECTORY, 0},
		{"/inner", RESOLVED_DIRECTORY, 0},
		{"/missing", RESOLVED_MISSING, 0},
		{"/a.html/", RESOLVED_MISSING, 0},
		{"/a.html/b", RESOLVED_MISSING, 0},
		{"/outer.html", RESOLVED_MISSING, 0},
		{"/climb/passwd", RESOLVED_MISSING, 0},
		{"/climb/", RESOLVED_MISSING, 0},
		{"/loop", RESOLVED_MISSING, 0},
		{"/magic", RESOLVED_MISSING, 0},
		{"/fifo", RESOLVED_FORBIDDEN, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct resource resource;
		enum resolved result = resolve(rows[i].path, &resource);

		if (result != rows[i].result)
			fail_msg("%s: %d", rows[i].path, result);
		if (result != RESOLVED_FILE) {
			assert_int_equal(resource.fd, -1);
			continue;
		}
		assert_int_equal(resource.size, rows[i].size);
		assert_int_equal(fcntl(resource.fd, F_GETFD), FD_CLOEXEC);
		assert_int_equal(resource.links, 1);
		close(resource.fd);
	}
}

/* Who owns the link and what it leads to; these tests can only tell if they may change owners. */
static void test_symlinks(void **state)
{
	static const char *const paths[] = {"/inner.html", "/inner/index.html"};
	int root = inherit_root(&site_server.image, 0);
	struct resource resource;

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		assert_int_equal(resolve_by(paths[i], SYMLINKS_NEVER, &resource), RESOLVED_MISSING);
		assert_int_equal(resolve_by(paths[i], SYMLINKS_OWNER, &resource), RESOLVED_FILE);
		close(resource.fd);
	}
	assert_int_equal(resolve_by("/a.html", SYMLINKS_NEVER, &resource), RESOLVED_FILE);
	close(resource.fd);
	assert_int_equal(resolve_by("/outer.html", SYMLINKS_OWNER, &resource), RESOLVED_MISSING);
	if (geteuid() != 0)
		return;
	assert_int_equal(fchownat(root, "inner", 1, (gid_t)-1, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(
		resolve_by("/inner/index.html", SYMLINKS_OWNER, &resource), RESOLVED_MISSING);
	assert_int_equal(fchownat(root, "both", 1, (gid_t)-1, 0), 0);
	assert_int_equal(resolve_by("/inner/index.html", SYMLINKS_OWNER, &resource), RESOLVED_FILE);
	close(resource.fd);
}

static void test_directory(void **state)
{
	int root = inherit_root(&site_server.image, 0), fd = -1;

	(void)state;
	assert_int_equal(
		resolve_directory(root, "/none/", SYMLINKS_NEVER, NULL), RESOLVED_DIRECTORY);
	assert_int_equal(resolve_directory(root, "/", SYMLINKS_NEVER, &fd), RESOLVED_DIRECTORY);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(
		resolve_directory(root, "/missing/", SYMLINKS_WITHIN, NULL), RESOLVED_MISSING);
	assert_int_equal(
		resolve_directory(root, "/a.html/", SYMLINKS_WITHIN, NULL), RESOLVED_MISSING);
	assert_int_equal(
		resolve_directory(root, "/inner/", SYMLINKS_NEVER, NULL), RESOLVED_MISSING);
	assert_int_equal(
		resolve_directory(root, "/climb/", SYMLINKS_WITHIN, NULL), RESOLVED_MISSING);
}

static void test_same(void **state)
{
	int root = inherit_root(&site_server.image, 0);

	(void)state;
	assert_int_equal(linkat(root, "a.html", root, "again.html", 0), 0);
	assert_true(resolve_same(root, "/a.html", root, "/again.html"));
	assert_true(resolve_same(root, "/both/", root, "/both"));
	assert_true(resolve_same(root, "/", root, "/both/.."));
	assert_false(resolve_same(root, "/a.html", root, "/both/index.html"));
	assert_false(resolve_same(root, "/missing", root, "/missing"));
	/* Links lead elsewhere, or are not followed to where they lead. */
	assert_false(resolve_same(root, "/inner/", root, "/both/"));
	assert_int_equal(unlinkat(root, "again.html", 0), 0);
}

static void test_facts(void **state)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 1000000000, .tv_nsec = 7}};
	struct resource resource;
	char byte[5];

	(void)state;
	assert_int_equal(utimensat(inherit_root(&site_server.image, 0), "a.html", times, 0), 0);
	assert_int_equal(resolve("/a.html", &resource), RESOLVED_FILE);
	assert_int_equal(resource.mtime, INT64_C(1000000000000000007));
	assert_true(resource.ctime > resource.mtime);
	assert_int_equal(pread(resource.fd, byte, sizeof byte, 0), 4);
	assert_memory_equal(byte, "<p>a", 4);
	close(resource.fd);
}

static void test_long_name(void **state)
{
	char path[TARGET_MAX - 1];
	struct resource resource;

	(void)state;
	memset(path, 'a', sizeof path);
	path[0] = '/';
	path[300] = '\0'; /* longer than NAME_MAX */
	assert_int_equal(resolve(path, &resource), RESOLVED_MISSING);
	for (size_t i = 2; i < sizeof path - 1; i += 2)
		path[i] = '/';
	path[sizeof path - 2] = '/';
	path[sizeof path - 1] = '\0';
	path[300] = '/';
	assert_int_equal(resolve(path, &resource), RESOLVED_MISSING);
}

/* A root that is gone is /dev/null. */
static void test_no_root(void **state)
{
	struct resource resource;
	int null = open("/dev/null", O_RDONLY);

	(void)state;
	assert_true(null >= 0);
	assert_int_equal(
		resolve_file(null, "/a.html", SYMLINKS_WITHIN, &resource), RESOLVED_MISSING);
	close(null);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_symlinks),
		cmocka_unit_test(test_directory),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_no_root),
	};

	return cmocka_run_group_tests(tests, fill, site_close);
}
