/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_CONFIG_GROUPS_H
#define SULID_SUPERVISOR_CONFIG_GROUPS_H

/*
 * Groups: client certificates by name, known by their SHA-256 digests. A group's file has one
 * digest in a line, with "sha256:" in front or not; "#" begins a comment.
 */

#include "config.h"

/* By name, and of one name in the order of the files. For config_finish. */
void config_groups_sort(struct config *config);

/* The group of this name, or NULL. Sorted they must be. */
const struct config_group *config_groups_find(const struct config *config, const char *name);

/*
 * Read the files that groups name. Until then, such a group has no member. -1 if there was an
 * error, with its place in the group's file.
 */
int config_groups_load(struct config *config, struct diagnostics *diagnostics);

#endif
