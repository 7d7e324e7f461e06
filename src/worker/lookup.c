/* SPDX-License-Identifier: ISC */
#include "lookup.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "contract/inherit.h"

#include "encoding.h"
#include "serve.h"

#define NANOSECONDS      1000000000
#define TYPE_OF_ALL_ELSE "application/octet-stream"

static enum found found_of(enum resolved resolved)
{
	switch (resolved) {
	case RESOLVED_FILE:
		return FOUND_FILE;
	case RESOLVED_DIRECTORY:
		return FOUND_DIRECTORY;
	case RESOLVED_MISSING:
		return FOUND_MISSING;
	case RESOLVED_FORBIDDEN:
		return FOUND_FORBIDDEN;
	case RESOLVED_BUSY:
		return FOUND_BUSY;
	case RESOLVED_FAILED:
		break;
	}
	return FOUND_FAILED;
}

/* ---- who may ---- */

static bool address_may(const struct lookup *lookup, const struct image_settings *settings)
{
	const struct image_network *network;

	if (settings->networks.count == 0)
		return settings->networks_else;
	network = image_find_network(lookup->image, settings->networks, lookup->peer);
	return network ? network->allow : settings->networks_else;
}

/* FOUND_FILE: this client may have it. */
static enum found permission(const struct lookup *lookup, const struct image_settings *settings)
{
	if (!address_may(lookup, settings))
		return FOUND_FORBIDDEN;
	if (!settings->restricted)
		return FOUND_FILE;
	if (lookup->outdated)
		return FOUND_OUTDATED;
	if (!lookup->digest)
		return FOUND_UNIDENTIFIED;
	if (!image_has_digest(lookup->image, settings->identities, lookup->digest))
		return FOUND_STRANGER;
	return lookup->current ? FOUND_FILE : FOUND_EXPIRED;
}

/* ---- one name ---- */

/* name is lookup->name up to name_length; a NUL follows it. */
static const struct image_settings *settings_of_name(const struct lookup *lookup)
{
	return image_find_settings(lookup->image, lookup->vhost, lookup->name, lookup->name_length);
}

static void describe(struct lookup *lookup)
{
	const char *file = strrchr(lookup->name, '/') + 1;
	const struct image_settings *settings = lookup->settings;
	const struct image_type *type =
		image_find_type(lookup->image, lookup->vhost, file, strlen(file));
	struct image_text cache = settings->cache;

	lookup->resource.type = type ? image_string(lookup->image, type->type) : TYPE_OF_ALL_ELSE;
	lookup->compressible = type && type->compressible;
	if (type && type->cache.length > 0 && !settings->cache_of_path)
		cache = type->cache;
	lookup->cache = cache.length > 0 ? image_string(lookup->image, cache) : NULL;
}

static bool is_guarded(const struct image_settings *settings)
{
	return settings->restricted || settings->networks.count > 0;
}

/* Endings of gemtext, of which "NAME.html" may be a rendering. */
static const char *const gemtext[] = {".gmi", ".gemini"};

#define RENDERED ".html"

/* In any case: some file systems know none. */
static bool ends_with(const char *name, size_t length, const char *ending)
{
	size_t size = strlen(ending);

	return length > size && strncasecmp(name + length - size, ending, size) == 0;
}

/*
 * Could a file system without case take one for the other? Beyond ASCII it alone knows: ext4 takes
 * the long s for an s, and a soft hyphen for nothing.
 */
static bool may_fold(const char *name, size_t length, const char *key, size_t key_length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)name[i] >= 0x80)
			return true;
	for (size_t i = 0; i < key_length; i++)
		if ((unsigned char)key[i] >= 0x80)
			return true;
	return length == key_length && strncasecmp(name, key, length) == 0;
}

/*
 * Is the name, or a directory that it is in, perhaps what the key names, in another spelling? Then
 * *depth is the length of that, with the slash of a directory.
 */
static bool may_be(const char *name, const char *key, size_t *depth)
{
	const char *start = name;

	for (;;) {
		size_t length, key_length;

		name++, key++; /* slashes */
		*depth = (size_t)(name - start);
		if (*key == '\0')
			return true;
		length = strcspn(name, "/");
		key_length = strcspn(key, "/");
		if (!may_fold(name, length, key, key_length))
			return false;
		name += length;
		key += key_length;
		*depth += length;
		if (*key == '\0' || *name == '\0')
			return *key == *name;
	}
}

