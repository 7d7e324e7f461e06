/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_CERTIFICATES_H
#define SULID_SUPERVISOR_CERTIFICATES_H

/* What the supervisor knows of certificates: it never parses one. sulid-tool makes them,
 * handshakers tell about them. */

#include "contract/control.h"

#include "config.h"

/*
 * Make each `certificate: auto` that is not there yet, by running sulid-tool and waiting for it.
 * Nothing listens meanwhile. -1 after errors in diagnostics.
 */
int certificates_make_missing(const struct config *config, struct diagnostics *diagnostics);

/*
 * facts: by index of the configuration's certificates, as handshakers report them. A problem
 * becomes an error, a short life or a name that is not covered a warning, at its place in the
 * configuration.
 */
void certificates_judge(const struct config *config, const struct control_certificate *facts,
	struct diagnostics *diagnostics);

/* The earliest end of a certificate's life, Unix time; INT64_MAX without certificates. */
int64_t certificates_first_expiry(
	const struct config *config, const struct control_certificate *facts);

#endif
