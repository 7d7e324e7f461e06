/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_VALUES_H
#define SULID_SUPERVISOR_VALUES_H

/* A node of the tree → the value of a key, read by the key's kind. What is wrong gets its message
 * here. */

#include <stdbool.h>

#include "config.h"
#include "keys.h"
#include "yaml_tree.h"

/* Where values come from. */
struct value_source {
	struct arena *arena;
	struct diagnostics *diagnostics;
	const char *directory; /* where relative paths start; absolute */
};

/* "path" as seen from the directory, without "." and doubled slashes. */
char *value_path(const struct value_source *source, const char *path);

/* Read a node as this key's value: list, text and all are copied into the arena. false after an
 * error. */
bool value_read(const struct value_source *source, enum key key, const struct node *node,
	struct value *value);

#endif
