/* SPDX-License-Identifier: ISC */
#include "base/date.h"

#include <string.h>

#define DAY          86400
#define YEAR_ZERO    INT64_C(-62167219200) /* 0000-01-01T00:00:00Z */
#define YEAR_9999    INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define EPOCH_DAYS   719528                /* from 0000-01-01 to 1970-01-01 */
#define DAYS_IN_400Y 146097

/* A date of the proleptic Gregorian calendar, UTC. */
struct parts {
	int64_t year;
	unsigned month;   /* 0 is January */
	unsigned day;     /* of the month, from 1 */
	unsigned weekday; /* 0 is Sunday */
	unsigned hour;
	unsigned minute;
	unsigned second;
};

static const char day_name[7][10] = {
	"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
static const char month_name[12][4] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned days_in_month(int64_t year, unsigned month)
{
	static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month] + (month == 1 && is_leap(year) ? 1U : 0U);
}

/* Days from 0000-01-01 to the first of "year" >= 0; year 0 is a leap year. */
static int64_t days_before_year(int64_t year)
{
	return year * 365 + (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
}

static struct parts split(int64_t seconds)
{
	struct parts parts = {0};
	int64_t days, rest;

	if (seconds < YEAR_ZERO)
		seconds = YEAR_ZERO;
	if (seconds > YEAR_9999)
		seconds = YEAR_9999;
	days = (seconds - YEAR_ZERO) / DAY;
	rest = (seconds - YEAR_ZERO) % DAY;
	parts.hour = (unsigned)(rest / 3600);
	parts.minute = (unsigned)(rest / 60 % 60);
	parts.second = (unsigned)(rest % 60);
	parts.weekday = (unsigned)((days + 6) % 7); /* 0000-01-01 was a Saturday */

	/* The mean year's length is at most one year off. */
	parts.year = days * 400 / DAYS_IN_400Y;
	while (days_before_year(parts.year + 1) <= days)
		parts.year++;
	while (days_before_year(parts.year) > days)
		parts.year--;
	days -= days_before_year(parts.year);
	while (days >= days_in_month(parts.year, parts.month))
		days -= days_in_month(parts.year, parts.month++);
	parts.day = (unsigned)days + 1;
	return parts;
}

static int64_t join(const struct parts *parts)
{
	int64_t days = days_before_year(parts->year) - EPOCH_DAYS + parts->day - 1;

	for (unsigned month = 0; month < parts->month; month++)
		days += days_in_month(parts->year, month);
	return days * DAY + parts->hour * 3600 + parts->minute * 60 + parts->second;
}

static char *put_number(char *to, unsigned width, uint64_t number)
{
	for (unsigned i = width; i-- > 0; number /= 10)
		to[i] = (char)('0' + number % 10);
	return to + width;
}

static char *put(char *to, const char *bytes, size_t length)
{
	memcpy(to, bytes, length);
	return to + length;
}

static char *put_time(char *to, const struct parts *parts)
{
	to = put_number(to, 2, parts->hour);
	*to++ = ':';
	to = put_number(to, 2, parts->minute);
	*to++ = ':';
	return put_number(to, 2, parts->second);
}

void date_http(char text[static DATE_HTTP], int64_t seconds)
{
	struct parts parts = split(seconds);
	char *to = put(text, day_name[parts.weekday], 3);

	to = put(to, ", ", 2);
	to = put_number(to, 2, parts.day);
	*to++ = ' ';
	to = put(to, month_name[parts.month], 3);
	*to++ = ' ';
	to = put_number(to, 4, (uint64_t)parts.year);
	*to++ = ' ';
	to = put_time(to, &parts);
	put(to, " GMT", 4);
}

void date_iso(char text[static DATE_ISO], int64_t seconds, unsigned milliseconds)
{
	struct parts parts = split(seconds);
	char *to = put_number(text, 4, (uint64_t)parts.year);

	*to++ = '-';
	to = put_number(to, 2, parts.month + 1);
	*to++ = '-';
	to = put_number(to, 2, parts.day);
	*to++ = 'T';
	to = put_time(to, &parts);
	*to++ = '.';
	to = put_number(to, 3, milliseconds);
	*to = 'Z';
}

void date_clf(char text[static DATE_CLF], int64_t seconds)
{
	struct parts parts = split(seconds);
	char *to = put_number(text, 2, parts.day);

	*to++ = '/';
	to = put(to, month_name[parts.month], 3);
	*to++ = '/';
	to = put_number(to, 4, (uint64_t)parts.year);
	*to++ = ':';
	to = put_time(to, &parts);
	put(to, " +0000", 6);
}

/* What is left of the text to be parsed. */
struct rest {
	const char *bytes;
	size_t length;
};

static bool take(struct rest *rest, const char *string)
{
	size_t length = strlen(string);

	if (rest->length < length || memcmp(rest->bytes, string, length) != 0)
		return false;
	rest->bytes += length;
	rest->length -= length;
	return true;
}

/* Exactly "width" digits. */
static bool take_number(struct rest *rest, unsigned width, unsigned *number)
{
	if (rest->length < width)
		return false;
	*number = 0;
	for (unsigned i = 0; i < width; i++) {
		if (rest->bytes[i] < '0' || rest->bytes[i] > '9')
			return false;
		*number = *number * 10 + (unsigned)(rest->bytes[i] - '0');
	}
	rest->bytes += width;
	rest->length -= width;
	return true;
}

static bool take_month(struct rest *rest, struct parts *parts)
{
	for (parts->month = 0; parts->month < 12; parts->month++)
		if (take(rest, month_name[parts->month]))
			return true;
	return false;
}

/* second may be 60: a leap second (RFC 5322 §3.3) counts as the next one. */
static bool take_time(struct rest *rest, struct parts *parts)
{
	return take_number(rest, 2, &parts->hour) && take(rest, ":") &&
	       take_number(rest, 2, &parts->minute) && take(rest, ":") &&
	       take_number(rest, 2, &parts->second) && parts->hour < 24 && parts->minute < 60 &&
	       parts->second <= 60;
}

static bool take_year(struct rest *rest, struct parts *parts)
{
	unsigned year;

	if (!take_number(rest, 4, &year))
		return false;
	parts->year = year;
	return true;
}

/* "06 Nov 1994 08:49:37 GMT" */
static bool take_imf(struct rest *rest, struct parts *parts)
{
	return take_number(rest, 2, &parts->day) && take(rest, " ") && take_month(rest, parts) &&
	       take(rest, " ") && take_year(rest, parts) && take(rest, " ") &&
	       take_time(rest, parts) && take(rest, " GMT");
}

/*
 * "06-Nov-94 08:49:37 GMT". The year is the latest that ends in these digits and is no more than
 * 50 years ahead (RFC 9110 §5.6.7).
 */
static bool take_rfc850(struct rest *rest, struct parts *parts, int64_t now)
{
	struct parts limit = split(now);
	unsigned year;

	if (!take_number(rest, 2, &parts->day) || !take(rest, "-") || !take_month(rest, parts) ||
		!take(rest, "-") || !take_number(rest, 2, &year) || !take(rest, " ") ||
		!take_time(rest, parts) || !take(rest, " GMT"))
		return false;
	limit.year += 50;
	parts->year = limit.year - limit.year % 100 + year;
	if (join(parts) > join(&limit))
		parts->year -= 100;
	return parts->year >= 0;
}

/* "Nov  6 08:49:37 1994" */
static bool take_asctime(struct rest *rest, struct parts *parts)
{
	if (!take_month(rest, parts) || !take(rest, " "))
		return false;
	if (take(rest, " ") ? !take_number(rest, 1, &parts->day)
			    : !take_number(rest, 2, &parts->day))
		return false;
	return take(rest, " ") && take_time(rest, parts) && take(rest, " ") &&
	       take_year(rest, parts);
}

bool date_parse_http(const char *text, size_t length, int64_t now, int64_t *seconds)
{
	struct parts parts = {0};
	struct rest rest = {text, length};
	char abbreviated[4] = "";
	unsigned day;
	bool good;

	/* The day's name must be one; whether it is this date's is nobody's business. */
	for (day = 0; day < 7; day++)
		if (length >= 3 && memcmp(text, day_name[day], 3) == 0)
			break;
	if (day == 7)
		return false;
	memcpy(abbreviated, day_name[day], 3);
	if (take(&rest, day_name[day]))
		good = take(&rest, ", ") && take_rfc850(&rest, &parts, now);
	else if (take(&rest, abbreviated) && take(&rest, ", "))
		good = take_imf(&rest, &parts);
	else
		good = take(&rest, " ") && take_asctime(&rest, &parts);
	if (!good || rest.length > 0 || parts.day < 1 ||
		parts.day > days_in_month(parts.year, parts.month))
		return false;
	*seconds = join(&parts);
	return true;
}
