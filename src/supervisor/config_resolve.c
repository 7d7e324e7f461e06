/* SPDX-License-Identifier: ISC */
#include "config_resolve.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "config_groups.h"
#include "config_merge.h"
#include "config_settings.h"
#include "seen.h"

#define WORKERS_MAX 64

struct resolver {
	struct config *config;
	struct arena scratch;
	struct seen roots;
	struct seen logs;
	struct seen certificates;
	struct seen listeners;
};

/* The number of what is the same, as seen_add has it. */
static bool see(struct seen *seen, const char *text, uint32_t *number)
{
	return seen_add(seen, text, strlen(text), number);
}

/* ---- one vhost ---- */

static void inherit(struct config *config, struct config_vhost *vhost)
{
	for (enum key key = 0; key < KEYS_OF_VHOST_COUNT; key++) {
		if (config->defaults[key].origin != ORIGIN_NONE)
			config_merge(
				&config->arena, key, &config->defaults[key], &vhost->values[key]);
		else
			config_merge(
				&config->arena, key, &config->values[key], &vhost->values[key]);
	}
}

/*
 * What the vhost really listens on, as its own value. Without a certificate it leaves out what
 * needs one, unless it said so itself; and with `http: none` all http.
 */
static void choose_endpoints(struct config *config, struct config_vhost *vhost)
{
	struct value *value = &vhost->values[KEY_LISTEN];
	const struct config_endpoint *all = value->list;
	struct config_endpoint *chosen =
		arena_array(&config->arena, value->count, sizeof(struct config_endpoint));
	bool tls = value->origin == ORIGIN_VHOST || config_has_certificate(vhost);
	const struct value *http = &vhost->values[KEY_HTTP];
	bool plain = http->origin == ORIGIN_NONE || http->number != HTTP_NONE;
	uint32_t count = 0;

	for (uint32_t i = 0; i < value->count; i++)
		if (all[i].protocol == PROTOCOL_HTTP ? plain : tls)
			chosen[count++] = all[i];
	vhost->listen_said = value->count;
	vhost->endpoints = chosen;
	value->list = chosen;
	value->count = count;
}

static void choose_modes(struct config_vhost *vhost)
{
	struct value *http = &vhost->values[KEY_HTTP];
	uint64_t client = vhost->values[KEY_CLIENT_CERTIFICATES].number;

	if (http->origin == ORIGIN_NONE) {
		http->origin = ORIGIN_STANDARD;
		http->number =
			config_has_certificate(vhost) && config_listens(vhost, PROTOCOL_HTTPS)
				? HTTP_REDIRECT
				: HTTP_SERVE;
	}
	vhost->http = (enum http_mode)http->number;
	if (client <= CLIENT_REQUIRE) {
		vhost->client_certificates = (enum client_certificates)client;
		vhost->client_certificates_gemini = (enum client_certificates)client;
	} else {
		/* auto: browsers show a dialogue, Gemini clients offer what their user chose. */
		vhost->client_certificates =
			config_is_restricted(vhost) ? CLIENT_REQUEST : CLIENT_NONE;
		vhost->client_certificates_gemini = CLIENT_REQUEST;
	}
}

/* Of a vhost or of one of its paths; IMAGE_NONE after an error only. */
static uint32_t find_root(struct resolver *resolver, const struct value *root)
{
	struct config *config = resolver->config;
	uint32_t number = (uint32_t)config->root_count;

	if (!root || !root->text)
		return IMAGE_NONE;
	if (!see(&resolver->roots, root->text, &number))
		return number;
	config->roots = arena_grow(
		&config->arena, config->roots, config->root_count, sizeof *config->roots);
	config->roots[config->root_count++] =
		(struct config_path){.path = root->text, .position = root->position};
	return number;
}

