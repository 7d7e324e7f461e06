/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "atom.h"
#include "sink.h"

static struct sink sink;
static struct markup markup;

static void feed_of(const char *base, const char *directory, const char *document)
{
	sink_begin(&sink, &markup);
	atom_write(&markup, &(struct atom_feed){base, directory, "atom.xml"}, document,
		strlen(document));
	assert_true(markup_end(&markup));
}

static void expect_in(const char *part)
{
	if (!strstr(sink.text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, sink.text);
}

static void test_feed(void **state)
{
	(void)state;
	feed_of("https://a.example/b", "c d/e",
		"# Log & <more>\n=> 1.gmi 2026-05-17 - First & \"best\"\n=> /2.gmi\t2026-06-02: "
		"Second\n"
		"=> 3.gmi No date\n=> 4.gmi 2026-01-31\n=> javascript:x 2026-09-09 Dead\n"
		"```\n=> 5.gmi 2026-09-10 Preformatted\n```\n");
	assert_string_equal(sink.text,
		"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
		"<feed xmlns=\"http://www.w3.org/2005/Atom\">\n"
		"<title>Log &amp; &lt;more&gt;</title>\n"
		"<author><name>Log &amp; &lt;more&gt;</name></author>\n"
		"<id>https://a.example/b/c%20d/e/</id>\n"
		"<updated>2026-06-02T12:00:00Z</updated>\n"
		"<link rel=\"alternate\" href=\"https://a.example/b/c%20d/e/\"/>\n"
		"<link rel=\"self\" type=\"application/atom+xml\" "
		"href=\"https://a.example/b/c%20d/e/atom.xml\"/>\n"
		"<entry>\n<title>First &amp; &quot;best&quot;</title>\n"
		"<id>https://a.example/b/c%20d/e/1.gmi</id>\n"
		"<updated>2026-05-17T12:00:00Z</updated>\n"
		"<link rel=\"alternate\" href=\"https://a.example/b/c%20d/e/1.gmi\"/>\n</entry>\n"
		"<entry>\n<title>Second</title>\n<id>https://a.example/2.gmi</id>\n"
		"<updated>2026-06-02T12:00:00Z</updated>\n"
		"<link rel=\"alternate\" href=\"https://a.example/2.gmi\"/>\n</entry>\n"
		"<entry>\n<title>4.gmi</title>\n<id>https://a.example/b/c%20d/e/4.gmi</id>\n"
		"<updated>2026-01-31T12:00:00Z</updated>\n"
		"<link rel=\"alternate\" href=\"https://a.example/b/c%20d/e/4.gmi\"/>\n</entry>\n"
		"</feed>\n");
}

static void expect_resolved(
	const char *base, const char *directory, const char *url, const char *expected)
{
	char document[200], id[200];

	snprintf(document, sizeof(document), "=> %s 2026-05-17 a\n", url);
	snprintf(id, sizeof(id), "<title>a</title>\n<id>%s</id>", expected);
	feed_of(base, directory, document);
	expect_in(id);
}

static void test_resolved(void **state)
{
	(void)state;
	expect_resolved("https://a/", "", "b.gmi", "https://a/b.gmi");
	expect_resolved("https://a", "", "./b.gmi", "https://a/b.gmi");
	expect_resolved("https://a/b/", "c/d", "../e", "https://a/b/c/e");
	expect_resolved("https://a/b/", "c/d", "../../e", "https://a/b/e");
	expect_resolved("https://a/b/", "c/d", "../../../e", "https://a/e");
	expect_resolved("https://a/b/", "c/d", ".././../../../../e", "https://a/e");
	expect_resolved("https://a:8443/b", "c", "/d", "https://a:8443/d");
	expect_resolved("gemini://a/b", "c", "//d/e", "gemini://d/e");
	expect_resolved("https://a/", "c", "gemini://d/e?f&g", "gemini://d/e?f&amp;g");
	expect_resolved("https://a/", "x:?<", "y", "https://a/x:%3F%3C/y");
}

static void test_base(void **state)
{
	static const char *const wrong[] = {"", "a", "example.org", "/a", "https:", "https://",
		"https:///a", "https://a?b", "https://a/#", "https://a/ b", "ftp://a/",
		"javascript://a", "https://a/<", "://a", "mailto:a@b", "https://\xc3\xbc/"};

	(void)state;
	assert_null(atom_judge_base("https://example.org"));
	assert_null(atom_judge_base("http://example.org:8080/~a/"));
	assert_null(atom_judge_base("gemini://example.org/"));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (!atom_judge_base(wrong[i]))
			fail_msg("\"%s\" is no base", wrong[i]);
	}
}

static void test_has_entries(void **state)
{
	(void)state;
	assert_true(atom_has_entries("=> a 2026-05-17", 15));
	assert_false(atom_has_entries("=> a b", 6));
	assert_false(atom_has_entries("2026-05-17", 10));
	assert_false(atom_has_entries("", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_feed),
		cmocka_unit_test(test_resolved),
		cmocka_unit_test(test_base),
		cmocka_unit_test(test_has_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
