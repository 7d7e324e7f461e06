/* SPDX-License-Identifier: ISC */
#include "permission.h"

#include <string.h>
#include <strings.h>

#include "contract/inherit.h"

#include "encoding.h"
#include "rendering.h"

static bool address_may(const struct lookup *lookup, const struct image_settings *settings)
{
	const struct image_network *network;

	if (settings->networks.count == 0)
		return settings->networks_else;
	network = image_find_network(lookup->image, settings->networks, lookup->peer);
	return network ? network->allow : settings->networks_else;
}

enum found permission_by(const struct lookup *lookup, const struct image_settings *settings)
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

static bool is_guarded(const struct image_settings *settings)
{
	return settings->restricted || settings->networks.count > 0;
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

bool permission_evaded(const struct lookup *lookup, const char *name)
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
		char spelled[LOOKUP_NAME + RENDERING_LONGER];
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
	enum found found = permission_by(
		lookup, image_find_settings(lookup->image, lookup->vhost, name, strlen(name)));

	return found == FOUND_FILE && permission_evaded(lookup, name) ? FOUND_MISSING : found;
}

/* In any case: some file systems know none. */
static size_t encoding_length(const char *name, size_t length)
{
	for (enum encoding encoding = 0; encoding < ENCODING_IDENTITY; encoding++) {
		size_t ending = strlen(encoding_rows[encoding].ending);

		if (length > ending &&
			strcasecmp(name + length - ending, encoding_rows[encoding].ending) == 0)
			return ending;
	}
	return 0;
}

enum found permission_of_original(const struct lookup *lookup)
{
	char name[LOOKUP_NAME + RENDERING_LONGER], original[LOOKUP_NAME + RENDERING_LONGER];
	size_t length = lookup->name_length, ending = encoding_length(lookup->name, length);
	enum found found = FOUND_FILE;

	if (lookup->image->vhosts[lookup->vhost].paths.count == 0)
		return FOUND_FILE; /* all is as the path itself */
	memcpy(name, lookup->name, length + 1);
	name[length - ending] = '\0';
	if (ending > 0)
		found = permission_of(lookup, name);
	for (unsigned i = 0; found == FOUND_FILE && rendering_source(name, i, original); i++)
		found = permission_of(lookup, original);
	return found;
}