static void find_log(struct resolver *resolver, struct config_vhost *vhost)
{
	struct config *config = resolver->config;
	const struct value *log = &vhost->values[KEY_LOG_ACCESS];
	char word[KEY_WORD];
	bool standard_output = strcmp(key_word(KEY_LOG_ACCESS, log->word, word), "stdout") == 0;

	vhost->log = IMAGE_NONE;
	if (!log->text && !standard_output)
		return;
	vhost->log = (uint32_t)config->log_count;
	if (!see(&resolver->logs, log->text ? log->text : "", &vhost->log))
		return;
	config->logs =
		arena_grow(&config->arena, config->logs, config->log_count, sizeof *config->logs);
	config->logs[config->log_count++] =
		(struct config_path){.path = log->text, .position = log->position};
}

/* ---- paths ---- */

static bool covers(const struct config_location *location, const char *path)
{
	return strncmp(location->path, path, strlen(location->path)) == 0;
}

/* The vhost's own copy: of its defaults' paths others have one, too. */
static void find_locations(struct resolver *resolver, struct config_vhost *vhost)
{
	const struct value *paths = &vhost->values[KEY_PATHS];
	const struct config_location **open =
		arena_array(&resolver->scratch, paths->count, sizeof(struct config_location *));
	size_t depth = 0;

	vhost->locations =
		arena_array(&resolver->config->arena, paths->count, sizeof(struct config_location));
	vhost->location_count = paths->count;
	if (paths->count > 0)
		memcpy(vhost->locations, paths->list, paths->count * sizeof *vhost->locations);
	/* In this order a path comes before all that it covers, and nothing else is between. */
	for (size_t i = 0; i < vhost->location_count; i++) {
		struct config_location *location = &vhost->locations[i];

		while (depth > 0 && !covers(open[depth - 1], location->path))
			depth--;
		location->parent = depth > 0 ? open[depth - 1] : NULL;
		location->root = find_root(resolver, config_said(location, KEY_ROOT));
		if (location->path[strlen(location->path) - 1] == '/')
			open[depth++] = location;
	}
}

/*
 * A link from where everybody may to where not everybody may would lead around "allow", "deny" and
 * "identities". So none is followed, unless all of the vhost is for the same.
 */
static void choose_symlinks(struct config_vhost *vhost)
{
	struct value *symlinks = &vhost->values[KEY_SYMLINKS];
	bool restricted;

	/* What the vhost itself says is left to config_check. */
	if (config_is_uniform(vhost, &restricted) || !restricted ||
		symlinks->origin == ORIGIN_VHOST)
		return;
	symlinks->number = SYMLINKS_NEVER;
	symlinks->word = 1 + SYMLINKS_NEVER;
}

/* ---- certificates ---- */

/* The directory for a certificate of our own. "_wildcard" is no label that a name could be confused
 * with. */
const char *config_own_directory(struct config *config, const char *name)
{
	size_t length = strlen(name);

	if (strcmp(name, "*") == 0)
		return arena_format(&config->arena, "%s/certificates/default", config->state);
	if (name[0] == '*')
		return arena_format(
			&config->arena, "%s/certificates/_wildcard%s", config->state, name + 1);
	if (name[0] == '[')
		return arena_format(&config->arena, "%s/certificates/%.*s", config->state,
			(int)(length - 2), name + 1);
	return arena_format(&config->arena, "%s/certificates/%s", config->state, name);
}

/* The list as one text, to recognise it by; paths hold no line break. */
static const char *pairs_text(struct arena *arena, const struct config_pair *pairs, uint32_t count)
{
	size_t size = 1;
	char *text, *to;

	for (uint32_t i = 0; i < count; i++)
		size += strlen(pairs[i].chain) + strlen(pairs[i].key) + 2;
	text = to = arena_take(arena, size);
	for (uint32_t i = 0; i < count; i++) {
		to = stpcpy(stpcpy(to, pairs[i].chain), "\n");
		to = stpcpy(stpcpy(to, pairs[i].key), "\n");
	}
	return text;
}

