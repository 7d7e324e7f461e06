/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_CERTIFICATE_TABLE_H
#define SULID_SUPERVISOR_CERTIFICATE_TABLE_H

/* What check, reload and status say about certificates. All times are Unix time in seconds. */

#include <stdbool.h>
#include <stdio.h>

#include "contract/control.h"

#include "config.h"

/* "sha256:" and 64 digits into text, which is returned: as `sulid digest` prints it. */
#define DIGEST_WORDS 72
const char *certificate_digest(
	const struct control_certificate *facts, char text[static DIGEST_WORDS]);

/*
 * Two lines for each certificate that was loaded: names, kind of key and end of life; its digest.
 * colour: what expires soon, has expired or is not valid yet is marked with escape sequences.
 */
void certificate_table(const struct config *config, const struct control_certificate *facts,
	int64_t now, bool colour, FILE *to);

/* "FILE: ok, 12 vhosts, 9 certificates, the first expires on 2027-02-03". */
void certificate_verdict(const char *file, const struct config *config,
	const struct control_certificate *facts, FILE *to);

#endif
