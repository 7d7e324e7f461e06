/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/date.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define NOW INT64_C(1785542400) /* 2026-08-01T00:00:00Z */

static const struct {
	int64_t seconds;
	const char *http, *iso, *clf;
} dates[] = {
	{784111777, "Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37.000Z",
		"06/Nov/1994:08:49:37 +0000"},
	{0, "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00.000Z",
		"01/Jan/1970:00:00:00 +0000"},
	{-1, "Wed, 31 Dec 1969 23:59:59 GMT", "1969-12-31T23:59:59.000Z",
		"31/Dec/1969:23:59:59 +0000"},
	{951782399, "Mon, 28 Feb 2000 23:59:59 GMT", "2000-02-28T23:59:59.000Z",
		"28/Feb/2000:23:59:59 +0000"},
	{951782400, "Tue, 29 Feb 2000 00:00:00 GMT", "2000-02-29T00:00:00.000Z",
		"29/Feb/2000:00:00:00 +0000"},
	{951868800, "Wed, 01 Mar 2000 00:00:00 GMT", "2000-03-01T00:00:00.000Z",
		"01/Mar/2000:00:00:00 +0000"},
	{1709208000, "Thu, 29 Feb 2024 12:00:00 GMT", "2024-02-29T12:00:00.000Z",
		"29/Feb/2024:12:00:00 +0000"},
	{1735689599, "Tue, 31 Dec 2024 23:59:59 GMT", "2024-12-31T23:59:59.000Z",
		"31/Dec/2024:23:59:59 +0000"},
	{2147483648, "Tue, 19 Jan 2038 03:14:08 GMT", "2038-01-19T03:14:08.000Z",
		"19/Jan/2038:03:14:08 +0000"},
	{4107542399, "Sun, 28 Feb 2100 23:59:59 GMT", "2100-02-28T23:59:59.000Z",
		"28/Feb/2100:23:59:59 +0000"},
	{4107542400, "Mon, 01 Mar 2100 00:00:00 GMT", "2100-03-01T00:00:00.000Z",
		"01/Mar/2100:00:00:00 +0000"},
	{253402300799, "Fri, 31 Dec 9999 23:59:59 GMT", "9999-12-31T23:59:59.000Z",
		"31/Dec/9999:23:59:59 +0000"},
	{-62167219200, "Sat, 01 Jan 0000 00:00:00 GMT", "0000-01-01T00:00:00.000Z",
		"01/Jan/0000:00:00:00 +0000"},
	{-2208988800, "Mon, 01 Jan 1900 00:00:00 GMT", "1900-01-01T00:00:00.000Z",
		"01/Jan/1900:00:00:00 +0000"},
};

static void test_known(void **state)
{
	char text[DATE_HTTP + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(dates); i++) {
		memset(text, '#', sizeof text);
		date_http(text, dates[i].seconds);
		assert_memory_equal(text, dates[i].http, DATE_HTTP);
		assert_int_equal(text[DATE_HTTP], '#');
		memset(text, '#', sizeof text);
		date_iso(text, dates[i].seconds, 0);
		assert_memory_equal(text, dates[i].iso, DATE_ISO);
		assert_int_equal(text[DATE_ISO], '#');
		memset(text, '#', sizeof text);
		date_clf(text, dates[i].seconds);
		assert_memory_equal(text, dates[i].clf, DATE_CLF);
		assert_int_equal(text[DATE_CLF], '#');
	}
	date_iso(text, 0, 7);
	assert_memory_equal(text, "1970-01-01T00:00:00.007Z", DATE_ISO);
	date_iso(text, 0, 999);
	assert_memory_equal(text, "1970-01-01T00:00:00.999Z", DATE_ISO);
}

/* What four digits cannot say is the nearest that they can. */
static void test_out_of_range(void **state)
{
	char text[DATE_HTTP];

	(void)state;
	date_http(text, INT64_MAX);
	assert_memory_equal(text, "Fri, 31 Dec 9999 23:59:59 GMT", DATE_HTTP);
	date_http(text, INT64_MIN);
	assert_memory_equal(text, "Sat, 01 Jan 0000 00:00:00 GMT", DATE_HTTP);
}

/* Every day of 400 years and then some: written, read back, and the day's name goes on. */
static void test_every_day(void **state)
{
	static const char names[] = "ThuFriSatSunMonTueWed";
	char text[DATE_HTTP];
	int64_t seconds;

	(void)state;
	for (int64_t day = 0; day < 200000; day++) {
		date_http(text, day * 86400 + 86399);
		assert_memory_equal(text, names + day % 7 * 3, 3);
		assert_true(date_parse_http(text, DATE_HTTP, NOW, &seconds));
		assert_int_equal(seconds, day * 86400 + 86399);
	}
}

