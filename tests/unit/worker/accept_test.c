/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "accept.h"
#include "request.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define JSON         "application/json"
#define HTML         "text/html"

enum preferred {
	NEITHER,
	PREFERS_JSON,
	PREFERS_HTML
};

struct row {
	const char *lines; /* of Accept; NULL: none */
	enum preferred preferred;
};

static void check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct http_head *head = request_with("Accept: ", rows[i].lines);

		if (accept_prefers(head, JSON, HTML) != (rows[i].preferred == PREFERS_JSON) ||
			accept_prefers(head, HTML, JSON) != (rows[i].preferred == PREFERS_HTML))
			fail_msg("row %zu: %s", i, rows[i].lines);
	}
}

/* RFC 9110 §12.5.1 */
static void test_types(void **state)
{
	static const struct row rows[] = {
		{NULL, NEITHER},
		{"", NEITHER},
		{"*/*", NEITHER},
		{JSON, PREFERS_JSON},
		{HTML, PREFERS_HTML},
		{JSON ", " HTML, NEITHER},
		{HTML "," JSON, NEITHER},
		{"APPLICATION/Json", PREFERS_JSON},
		{"image/png", NEITHER},
		{"application/*", PREFERS_JSON},
		{"text/*", PREFERS_HTML},
		{"text/plain", NEITHER},
		{"application/jsonp", NEITHER},
		{"application/jso", NEITHER},
		{"application/ld+json", NEITHER},
		{"json/application", NEITHER},
		{"*/json", NEITHER}, /* no such range */
		/* a browser; curl; fetch(); what an interface sends */
		{"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,"
		 "image/webp,*/*;q=0.8",
			PREFERS_HTML},
		{"*/*;q=0.8", NEITHER},
		{"application/json, text/plain, */*", NEITHER},
		{"application/json, text/javascript, */*; q=0.01", PREFERS_JSON},
	};

	(void)state;
	check(rows, COUNT(rows));
}

static void test_weights(void **state)
{
	static const struct row rows[] = {
		{JSON ";q=0.5, " HTML ";q=0.4", PREFERS_JSON},
		{JSON ";q=0.4, " HTML ";q=0.5", PREFERS_HTML},
		{JSON ";q=0.001", PREFERS_JSON},
		{JSON ";q=0", NEITHER},
		{JSON ";q=0, */*", PREFERS_HTML},
		{JSON ";q=0.5, */*;q=0.4", PREFERS_JSON},
		{JSON ";q=0.4, */*;q=0.5", PREFERS_HTML},
		{JSON ";Q=0.4, " HTML ";Q=0.5", PREFERS_HTML},
		{JSON "\t;\tq=0.4 , " HTML " ; q=0.5", PREFERS_HTML},
		/* twice: the lower */
		{JSON ", " JSON ";q=0.3, " HTML ";q=0.5", PREFERS_HTML},
		{JSON ";q=0.3, " JSON ", " HTML ";q=0.5", PREFERS_HTML},
	};

	(void)state;
	check(rows, COUNT(rows));
}

/* The most specific range holds, wherever it stands and however low it is. */
static void test_specificity(void **state)
{
	static const struct row rows[] = {
		{"application/*;q=0.9, " JSON ";q=0.1, " HTML ";q=0.5", PREFERS_HTML},
		{JSON ";q=0.1, application/*;q=0.9, " HTML ";q=0.5", PREFERS_HTML},
		{"*/*;q=0.9, text/*;q=0.1", PREFERS_JSON},
		{"text/*;q=0.1, */*;q=0.9", PREFERS_JSON},
		{"*/*, text/*;q=0.5, " HTML ";q=0.7, " JSON ";q=0.6", PREFERS_HTML},
		{"text/*, */*;q=0", PREFERS_HTML},
	};

	(void)state;
	check(rows, COUNT(rows));
}

