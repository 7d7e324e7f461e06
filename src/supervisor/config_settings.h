/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_CONFIG_SETTINGS_H
#define SULID_SUPERVISOR_CONFIG_SETTINGS_H

/*
 * What holds for a path of a vhost: what it says itself, then the next shorter path that covers
 * it, then the vhost, one setting at a time. For a configuration that config_resolve has been
 * through.
 */

#include "config.h"

#define CONFIG_HEADERS 3072 /* bytes that all header lines of one settings may have */

struct config_settings {
	struct value values[KEYS_OF_VHOST_COUNT]; /* of the keys that a path may have */
	uint32_t root;                            /* index, or IMAGE_NONE */
	uint32_t strip;                           /* these four as in image.h */
	uint32_t location_key;
	enum action action;
	bool cache_of_path;
	const char *location; /* of a redirect, else NULL */
	const char *prompt;   /* of an input, else NULL */
	const char *answers;  /* likewise */
};

/* location NULL: the vhost's own. Lists are shared, or made in the arena. */
void config_settings_of(const struct config_vhost *vhost, const struct config_location *location,
	struct arena *arena, struct config_settings *settings);

/* One of them that is not inherited entry by entry. *by: who said it, NULL for the vhost. */
const struct value *config_setting(const struct config_vhost *vhost,
	const struct config_location *location, enum key key, const struct config_location **by);

/* Has one of its paths, or itself, identities? */
bool config_is_restricted(const struct config_vhost *vhost);

/* Do all of its paths have the same "allow", "deny" and "identities" as the vhost itself? *any: is
 * there one that shuts somebody out. */
bool config_is_uniform(const struct config_vhost *vhost, bool *any);

#endif
