/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "crew.h"
#include "listed.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define MANY 100000

/* The names of a JSON listing, each with a space behind it; "/" marks directories. */
static const char *names_of(const char *json)
{
	static char names[4096];
	static const char name[] = "{\"name\":\"", directory[] = "\",\"type\":\"directory\"";
	size_t used = 0;

	for (const char *at = json; (at = strstr(at, name));) {
		const char *end = strstr(at += strlen(name), "\",\"");

		assert_non_null(end);
		assert_true(used + (size_t)(end - at) + 3 < sizeof names);
		memcpy(names + used, at, (size_t)(end - at));
		used += (size_t)(end - at);
		if (strncmp(end, directory, strlen(directory)) == 0)
			names[used++] = '/';
		names[used++] = ' ';
	}
	names[used] = '\0';
	return names;
}

static const char *listed_names(void)
{
	return names_of(listed_as(LISTING_JSON));
}

static void assert_order(const char *query, enum listing_column column, bool descending)
{
	struct listing_order order =
		listing_parse_order((struct span){query, query ? strlen(query) : 0});

	assert_int_equal(order.column, column);
	assert_int_equal(order.descending, descending);
}

static void test_query(void **state)
{
	(void)state;
	assert_order(NULL, LISTING_NAME, false);
	assert_order("", LISTING_NAME, false);
	assert_order("sort=size&order=desc", LISTING_SIZE, true);
	assert_order("order=desc&sort=date", LISTING_DATE, true);
	assert_order("order=desc", LISTING_NAME, true);
	assert_order("sort=name&order=asc", LISTING_NAME, false);
	assert_order("x=1&sort=date&&y", LISTING_DATE, false);
	assert_order("sort=sizes&order=descending", LISTING_NAME, false);
	assert_order("sort=siz&order=des", LISTING_NAME, false);
	assert_order("Sort=size&ORDER=desc", LISTING_NAME, false);
	assert_order("resort=size&sort=size=", LISTING_NAME, false);
	assert_order("&&&", LISTING_NAME, false);
	/* Only so many bytes are the query's. */
	assert_int_equal(listing_parse_order((struct span){"sort=sizeX", 9}).column, LISTING_SIZE);
	assert_int_equal(listing_parse_order((struct span){"sort=size", 8}).column, LISTING_NAME);
}

static void test_types(void **state)
{
	(void)state;
	assert_string_equal(listing_type(LISTING_HTML), "text/html; charset=utf-8");
	assert_string_equal(listing_type(LISTING_JSON), "application/json");
}

static void test_json(void **state)
{
	(void)state;
	listed_file("a \"b\" \\ .txt", 1234567);
	listed_file("l\xc3\xa9t\xc3\xa9 & 100%?.txt", 0);
	/* No URL leads to these. */
	listed_file("l\xe9", 0);
	listed_file("n\n", 0);
	listed_file("d\x7f", 0);
	listed_directory("d");
	listed.path = "/a\"b/";
	listed.path_length = 5;
	assert_string_equal(listed_as(LISTING_JSON),
		"{\"path\":\"/a\\\"b/\",\"entries\":[\n"
		"{\"name\":\"d\",\"type\":\"directory\",\"modified\":\"2026-11-21T14:03:22.250Z\"},"
		"\n"
		"{\"name\":\"a \\\"b\\\" \\\\ .txt\",\"type\":\"file\",\"size\":1234567,"
		"\"modified\":\"2026-11-21T14:03:22.250Z\"},\n"
		"{\"name\":\"l\xc3\xa9t\xc3\xa9 & 100%?.txt\",\"type\":\"file\",\"size\":0,"
		"\"modified\":\"2026-11-21T14:03:22.250Z\"}\n"
		"],\"complete\":true,\"sorted\":true}\n");
}

static void test_empty(void **state)
{
	(void)state;
	assert_string_equal(listed_as(LISTING_JSON),
		"{\"path\":\"/x/\",\"entries\":[\n],\"complete\":true,\"sorted\":true}\n");
}

