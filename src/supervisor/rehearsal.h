/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_REHEARSAL_H
#define SULID_SUPERVISOR_REHEARSAL_H

/*
 * Would it run? Opens every file of a configuration and lets one handshaker, without listeners,
 * load the certificates. Whether a key fits is found out by doing it, by the program that will do
 * it.
 */

#include "contract/control.h"

#include "config.h"
#include "spawn.h"

/*
 * Errors and warnings go to diagnostics. facts: one for each of the configuration's certificates;
 * what was found out about them. 0 if all could be loaded, else -1. config stays the caller's.
 */
int rehearse(struct config *config, const struct account accounts[static ROLE_COUNT],
	struct diagnostics *diagnostics, struct control_certificate *facts);

#endif
