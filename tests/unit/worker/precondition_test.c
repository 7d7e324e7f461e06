/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "precondition.h"
#include "request.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define DATE INT64_C(784111777) /* 1994-11-06T08:49:37Z, a Sunday */
#define NOW  (DATE + 1000)

#define SAME    "Sun, 06 Nov 1994 08:49:37 GMT"
#define EARLIER "Sun, 06 Nov 1994 08:49:36 GMT"
#define LATER   "Sun, 06 Nov 1994 08:49:38 GMT"

enum kind {
	STRONG,  /* "v1" */
	WEAK,    /* W/"v1" */
	UNDATED, /* "v1", and no date */
};

static struct validator validator_of(enum kind kind)
{
	const char *etag = kind == WEAK ? "W/\"v1\"" : "\"v1\"";
	struct validator validator = {
		.etag_length = strlen(etag), .weak = kind == WEAK, .dated = kind != UNDATED};

	/* What lies behind the entity tag's length is nobody's. */
	memset(validator.etag, 'x', sizeof validator.etag);
	memcpy(validator.etag, etag, strlen(etag));
	/* Nor is a date that is none. */
	validator.modified = DATE;
	return validator;
}

struct row {
	const char *lines;
	enum precondition expected;
};

static void check(const char *prefix, enum kind kind, const struct row *rows, size_t count)
{
	struct validator validator = validator_of(kind);

	for (size_t i = 0; i < count; i++) {
		enum precondition got =
			precondition_check(request_with(prefix, rows[i].lines), &validator, NOW);

		if (got != rows[i].expected)
			fail_msg("%s%s: %d, not %d", prefix, rows[i].lines, (int)got,
				(int)rows[i].expected);
	}
}

static void test_none(void **state)
{
	static const struct row rows[] = {
		{NULL, PRECONDITION_HOLDS},
		{"Accept: */*\nIf: (<x>)\nIf-Schedule-Tag-Match: \"no\"", PRECONDITION_HOLDS},
		/* §13.1.5 has no part in it */
		{"If-Range: \"no\"\nRange: bytes=0-", PRECONDITION_HOLDS},
	};

	(void)state;
	check("", STRONG, rows, COUNT(rows));
	check("", WEAK, rows, COUNT(rows));
	check("", UNDATED, rows, COUNT(rows));
}

/* §13.1.1: strong comparison */
static void test_match(void **state)
{
	static const struct row rows[] = {
		{"\"v1\"", PRECONDITION_HOLDS},
		{"\"v2\"", PRECONDITION_FAILED},
		{"\"V1\"", PRECONDITION_FAILED},
		{"\"v\"", PRECONDITION_FAILED},
		{"\"v1 \"", PRECONDITION_FAILED},
		{"\"v11\"", PRECONDITION_FAILED},
		{"\"\"", PRECONDITION_FAILED},
		{"W/\"v1\"", PRECONDITION_FAILED},
		{"*", PRECONDITION_HOLDS},
		{"\"*\"", PRECONDITION_FAILED},
		{"\"v2\", \"v1\"", PRECONDITION_HOLDS},
		{"\"v2\", W/\"v1\"", PRECONDITION_FAILED},
		{"W/\"v1\", \"v1\"", PRECONDITION_HOLDS},
		{"\"v2\"\n\"v1\"", PRECONDITION_HOLDS},
		{"\"v2\"\n\"v3\"", PRECONDITION_FAILED},
		/* malformed, or nothing: matches nothing */
		{"", PRECONDITION_FAILED},
		{"v1", PRECONDITION_FAILED},
		{"\"v1", PRECONDITION_FAILED},
		{"\"v1\", x", PRECONDITION_FAILED},
		{"*, \"v1\"", PRECONDITION_FAILED},
		{"*\n\"v1\"", PRECONDITION_FAILED},
	};
	/* A weak one of ours never matches strongly (§8.8.3.2). */
	static const struct row weak[] = {
		{"\"v1\"", PRECONDITION_FAILED},
		{"W/\"v1\"", PRECONDITION_FAILED},
		{"*", PRECONDITION_HOLDS},
	};

	(void)state;
	check("If-Match: ", STRONG, rows, COUNT(rows));
	check("If-Match: ", UNDATED, rows, COUNT(rows));
	check("If-Match: ", WEAK, weak, COUNT(weak));
}

