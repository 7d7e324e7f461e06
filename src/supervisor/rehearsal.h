/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_REHEARSAL_H
#define SULID_SUPERVISOR_REHEARSAL_H

/*
 * Would it run? Opens every file of a configuration and lets one handshaker, without listeners,
 * load the certificates. Whether a key fits is found out by doing it, by the program that will do
 * it.
 */

#include "config.h"
#include "spawn.h"

/*
 * Errors and warnings go to diagnostics. *first_expiry: Unix time, INT64_MAX without certificates.
 * 0 if all could be loaded, else -1. config stays the caller's.
 */
int rehearse(struct config *config, const struct account accounts[static ROLE_COUNT],
	struct diagnostics *diagnostics, int64_t *first_expiry);

#endif