static void find_certificates(struct resolver *resolver, struct config_vhost *vhost, uint32_t index)
{
	struct config *config = resolver->config;
	const struct value *value = &vhost->values[KEY_CERTIFICATE];
	const struct config_pair *pairs = value->list;
	uint32_t count = value->count;
	bool own = count == 0 && config_has_certificate(vhost);
	struct config_pair pair = {.position = value->position, .key_position = value->position};

	if (!config_listens(vhost, PROTOCOL_HTTPS) && !config_listens(vhost, PROTOCOL_GEMINI))
		return;
	if (own && vhost->name) {
		const char *directory = config_own_directory(config, vhost->name);

		pair.chain = arena_format(&config->arena, "%s/fullchain.pem", directory);
		pair.key = arena_format(&config->arena, "%s/privkey.pem", directory);
		pairs = &pair;
		count = 1;
	}
	if (count == 0)
		return;
	vhost->certificate_count = count;
	vhost->first_certificate = (uint32_t)config->certificate_count;
	if (!see(&resolver->certificates, pairs_text(&resolver->scratch, pairs, count),
		    &vhost->first_certificate))
		return;
	for (uint32_t i = 0; i < count; i++) {
		config->certificates = arena_grow(&config->arena, config->certificates,
			config->certificate_count, sizeof *config->certificates);
		config->certificates[config->certificate_count++] = (struct config_certificate){
			.chain = pairs[i].chain,
			.key = pairs[i].key,
			.position = pairs[i].position,
			.key_position = pairs[i].key_position,
			.vhost = index,
			.made_by_us = own,
		};
	}
}

/* ---- listeners ---- */

static struct config_listener *find_listener(
	struct resolver *resolver, const struct config_endpoint *endpoint, uint32_t *number)
{
	struct config *config = resolver->config;
	char text[CONFIG_ENDPOINT_TEXT];

	config_endpoint_format(
		endpoint->protocol, &endpoint->address, endpoint->address.port, text);
	*number = (uint32_t)config->listener_count;
	if (!see(&resolver->listeners, arena_text(&resolver->scratch, text, strlen(text)), number))
		return &config->listeners[*number];
	config->listeners = arena_grow(&config->arena, config->listeners, config->listener_count,
		sizeof *config->listeners);
	config->listeners[config->listener_count] = (struct config_listener){
		.address = endpoint->address,
		.any = endpoint->address.family == 0,
		.protocol = endpoint->protocol,
		.position = endpoint->position,
		.fallback = IMAGE_NONE,
		.proxy = endpoint->proxy,
		.proxy_count = endpoint->proxy_count,
	};
	return &config->listeners[config->listener_count++];
}

/* As it is looked up: what stands for "*" is not part of it, nor are the brackets of an address. */
static const char *bare_name(struct config *config, const char *name)
{
	if (name[0] == '[')
		return arena_text(&config->arena, name + 1, strlen(name) - 2);
	return name + (name[0] == '*' ? 1 : 0);
}

static void add_name(struct config *config, struct config_listener *listener,
	const struct config_text *name, uint32_t vhost, bool moved)
{
	bool wildcard = name->text[0] == '*';

	if (strcmp(name->text, "*") == 0 && !listener->any_name) {
		listener->fallback = vhost;
		listener->any_name = true;
	}
	listener->names = arena_grow(
		&config->arena, listener->names, listener->name_count, sizeof *listener->names);
	listener->names[listener->name_count++] = (struct config_name){
		.name = bare_name(config, name->text),
		.vhost = vhost,
		.wildcard = wildcard,
		.moved = moved,
		.position = name->position,
	};
}

static void add_names(struct config *config, struct config_listener *listener,
	const struct config_vhost *vhost, uint32_t index)
{
	static const enum key keys[] = {KEY_NAMES, KEY_MOVED_FROM};

	/* Said twice is said once. */
	if (listener->name_count > 0 && listener->names[listener->name_count - 1].vhost == index)
		return;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const struct config_text *name = vhost->values[keys[i]].list;

		for (uint32_t n = 0; n < vhost->values[keys[i]].count; n++)
			add_name(config, listener, &name[n], index, keys[i] == KEY_MOVED_FROM);
	}
}