/* §13.1.2: weak comparison */
static void test_none_match(void **state)
{
	static const struct row rows[] = {
		{"\"v1\"", PRECONDITION_UNCHANGED},
		{"W/\"v1\"", PRECONDITION_UNCHANGED},
		{"\"v2\"", PRECONDITION_HOLDS},
		{"\"V1\"", PRECONDITION_HOLDS},
		{"\"v\"", PRECONDITION_HOLDS},
		{"\"v11\"", PRECONDITION_HOLDS},
		{"\"\"", PRECONDITION_HOLDS},
		{"w/\"v1\"", PRECONDITION_HOLDS},
		{"*", PRECONDITION_UNCHANGED},
		{"\"*\"", PRECONDITION_HOLDS},
		{"\"v2\", \"v1\"", PRECONDITION_UNCHANGED},
		{"\"v1\", \"v2\"", PRECONDITION_UNCHANGED},
		{"\"v2\", W/\"v3\"", PRECONDITION_HOLDS},
	};

	(void)state;
	check("If-None-Match: ", STRONG, rows, COUNT(rows));
	check("If-None-Match: ", WEAK, rows, COUNT(rows));
	check("If-None-Match: ", UNDATED, rows, COUNT(rows));
}

/* §5.6.1, §8.8.3: what an entity tag and a list of them look like */
static void test_lists(void **state)
{
	static const struct row rows[] = {
		{"\"v2\",\"v1\"", PRECONDITION_UNCHANGED},
		{"\"v2\"\t,\t \"v1\"", PRECONDITION_UNCHANGED},
		{", ,\"v2\",, \"v1\",", PRECONDITION_UNCHANGED},
		{"\"a,b\", \"v1\"", PRECONDITION_UNCHANGED},
		{"\"a, \"v1\"", PRECONDITION_HOLDS},          /* "a, " has a space */
		{"\"a,\"v1\",\"", PRECONDITION_HOLDS},        /* v1 stands outside of quotes */
		{"\"a,\\\", \"v1\"", PRECONDITION_UNCHANGED}, /* a backslash escapes nothing */
		{"\"!#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\", \"v1\"", PRECONDITION_UNCHANGED},
		{"\"caf\xc3\xa9\xff\", \"v1\"", PRECONDITION_UNCHANGED}, /* obs-text */
		{"\"\", \"v1\"", PRECONDITION_UNCHANGED},
		{"W/\"\", \"v1\"", PRECONDITION_UNCHANGED},
		/* on several lines (§5.3) */
		{"\"v2\"\n\"v1\"", PRECONDITION_UNCHANGED},
		{"\"v1\"\n\"v2\"", PRECONDITION_UNCHANGED},
		{"\"v2\"\n\n\"v1\", \"v3\"", PRECONDITION_UNCHANGED},
		/* malformed: all of it */
		{"", PRECONDITION_HOLDS},
		{",", PRECONDITION_HOLDS},
		{"v1", PRECONDITION_HOLDS},
		{"'v1'", PRECONDITION_HOLDS},
		{"\"v1", PRECONDITION_HOLDS},
		{"v1\"", PRECONDITION_HOLDS},
		{"\"", PRECONDITION_HOLDS},
		{"W", PRECONDITION_HOLDS},
		{"W/", PRECONDITION_HOLDS},
		{"W/v1", PRECONDITION_HOLDS},
		{"W \"v1\"", PRECONDITION_HOLDS},
		{"W/ \"v1\"", PRECONDITION_HOLDS},
		{"W/W/\"v1\"", PRECONDITION_HOLDS},
		{"\"v 1\", \"v1\"", PRECONDITION_HOLDS},
		{"\"v\t1\", \"v1\"", PRECONDITION_HOLDS},
		{"\"v1\" \"v2\"", PRECONDITION_HOLDS},
		{"\"v1\"\"v2\"", PRECONDITION_HOLDS},
		{"\"v1\"x", PRECONDITION_HOLDS},
		{"\"v1\";q=1", PRECONDITION_HOLDS},
		{"\"v1\", v2", PRECONDITION_HOLDS},
		{"v2, \"v1\"", PRECONDITION_HOLDS},
		{"\"v1\"\nv2", PRECONDITION_HOLDS},
		{"v2\n\"v1\"", PRECONDITION_HOLDS},
		/* "*" stands alone */
		{"**", PRECONDITION_HOLDS},
		{"*,", PRECONDITION_HOLDS},
		{"*, *", PRECONDITION_HOLDS},
		{"*\n*", PRECONDITION_HOLDS},
		{"*, \"v1\"", PRECONDITION_HOLDS},
		{"\"v1\", *", PRECONDITION_HOLDS},
		{"\"v1\"\n*", PRECONDITION_HOLDS},
		{"*\n\"v1\"", PRECONDITION_HOLDS},
		{"W/*", PRECONDITION_HOLDS},
	};

	(void)state;
	check("If-None-Match: ", STRONG, rows, COUNT(rows));
	check("If-None-Match: ", WEAK, rows, COUNT(rows));
}

