/* SPDX-License-Identifier: ISC */
#ifndef SULID_BASE_DATE_H
#define SULID_BASE_DATE_H

/* Dates as text, in UTC, without locale and without allocation. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DATE_HTTP 29 /* "Sun, 06 Nov 1994 08:49:37 GMT", RFC 9110 §5.6.7; no NUL */
#define DATE_ISO  24 /* "1994-11-06T08:49:37.000Z", RFC 3339; no NUL */
#define DATE_CLF  26 /* "06/Nov/1994:08:49:37 +0000", common log format; no NUL */

/* Each writes exactly so many bytes and no NUL. seconds: Unix time, years 0 to 9999. */
void date_http(char text[static DATE_HTTP], int64_t seconds);
void date_iso(char text[static DATE_ISO], int64_t seconds, unsigned milliseconds);
void date_clf(char text[static DATE_CLF], int64_t seconds);

/* HTTP-date in any of its three forms (RFC 9110 §5.6.7; RFC 850 years by its 50-year rule, relative
 * to now). false if it is none. */
bool date_parse_http(const char *text, size_t length, int64_t now, int64_t *seconds);

#endif