/*
 * Is the name another spelling of one that is guarded, on a file system that takes both for the
 * same? Guarded vhosts do not follow links; so the others are spared the search.
 */
static bool evades(const struct lookup *lookup, const char *name)
{
	const struct image *image = lookup->image;
	struct image_range paths = image->vhosts[lookup->vhost].paths;
	const struct image_settings *settings =
		image_find_settings(image, lookup->vhost, name, strlen(name));

	if (settings->symlinks != SYMLINKS_NEVER || settings->root == IMAGE_NONE)
		return false;
	for (uint32_t i = paths.first; i < paths.first + paths.count; i++) {
		const struct image_path *path = &image->paths[i];
		const struct image_settings *guard = &image->settings[path->settings];
		const char *key = image_string(image, path->path);
		char spelled[LOOKUP_NAME + sizeof ".gemini"];
		size_t depth;

		if (!is_guarded(guard) || guard->root == IMAGE_NONE ||
			strncmp(name, key, path->path.length) == 0 || !may_be(name, key, &depth) ||
			depth <= settings->strip)
			continue;
		memcpy(spelled, name, depth);
		spelled[depth] = '\0';
		if (resolve_same(inherit_root(image, settings->root), spelled + settings->strip,
			    inherit_root(image, guard->root), key + guard->strip))
			return true;
	}
	return false;
}

/* Of a name that what is asked for was made of. */
static enum found permission_of(const struct lookup *lookup, const char *name)
{
	enum found found = permission(
		lookup, image_find_settings(lookup->image, lookup->vhost, name, strlen(name)));

	return found == FOUND_FILE && evades(lookup, name) ? FOUND_MISSING : found;
}

/*
 * The name without ".gz" is what it is a neighbour of, and ".gmi" in the place of ".html" what that
 * was made from: who may not have that may not have this either.
 */
static enum found original_permission(const struct lookup *lookup)
{
	char name[LOOKUP_NAME + sizeof ".gemini"];
	size_t length = lookup->name_length;
	enum found found = FOUND_FILE;

	if (lookup->image->vhosts[lookup->vhost].paths.count == 0)
		return FOUND_FILE; /* all is as the path itself */
	memcpy(name, lookup->name, length + 1);
	for (enum encoding encoding = 0; encoding < ENCODING_IDENTITY; encoding++) {
		if (!ends_with(name, length, encoding_rows[encoding].ending))
			continue;
		length -= strlen(encoding_rows[encoding].ending);
		name[length] = '\0';
		found = permission_of(lookup, name);
		break;
	}
	if (!ends_with(name, length, RENDERED))
		return found;
	length -= strlen(RENDERED);
	for (size_t i = 0; i < sizeof gemtext / sizeof *gemtext && found == FOUND_FILE; i++) {
		strcpy(name + length, gemtext[i]);
		found = permission_of(lookup, name);
	}
	return found;
}

/* What asks serves what the answers name. */
static bool serves(const struct image_settings *settings)
{
	return settings->action == ACTION_SERVE || settings->action == ACTION_INPUT ||
	       settings->action == ACTION_SENSITIVE;
}

/* Open what lookup->name says, by the settings and permissions of that name. */
static enum found open_name(struct lookup *lookup)
{
	const struct image_settings *settings = settings_of_name(lookup);
	enum found found = permission(lookup, settings);

	lookup->settings = settings;
	if (found == FOUND_FILE)
		found = original_permission(lookup);
	if (found != FOUND_FILE)
		return found;
	if (!serves(settings) || settings->root == IMAGE_NONE ||
		settings->strip >= lookup->name_length || evades(lookup, lookup->name))
		return FOUND_MISSING;
	found = found_of(resolve_file(inherit_root(lookup->image, settings->root),
		lookup->name + settings->strip, (enum symlinks)settings->symlinks,
		&lookup->resource));
	if (found == FOUND_FILE)
		describe(lookup);
	return found;
}

/* The name up to "length" with a text after it. False: it is too long. */
static bool append(struct lookup *lookup, size_t length, struct image_text text)
{
	if (text.length >= sizeof lookup->name - length)
		return false;
	memcpy(lookup->name + length, image_string(lookup->image, text), text.length + 1);
	lookup->name_length = length + text.length;
	return true;
}

/* The first of these after the name that is there. A directory of that name is none. */
static enum found open_first(struct lookup *lookup, struct image_range texts, size_t length)
{
	for (uint32_t i = texts.first; i < texts.first + texts.count; i++) {
		enum found found;

		if (!append(lookup, length, lookup->image->texts[i]))
			continue;
		found = open_name(lookup);
		if (found != FOUND_MISSING && found != FOUND_DIRECTORY)
			return found;
	}
	lookup->name[length] = '\0';
	lookup->name_length = length;
	return FOUND_MISSING;
}