static void assert_sorted(const char *query, const char *expected)
{
	listed.order = listing_parse_order((struct span){query, strlen(query)});
	assert_string_equal(listed_names(), expected);
}

static void test_columns(void **state)
{
	(void)state;
	listed_file("b", 30);
	listed_file("a", 200);
	listed_file("c", 1000);
	listed_file("d", 200);
	listed_directory("z");
	listed_directory("y");
	listed_date("b", 40, 2000000);
	listed_date("a", 40, 1000000);
	listed_date("c", -40, 0);
	listed_date("d", 41, 0);
	listed_date("y", 50, 0);
	listed_date("z", 40, 0);
	assert_sorted("", "y/ z/ a b c d ");
	assert_sorted("order=desc", "z/ y/ d c b a ");
	assert_sorted("sort=size", "y/ z/ b a d c ");
	assert_sorted("sort=size&order=desc", "y/ z/ c a d b ");
	assert_sorted("sort=date", "z/ y/ c a b d ");
	assert_sorted("sort=date&order=desc", "y/ z/ d b a c ");
}

static void test_names_as_people_do(void **state)
{
	static const char *const names[] = {"B", "a", "A", "b2", "b10", "b010", "b02x", "b2w", "b",
		"10", "9", "1a", "_", "99999999999999999999999999999998",
		"99999999999999999999999999999999", "v1.10", "v1.9", "\xc3\xa9", "z", "0", "00"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		listed_file(names[i], 0);
	assert_sorted("",
		"0 00 1a 9 10 99999999999999999999999999999998 "
		"99999999999999999999999999999999 _ A a B b b2 b2w b02x b010 b10 v1.9 v1.10 z "
		"\xc3\xa9 ");
}

static void test_dotfiles(void **state)
{
	(void)state;
	listed_file(".profile", 0);
	listed_file("..three", 0);
	listed_file("...", 0);
	listed_file("a.b", 0);
	listed_directory(".well-known");
	assert_string_equal(listed_names(), "a.b ");
	listed.dotfiles = true;
	assert_string_equal(listed_names(), ".well-known/ ... ..three .profile a.b ");
}

static void make_link(const char *target, const char *name)
{
	assert_int_equal(symlinkat(target, listed.directory, name), 0);
}

static void test_links(void **state)
{
	(void)state;
	listed_directory("d");
	listed_directory("d/e");
	listed_file("d/f", 12);
	listed_file("f", 34);
	assert_int_equal(mkfifoat(listed.directory, "fifo", 0644), 0);
	make_link("d", "to-directory");
	make_link("d/f", "to-file");
	make_link("to-file", "to-link");
	make_link("d/../f", "round-about");
	make_link("d/e/../../d/e", "round-about-2");
	make_link("./././f", "here");
	make_link(".", "self");
	/* From here on none is below. */
	make_link("../", "above");
	make_link("..", "above-2");
	make_link("d/../..", "above-3");
	make_link("/etc/passwd", "absolute");
	make_link(listed_path, "absolute-2");
	make_link("/proc/self/exe", "magic");
	make_link("nowhere", "dangling");
	make_link("loop-2", "loop");
	make_link("loop", "loop-2");
	make_link("fifo", "to-fifo");
	make_link("f/", "not-a-directory");
	assert_string_equal(listed_names(),
		"d/ round-about-2/ self/ to-directory/ f here round-about to-file to-link ");
	/* They count as what they lead to. */
	assert_non_null(
		strstr(listed_text, "{\"name\":\"to-file\",\"type\":\"file\",\"size\":12,"));
	listed.follow = false;
	assert_string_equal(listed_names(), "d/ f ");
}

static void test_others_left_out(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	listed_file("f", 1);
	assert_int_equal(mkfifoat(listed.directory, "fifo", 0644), 0);
	snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", listed_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	/* Only root may. */
	if (mknodat(listed.directory, "null", S_IFCHR | 0666, makedev(1, 3)) < 0)
		print_message("no device: %s\n", strerror(errno));
	assert_string_equal(listed_names(), "f ");
	close(fd);
}

static void set_mode(const char *name, mode_t mode)
{
	assert_int_equal(fchmodat(listed.directory, name, mode, 0), 0);
}

/* What would be refused is not there. */
static void test_unreadable(void **state)
{
	const char *names;
	uid_t user = geteuid();

	(void)state;
	listed_file("good", 1);
	listed_file("secret", 1);
	listed_directory("open");
	listed_directory("listable-only");
	listed_directory("enterable-only");
	listed_directory("closed");
	make_link("secret", "to-secret");
	make_link("closed", "to-closed");
	make_link("good", "to-good");
	set_mode("secret", 0);
	set_mode("closed", 0);
	set_mode("listable-only", 0444);
	set_mode("enterable-only", 0111);
	if (user == 0)
		assert_int_equal(seteuid(65534), 0);
	names = listed_names();
	if (user == 0)
		assert_int_equal(seteuid(0), 0);
	set_mode("listable-only", 0755);
	set_mode("closed", 0755);
	assert_string_equal(names, "enterable-only/ open/ good to-good ");
}

static void test_longest_names(void **state)
{
	char name[256], expected[700];

	(void)state;
	memset(name, 'n', 255);
	name[255] = '\0';
	listed_file(name, 1);
	name[254] = 'm';
	listed_directory(name);
	snprintf(expected, sizeof expected, "%s/ ", name);
	name[254] = 'n';
	strcat(expected, name);
	strcat(expected, " ");
	assert_string_equal(listed_names(), expected);
}

static void test_dates(void **state)
{
	(void)state;
	listed_file("a", 0);
	listed_date("a", -2, 500000000);
	listed_file("b", 0);
	listed_date("b", 0, 999999999);
	listed_as(LISTING_JSON);
	assert_non_null(strstr(listed_text, "\"1969-12-31T23:59:58.500Z\""));
	assert_non_null(strstr(listed_text, "\"1970-01-01T00:00:00.999Z\""));
	assert_non_null(strstr(listed_as(LISTING_HTML),
		"<time datetime=\"1969-12-31T23:59:58Z\">1969-12-31 23:59 UTC</time>"));
}

static void test_errors(void **state)
{
	struct listing good = listed;
	char path[20000];

	(void)state;
	listed_file("f", 0);
	assert_int_equal(listed_write(65536 + 32768 - 1), -1);
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(listed_write(65536 + 32768), 0); /* room for no entry at all */
	assert_string_equal(names_of(listed_as(LISTING_JSON)), "f ");

	listed.directory = openat(good.directory, "f", O_RDONLY);
	assert_int_equal(listed_write(LISTING_ARENA), -1);
	assert_int_equal(errno, ENOTDIR);
	close(listed.directory);
	listed.directory = -1;
	assert_int_equal(listed_write(LISTING_ARENA), -1);
	assert_int_equal(errno, EBADF);

	listed = good;
	memset(path, '"', sizeof path);
	listed.path = path;
	listed.path_length = sizeof path;
	assert_int_equal(listed_write(LISTING_ARENA), -1);
	assert_int_equal(errno, ENAMETOOLONG);

	listed = good;
	listed_directory("gone");
	listed.directory = openat(good.directory, "gone", O_RDONLY);
	assert_int_equal(unlinkat(good.directory, "gone", AT_REMOVEDIR), 0);
	assert_int_equal(listed_write(LISTING_ARENA), -1);
	assert_int_equal(errno, ENOENT);
	close(listed.directory);
	listed = good;
}

static int count_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

/* Again and again with the same descriptor; nothing is left open. */
static void test_nothing_left(void **state)
{
	int before = count_descriptors();

	(void)state;
	listed_file("f", 0);
	make_link("f", "l");
	for (int i = 0; i < 3; i++)
		assert_string_equal(listed_names(), "f l ");
	assert_int_equal(listed_write(1), -1);
	assert_int_equal(count_descriptors(), before);
	close(listed.directory);
	listed.directory = -1;
	assert_int_equal(listed_write(LISTING_ARENA), -1);
	assert_int_equal(count_descriptors(), before - 1);
}

/* ---- many ---- */

static void make_many(void)
{
	char name[16];

	for (int i = 0; i < MANY; i++) {
		int fd;

		snprintf(name, sizeof name, "f%06d", i);
		fd = openat(listed.directory, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		assert_true(fd >= 0);
		close(fd);
	}
}

/* The next place, within what a row and all before it may take. */
static const char *find(const char *at, const char *string)
{
	size_t rest = listed_length - (size_t)(at - listed_text);

	return memmem(at, rest < 32768 ? rest : 32768, string, strlen(string));
}

/* Each of the names is there once; in order, if so. */
static void assert_many(const char *before, bool in_order)
{
	unsigned char *seen = calloc(1, MANY);
	const char *at = listed_text;

	assert_non_null(seen);
	for (int i = 0; i < MANY; i++) {
		int number = 0;

		at = find(at, before);
		assert_non_null(at);
		at += strlen(before);
		for (int digit = 0; digit < 6; digit++)
			number = number * 10 + *at++ - '0';
		assert_int_equal(*at, '"');
		assert_true(number >= 0 && number < MANY);
		assert_int_equal(seen[number]++, 0);
		if (in_order)
			assert_int_equal(number, i);
	}
	assert_null(find(at, before));
	free(seen);
}

static void test_many(void **state)
{
	static const char page[] = "<a href=\"./f", json[] = "{\"name\":\"f";

	(void)state;
	make_many();
	listed_as(LISTING_JSON);
	assert_many(json, true);
	assert_non_null(strstr(listed_text, "],\"complete\":true,\"sorted\":true}\n"));
	listed_as(LISTING_HTML);
	assert_many(page, true);
	assert_null(strstr(listed_text, "too many entries"));
	assert_non_null(strstr(listed_text, "<footer>0 directories, 100,000 files, "));

	assert_int_equal(listed_write(1048576 + 5), 0);
	assert_many(page, false);
	assert_non_null(strstr(listed_text, "There are too many entries to sort"));
	assert_non_null(strstr(listed_text, "<footer>0 directories, 100,000 files, "));
	assert_null(strstr(listed_text, "?sort="));
	listed.format = LISTING_JSON;
	assert_int_equal(listed_write(65536 + 32768 + 64), 0);
	assert_many(json, false);
	assert_non_null(strstr(listed_text, "],\"complete\":true,\"sorted\":false}\n"));
}

/* As readdir has it. */
static void test_own_order(void **state)
{
	struct dirent *entry;
	char expected[512] = "", name[8];
	DIR *directory;

	(void)state;
	for (int i = 0; i < 30; i++) {
		snprintf(name, sizeof name, "%d", i * 7 % 30);
		listed_file(name, 0);
	}
	listed.format = LISTING_JSON;
	assert_int_equal(listed_write(65536 + 32768 + 800), 0);
	directory = opendir(listed_path);
	assert_non_null(directory);
	while ((entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			strcat(strcat(expected, entry->d_name), " ");
	closedir(directory);
	assert_string_equal(names_of(listed_text), expected);
}

/* Names that become longer when they are escaped. */
static void make_large(void)
{
	char name[256];

	memset(name, '"', 255);
	name[255] = '\0';
	for (int i = 0; i < 64000; i++) {
		char digits[16];
		int fd;

		snprintf(digits, sizeof digits, "%06d", i);
		memcpy(name, digits, 6);
		fd = openat(listed.directory, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		assert_true(fd >= 0);
		close(fd);
	}
}

static void assert_cut(enum listing_format format, size_t arena, const char *end)
{
	listed.format = format;
	assert_int_equal(listed_write(arena), 0);
	assert_true(listed_length <= LISTING_MOST);
	assert_true(listed_length > LISTING_MOST - 8192);
	assert_string_equal(listed_text + listed_length - strlen(end), end);
}

static void test_too_large(void **state)
{
	static const char sorted[] = "\"}\n],\"complete\":false,\"sorted\":true}\n";
	static const char unsorted[] = "\"}\n],\"complete\":false,\"sorted\":false}\n";
	static const char page[] = " &middot; sulid</footer>\n</body>\n</html>\n";
	char path[1100];

	(void)state;
	make_large();
	assert_cut(LISTING_JSON, (size_t)6 * LISTING_ARENA, sorted);
	assert_cut(LISTING_JSON, LISTING_ARENA, unsorted);
	assert_cut(LISTING_HTML, (size_t)4 * LISTING_ARENA, page);
	assert_non_null(
		strstr(listed_text, "</td></tr>\n</tbody>\n</table>\n<p class=\"note\">This "
				    "is not all"));
	assert_cut(LISTING_HTML, LISTING_ARENA, page);
	/* Wherever in a row the limit is. */
	memset(path, 'p', sizeof path);
	listed.path = path;
	for (listed.path_length = 100; listed.path_length < 1100; listed.path_length += 100) {
		path[0] = path[listed.path_length - 1] = '/';
		assert_cut(LISTING_HTML, (size_t)4 * LISTING_ARENA, page);
	}
}

/* ---- in a crew ---- */

struct listing_in_crew {
	struct crew_job job;
	int made;
	size_t stack; /* bytes of it that were touched */
};

/* Paint the stack below, list, and see how far down it was used. */
__attribute__((no_sanitize("address"))) static void run_listing(
	struct crew_job *job, void *arena, size_t size)
{
	struct listing_in_crew *wanted = (struct listing_in_crew *)(void *)job;
	pthread_attr_t attributes;
	char *lowest, *here = (char *)__builtin_frame_address(0) - 1024;
	void *stack;
	size_t stack_size;

	pthread_getattr_np(pthread_self(), &attributes);
	pthread_attr_getstack(&attributes, &stack, &stack_size);
	pthread_attr_destroy(&attributes);
	for (volatile char *at = stack; at < here; at++)
		*at = 0x5a;
	wanted->made = listing_write(&listed, arena, size);
	for (lowest = stack; lowest < here && *lowest == 0x5a; lowest++)
		;
	wanted->stack = (size_t)((char *)stack + stack_size - lowest);
}

static void test_in_crew(void **state)
{
	struct crew *crew = crew_open(sizeof(struct listing_in_crew), LISTING_ARENA);
	struct pollfd event = {.events = POLLIN};
	struct listing_in_crew *job;

	(void)state;
	assert_non_null(crew);
	listed_file("f", 0);
	listed_directory("d");
	make_link("d", "l");
	for (enum listing_format format = LISTING_HTML; format <= LISTING_JSON; format++) {
		listed.format = format;
		job = (struct listing_in_crew *)(void *)crew_take(crew);
		job->job.run = run_listing;
		crew_submit(crew, &job->job);
		event.fd = crew_event(crew);
		assert_int_equal(poll(&event, 1, 10000), 1);
		assert_ptr_equal(crew_collect(crew), &job->job);
		assert_true(job->made >= 0);
		close(job->made);
		assert_in_range(job->stack, 1024, 65536); /* half of what there is */
		crew_give(crew, &job->job);
	}
	crew_close(crew);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_types),
		LISTED(test_json),
		LISTED(test_empty),
		LISTED(test_columns),
		LISTED(test_names_as_people_do),
		LISTED(test_dotfiles),
		LISTED(test_links),
		LISTED(test_others_left_out),
		LISTED(test_unreadable),
		LISTED(test_longest_names),
		LISTED(test_dates),
		LISTED(test_errors),
		LISTED(test_nothing_left),
		LISTED(test_many),
		LISTED(test_own_order),
		LISTED(test_too_large),
		LISTED(test_in_crew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
