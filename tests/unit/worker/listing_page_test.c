/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "listed.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- well-formed? ---- */

#define DEEPEST 16

/* Elements that are open, and where we are. */
struct checker {
	const char *at;
	struct {
		const char *name;
		size_t length;
	} open[DEEPEST];
	size_t depth;
};

static size_t word(const char *at)
{
	return strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

/* ' name="value"', or a name alone; no quote, no '<' and no bare '&' in the value. */
static void check_attribute(struct checker *checker)
{
	size_t length = strcspn(++checker->at, "= />");

	assert_true(length > 0);
	checker->at += length;
	if (*checker->at != '=')
		return;
	assert_int_equal(checker->at[1], '"');
	checker->at += 2;
	while (*checker->at != '"') {
		assert_true(*checker->at != '<' && *checker->at != '>' && *checker->at != '\0');
		if (*checker->at == '&')
			assert_true(strncmp(checker->at, "&amp;", 5) == 0 ||
				    strncmp(checker->at, "&#39;", 5) == 0);
		checker->at++;
	}
	checker->at++;
}

static void check_tag(struct checker *checker)
{
	bool closes = *++checker->at == '/', empty = false;
	size_t length = word(checker->at += closes);
	const char *name = checker->at;

	assert_true(length > 0);
	checker->at += length;
	if (closes) {
		assert_true(checker->depth > 0);
		checker->depth--;
		assert_int_equal(checker->open[checker->depth].length, length);
		assert_memory_equal(checker->open[checker->depth].name, name, length);
		assert_int_equal(*checker->at++, '>');
		return;
	}
	while (*checker->at == ' ')
		check_attribute(checker);
	if (*checker->at == '/') {
		empty = true;
		checker->at++;
	}
	assert_int_equal(*checker->at++, '>');
	if (empty || strncmp(name, "meta", 4) == 0)
		return;
	assert_true(checker->depth < DEEPEST);
	checker->open[checker->depth].name = name;
	checker->open[checker->depth++].length = length;
}

/* Each element is closed, in order; text is escaped and has no control characters. */
static void check_page(const char *page)
{
	static const char begin[] = "<!doctype html>\n";
	struct checker checker = {.at = page + strlen(begin)};

	assert_memory_equal(page, begin, strlen(begin));
	while (*checker.at) {
		if (*checker.at == '<') {
			check_tag(&checker);
			continue;
		}
		assert_true(*checker.at != '"' || checker.depth == 3); /* the style's */
		assert_true((unsigned char)*checker.at >= 0x20 || *checker.at == '\n');
		if (*checker.at == '&')
			assert_true(word(checker.at + 1) || checker.at[1] == '#');
		checker.at++;
	}
	assert_int_equal(checker.depth, 0);
}

static const char *listed_page(void)
{
	check_page(listed_as(LISTING_HTML));
	return listed_text;
}

static void assert_has(const char *expected)
{
	if (!strstr(listed_text, expected))
		print_error("not there: %s\n%s\n", expected, strstr(listed_text, "<table>"));
	assert_non_null(strstr(listed_text, expected));
}

static void assert_not(const char *unexpected)
{
	assert_null(strstr(listed_text, unexpected));
}

/* ---- tests ---- */

static void test_rows(void **state)
{
	(void)state;
	listed_file("report.pdf", 1234567);
	listed_directory("d");
	listed_page();
	assert_has(
		"<tbody translate=\"no\">\n"
		"<tr><td colspan=\"3\"><a href=\"../\" aria-label=\".. (parent directory)\">"
		"<svg aria-hidden=\"true\"><use href=\"#up\"/></svg><bdi>..</bdi></a></td></tr>\n"
		"<tr><td><a href=\"./d/\"><svg aria-hidden=\"true\"><use href=\"#dir\"/></svg>"
		"<bdi>d/</bdi></a></td><td class=\"size\"></td><td class=\"date\">"
		"<time datetime=\"2026-11-21T14:03:22Z\">2026-11-21 14:03 UTC</time></td></tr>\n"
		"<tr><td><a href=\"./report.pdf\"><svg aria-hidden=\"true\"><use href=\"#pdf\"/>"
		"</svg><bdi>report.pdf</bdi></a></td>"
		"<td class=\"size\" title=\"1,234,567 bytes\">1.2 MB</td><td class=\"date\">"
		"<time datetime=\"2026-11-21T14:03:22Z\">2026-11-21 14:03 UTC</time></td></tr>\n"
		"</tbody>\n</table>\n</main>\n"
		"<footer>1 directory, 1 file, <span title=\"1,234,567 bytes\">1.2 MB</span>"
		" &middot; sulid</footer>\n</body>\n</html>\n");
	assert_has("<title>/x/</title>");
}

static void test_top(void **state)
{
	(void)state;
	listed_file("f", 1);
	listed.path = "/";
	listed.path_length = 1;
	listed_page();
	assert_not("\"../\"");
	assert_has(
		"<h1 translate=\"no\"><a href=\"./\" aria-current=\"page\" aria-label=\"Root\">");
	assert_has("<title>/</title>");
	assert_has("title=\"1 byte\">1 B<");
}

static void test_empty(void **state)
{
	(void)state;
	listed_page();
	assert_has("<bdi>..</bdi></a></td></tr>\n"
		   "<tr><td colspan=\"3\" class=\"note\">This directory is empty.</td></tr>\n");
	assert_has("<footer>sulid</footer>");
}

/* The name, where it leads and what is seen of it. */
struct escape {
	const char *name;
	const char *link;
	const char *shown;
};

static void test_escapes(void **state)
{
	static const struct escape rows[] = {
		{"a b", "a%20b", "a b"},
		{"a&b;'c'", "a&amp;b;&#39;c&#39;", "a&amp;b;&#39;c&#39;"},
		{"&amp;", "&amp;amp;", "&amp;amp;"},
		{"<b>\"x\"", "%3Cb%3E%22x%22", "&lt;b&gt;&quot;x&quot;"},
		{"100%25?x=1#y", "100%2525%3Fx=1%23y", "100%25?x=1#y"},
		{"javascript:alert(1)", "javascript:alert(1)", "javascript:alert(1)"},
		{"back\\slash`{|}^", "back%5Cslash%60%7B%7C%7D%5E", "back\\slash`{|}^"},
		{"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "%C3%A9%E2%82%AC%F0%9F%98%80",
			"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
		{"\xc2\x85\xc2\x9f\xc2\xa0", "%C2%85%C2%9F%C2%A0",
			"\xef\xbf\xbd\xef\xbf\xbd\xc2\xa0"},
		/* U+202E and U+2069 turn the line, U+200F and U+202F do not */
		{"\xe2\x80\xae\xe2\x81\xa9\xe2\x80\x8f\xe2\x80\xaf",
			"%E2%80%AE%E2%81%A9%E2%80%8F%E2%80%AF",
			"\xef\xbf\xbd\xef\xbf\xbd\xe2\x80\x8f\xe2\x80\xaf"},
		{"\xe2\x80\xa7\xe2\x80\xa8\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xaa",
			"%E2%80%A7%E2%80%A8%E2%81%A5%E2%81%A6%E2%81%AA",
			"\xe2\x80\xa7\xef\xbf\xbd\xe2\x81\xa5\xef\xbf\xbd\xe2\x81\xaa"},
		{"-+$!*(),;=:@~_", "-+$!*(),;=:@~_", "-+$!*(),;=:@~_"},
	};
	char expected[1024];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		listed_file(rows[i].name, 0);
	listed_page();
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(expected, sizeof expected,
			"<a href=\"./%s\"><svg aria-hidden=\"true\"><use href=\"#file\"/></svg>"
			"<bdi>%s</bdi></a>",
			rows[i].link, rows[i].shown);
		assert_has(expected);
	}
}

static void test_path(void **state)
{
	(void)state;
	listed.path = "/a b/<\"&'>/l\xe9/";
	listed.path_length = strlen(listed.path);
	listed_page();
	assert_has("<title>/a b/&lt;&quot;&amp;&#39;&gt;/l\xef\xbf\xbd/</title>");
	assert_has("<h1 translate=\"no\"><a href=\"../../../\" aria-label=\"Root\">"
		   "<svg aria-hidden=\"true\"><use href=\"#home\"/></svg></a>/"
		   "<a href=\"../../\"><bdi>a b</bdi></a>/"
		   "<a href=\"../\"><bdi>&lt;&quot;&amp;&#39;&gt;</bdi></a>/"
		   "<a href=\"./\" aria-current=\"page\"><bdi>l\xef\xbf\xbd</bdi></a>/</h1>");
}

/* The longest that there is, of what becomes longest; and the one with most parts. */
static void test_longest_path(void **state)
{
	static char path[4095];

	(void)state;
	memset(path, '"', sizeof path);
	for (size_t i = 0; i < sizeof path; i += 256)
		path[i] = '/';
	path[sizeof path - 1] = '/';
	listed.path = path;
	listed.path_length = sizeof path;
	listed_page();
	assert_not("&hellip;");
	memset(path, 'd', sizeof path);
	for (size_t i = 0; i < sizeof path; i += 2)
		path[i] = '/';
	listed_page();
	assert_has("</a>/&hellip;/<a href=\"");
	assert_has("<a href=\"../\"><bdi>d</bdi></a>/<a href=\"./\" "
		   "aria-current=\"page\"><bdi>d</bdi>");
	assert_true(listed_length < 50000);
}

static void assert_heads(const char *query, const char *name, const char *size, const char *date)
{
	listed.order = listing_parse_order((struct span){query, strlen(query)});
	listed_page();
	assert_has(name);
	assert_has(size);
	assert_has(date);
}

#define TURNED(id)  "<svg aria-hidden=\"true\"><use href=\"#" id "\"/></svg></a></th>"
#define HEAD(class) "<th scope=\"col\" class=\"" class "\""
#define UP          " aria-sort=\"ascending\""
#define DOWN        " aria-sort=\"descending\""
#define LINK(query) "><a href=\"?" query "\">"

static void test_heads(void **state)
{
	static const char name[] = HEAD("name") LINK("sort=name&amp;order=asc") "Name</a></th>";
	static const char size[] = HEAD("size") LINK("sort=size&amp;order=desc") "Size</a></th>";
	static const char date[] =
		HEAD("date") LINK("sort=date&amp;order=desc") "Modified</a></th>";

	(void)state;
	assert_heads("", HEAD("name") UP LINK("sort=name&amp;order=desc") "Name" TURNED("asc"),
		size, date);
	assert_heads("order=desc",
		HEAD("name") DOWN LINK("sort=name&amp;order=asc") "Name" TURNED("desc"), size,
		date);
	assert_heads("sort=size", name,
		HEAD("size") UP LINK("sort=size&amp;order=desc") "Size" TURNED("asc"), date);
	assert_heads("sort=date&order=desc", name, size,
		HEAD("date") DOWN LINK("sort=date&amp;order=asc") "Modified" TURNED("desc"));
}

struct size {
	int64_t bytes;
	const char *shown; /* with the title before it */
};

static void test_sizes(void **state)
{
	static const struct size rows[] = {
		{0, "\"0 bytes\">0 B<"},
		{1, "\"1 byte\">1 B<"},
		{999, "\"999 bytes\">999 B<"},
		{1000, "\"1,000 bytes\">1.0 kB<"},
		{1049, "\"1,049 bytes\">1.0 kB<"},
		{1050, "\"1,050 bytes\">1.1 kB<"},
		{9949, "\"9,949 bytes\">9.9 kB<"},
		{9950, "\"9,950 bytes\">10 kB<"},
		{10499, "\"10,499 bytes\">10 kB<"},
		{999499, "\"999,499 bytes\">999 kB<"},
		{999500, "\"999,500 bytes\">1.0 MB<"},
		{1002003, "\"1,002,003 bytes\">1.0 MB<"},
		{4500000000, "\"4,500,000,000 bytes\">4.5 GB<"},
		{1000000000000, "\"1,000,000,000,000 bytes\">1.0 TB<"},
	};
	char name[8];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(name, sizeof name, "f%zu", i);
		listed_file(name, (off_t)rows[i].bytes);
	}
	listed_page();
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_has(rows[i].shown);
	assert_has("<footer>0 directories, 14 files, ");
}