static const struct {
	const char *text;
	int64_t seconds;
} good[] = {
	{"Sun, 06 Nov 1994 08:49:37 GMT", 784111777}, {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
	{"Sun Nov  6 08:49:37 1994", 784111777}, {"Wed Nov 16 08:49:37 1994", 784975777},
	{"Mon, 06 Nov 1994 08:49:37 GMT", 784111777}, /* not that date's day: nobody's business */
	{"Thu, 29 Feb 2024 12:00:00 GMT", 1709208000},
	{"Thursday, 29-Feb-24 12:00:00 GMT", 1709208000}, {"Thu Feb 29 12:00:00 2024", 1709208000},
	{"Tue, 29 Feb 2000 00:00:00 GMT", 951782400}, {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
	{"Wed, 31 Dec 1969 23:59:59 GMT", -1}, {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
	{"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800}, /* leap second */
	/* Two digits, seen from 2026-08-01: no more than 50 years ahead. */
	{"Saturday, 01-Aug-76 00:00:00 GMT", 3363465600},  /* 2076: 50 years, not more */
	{"Saturday, 01-Aug-76 00:00:01 GMT", 207705601},   /* a second more: 1976 */
	{"Friday, 31-Jul-76 23:59:59 GMT", 3363465599},    /* 2076 */
	{"Saturday, 01-Jan-00 00:00:00 GMT", 946684800},   /* 2000 */
	{"Friday, 31-Dec-99 23:59:59 GMT", 946684799},     /* 1999 */
	{"Saturday, 01-Jan-77 00:00:00 GMT", 220924800},   /* 1977 */
	{"Wednesday, 01-Jan-75 00:00:00 GMT", 3313526400}, /* 2075 */
};

static const char *const bad[] = {
	"",
	"S",
	"Sun",
	"Sun,",
	"Sun, 06 Nov 1994 08:49:37",
	"Sun, 06 Nov 1994 08:49:37 GM",
	"Sun, 06 Nov 1994 08:49:37 UTC",
	"Sun, 06 Nov 1994 08:49:37 gmt",
	"Sun, 06 Nov 1994 08:49:37 GMT ",
	" Sun, 06 Nov 1994 08:49:37 GMT",
	"Sun, 6 Nov 1994 08:49:37 GMT",
	"Sun,  6 Nov 1994 08:49:37 GMT",
	"sun, 06 nov 1994 08:49:37 GMT",
	"Sun, 06 Nov 94 08:49:37 GMT",
	"Sun, 06-Nov-94 08:49:37 GMT",
	"Sunday, 06 Nov 1994 08:49:37 GMT",
	"Sunday, 06-Nov-1994 08:49:37 GMT",
	"Sunday, 6-Nov-94 08:49:37 GMT",
	"Sund, 06-Nov-94 08:49:37 GMT",
	"Sun Nov 6 08:49:37 1994",
	"Sun Nov 06  08:49:37 1994",
	"Sun Nov  6 08:49:37 94",
	"Sun Nov  6 08:49:37 1994 GMT",
	"Xxx, 06 Nov 1994 08:49:37 GMT",
	"Sun, 06 Xxx 1994 08:49:37 GMT",
	"Sun, 00 Nov 1994 08:49:37 GMT",
	"Sun, 31 Nov 1994 08:49:37 GMT",
	"Sun, 32 Jan 1994 08:49:37 GMT",
	"Thu, 29 Feb 2023 12:00:00 GMT",
	"Mon, 29 Feb 2100 12:00:00 GMT",
	"Thursday, 29-Feb-23 12:00:00 GMT",
	"Sun, 06 Nov 1994 24:00:00 GMT",
	"Sun, 06 Nov 1994 08:60:37 GMT",
	"Sun, 06 Nov 1994 08:49:61 GMT",
	"Sun, 06 Nov 1994 8:49:37 GMT",
	"Sun, 06 Nov 1994 +8:49:37 GMT",
	"Sun, 06 Nov -994 08:49:37 GMT",
	"Sun Nov   08:49:37 1994",
	"1994-11-06T08:49:37Z",
	"784111777",
	"Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
};

static void test_parse_good(void **state)
{
	int64_t seconds;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		seconds = 12345;
		if (!date_parse_http(good[i].text, strlen(good[i].text), NOW, &seconds))
			fail_msg("refused: %s", good[i].text);
		if (seconds != good[i].seconds)
			fail_msg("%s is not %lld", good[i].text, (long long)seconds);
		/* No beginning of a date is one. */
		for (size_t length = 0; length < strlen(good[i].text); length++)
			assert_false(date_parse_http(good[i].text, length, NOW, &seconds));
	}
}

static void test_parse_bad(void **state)
{
	int64_t seconds = 12345;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (date_parse_http(bad[i], strlen(bad[i]), NOW, &seconds))
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(seconds, 12345);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_out_of_range),
		cmocka_unit_test(test_every_day),
		cmocka_unit_test(test_parse_good),
		cmocka_unit_test(test_parse_bad),
	};

	return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}
