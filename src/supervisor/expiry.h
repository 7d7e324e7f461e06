/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_EXPIRY_H
#define SULID_SUPERVISOR_EXPIRY_H

/* How long a certificate still lives, and when a person is to be told. All times are Unix time in
 * seconds; the clock is the caller's. */

#include <stdbool.h>
#include <stdint.h>

#define EXPIRY_DAY     INT64_C(86400)
#define EXPIRY_WARNING (14 * EXPIRY_DAY) /* with less than that left, people are warned */

enum expiry {
	EXPIRY_FAR,
	EXPIRY_SOON,
	EXPIRY_OVER,
	EXPIRY_EARLY, /* its life has not begun */
};

/* not_after is the last second of its life (RFC 5280 §4.1.2.5). */
enum expiry expiry_of(int64_t now, int64_t not_before, int64_t not_after);

/* What follows "the certificate": "expires in 9 days, on 2026-11-30", "expired on 2026-11-01".
 * Returns words. */
#define EXPIRY_WORDS 64
const char *expiry_words(
	int64_t now, int64_t not_before, int64_t not_after, char words[static EXPIRY_WORDS]);

/* The same for a table: "until 2036-11-30", "expires in 9 days", "EXPIRED 2026-11-01". */
const char *expiry_cell(
	int64_t now, int64_t not_before, int64_t not_after, char words[static EXPIRY_WORDS]);

/*
 * Is what was said at *said (0: never) to be said again? Once a day; *said is then now. A clock
 * that is set back by less than a day makes nobody repeat himself.
 */
bool expiry_is_due(int64_t now, int64_t *said);

#endif