#define LARGEST (INT64_MAX / 65536 * 65536 - 65536)

/* More together than a number can hold. */
static void test_largest_sizes(void **state)
{
	int fd = openat(listed.directory, "a", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	bool possible = ftruncate(fd, LARGEST) == 0;

	(void)state;
	close(fd);
	if (!possible)
		skip(); /* not on a disk */
	listed_file("a", LARGEST);
	listed_file("b", LARGEST);
	listed_file("c", LARGEST);
	listed_page();
	assert_has(">9.2 EB</td>");
	assert_has("3 files, <span title=\"9,223,372,036,854,775,807 bytes\">9.2 EB</span>");
}

static void test_icons(void **state)
{
	static const struct {
		const char *name;
		const char *icon;
	} rows[] = {
		{"a.txt", "text"},
		{"A.TXT", "text"},
		{"README", "text"},
		{"a.tar.gz", "pack"},
		{"a.Jpeg", "image"},
		{"a.m3u8", "audio"},
		{"a.mkv", "video"},
		{"a.c", "code"},
		{"Makefile", "code"},
		{"a.pdf", "pdf"},
		/* No ending, an unknown one, a word that is one only behind a dot, or only alone */
		{"c", "file"},
		{"a.", "file"},
		{"a.unknown", "file"},
		{"a.readme", "file"},
		{"a.txt text", "file"},
		{"a.averyveryverylongending", "file"},
		{"averyveryverylongname", "file"},
		{"a. ", "file"},
	};
	char expected[256];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		listed_file(rows[i].name, 0);
	listed_directory("dir.txt");
	listed_page();
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(expected, sizeof expected, "<use href=\"#%s\"/></svg><bdi>%s</bdi>",
			rows[i].icon, rows[i].name);
		assert_has(expected);
		snprintf(expected, sizeof expected, "<symbol id=\"%s\" ", rows[i].icon);
		assert_has(expected);
	}
	assert_has("<use href=\"#dir\"/></svg><bdi>dir.txt/</bdi>");
}

/* Good for "default-src 'none'; style-src 'unsafe-inline'", and for any place. */
static void test_contained(void **state)
{
	static const char *const never[] = {"<script", "http:", "https:", "//",
		"src=", "style=", "url(", "@import", "javascript", " on", "href=\"/"};

	(void)state;
	listed_file("f.txt", 1);
	listed_page();
	for (size_t i = 0; i < COUNT(never); i++)
		assert_not(never[i]);
	assert_has("@media(prefers-color-scheme:dark)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LISTED(test_rows),
		LISTED(test_top),
		LISTED(test_empty),
		LISTED(test_escapes),
		LISTED(test_path),
		LISTED(test_longest_path),
		LISTED(test_heads),
		LISTED(test_sizes),
		LISTED(test_largest_sizes),
		LISTED(test_icons),
		LISTED(test_contained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
