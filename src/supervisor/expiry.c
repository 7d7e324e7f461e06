/* SPDX-License-Identifier: ISC */
#include "expiry.h"

#include <stdio.h>

#include "base/date.h"

#define LAST_SECOND INT64_C(253402300799) /* of the year 9999: the last that has a date */

enum expiry expiry_of(int64_t now, int64_t not_before, int64_t not_after)
{
	if (now > not_after)
		return EXPIRY_OVER;
	if (now < not_before)
		return EXPIRY_EARLY;
	return not_after - now < EXPIRY_WARNING ? EXPIRY_SOON : EXPIRY_FAR;
}

/* "2026-11-30" */
static void day_of(int64_t time, char day[static 11])
{
	char date[DATE_ISO];

	date_iso(date, time < 0 ? 0 : time > LAST_SECOND ? LAST_SECOND : time, 0);
	snprintf(day, 11, "%.10s", date);
}

/* Whole days, then whole hours: never more than there is. */
static const char *left_of(int64_t seconds, char *left, size_t size)
{
	long long days = seconds / EXPIRY_DAY, hours = seconds / 3600;

	if (days > 0)
		snprintf(left, size, "in %lld day%s", days, days == 1 ? "" : "s");
	else if (hours > 0)
		snprintf(left, size, "in %lld hour%s", hours, hours == 1 ? "" : "s");
	else
		snprintf(left, size, "within the hour");
	return left;
}

const char *expiry_words(
	int64_t now, int64_t not_before, int64_t not_after, char words[static EXPIRY_WORDS])
{
	static const char *const before_day[] = {[EXPIRY_FAR] = "expires on ",
		[EXPIRY_OVER] = "expired on ",
		[EXPIRY_EARLY] = "is not valid before "};
	enum expiry expiry = expiry_of(now, not_before, not_after);
	char day[11], left[32];

	day_of(expiry == EXPIRY_EARLY ? not_before : not_after, day);
	if (expiry == EXPIRY_SOON)
		snprintf(words, EXPIRY_WORDS, "expires %s, on %s",
			left_of(not_after - now, left, sizeof left), day);
	else
		snprintf(words, EXPIRY_WORDS, "%s%s", before_day[expiry], day);
	return words;
}

const char *expiry_cell(
	int64_t now, int64_t not_before, int64_t not_after, char words[static EXPIRY_WORDS])
{
	static const char *const before_day[] = {[EXPIRY_FAR] = "until ",
		[EXPIRY_OVER] = "EXPIRED ",
		[EXPIRY_EARLY] = "NOT VALID before "};
	enum expiry expiry = expiry_of(now, not_before, not_after);
	char day[11], left[32];

	day_of(expiry == EXPIRY_EARLY ? not_before : not_after, day);
	if (expiry == EXPIRY_SOON)
		snprintf(words, EXPIRY_WORDS, "expires %s",
			left_of(not_after - now, left, sizeof left));
	else
		snprintf(words, EXPIRY_WORDS, "%s%s", before_day[expiry], day);
	return words;
}

bool expiry_is_due(int64_t now, int64_t *said)
{
	if (*said != 0 && now - *said < EXPIRY_DAY && *said - now < EXPIRY_DAY)
		return false;
	*said = now;
	return true;
}
