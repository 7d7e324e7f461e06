/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_CERTIFICATES_H
#define SULID_SUPERVISOR_CERTIFICATES_H

/*
 * What the supervisor knows of certificates: it never parses one, handshakers tell about them.
 * facts: by index of the configuration's certificates, as they report them. All times are Unix time
 * in seconds, and the clock is the caller's.
 */

#include "contract/control.h"

#include "config.h"

/* A problem becomes an error, a short life or a name that is not covered a warning, at its place in
 * the configuration. */
void certificates_judge(const struct config *config, const struct control_certificate *facts,
	int64_t now, struct diagnostics *diagnostics);

/*
 * Log a warning for each that expires soon or has expired, once a day: said has for each when that
 * was last, 0 for never. quiet: it has been said already, only note when.
 */
void certificates_remind(const struct config *config, const struct control_certificate *facts,
	int64_t now, int64_t *said, bool quiet);

/* The earliest end of a certificate's life; INT64_MAX without certificates. */
int64_t certificates_first_expiry(
	const struct config *config, const struct control_certificate *facts);

#endif
