/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "resolve.h"
#include "site.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct image_range html_or_txt = {0, 2};

static enum resolved resolve(const char *path, struct resource *resource)
{
	static struct target target;

	assert_int_equal(target_parse(path, strlen(path), &target), TARGET_GOOD);
	return resolve_open(&site_server.image, inherit_root(&site_server.image, 0), &target,
		html_or_txt, resource);
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
		const char *type;
	} rows[] = {
		{"/", RESOLVED_FILE, 5, "text/plain"},
		{"/a.html", RESOLVED_FILE, 4, "text/html; charset=utf-8"},
		{"/a.tar.unknown", RESOLVED_FILE, 1, "application/octet-stream"},
		{"/empty.txt", RESOLVED_FILE, 0, "text/plain"},
		{"/both/", RESOLVED_FILE, 7, "text/html; charset=utf-8"},
		{"/inner/", RESOLVED_FILE, 7, "text/html; charset=utf-8"},
		{"/inner.html", RESOLVED_FILE, 4, "text/html; charset=utf-8"},
		{"/odd/", RESOLVED_FILE, 3, "text/plain"},
		{"/both", RESOLVED_DIRECTORY, 0, NULL},
		{"/inner", RESOLVED_DIRECTORY, 0, NULL},
		{"/none/", RESOLVED_NO_INDEX, 0, NULL},
		{"/missing", RESOLVED_MISSING, 0, NULL},
		{"/missing/", RESOLVED_MISSING, 0, NULL},
		{"/a.html/", RESOLVED_MISSING, 0, NULL},
		{"/a.html/b", RESOLVED_MISSING, 0, NULL},
		{"/outer.html", RESOLVED_MISSING, 0, NULL},
		{"/climb/passwd", RESOLVED_MISSING, 0, NULL},
		{"/climb/", RESOLVED_MISSING, 0, NULL},
		{"/loop", RESOLVED_MISSING, 0, NULL},
		{"/magic", RESOLVED_MISSING, 0, NULL},
		{"/fifo", RESOLVED_FORBIDDEN, 0, NULL},
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
		assert_string_equal(resource.type, rows[i].type);
		assert_int_equal(fcntl(resource.fd, F_GETFD), FD_CLOEXEC);
		assert_int_equal(resource.links, 1);
		close(resource.fd);
	}
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
	struct target target;
	int null = open("/dev/null", O_RDONLY);

	(void)state;
	assert_true(null >= 0);
	assert_int_equal(target_parse("/a.html", 7, &target), TARGET_GOOD);
	assert_int_equal(resolve_open(&site_server.image, null, &target, html_or_txt, &resource),
		RESOLVED_MISSING);
	close(null);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_no_root),
	};

	return cmocka_run_group_tests(tests, fill, site_close);
}
