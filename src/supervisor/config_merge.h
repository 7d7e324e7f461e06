/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_CONFIG_MERGE_H
#define SULID_SUPERVISOR_CONFIG_MERGE_H

/* What a value takes from the one that was said less near: all of it if nothing was said; of
 * mappings what they do not have, one entry at a time. */

#include "config.h"

/* inner gets what it lacks. Lists are shared, or made in the arena. */
void config_merge(
	struct arena *arena, enum key key, const struct value *outer, struct value *inner);

/* Is the key one of a mapping, of which each entry is inherited by itself? */
bool config_merges(enum key key);

/* The value that a location says itself, or NULL. */
const struct value *config_said(const struct config_location *location, enum key key);

#endif
