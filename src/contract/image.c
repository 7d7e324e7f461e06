/* SPDX-License-Identifier: ISC */
#include "contract/image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/log.h"
#include "contract/image_order.h"

#define SEALS        (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define PATH_BOUND   4096 /* no path is longer */
#define RANGES_BOUND 16   /* what a worker has room for */
#define PROMPT_BOUND 1024 /* META of Gemini 0.24.1 */

/* The table lies within the image, after the header, aligned for its entries. */
static const void *table(
	const struct image_header *header, struct image_range range, size_t entry, size_t align)
{
	const char *base = (const char *)header;

	if (range.first < sizeof *header || range.first > header->size ||
		range.first % align != 0 || range.count > (header->size - range.first) / entry)
		return NULL;
	return base + range.first;
}

static bool text_holds(const struct image *image, struct image_text text)
{
	uint32_t size = image->header->text.count;

	return text.offset < size && text.length < size - text.offset &&
	       image->text[text.offset + text.length] == '\0' &&
	       memchr(image->text + text.offset, '\0', text.length) == NULL;
}

static bool range_holds(struct image_range range, uint32_t count)
{
	return range.first <= count && range.count <= count - range.first;
}

static bool index_holds(uint32_t index, uint32_t count)
{
	return index == IMAGE_NONE || index < count;
}

static bool listeners_hold(const struct image *image)
{
	uint32_t sockets = 0;

	for (uint32_t i = 0; i < image->header->listeners.count; i++) {
		const struct image_listener *listener = &image->listeners[i];

		if (!range_holds(listener->names, image->header->names.count) ||
			!range_holds(listener->proxy, image->header->networks.count) ||
			!index_holds(listener->fallback, image->header->vhosts.count) ||
			listener->protocol >= PROTOCOL_COUNT || listener->any_name > 1 ||
			(listener->any_name && listener->fallback == IMAGE_NONE))
			return false;
		/* Sockets are numbered in the order of the listeners that have one. */
		if (listener->socket != IMAGE_NONE && listener->socket != sockets++)
			return false;
	}
	return true;
}

/* Each comes after the one before it, none twice. */
static bool texts_ascend(
	const struct image *image, struct image_text before, struct image_text text)
{
	return image_order(image_string(image, before), before.length, image_string(image, text),
		       text.length) < 0;
}

static bool names_hold(const struct image *image)
{
	for (uint32_t i = 0; i < image->header->names.count; i++) {
		const struct image_name *name = &image->names[i];

		if (!text_holds(image, name->name) || name->vhost >= image->header->vhosts.count ||
			name->wildcard > 1 || name->moved > 1 || (name->moved && name->wildcard))
			return false;
	}
	for (uint32_t l = 0; l < image->header->listeners.count; l++) {
		struct image_range range = image->listeners[l].names;

		for (uint32_t i = range.first + 1; i < range.first + range.count; i++) {
			const struct image_name *before = &image->names[i - 1],
						*name = &image->names[i];

			if (before->wildcard > name->wildcard)
				return false;
			if (before->wildcard == name->wildcard &&
				!texts_ascend(image, before->name, name->name))
				return false;
		}
	}
	return true;
}

/* Paths of a vhost: sorted, and what its settings cut off is part of what they cover. */
static bool paths_hold(const struct image *image, struct image_range range)
{
	for (uint32_t i = range.first; i < range.first + range.count; i++) {
		const struct image_path *path = &image->paths[i];
		const struct image_settings *settings = &image->settings[path->settings];
		const char *text = image_string(image, path->path);
		uint32_t length = path->path.length, strip = settings->strip;

		if (i > range.first && !texts_ascend(image, image->paths[i - 1].path, path->path))
			return false;
		if (strip > length || settings->location_key > length)
			return false;
		/* What remains begins with a slash, or it was exactly the path. */
		if (strip > 0 && text[strip] != '/' && (strip < length || text[length - 1] == '/'))
			return false;
	}
	return true;
}

static bool types_ascend(const struct image *image, struct image_range range)
{
	for (uint32_t i = range.first + 1; i < range.first + range.count; i++)
		if (!texts_ascend(image, image->types[i - 1].ending, image->types[i].ending))
			return false;
	return true;
}

/* What only the worker has of a vhost. */
static bool vhost_serves(const struct image *image, uint32_t index)
{
	const struct image_header *header = image->header;
	const struct image_vhost *vhost = &image->vhosts[index];
	struct image_range before = index > 0 ? vhost[-1].types : (struct image_range){0};

	if (header->role != ROLE_WORKER)
		return vhost->settings == IMAGE_NONE && vhost->paths.count == 0 &&
		       vhost->types.count == 0;
	if (vhost->settings >= header->settings.count ||
		image->settings[vhost->settings].strip != 0 ||
		image->settings[vhost->settings].location_key > 1 ||
		!range_holds(vhost->paths, header->paths.count) ||
		!range_holds(vhost->types, header->types.count) || !paths_hold(image, vhost->paths))
		return false;
	/* Many vhosts share one long range. */
	return (vhost->types.first == before.first && vhost->types.count == before.count) ||
	       types_ascend(image, vhost->types);
}