/* ---- what a path may stand for ---- */

static enum found find_file(struct lookup *lookup, const struct image_settings *settings)
{
	size_t length = lookup->name_length;
	enum found found = open_name(lookup);

	if (found == FOUND_DIRECTORY)
		return FOUND_SLASH;
	if (found == FOUND_MISSING)
		found = open_first(lookup, settings->try_endings, length);
	if (found != FOUND_MISSING)
		return found;
	/* A directory that only the configuration knows. */
	lookup->name[length] = '/';
	found = image_has_path(lookup->image, lookup->vhost, lookup->name, length + 1)
			? FOUND_SLASH
			: FOUND_MISSING;
	lookup->name[length] = '\0';
	return found;
}

static enum found find_directory(struct lookup *lookup, const struct image_settings *settings)
{
	enum found found = open_first(lookup, lookup->index, lookup->name_length);

	if (found != FOUND_MISSING)
		return found;
	lookup->settings = settings;
	if (settings->root == IMAGE_NONE || evades(lookup, lookup->name))
		return found;
	found = found_of(resolve_directory(inherit_root(lookup->image, settings->root),
		lookup->name + settings->strip, (enum symlinks)settings->symlinks,
		settings->listing ? &lookup->directory : NULL));
	return found == FOUND_DIRECTORY && !settings->listing ? FOUND_FORBIDDEN : found;
}

static enum found action_of(const struct image_settings *settings)
{
	switch ((enum action)settings->action) {
	case ACTION_MOVED:
		return FOUND_MOVED;
	case ACTION_REDIRECT:
		return FOUND_REDIRECT;
	case ACTION_GONE:
		return FOUND_GONE;
	case ACTION_INPUT:
	case ACTION_SENSITIVE:
		return FOUND_INPUT;
	case ACTION_SERVE:
	case ACTION_COUNT:
		break;
	}
	return FOUND_FILE;
}

static void take_name(struct lookup *lookup, const char *path, size_t length)
{
	memcpy(lookup->name, path, length + 1);
	lookup->name_length = length;
	lookup->resource.fd = lookup->directory = -1;
	lookup->compressible = false;
	lookup->cache = NULL;
}

/* Who is not let in counts like all others: to guess is to ask often. */
static bool is_too_often(struct lookup *lookup)
{
	const struct image_pace *pace = &lookup->settings->pace;

	if (pace->requests == 0 || !lookup->limits)
		return false;
	lookup->wait = limit_take(lookup->limits, pace, lookup->peer, serve_clock_us() * 1000);
	return lookup->wait > 0;
}

/* What is served by that name: lookup->name, with these settings, which let the client in. */
static enum found find_served(
	struct lookup *lookup, const struct image_settings *settings, bool directory)
{
	enum found found =
		directory ? find_directory(lookup, settings) : find_file(lookup, settings);

	if (found == FOUND_MISSING && settings->fallback.length > 0)
		found = lookup_file(lookup, settings->fallback);
	if (found == FOUND_MISSING || found == FOUND_SLASH)
		lookup->settings = settings;
	return found;
}

void lookup_begin(struct lookup *lookup, const struct conn *conn, uint32_t vhost, int64_t now)
{
	int64_t second = now / NANOSECONDS;

	lookup->image = &conn->server->image;
	lookup->vhost = vhost;
	lookup->peer = &conn->peer;
	lookup->digest = conn->identified ? conn->digest : NULL;
	lookup->current = conn->not_before <= second && second <= conn->not_after;
	lookup->outdated = conn->server->outdated;
	lookup->limits = &conn->server->limits;
}

enum found lookup_find(struct lookup *lookup, const struct target *target)
{
	const struct image_settings *settings;
	enum found found;

	take_name(lookup, target->path, target->length);
	settings = lookup->settings = settings_of_name(lookup);
	lookup->sensitive = settings->action == ACTION_SENSITIVE;
	if (is_too_often(lookup))
		return FOUND_SLOW_DOWN;
	found = permission(lookup, settings);
	if (found == FOUND_FILE)
		found = action_of(settings);
	if (found != FOUND_FILE)
		return found;
	if (target->hidden && !settings->dotfiles)
		return FOUND_MISSING;
	return find_served(lookup, settings, target->directory);
}

