/* SPDX-License-Identifier: ISC */
#include "lookup.h"

#include <string.h>
#include <unistd.h>

#include "contract/inherit.h"

#include "permission.h"
#include "rendering.h"
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
	enum found found = permission_by(lookup, settings);

	lookup->settings = settings;
	if (found == FOUND_FILE)
		found = permission_of_original(lookup);
	if (found != FOUND_FILE)
		return found;
	if (!serves(settings) || settings->root == IMAGE_NONE ||
		settings->strip >= lookup->name_length || permission_evaded(lookup, lookup->name))
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
	if (settings->root == IMAGE_NONE || permission_evaded(lookup, lookup->name))
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
	if (is_too_often(lookup))
		return FOUND_SLOW_DOWN;
	found = permission_by(lookup, settings);
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
	found = permission_by(lookup, settings);
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
	       permission_by(lookup, image_find_settings(lookup->image, lookup->vhost, lookup->name,
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

/* Of "NAME.gemini" beside "NAME.gmi" the page is not: lookup->name is that of the page. */
static bool is_source(const struct lookup *lookup, const char *name)
{
	const struct image_settings *settings = lookup->settings;
	char first[LOOKUP_NAME + RENDERING_LONGER];
	struct resource other;

	if (!rendering_source(lookup->name, 0, first) || strcmp(first, name) == 0)
		return true;
	if (resolve_file(inherit_root(lookup->image, settings->root), first + settings->strip,
		    (enum symlinks)settings->symlinks, &other) != RESOLVED_FILE)
		return true;
	close(other.fd);
	return false;
}

bool lookup_rendered(struct lookup *lookup)
{
	const struct image_settings *settings = lookup->settings;
	struct resource source = lookup->resource;
	char name[LOOKUP_NAME];
	size_t length = lookup->name_length;

	memcpy(name, lookup->name, length + 1);
	if (!rendering_name(lookup->name, &lookup->name_length, sizeof lookup->name))
		return false;
	lookup->resource.fd = -1;
	if (open_name(lookup) == FOUND_FILE && lookup->resource.mtime >= source.mtime &&
		is_source(lookup, name)) {
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
