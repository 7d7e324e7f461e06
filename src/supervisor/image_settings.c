/* SPDX-License-Identifier: ISC */
#include "image_settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_groups.h"
#include "config_settings.h"
#include "forms_site.h"

struct image_range image_settings_texts(struct image_tables *tables, const struct value *value)
{
	struct arena scratch = {0};
	struct image_text *texts = arena_array(&scratch, value->count, sizeof(struct image_text));
	const struct config_text *from = value->list;
	struct image_range range;

	for (uint32_t i = 0; i < value->count; i++)
		texts[i] = image_tables_text(tables, from[i].text);
	image_tables_share(tables, texts, texts, value->count, &range);
	arena_free(&scratch);
	return range;
}

/* ---- header lines ---- */

static struct image_text put_headers(
	struct image_tables *tables, const struct value *value, bool *server)
{
	const struct config_header *headers = value->list;
	char lines[CONFIG_HEADERS + 1] = "";
	size_t used = 0;

	*server = true;
	for (uint32_t i = 0; i < value->count; i++) {
		if (strcasecmp(headers[i].name, "Server") == 0)
			*server = false;
		/* config_check has seen to it that all have room. */
		if (headers[i].value)
			used += (size_t)snprintf(lines + used, sizeof lines - used, "%s: %s\r\n",
				headers[i].name, headers[i].value);
	}
	return image_tables_text(tables, lines);
}

static struct image_text put_hsts(struct image_tables *tables, const struct value *value)
{
	char line[128] = "";

	if (value->word == 0)
		snprintf(line, sizeof line, "Strict-Transport-Security: max-age=%llu%s%s\r\n",
			(unsigned long long)value->number / KEY_SECOND,
			value->count & HSTS_SUBDOMAINS ? "; includeSubDomains" : "",
			value->count & HSTS_PRELOAD ? "; preload" : "");
	return image_tables_text(tables, line);
}

/* ---- lists ---- */

static struct image_range put_pages(struct image_tables *tables, const struct value *value)
{
	struct arena scratch = {0};
	struct image_error_page *pages =
		arena_array(&scratch, value->count, sizeof(struct image_error_page));
	const struct config_page *from = value->list;
	struct image_range range;

	for (uint32_t i = 0; i < value->count; i++)
		pages[i] = (struct image_error_page){
			from[i].status, image_tables_text(tables, from[i].path)};
	image_tables_share(tables, error_pages, pages, value->count, &range);
	arena_free(&scratch);
	return range;
}

/* Those that may not go first: the first that holds an address decides. */
static struct image_range put_networks(
	struct image_tables *tables, const struct value *deny, const struct value *allow)
{
	struct arena scratch = {0};
	uint32_t count = deny->count + allow->count;
	struct image_network *networks = arena_array(&scratch, count, sizeof(struct image_network));
	const struct config_network *denied = deny->list, *allowed = allow->list;
	struct image_range range;

	for (uint32_t i = 0; i < deny->count; i++)
		networks[i] = denied[i].network;
	for (uint32_t i = 0; i < allow->count; i++) {
		networks[deny->count + i] = allowed[i].network;
		networks[deny->count + i].allow = 1;
	}
	image_tables_share(tables, networks, networks, count, &range);
	arena_free(&scratch);
	return range;
}

static int compare_digests(const void *left, const void *right)
{
	return memcmp(left, right, sizeof(struct image_digest));
}

/* The members of all these groups, each once. */
static struct image_range put_members(struct image_tables *tables, const struct value *value)
{
	struct arena scratch = {0};
	const struct config_text *names = value->list;
	struct image_digest *digests;
	struct image_range range;
	size_t all = 0;
	uint32_t count = 0;

	for (uint32_t i = 0; i < value->count; i++)
		all += config_groups_find(tables->config, names[i].text)->count;
	digests = arena_array(&scratch, all, sizeof(struct image_digest));
	all = 0;
	for (uint32_t i = 0; i < value->count; i++) {
		const struct config_group *group =
			config_groups_find(tables->config, names[i].text);

		if (group->count > 0)
			memcpy(digests + all, group->digests,
				group->count * sizeof(struct image_digest));
		all += group->count;
	}
	if (all > 1)
		qsort(digests, all, sizeof(struct image_digest), compare_digests);
	for (size_t i = 0; i < all; i++)
		if (count == 0 || compare_digests(&digests[count - 1], &digests[i]) != 0)
			digests[count++] = digests[i];
	image_tables_share(tables, digests, digests, count, &range);
	arena_free(&scratch);
	return range;
}

/* Groups may be long and the paths that are for them many: each list of groups is put together
 * once. */