/* §13.1.3 */
static void test_modified(void **state)
{
	static const struct row rows[] = {
		{SAME, PRECONDITION_UNCHANGED},
		{LATER, PRECONDITION_UNCHANGED},
		{EARLIER, PRECONDITION_HOLDS},
		{"Fri, 01 Jan 2100 00:00:00 GMT", PRECONDITION_UNCHANGED}, /* after now */
		/* the obsolete forms (§5.6.7) */
		{"Sunday, 06-Nov-94 08:49:37 GMT", PRECONDITION_UNCHANGED},
		{"Sunday, 06-Nov-94 08:49:36 GMT", PRECONDITION_HOLDS},
		{"Sun Nov  6 08:49:37 1994", PRECONDITION_UNCHANGED},
		{"Sun Nov  6 08:49:36 1994", PRECONDITION_HOLDS},
		/* no date: ignored */
		{"", PRECONDITION_HOLDS},
		{"yesterday", PRECONDITION_HOLDS},
		{"4102444800", PRECONDITION_HOLDS},
		{"Sun, 06 Nov 2094 08:49:37 CET", PRECONDITION_HOLDS},
		{"Sun, 31 Feb 2094 08:49:37 GMT", PRECONDITION_HOLDS},
		{"2094-11-06T08:49:37Z", PRECONDITION_HOLDS},
		{"\"" SAME "\"", PRECONDITION_HOLDS},
		{SAME ", " SAME, PRECONDITION_HOLDS},
		{SAME "; length=5", PRECONDITION_HOLDS},
		/* nor are two */
		{SAME "\n" SAME, PRECONDITION_HOLDS},
		{"\n" SAME, PRECONDITION_HOLDS},
	};
	static const struct row undated[] = {
		{SAME, PRECONDITION_HOLDS},
		{LATER, PRECONDITION_HOLDS},
		{EARLIER, PRECONDITION_HOLDS},
	};

	(void)state;
	check("If-Modified-Since: ", STRONG, rows, COUNT(rows));
	check("If-Modified-Since: ", WEAK, rows, COUNT(rows));
	check("If-Modified-Since: ", UNDATED, undated, COUNT(undated));
}

