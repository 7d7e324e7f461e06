/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_SUPERVISE_H
#define SULID_SUPERVISOR_SUPERVISE_H

/*
 * The supervisor's loop: signals, children, the control socket, and when to begin and end which
 * generation. "run" and "serve" end here.
 *
 *   TERM, INT  stop accepting, drain, end; a second one ends at once
 *   HUP, USR2  reload: a new generation on the same sockets, then the old one drains
 *   USR1       reopen the log files
 */

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "generation.h"

struct supervise_plan {
	struct config *config; /* the first; taken over */
	/* Reads it again; returns NULL with errors in diagnostics. NULL: there is nothing to read.
	 */
	struct config *(*reload)(void *context, struct diagnostics *diagnostics);
	void *context;
	struct account accounts[ROLE_COUNT];
	/* Called once when the first generation serves. NULL: the log tells. */
	void (*ready)(void *context, const struct generation *generation);
	unsigned movable; /* bit 1 << protocol: a port of it that is taken moves to a free one */
	const char *run_path; /* where control.sock and admin.sock are; NULL: neither */
};

/*
 * Until a signal ends it. Returns an exit status. diagnostics: those that the configuration was
 * read with, for source lines; they are taken over.
 */
int supervise(const struct supervise_plan *plan, struct diagnostics *diagnostics);

#endif