static void listen_for(struct resolver *resolver, struct config_vhost *vhost, uint32_t index)
{
	const struct value *listen = &vhost->values[KEY_LISTEN];
	struct config_endpoint *endpoints = vhost->endpoints;

	vhost->https = IMAGE_NONE;
	for (uint32_t i = 0; i < listen->count; i++) {
		struct config_endpoint *endpoint = &endpoints[i];
		struct config_listener *listener =
			find_listener(resolver, endpoint, &endpoint->listener);

		if (endpoint->protocol == PROTOCOL_HTTPS &&
			(vhost->https == IMAGE_NONE || endpoint->address.port == 443))
			vhost->https = endpoint->listener;
		add_names(resolver->config, listener, vhost, index);
	}
}

/* image.h's order, and what is the same in that of the files. */
static int compare_names(const void *left_item, const void *right_item)
{
	const struct config_name *left = left_item, *right = right_item;
	int order = left->wildcard - right->wildcard;

	/* strcmp compares as memcmp does: as unsigned bytes, the shorter first. */
	if (order == 0)
		order = strcmp(left->name, right->name);
	if (order == 0)
		order = (left->vhost > right->vhost) - (left->vhost < right->vhost);
	if (order == 0)
		order = (left->position.line > right->position.line) -
			(left->position.line < right->position.line);
	if (order == 0)
		order = (left->position.column > right->position.column) -
			(left->position.column < right->position.column);
	return order;
}

static void finish_listener(struct config_listener *listener)
{
	bool alone = listener->name_count > 0;

	for (size_t i = 1; i < listener->name_count; i++)
		alone &= listener->names[i].vhost == listener->names[0].vhost;
	if (alone && !listener->any_name)
		listener->fallback = listener->names[0].vhost;
	if (listener->name_count > 1)
		qsort(listener->names, listener->name_count, sizeof *listener->names,
			compare_names);
}

/* ---- the whole ---- */

/* Those that we may run on: a container's share, not the machine's. */
static unsigned processors(void)
{
	cpu_set_t set;
	int count = 1;

	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof set, &set) == 0)
		count = CPU_COUNT(&set);
	return count < 1 ? 1 : count > WORKERS_MAX ? WORKERS_MAX : (unsigned)count;
}

static void resolve_processes(struct config *config)
{
	const struct value *workers = &config->values[KEY_WORKERS];
	const struct value *handshakers = &config->values[KEY_HANDSHAKERS];

	config->workers = workers->word > 0 ? processors() : (unsigned)workers->number;
	config->handshakers = handshakers->word == 0 ? (unsigned)handshakers->number
			      : processors() > 1     ? processors() / 2
						     : 1;
	config->nice = (int)config_number(config, KEY_NICE);
	config->acme_path = config_text(config, KEY_ACME);
	config->acme_position = config->values[KEY_ACME].position;
}

void config_resolve(struct config *config)
{
	struct resolver resolver = {.config = config};

	resolver.roots.arena = resolver.logs.arena = &resolver.scratch;
	resolver.certificates.arena = resolver.listeners.arena = &resolver.scratch;
	resolve_processes(config);
	config_groups_sort(config);
	for (size_t i = 0; i < config->vhost_count; i++) {
		struct config_vhost *vhost = config->vhosts[i];
		const struct config_text *names;

		inherit(config, vhost);
		names = vhost->values[KEY_NAMES].list;
		vhost->name = vhost->values[KEY_NAMES].count > 0 ? names[0].text : NULL;
		choose_endpoints(config, vhost);
		vhost->root = find_root(&resolver, &vhost->values[KEY_ROOT]);
		find_locations(&resolver, vhost);
		choose_modes(vhost);
		choose_symlinks(vhost);
		find_log(&resolver, vhost);
		find_certificates(&resolver, vhost, (uint32_t)i);
		listen_for(&resolver, vhost, (uint32_t)i);
	}
	for (size_t i = 0; i < config->listener_count; i++)
		finish_listener(&config->listeners[i]);
	arena_free(&resolver.scratch);
}
