/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "html.h"
#include "link.h"
#include "sink.h"

static struct sink sink;
static struct markup markup;

static const char *page_of(const struct html_page *page, const char *document, size_t length)
{
	sink_begin(&sink, &markup);
	html_write(&markup, page, document, length);
	assert_true(markup_end(&markup));
	return sink.text;
}

/* What is in <main>. */
static void expect_bytes(const char *document, size_t length, const char *expected)
{
	static const char begin[] = "<main>\n", end[] = "</main>\n</body>\n</html>\n";
	const char *text = page_of(&(struct html_page){.name = "a.gmi"}, document, length);
	const char *body = strstr(text, begin);

	assert_non_null(body);
	body += strlen(begin);
	assert_true(strlen(body) >= strlen(end));
	sink.text[sink.length - strlen(end)] = '\0';
	assert_string_equal(body, expected);
}

static void expect(const char *document, const char *expected)
{
	expect_bytes(document, strlen(document), expected);
}

static void expect_head(const struct html_page *page, const char *document, const char *part)
{
	const char *text = page_of(page, document, strlen(document));

	if (!strstr(text, part))
		fail_msg("\"%s\" is not in \"%.500s\"", part, text);
}

static void test_head(void **state)
{
	const struct html_page plain = {.name = "a b.gmi"};
	const struct html_page full = {.name = "x:<y>?.gmi", .lang = "pt-BR", .feed = "atom.xml"};

	(void)state;
	expect_head(&plain, "", "<!doctype html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n");
	expect_head(&plain, "a\n", "<title>a b</title>\n");
	expect_head(&plain, "a\n## b & <c>\n# d\n", "<title>b &amp; &lt;c&gt;</title>\n");
	expect_head(&plain, "", "<link rel=\"alternate\" type=\"text/gemini\" href=\"a%20b.gmi\">");
	assert_null(strstr(sink.text, "atom"));
	expect_head(&full, "", "<html lang=\"pt-BR\">");
	expect_head(&full, "", "type=\"text/gemini\" href=\"./x:%3Cy%3E%3F.gmi\">");
	expect_head(&full, "", "type=\"application/atom+xml\" href=\"atom.xml\">");
	/* A small style, no script, and nothing from elsewhere. */
	assert_true(strstr(sink.text, "</style>") - strstr(sink.text, "<style>") < 2048);
	assert_null(strstr(sink.text, "url("));
	assert_null(strstr(sink.text, "src="));
}

static void test_blocks(void **state)
{
	(void)state;
	expect("# a\n\n### b\nc\n \t\n  d\n", "<h1>a</h1>\n<h3>b</h3>\n<p>c</p>\n<p>d</p>\n");
	expect("* a\n* b\nc\n* d", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n<p>c</p>\n"
				   "<ul>\n<li>d</li>\n</ul>\n");
	expect("* a\n\n* b\n", "<ul>\n<li>a</li>\n</ul>\n<ul>\n<li>b</li>\n</ul>\n");
	expect("> a\n>\n>b\n* c\n", "<blockquote>\n<p>a</p>\n<p>b</p>\n</blockquote>\n"
				    "<ul>\n<li>c</li>\n</ul>\n");
	expect("#\n* \n>\n", "<h1>a</h1>\n"); /* the name of the file */
	expect("", "<h1>a</h1>\n");
	expect("=> b\n", "<p class=\"link\"><a href=\"b\">b</a></p>\n");
}

static void test_preformatted(void **state)
{
	(void)state;
	expect("```\n\n a\n* b\n```\n", "<pre>\n\n a\n* b\n</pre>\n");
	expect("``` a & b\nc\n``` d\n", "<figure>\n<figcaption>a &amp; b</figcaption>\n"
					"<pre>\nc\n</pre>\n</figure>\n");
	expect("```a\nb\n", "<figure>\n<figcaption>a</figcaption>\n<pre>\nb\n</pre>\n</figure>\n");
	expect("```\na\n```\n```\nb\n```\n", "<pre>\na\n</pre>\n<pre>\nb\n</pre>\n");
	expect("```\n```\na", "<p>a</p>\n");
	expect("```\n\n```\n", "<pre>\n\n</pre>\n<h1>a</h1>\n");
	expect("* a\n```\nb\n```", "<ul>\n<li>a</li>\n</ul>\n<pre>\nb\n</pre>\n");
}