/* §13.1.4 */
static void test_unmodified(void **state)
{
	static const struct row rows[] = {
		{SAME, PRECONDITION_HOLDS},
		{LATER, PRECONDITION_HOLDS},
		{EARLIER, PRECONDITION_FAILED},
		{"Sunday, 06-Nov-94 08:49:36 GMT", PRECONDITION_FAILED},
		{"Sunday, 06-Nov-94 08:49:37 GMT", PRECONDITION_HOLDS},
		{"Sun Nov  6 08:49:36 1994", PRECONDITION_FAILED},
		{"Sun Nov  6 08:49:37 1994", PRECONDITION_HOLDS},
		/* no date, a list among them: ignored */
		{"", PRECONDITION_HOLDS},
		{"yesterday", PRECONDITION_HOLDS},
		{EARLIER ", " EARLIER, PRECONDITION_HOLDS},
		{EARLIER "\n" EARLIER, PRECONDITION_HOLDS},
	};
	static const struct row undated[] = {
		{SAME, PRECONDITION_HOLDS},
		{EARLIER, PRECONDITION_HOLDS},
		{"Thu, 01 Jan 1970 00:00:00 GMT", PRECONDITION_HOLDS},
	};

	(void)state;
	check("If-Unmodified-Since: ", STRONG, rows, COUNT(rows));
	check("If-Unmodified-Since: ", WEAK, rows, COUNT(rows));
	check("If-Unmodified-Since: ", UNDATED, undated, COUNT(undated));
}

#define MATCH      "If-Match: \"v1\"\n"
#define NO_MATCH   "If-Match: \"v2\"\n"
#define OLD        "If-Unmodified-Since: " SAME "\n"
#define NOT_OLD    "If-Unmodified-Since: " EARLIER "\n"
#define KNOWN      "If-None-Match: \"v1\"\n"
#define NOT_KNOWN  "If-None-Match: \"v2\"\n"
#define RECENT     "If-Modified-Since: " SAME "\n"
#define NOT_RECENT "If-Modified-Since: " EARLIER "\n"
#define END        "Accept: */*"

/* §13.2.2 */
static void test_precedence(void **state)
{
	static const struct row rows[] = {
		/* step 1 decides, and step 2 is left out */
		{MATCH NOT_OLD END, PRECONDITION_HOLDS},
		{NO_MATCH OLD END, PRECONDITION_FAILED},
		{NO_MATCH KNOWN END, PRECONDITION_FAILED},
		{NO_MATCH RECENT END, PRECONDITION_FAILED},
		{NO_MATCH NOT_KNOWN NOT_RECENT END, PRECONDITION_FAILED},
		{KNOWN NO_MATCH END, PRECONDITION_FAILED},
		/* … even if nobody can understand it */
		{"If-Match: v1\n" OLD END, PRECONDITION_FAILED},
		/* then step 3 */
		{MATCH KNOWN END, PRECONDITION_UNCHANGED},
		{MATCH NOT_KNOWN END, PRECONDITION_HOLDS},
		{MATCH RECENT END, PRECONDITION_UNCHANGED},
		{MATCH NOT_RECENT END, PRECONDITION_HOLDS},
		/* step 2 */
		{NOT_OLD KNOWN END, PRECONDITION_FAILED},
		{NOT_OLD RECENT END, PRECONDITION_FAILED},
		{NOT_OLD NOT_KNOWN NOT_RECENT END, PRECONDITION_FAILED},
		{RECENT NOT_OLD END, PRECONDITION_FAILED},
		{OLD KNOWN END, PRECONDITION_UNCHANGED},
		{OLD NOT_KNOWN END, PRECONDITION_HOLDS},
		{OLD RECENT END, PRECONDITION_UNCHANGED},
		{OLD NOT_RECENT END, PRECONDITION_HOLDS},
		{"If-Unmodified-Since: never\n" KNOWN END, PRECONDITION_UNCHANGED},
		/* step 3 decides, and step 4 is left out */
		{KNOWN NOT_RECENT END, PRECONDITION_UNCHANGED},
		{NOT_KNOWN RECENT END, PRECONDITION_HOLDS},
		{RECENT NOT_KNOWN END, PRECONDITION_HOLDS},
		{"If-None-Match: v1\n" RECENT END, PRECONDITION_HOLDS},
		{"If-None-Match:\n" RECENT END, PRECONDITION_HOLDS},
		/* all */
		{MATCH NOT_OLD KNOWN NOT_RECENT END, PRECONDITION_UNCHANGED},
		{MATCH NOT_OLD NOT_KNOWN RECENT END, PRECONDITION_HOLDS},
		{"If-Match: *\n" NOT_OLD "If-None-Match: *\n" NOT_RECENT END,
			PRECONDITION_UNCHANGED},
	};

	(void)state;
	check("", STRONG, rows, COUNT(rows));
}

