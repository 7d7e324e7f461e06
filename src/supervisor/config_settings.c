/* SPDX-License-Identifier: ISC */
#include "config_settings.h"

#include <string.h>

#include "config_merge.h"

const struct value *config_setting(const struct config_vhost *vhost,
	const struct config_location *location, enum key key, const struct config_location **by)
{
	for (; location; location = location->parent) {
		const struct value *value = config_said(location, key);

		*by = location;
		if (value)
			return value;
	}
	*by = NULL;
	return &vhost->values[key];
}

/* Entry by entry, from the nearest to the vhost's. */
static struct value merged(const struct config_vhost *vhost, const struct config_location *location,
	enum key key, struct arena *arena)
{
	struct value value = {0};

	for (; location; location = location->parent) {
		const struct value *said = config_said(location, key);

		if (said)
			config_merge(arena, key, said, &value);
	}
	config_merge(arena, key, &vhost->values[key], &value);
	return value;
}

static uint32_t length_of(const struct config_location *location)
{
	return location ? (uint32_t)strlen(location->path) : 0;
}

/* What one location says it does: false if it says nothing of it. */
static bool says_action(const struct config_location *location, struct config_settings *settings)
{
	static const enum key service[] = {KEY_ROOT, KEY_LISTING, KEY_FALLBACK, KEY_TRY, KEY_GONE};
	const struct value *moved = config_said(location, KEY_MOVED);
	const struct value *redirect = config_said(location, KEY_REDIRECT);
	const struct value *gone = config_said(location, KEY_GONE);
	const struct value *input = config_said(location, KEY_INPUT);
	const struct value *sensitive = config_said(location, KEY_SENSITIVE_INPUT);
	const struct value *answers = config_said(location, KEY_ANSWERS);

	if (moved || redirect) {
		settings->action = moved ? ACTION_MOVED : ACTION_REDIRECT;
		settings->location = moved ? moved->text : redirect->text;
		settings->location_key = length_of(location);
		return true;
	}
	if (gone && gone->number == 1) {
		settings->action = ACTION_GONE;
		settings->location_key = length_of(location);
		return true;
	}
	if (input || sensitive) {
		settings->action = sensitive ? ACTION_SENSITIVE : ACTION_INPUT;
		settings->prompt = sensitive ? sensitive->text : input->text;
		settings->answers = answers ? answers->text : NULL;
		return true;
	}
	for (size_t i = 0; i < sizeof service / sizeof *service; i++)
		if (config_said(location, service[i]))
			return true;
	return false;
}

void config_settings_of(const struct config_vhost *vhost, const struct config_location *location,
	struct arena *arena, struct config_settings *settings)
{
	const struct config_location *by;

	*settings = (struct config_settings){.root = vhost->root, .action = ACTION_SERVE};
	for (enum key key = 0; key < KEYS_OF_VHOST_COUNT; key++) {
		if (!(key_rows[key].scopes & IN_PATH))
			continue;
		settings->values[key] = config_merges(key)
						? merged(vhost, location, key, arena)
						: *config_setting(vhost, location, key, &by);
	}
	config_setting(vhost, location, KEY_ROOT, &by);
	if (by) {
		settings->root = by->root;
		/* Its last slash stays with what is below. */
		settings->strip = length_of(by) - 1;
	}
	config_setting(vhost, location, KEY_CACHE, &by);
	settings->cache_of_path = by != NULL;
	while (location && !says_action(location, settings))
		location = location->parent;
}

bool config_is_restricted(const struct config_vhost *vhost)
{
	bool restricted = vhost->values[KEY_IDENTITIES].count > 0;

	for (size_t i = 0; i < vhost->location_count && !restricted; i++) {
		const struct value *said = config_said(&vhost->locations[i], KEY_IDENTITIES);

		restricted = said && said->count > 0;
	}
	return restricted;
}

/* Both lists are sorted. */
static bool same_list(enum key key, const struct value *left, const struct value *right)
{
	const struct config_network *left_networks = left->list, *right_networks = right->list;
	const struct config_text *left_texts = left->list, *right_texts = right->list;

	if (left->count != right->count)
		return false;
	for (uint32_t i = 0; i < left->count; i++) {
		if (key == KEY_IDENTITIES
				? strcmp(left_texts[i].text, right_texts[i].text) != 0
				: memcmp(&left_networks[i].network, &right_networks[i].network,
					  sizeof(struct image_network)) != 0)
			return false;
	}
	return true;
}

bool config_is_uniform(const struct config_vhost *vhost, bool *any)
{
	static const enum key keys[] = {KEY_ALLOW, KEY_DENY, KEY_IDENTITIES};
	bool uniform = true;

	*any = false;
	for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
		const struct value *own = &vhost->values[keys[k]];

		*any |= own->count > 0;
		for (size_t i = 0; i < vhost->location_count; i++) {
			const struct value *said = config_said(&vhost->locations[i], keys[k]);

			if (!said)
				continue;
			*any |= said->count > 0;
			uniform &= same_list(keys[k], own, said);
		}
	}
	return uniform;
}