static bool vhosts_hold(const struct image *image)
{
	const struct image_header *header = image->header;

	for (uint32_t i = 0; i < header->vhosts.count; i++) {
		const struct image_vhost *vhost = &image->vhosts[i];

		if (!text_holds(image, vhost->name) || !index_holds(vhost->log, header->logs) ||
			!range_holds(vhost->index_http, header->texts.count) ||
			!range_holds(vhost->index_gemini, header->texts.count) ||
			!range_holds(vhost->certificates, header->certificates.count) ||
			vhost->http > HTTP_NONE || vhost->client_certificates > CLIENT_REQUIRE ||
			vhost->client_certificates_gemini > CLIENT_REQUIRE ||
			vhost->log_format > LOG_FORMAT_COMBINED ||
			vhost->log_clients > LOG_CLIENTS_NONE || vhost->request_id > 1 ||
			!vhost_serves(image, i))
			return false;
	}
	return true;
}

static bool is_path(const struct image *image, struct image_text text)
{
	return text_holds(image, text) && image_string(image, text)[0] == '/';
}

/* Header lines: none, or whole ones. */
static bool lines_hold(const struct image *image, struct image_text text)
{
	return text_holds(image, text) &&
	       (text.length == 0 ||
		       (text.length >= 2 && memcmp(image_string(image, text) + text.length - 2,
						    "\r\n", 2) == 0));
}

/* A question, and a directory for its answers. */
static bool asks(const struct image *image, const struct image_settings *settings)
{
	struct image_text answers = settings->answers;

	return settings->prompt.length > 0 && settings->prompt.length <= PROMPT_BOUND &&
	       answers.length > 0 && is_path(image, answers) &&
	       image_string(image, answers)[answers.length - 1] == '/';
}

static bool setting_texts_hold(const struct image *image, const struct image_settings *settings)
{
	struct image_range endings = settings->try_endings;

	if (!range_holds(endings, image->header->texts.count) ||
		!text_holds(image, settings->fallback) || !lines_hold(image, settings->headers) ||
		!lines_hold(image, settings->hsts) || !text_holds(image, settings->cache) ||
		!text_holds(image, settings->location) || !text_holds(image, settings->prompt) ||
		!text_holds(image, settings->answers))
		return false;
	if (settings->fallback.length > 0 && !is_path(image, settings->fallback))
		return false;
	if ((settings->action == ACTION_MOVED || settings->action == ACTION_REDIRECT) &&
		settings->location.length == 0)
		return false;
	if ((settings->action == ACTION_INPUT || settings->action == ACTION_SENSITIVE) &&
		!asks(image, settings))
		return false;
	for (uint32_t i = endings.first; i < endings.first + endings.count; i++)
		if (image_string(image, image->texts[i])[0] != '.')
			return false;
	return true;
}

/* What was found in order with the settings before is not gone through again: lists may be long. */
static bool digests_hold(const struct image *image, const struct image_settings *settings)
{
	struct image_range digests = settings->identities;

	if (settings > image->settings && settings[-1].identities.first == digests.first &&
		settings[-1].identities.count == digests.count)
		return true;
	for (uint32_t i = digests.first + 1; i < digests.first + digests.count; i++)
		if (memcmp(&image->digests[i - 1], &image->digests[i],
			    sizeof(struct image_digest)) >= 0)
			return false;
	return true;
}

static bool setting_ranges_hold(const struct image *image, const struct image_settings *settings)
{
	const struct image_header *header = image->header;
	struct image_range pages = settings->error_pages, networks = settings->networks;

	if (!range_holds(pages, header->error_pages.count) ||
		!range_holds(networks, header->networks.count) ||
		!range_holds(settings->identities, header->digests.count))
		return false;
	for (uint32_t i = pages.first + 1; i < pages.first + pages.count; i++)
		if (image->error_pages[i - 1].status >= image->error_pages[i].status)
			return false;
	for (uint32_t i = networks.first + 1; i < networks.first + networks.count; i++)
		if (image->networks[i - 1].allow > image->networks[i].allow)
			return false;
	return digests_hold(image, settings);
}

static bool pace_holds(const struct image_pace *pace)
{
	return pace->requests == 0 || (pace->period_ms > 0 && pace->burst > 0);
}

static bool settings_hold(const struct image *image)
{
	const struct image_header *header = image->header;

	for (uint32_t i = 0; i < header->settings.count; i++) {
		const struct image_settings *settings = &image->settings[i];

		if (!index_holds(settings->root, header->roots) || settings->strip > PATH_BOUND ||
			settings->location_key > PATH_BOUND || settings->action >= ACTION_COUNT ||
			settings->symlinks >= SYMLINKS_COUNT || settings->restricted > 1 ||
			settings->networks_else > 1 || settings->listing > 1 ||
			settings->dotfiles > 1 || settings->cache_of_path > 1 ||
			settings->server > 1 || !pace_holds(&settings->pace) ||
			!setting_texts_hold(image, settings) ||
			!setting_ranges_hold(image, settings))
			return false;
	}
	return true;
}

