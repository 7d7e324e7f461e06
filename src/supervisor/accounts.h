/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_ACCOUNTS_H
#define SULID_SUPERVISOR_ACCOUNTS_H

/* Who runs as whom: as root each program gets the account that "user:" names, as anybody else all
 * stay who they are. */

#include "config.h"
#include "spawn.h"

/* -1 after an error in diagnostics for each account that does not exist. */
int accounts_of_config(const struct config *config, struct account accounts[static ROLE_COUNT],
	struct diagnostics *diagnostics);

/* All programs as the owner of a directory; if that is root, as nobody. *name (static) says who it
 * is, NULL if nothing changes. -1 after a message. */
int accounts_of_directory(
	const char *directory, struct account accounts[static ROLE_COUNT], const char **name);

#endif