/* §13.1.5 */
static void test_range(void **state)
{
	static const struct {
		const char *lines;
		enum kind kind;
		int64_t now;
		bool expected;
	} rows[] = {
		{NULL, STRONG, NOW, true},
		{NULL, WEAK, NOW, true},
		/* strong comparison */
		{"\"v1\"", STRONG, NOW, true},
		{"\"v1\"", UNDATED, NOW, true},
		{"\"v2\"", STRONG, NOW, false},
		{"\"v\"", STRONG, NOW, false},
		{"W/\"v1\"", STRONG, NOW, false},
		{"\"v1\"", WEAK, NOW, false},
		{"W/\"v1\"", WEAK, NOW, false},
		/* exactly the date, in any form */
		{SAME, STRONG, NOW, true},
		{LATER, STRONG, NOW, false},
		{EARLIER, STRONG, NOW, false},
		{"Sunday, 06-Nov-94 08:49:37 GMT", STRONG, NOW, true},
		{"Sun Nov  6 08:49:37 1994", STRONG, NOW, true},
		{"Wed, 06 Nov 1994 08:49:37 GMT", STRONG, NOW, true}, /* begins like W/ */
		{"Wednesday, 06-Nov-94 08:49:37 GMT", STRONG, NOW, true},
		/* which has to be a strong validator (§8.8.2.2) */
		{SAME, STRONG, DATE, false},
		{SAME, STRONG, DATE + 1, true},
		{SAME, STRONG, DATE - 1000, false},
		{SAME, WEAK, NOW, false},
		{SAME, UNDATED, NOW, false},
		{"Thu, 01 Jan 1970 00:00:00 GMT", UNDATED, NOW, false},
		/* neither */
		{"", STRONG, NOW, false},
		{"yesterday", STRONG, NOW, false},
		{"*", STRONG, NOW, false},
		{"v1", STRONG, NOW, false},
		{"\"v1", STRONG, NOW, false},
		{"w/\"v1\"", STRONG, NOW, false},
		{"\"v1\", \"v1\"", STRONG, NOW, false},
		{"\"v1\",", STRONG, NOW, false},
		{",\"v1\"", STRONG, NOW, false},
		{"\"v1\" x", STRONG, NOW, false},
		{SAME ", " SAME, STRONG, NOW, false},
		{"W/" SAME, STRONG, NOW, false},
		{"W", STRONG, NOW, false},
		{"\"v1\"\n\"v1\"", STRONG, NOW, false},
		{SAME "\n" SAME, STRONG, NOW, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct validator validator = validator_of(rows[i].kind);
		const struct http_head *head = request_with("If-Range: ", rows[i].lines);

		if (precondition_range(head, &validator, rows[i].now) != rows[i].expected)
			fail_msg("row %zu: %s", i, rows[i].lines);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_none_match),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_modified),
		cmocka_unit_test(test_unmodified),
		cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_range),
	};

	return cmocka_run_group_tests_name("precondition", tests, NULL, NULL);
}