/* One is a paragraph, several are a list. */
static void test_links(void **state)
{
	(void)state;
	expect("=> a.gmi b\n\n=> c.gmi\n=> d e\n",
		"<p class=\"link\"><a href=\"a.gmi\">b</a></p>\n<ul class=\"links\">\n"
		"<li><a href=\"c.gmi\">c.gmi</a></li>\n<li><a href=\"d\">e</a></li>\n</ul>\n");
	expect("=> HTTPS://a/?b&c=\"d' e\n", "<p class=\"link\"><a href=\"HTTPS://a/?b&amp;c="
					     "%22d&#39;\">e</a></p>\n");
	expect("=> GEMINI://a/ b\n", "<p class=\"link\"><a href=\"GEMINI://a/\" class=\"gemini\">b"
				     "<small> gemini </small></a></p>\n");
	expect("=> gopher://a/\n", "<p class=\"link\"><a href=\"gopher://a/\" class=\"gopher\">"
				   "gopher://a/</a></p>\n");
	expect("=> a 2026-05-17 - b\n=> c 2026-05-18\n=> d 2026-05-32 e",
		"<ul class=\"links\">\n<li><time datetime=\"2026-05-17\">2026-05-17</time> - "
		"<a href=\"a\">b</a></li>\n<li><a href=\"c\">2026-05-18</a></li>\n"
		"<li><a href=\"d\">2026-05-32 e</a></li>\n</ul>\n");
	expect("=> ü/é%41%zz[x]#a#b|\\ c\n",
		"<p class=\"link\"><a "
		"href=\"%C3%BC/%C3%A9%41%25zz%5Bx%5D#a%23b%7C%5C\">c</a></p>\n");
	expect("=> gemini://[::1]:1/[a] b\n",
		"<p class=\"link\"><a href=\"gemini://[::1]:1/%5Ba%5D\" class=\"gemini\">b"
		"<small> gemini </small></a></p>\n");
}

/* Whatever a browser would not leave alone is no link. */
static void test_dead_links(void **state)
{
	static const char *const urls[] = {"javascript:a", "JavaScript:a", "data:text/html,a",
		"vbscript:a", "file:///etc/passwd", "blob:a", "view-source:https://a/",
		"ms-msdt:/a", "about:blank", "unknown:a", "filesystem:a"};
	char document[100], expected[200];

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		snprintf(document, sizeof(document), "=> %s b", urls[i]);
		snprintf(expected, sizeof(expected), "<p class=\"link\">b <code>%s</code></p>\n",
			urls[i]);
		expect(document, expected);
	}
	expect("=>javascript:a", "<p class=\"link\"><code>javascript:a</code></p>\n");
	/* What a browser would drop to find a scheme is encoded, so that it finds none. */
	expect("=> \x01javascript:a\n",
		"<p class=\"link\"><a href=\"%01javascript:a\">\xef\xbf\xbdjavascript:a</a></p>\n");
	expect("=> java\rscript:a b\n",
		"<p class=\"link\"><a href=\"java%0Dscript:a\">b</a></p>\n");
	expect("=> java&Tab;script:a b\n",
		"<p class=\"link\"><a href=\"java&amp;Tab;script:a\">b</a></p>\n");
}

static void test_text(void **state)
{
	(void)state;
	expect("<script>&amp;\"'</script>\n",
		"<p>&lt;script&gt;&amp;amp;&quot;&#39;&lt;/script&gt;</p>\n");
	expect("``` <a>\n</pre>\n", "<figure>\n<figcaption>&lt;a&gt;</figcaption>\n"
				    "<pre>\n&lt;/pre&gt;\n</pre>\n</figure>\n");
	expect("ü€😀\xef\xbf\xbd", "<p>ü€😀\xef\xbf\xbd</p>\n");
	/* What is not UTF-8, and what HTML cannot hold. */
	expect("a\xff\xc3z", "<p>a\xef\xbf\xbd\xef\xbf\xbdz</p>\n");
	expect("\xed\xa0\x80", "<p>\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd</p>\n");
	expect("a\x1b\x7f\xc2\x9b\xef\xbf\xbf\xef\xb7\x90z",
		"<p>a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz</p>\n");
	expect_bytes("a\0b", 3,
		"<p>a\xef\xbf\xbd"
		"b</p>\n");
	expect("a\tb\r\n", "<p>a\tb</p>\n");
}

/* A chunk's end makes no difference, and a sink that wants no more gets no more. */
static bool take_once(struct encoder_sink *to, const uint8_t *bytes, size_t length)
{
	(void)bytes;
	((struct sink *)to)->length += length;
	return false;
}

static void test_chunks(void **state)
{
	static char document[3 * ENCODER_CHUNK];

	(void)state;
	memset(document, '&', sizeof(document));
	sink_begin(&sink, &markup);
	sink.sink.take = take_once;
	html_write(&markup, &(struct html_page){.name = "a.gmi"}, document, sizeof(document));
	assert_false(markup_end(&markup));
	assert_int_equal(sink.length, ENCODER_CHUNK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_preformatted),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_dead_links),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_chunks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