enum found lookup_answer(struct lookup *lookup, const struct target *answer)
{
	const struct image_settings *asking = lookup->settings, *settings;
	struct image_text below = asking->answers;
	enum found found;

	/* Its path begins with a slash, and "below" ends with one. */
	if (below.length - 1 + answer->length >= sizeof lookup->name)
		return FOUND_MISSING;
	take_name(lookup, image_string(lookup->image, below), below.length);
	memcpy(lookup->name + below.length, answer->path + 1, answer->length);
	lookup->name_length = below.length - 1 + answer->length;
	settings = lookup->settings = settings_of_name(lookup);
	found = permission(lookup, settings);
	if (found != FOUND_FILE)
		return found;
	if (!serves(settings) || (answer->hidden && !settings->dotfiles))
		return FOUND_MISSING;
	found = find_served(lookup, settings, answer->directory);
	/* Neither a redirect to its slash nor a listing would lead back to the question. */
	if (found == FOUND_SLASH || found == FOUND_DIRECTORY) {
		lookup_close(lookup);
		found = FOUND_MISSING;
	}
	return found;
}

enum found lookup_file(struct lookup *lookup, struct image_text path)
{
	enum found found;

	if (path.length >= sizeof lookup->name)
		return FOUND_MISSING;
	take_name(lookup, image_string(lookup->image, path), path.length);
	found = open_name(lookup);
	return found == FOUND_DIRECTORY ? FOUND_MISSING : found;
}

void lookup_close(struct lookup *lookup)
{
	if (lookup->resource.fd >= 0)
		close(lookup->resource.fd);
	if (lookup->directory >= 0)
		close(lookup->directory);
	lookup->resource.fd = lookup->directory = -1;
}

/* The neighbour's own name may be for fewer than the file is; lookup->name up to length. */
static bool neighbour_may(const struct lookup *lookup, size_t length)
{
	return lookup->image->vhosts[lookup->vhost].paths.count == 0 ||
	       permission(lookup, image_find_settings(lookup->image, lookup->vhost, lookup->name,
					  length)) == FOUND_FILE;
}

bool lookup_neighbour(struct lookup *lookup, const char *ending)
{
	const struct image_settings *settings = lookup->settings;
	struct resource neighbour;
	size_t length = strlen(ending);
	enum resolved resolved;

	if (length >= sizeof lookup->name - lookup->name_length)
		return false;
	memcpy(lookup->name + lookup->name_length, ending, length + 1);
	if (!neighbour_may(lookup, lookup->name_length + length)) {
		lookup->name[lookup->name_length] = '\0';
		return false;
	}
	resolved = resolve_file(inherit_root(lookup->image, settings->root),
		lookup->name + settings->strip, (enum symlinks)settings->symlinks, &neighbour);
	lookup->name[lookup->name_length] = '\0';
	if (resolved != RESOLVED_FILE)
		return false;
	if (neighbour.mtime < lookup->resource.mtime) {
		close(neighbour.fd);
		return false;
	}
	close(lookup->resource.fd);
	neighbour.type = lookup->resource.type;
	lookup->resource = neighbour;
	return true;
}

/* lookup->name becomes "NAME.html" of "NAME.gmi". False: it is no gemtext's name. */
static bool rename_rendered(struct lookup *lookup)
{
	for (size_t i = 0; i < sizeof gemtext / sizeof *gemtext; i++) {
		size_t length = lookup->name_length, ending = strlen(gemtext[i]);

		if (!ends_with(lookup->name, length, gemtext[i]) ||
			length - ending + strlen(RENDERED) >= sizeof lookup->name)
			continue;
		strcpy(lookup->name + length - ending, RENDERED);
		lookup->name_length = length - ending + strlen(RENDERED);
		return true;
	}
	return false;
}

bool lookup_rendered(struct lookup *lookup)
{
	const struct image_settings *settings = lookup->settings;
	struct resource source = lookup->resource;
	char name[LOOKUP_NAME];
	size_t length = lookup->name_length;

	memcpy(name, lookup->name, length + 1);
	if (!rename_rendered(lookup))
		return false;
	lookup->resource.fd = -1;
	if (open_name(lookup) == FOUND_FILE && lookup->resource.mtime >= source.mtime) {
		close(source.fd);
		return true;
	}
	lookup_close(lookup);
	memcpy(lookup->name, name, length + 1);
	lookup->name_length = length;
	lookup->settings = settings;
	lookup->resource = source;
	describe(lookup);
	return false;
}