static struct image_range put_identities(struct image_tables *tables, const struct value *value)
{
	const struct config_text *names = value->list;
	struct arena scratch = {0};
	uint32_t number = tables->digest_range_count;
	size_t size = 0, used = 0;
	char *key;
	bool new;

	for (uint32_t i = 0; i < value->count; i++)
		size += strlen(names[i].text) + 1;
	key = arena_take(&scratch, size + 1);
	for (uint32_t i = 0; i < value->count; i++) {
		memcpy(key + used, names[i].text, strlen(names[i].text) + 1);
		used += strlen(names[i].text) + 1;
	}
	tables->known_identities.arena = &tables->arena;
	new = seen_add(&tables->known_identities, key, size, &number);
	arena_free(&scratch);
	if (new) {
		tables->digest_ranges = arena_grow(&tables->arena, tables->digest_ranges,
			tables->digest_range_count, sizeof *tables->digest_ranges);
		tables->digest_ranges[tables->digest_range_count++] = put_members(tables, value);
	}
	return tables->digest_ranges[number];
}

/* ---- how often ---- */

static uint32_t at_least_one(uint64_t number)
{
	return number < 1 ? 1 : number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
}

/* A worker's part. Who inherits counts in the bucket of the settings that say it. */
static struct image_pace put_pace(struct image_tables *tables, const struct config_vhost *vhost,
	const struct config_location *location)
{
	const struct config_location *by;
	const struct value *value = config_setting(vhost, location, KEY_SLOW_DOWN, &by);
	const struct config_pace *pace = value->list;
	uint32_t own = tables->vhosts[tables->header.vhosts.count - 1].settings;
	unsigned workers = tables->config->workers;

	if (value->count == 0)
		return (struct image_pace){0};
	return (struct image_pace){
		.requests = pace->requests,
		.period_ms = at_least_one((uint64_t)pace->seconds * 1000 * workers),
		.burst = at_least_one(pace->burst / workers),
		.bucket = by ? own + 1 + (uint32_t)(by - vhost->locations) : own,
	};
}

/* ---- one settings ---- */

static uint32_t put_settings(struct image_tables *tables, const struct config_vhost *vhost,
	const struct config_location *location)
{
	struct arena scratch = {0};
	struct config_settings from;
	const struct value *values = from.values;
	uint32_t number = tables->header.settings.count;
	char cache[FORM_CACHE];
	bool server;

	config_settings_of(vhost, location, &scratch, &from);
	*image_tables_add(tables, settings) = (struct image_settings){
		.root = from.root,
		.strip = from.strip,
		.try_endings = image_settings_texts(tables, &values[KEY_TRY]),
		.error_pages = put_pages(tables, &values[KEY_ERROR_PAGES]),
		.fallback = image_tables_text(tables, values[KEY_FALLBACK].text),
		.headers = put_headers(tables, &values[KEY_HEADERS], &server),
		.hsts = put_hsts(tables, &vhost->values[KEY_HSTS]),
		.cache = image_tables_text(tables, form_cache(&values[KEY_CACHE], cache)),
		.location = image_tables_text(tables, from.location),
		.location_key = from.location_key,
		.prompt = image_tables_text(tables, from.prompt),
		.answers = image_tables_text(tables, from.answers),
		.pace = put_pace(tables, vhost, location),
		.networks = put_networks(tables, &values[KEY_DENY], &values[KEY_ALLOW]),
		.identities = put_identities(tables, &values[KEY_IDENTITIES]),
		.action = (uint8_t)from.action,
		.symlinks = (uint8_t)values[KEY_SYMLINKS].number,
		.restricted = values[KEY_IDENTITIES].count > 0,
		.networks_else = values[KEY_ALLOW].count == 0,
		.listing = (uint8_t)values[KEY_LISTING].number,
		.dotfiles = (uint8_t)values[KEY_DOTFILES].number,
		.cache_of_path = from.cache_of_path,
	};
	tables->settings[number].server = server;
	arena_free(&scratch);
	return number;
}

void image_settings_put(
	struct image_tables *tables, const struct config_vhost *from, struct image_vhost *to)
{
	/* Known before, as it is the number of the vhost's bucket. */
	to->settings = tables->header.settings.count;
	put_settings(tables, from, NULL);
	to->paths.first = tables->header.paths.count;
	to->paths.count = (uint32_t)from->location_count;
	for (size_t i = 0; i < from->location_count; i++) {
		struct image_path path = {
			.path = image_tables_text(tables, from->locations[i].path),
			.settings = put_settings(tables, from, &from->locations[i]),
		};

		*image_tables_add(tables, paths) = path;
	}
}