static bool network_holds(const struct image_network *network)
{
	unsigned size = network->family == 4 ? 4 : 16;

	if ((network->family != 4 && network->family != 6) || network->bits > 8 * size ||
		network->allow > 1)
		return false;
	for (unsigned bit = network->bits; bit < 8 * sizeof network->bytes; bit++)
		if (network->bytes[bit / 8] & 0x80 >> bit % 8)
			return false;
	return true;
}

static bool members_hold(const struct image *image)
{
	for (uint32_t i = 0; i < image->header->members.count; i++)
		if (!text_holds(image, image->members[i].groups) ||
			(i > 0 && memcmp(&image->members[i - 1].digest, &image->members[i].digest,
					  sizeof(struct image_digest)) >= 0))
			return false;
	return true;
}

/* The tables that the others have ranges of: each entry by itself. */
static bool entries_hold(const struct image *image)
{
	const struct image_header *header = image->header;

	for (uint32_t i = 0; i < header->texts.count; i++)
		if (!text_holds(image, image->texts[i]))
			return false;
	for (uint32_t i = 0; i < header->certificates.count; i++)
		if (image->certificates[i].vhost >= header->vhosts.count)
			return false;
	for (uint32_t i = 0; i < header->types.count; i++) {
		const struct image_type *type = &image->types[i];

		if (!text_holds(image, type->ending) || !text_holds(image, type->type) ||
			!text_holds(image, type->cache) || type->compressible > 1)
			return false;
	}
	for (uint32_t i = 0; i < header->paths.count; i++)
		if (!is_path(image, image->paths[i].path) ||
			image->paths[i].settings >= header->settings.count)
			return false;
	for (uint32_t i = 0; i < header->error_pages.count; i++)
		if (image->error_pages[i].status < 100 || image->error_pages[i].status > 599 ||
			!is_path(image, image->error_pages[i].path))
			return false;
	for (uint32_t i = 0; i < header->networks.count; i++)
		if (!network_holds(&image->networks[i]))
			return false;
	return members_hold(image);
}

static bool header_holds(const struct image_header *header, size_t size, enum role role)
{
	return header->magic == IMAGE_MAGIC && header->size == size &&
	       header->role == (uint32_t)role && header->kernel <= KERNEL_NEVER &&
	       header->tls_minimum <= TLS_MINIMUM_1_3 && header->log_level <= LOG_LEVEL_DEBUG &&
	       header->roots <= size && header->logs <= size &&
	       header->limits.ranges <= RANGES_BOUND &&
	       index_holds(header->acme_root, header->roots);
}

static bool map_tables(struct image *image)
{
	const struct image_header *header = image->header;

	image->listeners = table(header, header->listeners, sizeof *image->listeners, 4);
	image->names = table(header, header->names, sizeof *image->names, 4);
	image->vhosts = table(header, header->vhosts, sizeof *image->vhosts, 4);
	image->certificates = table(header, header->certificates, sizeof *image->certificates, 4);
	image->types = table(header, header->types, sizeof *image->types, 4);
	image->settings = table(header, header->settings, sizeof *image->settings, 4);
	image->paths = table(header, header->paths, sizeof *image->paths, 4);
	image->error_pages = table(header, header->error_pages, sizeof *image->error_pages, 4);
	image->networks = table(header, header->networks, sizeof *image->networks, 1);
	image->digests = table(header, header->digests, sizeof *image->digests, 1);
	image->members = table(header, header->members, sizeof *image->members, 4);
	image->texts = table(header, header->texts, sizeof *image->texts, 4);
	image->text = table(header, header->text, 1, 1);
	return image->listeners && image->names && image->vhosts && image->certificates &&
	       image->types && image->settings && image->paths && image->error_pages &&
	       image->networks && image->digests && image->members && image->texts && image->text;
}

/* In this order: what ranges lead to is good by itself before it is compared. */
static bool tables_hold(const struct image *image)
{
	return entries_hold(image) && listeners_hold(image) && names_hold(image) &&
	       settings_hold(image) && vhosts_hold(image);
}

int image_check(struct image *image, const void *bytes, size_t size, enum role role)
{
	const struct image_header *header = bytes;

	errno = EBADMSG;
	if (size < sizeof *header || size > UINT32_MAX)
		return -1;
	if (header->magic == IMAGE_MAGIC && memcmp(header->build, build_id, BUILD_ID_SIZE) != 0) {
		errno = EPROTO;
		return -1;
	}
	image->header = header;
	if (!header_holds(header, size, role) || !map_tables(image) || !tables_hold(image))
		return -1;
	errno = 0;
	return 0;
}

int image_map(struct image *image, int fd, enum role role)
{
	struct stat status;
	void *bytes;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0 || fstat(fd, &status) < 0)
		return -1;
	if ((seals & SEALS) != SEALS || status.st_size <= 0) {
		errno = EBADMSG;
		return -1;
	}
	bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return -1;
	if (image_check(image, bytes, (size_t)status.st_size, role) == 0)
		return 0;
	munmap(bytes, (size_t)status.st_size);
	return -1;
}