static void test_parameters(void **state)
{
	static const struct row rows[] = {
		/* of others than ours */
		{JSON ";profile=x", NEITHER},
		{JSON ";profile=x, " JSON ";q=0.2, " HTML ";q=0.1", PREFERS_JSON},
		{HTML ";level=1, " HTML ";q=0.7, " JSON ";q=0.8", PREFERS_JSON},
		{HTML ";level=1;q=0.9, " JSON ";q=0.1", PREFERS_JSON},
		{"*/*;x=y", NEITHER},
		/* ours */
		{JSON ";charset=utf-8", PREFERS_JSON},
		{JSON "; charset=\"UTF-8\"", PREFERS_JSON},
		{JSON ";charset=utf-16", NEITHER},
		{JSON ";charset=utf-8;q=0.3, " JSON ";q=0.9, " HTML ";q=0.5", PREFERS_HTML},
		{JSON ";q=0.9, " JSON ";charset=utf-8;q=0.3, " HTML ";q=0.5", PREFERS_HTML},
		{JSON ";charset=utf-8;q=0.9, " JSON ";q=0.3, " HTML ";q=0.5", PREFERS_JSON},
		{JSON ";q=0.3, " JSON ";charset=utf-8;q=0.9, " HTML ";q=0.5", PREFERS_JSON},
		{"text/*;charset=utf-8;q=0.9, " HTML ";q=0.1, " JSON ";q=0.5", PREFERS_JSON},
		/* the weight among them, in any place */
		{JSON ";q=0.3;charset=utf-8, " HTML ";q=0.5", PREFERS_HTML},
		{JSON ";charset=utf-8;q=0.6, " HTML ";q=0.5", PREFERS_JSON},
		{JSON ";q=0.6;profile=x, " HTML ";q=0.5", PREFERS_HTML},
		/* empty ones (§5.6.6), and quotes with anything inside (§5.6.4) */
		{JSON ";", PREFERS_JSON},
		{JSON ";;q=0.5;, " HTML ";q=0.4", PREFERS_JSON},
		{HTML ";x=\"a,b;q=0\\\"\", " JSON ";q=0.1", PREFERS_JSON},
		{HTML ";x=\"\", " JSON ";q=0.1", PREFERS_JSON},
	};

	(void)state;
	check(rows, COUNT(rows));
}

static void test_lines(void **state)
{
	static const struct row rows[] = {
		{HTML ";q=0.5\n" JSON, PREFERS_JSON},
		{JSON "\n" HTML ";q=0.5", PREFERS_JSON},
		{JSON ";q=0.1\n\n" HTML ";q=0.5", PREFERS_HTML},
		{",, " JSON " ,", PREFERS_JSON},
		{",", NEITHER},
	};

	(void)state;
	check(rows, COUNT(rows));
}

/* A line that cannot be understood counts as absent, and only that line. */
static void test_malformed(void **state)
{
	static const struct row rows[] = {
		{JSON ";q=high", NEITHER},
		{JSON ";q=1.5", NEITHER},
		{JSON ";q=0.1234", NEITHER},
		{JSON ";q=\"1\"", NEITHER},
		{JSON ";q", NEITHER},
		{JSON ";q =1", NEITHER},
		{JSON ", *", NEITHER},
		{JSON ", a/b;x=y;q=2", NEITHER},
		{JSON ", text/", NEITHER},
		{JSON ", /html", NEITHER},
		{JSON ", text / html", NEITHER},
		{JSON " " HTML, NEITHER},
		{JSON ";x=", NEITHER},
		{JSON ";x=\"", NEITHER},
		{JSON ";x=\"a\\\"", NEITHER},
		{JSON ";x=\"a\\", NEITHER},
		{JSON ";=x", NEITHER},
		{JSON "/x", NEITHER},
		{"\"" JSON "\"", NEITHER},
		{JSON "\n" HTML ";q=2", PREFERS_JSON},
		{HTML ", x\n" JSON ";q=0.1", PREFERS_JSON},
	};

	(void)state;
	check(rows, COUNT(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_specificity),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests_name("accept", tests, NULL, NULL);
}
