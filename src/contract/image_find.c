/* SPDX-License-Identifier: ISC */
#include "contract/image.h"

#include <stdlib.h>
#include <string.h>

#include "contract/image_order.h"

/* What is looked for in one of the tables. */
struct key {
	const struct image *image;
	const char *text;
	size_t length;
	uint16_t wildcard; /* names only */
};

static int compare_text(const struct key *key, struct image_text text)
{
	return image_order(key->text, key->length, image_string(key->image, text), text.length);
}

static int compare_name(const void *key_item, const void *item)
{
	const struct key *key = key_item;
	const struct image_name *name = item;

	return key->wildcard != name->wildcard ? key->wildcard - name->wildcard
					       : compare_text(key, name->name);
}

static int compare_type(const void *key, const void *item)
{
	return compare_text(key, ((const struct image_type *)item)->ending);
}

static int compare_path(const void *key, const void *item)
{
	return compare_text(key, ((const struct image_path *)item)->path);
}

static int compare_digest(const void *key, const void *item)
{
	return memcmp(key, item, sizeof(struct image_digest));
}

/* One half of a listener's names: the exact ones or the wildcards. */
static const struct image_name *find_name(const struct image *image, struct image_range range,
	uint16_t wildcard, const char *name, size_t length)
{
	struct key key = {image, name, length, wildcard};

	return bsearch(
		&key, &image->names[range.first], range.count, sizeof *image->names, compare_name);
}

/* "", "192.0.2.1", "2001:db8::1" or "[2001:db8::1]": what a client without a name shows. */
static bool is_address(const char *name, size_t length)
{
	if (length == 0 || memchr(name, ':', length))
		return true;
	/* No top-level domain is numeric (RFC 3696 §2): digits and dots alone are IPv4. */
	for (size_t i = 0; i < length; i++)
		if ((name[i] < '0' || name[i] > '9') && name[i] != '.')
			return false;
	return true;
}

uint32_t image_find_vhost(const struct image *image, uint32_t listener, const char *name,
	size_t length, enum name_match *match)
{
	const struct image_listener *on = &image->listeners[listener];
	const struct image_name *entry = find_name(image, on->names, 0, name, length);
	uint32_t vhost = IMAGE_NONE;

	if (entry) {
		*match = entry->moved ? MATCH_MOVED : MATCH_EXACT;
		return entry->vhost;
	}
	*match = MATCH_WILDCARD;
	/* The longest wildcard first: cut at one dot after the other. At least one byte stands for
	 * "*". */
	for (size_t i = 1; i < length; i++) {
		if (name[i] != '.')
			continue;
		entry = find_name(image, on->names, 1, name + i, length - i);
		if (entry)
			return entry->vhost;
	}
	*match = on->any_name ? MATCH_ANY : MATCH_ALONE;
	if (on->any_name || is_address(name, length))
		vhost = on->fallback;
	if (vhost == IMAGE_NONE)
		*match = MATCH_NONE;
	return vhost;
}

const struct image_type *image_find_type(
	const struct image *image, uint32_t vhost, const char *file, size_t length)
{
	struct image_range range = image->vhosts[vhost].types;
	char lower[64];

	/* The first dot that leaves a known ending is the longest one. */
	for (size_t dot = 0; dot < length; dot++) {
		size_t ending = length - dot - 1;
		struct key key = {image, lower, ending, 0};
		const struct image_type *type;

		if (file[dot] != '.' || ending > sizeof lower)
			continue;
		for (size_t i = 0; i < ending; i++) {
			char byte = file[dot + 1 + i];

			lower[i] = byte >= 'A' && byte <= 'Z' ? (char)(byte + ('a' - 'A')) : byte;
		}
		type = bsearch(
			&key, &image->types[range.first], range.count, sizeof *type, compare_type);
		if (type)
			return type;
	}
	return NULL;
}

static const struct image_path *find_path(
	const struct image *image, struct image_range range, const char *path, size_t length)
{
	struct key key = {image, path, length, 0};

	return bsearch(
		&key, &image->paths[range.first], range.count, sizeof *image->paths, compare_path);
}

const struct image_settings *image_find_settings(
	const struct image *image, uint32_t vhost, const char *path, size_t length)
{
	const struct image_vhost *entry = &image->vhosts[vhost];

	/* All of it, then as far as each of its slashes, from the last to the first. */
	for (size_t end = entry->paths.count > 0 ? length : 0; end > 0; end--) {
		const struct image_path *found;

		if (end < length && path[end - 1] != '/')
			continue;
		found = find_path(image, entry->paths, path, end);
		if (found)
			return &image->settings[found->settings];
	}
	return &image->settings[entry->settings];
}

bool image_has_path(const struct image *image, uint32_t vhost, const char *path, size_t length)
{
	return find_path(image, image->vhosts[vhost].paths, path, length) != NULL;
}

static bool network_has(const struct image_network *network, const struct address *address)
{
	size_t whole = network->bits / 8;
	unsigned rest = network->bits % 8;

	if (network->family != address->family ||
		memcmp(network->bytes, address->bytes, whole) != 0)
		return false;
	return rest == 0 || (network->bytes[whole] ^ address->bytes[whole]) >> (8 - rest) == 0;
}

const struct image_network *image_find_network(
	const struct image *image, struct image_range networks, const struct address *address)
{
	for (uint32_t i = networks.first; i < networks.first + networks.count; i++)
		if (network_has(&image->networks[i], address))
			return &image->networks[i];
	return NULL;
}

bool image_has_digest(const struct image *image, struct image_range digests,
	const uint8_t digest[static sizeof(struct image_digest)])
{
	return bsearch(digest, &image->digests[digests.first], digests.count,
		       sizeof(struct image_digest), compare_digest) != NULL;
}

const char *image_find_groups(
	const struct image *image, const uint8_t digest[static sizeof(struct image_digest)])
{
	/* A member begins with its digest. */
	const struct image_member *member = bsearch(digest, image->members,
		image->header->members.count, sizeof *member, compare_digest);

	return member ? image_string(image, member->groups) : NULL;
}
