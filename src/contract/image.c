/* SPDX-License-Identifier: ISC */
#include "contract/image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/log.h"

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

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

static int name_compare(
	const char *left, size_t left_length, const char *right, size_t right_length)
{
	size_t shorter = left_length < right_length ? left_length : right_length;
	int order = memcmp(left, right, shorter);

	if (order != 0)
		return order;
	return (left_length > right_length) - (left_length < right_length);
}

static bool names_hold(const struct image *image)
{
	for (uint32_t i = 0; i < image->header->names.count; i++) {
		const struct image_name *name = &image->names[i];

		if (!text_holds(image, name->name) || name->vhost >= image->header->vhosts.count ||
			name->wildcard > 1)
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
				name_compare(image_string(image, before->name), before->name.length,
					image_string(image, name->name), name->name.length) >= 0)
				return false;
		}
	}
	return true;
}

static bool vhosts_hold(const struct image *image)
{
	const struct image_header *header = image->header;

	for (uint32_t i = 0; i < header->vhosts.count; i++) {
		const struct image_vhost *vhost = &image->vhosts[i];

		if (!text_holds(image, vhost->name) || !index_holds(vhost->root, header->roots) ||
			!index_holds(vhost->log, header->logs) ||
			!range_holds(vhost->index_http, header->texts.count) ||
			!range_holds(vhost->index_gemini, header->texts.count) ||
			!range_holds(vhost->certificates, header->certificates.count) ||
			vhost->http > HTTP_NONE || vhost->client_certificates > CLIENT_REQUIRE ||
			vhost->client_certificates_gemini > CLIENT_REQUIRE ||
			vhost->log_format > LOG_FORMAT_COMBINED ||
			vhost->log_clients > LOG_CLIENTS_NONE)
			return false;
	}
	return true;
}

static bool texts_hold(const struct image *image)
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

		if (!text_holds(image, type->ending) || !text_holds(image, type->type))
			return false;
		if (i > 0 && name_compare(image_string(image, image->types[i - 1].ending),
				     image->types[i - 1].ending.length,
				     image_string(image, type->ending), type->ending.length) >= 0)
			return false;
	}
	return true;
}

static bool header_holds(const struct image_header *header, size_t size, enum role role)
{
	return header->magic == IMAGE_MAGIC && header->size == size &&
	       header->role == (uint32_t)role && header->kernel <= KERNEL_NEVER &&
	       header->tls_minimum <= TLS_MINIMUM_1_3 && header->log_level <= LOG_LEVEL_DEBUG &&
	       header->roots <= size && header->logs <= size &&
	       index_holds(header->acme_root, header->roots);
}

static bool tables_hold(struct image *image)
{
	const struct image_header *header = image->header;

	image->listeners = table(header, header->listeners, sizeof *image->listeners, 4);
	image->names = table(header, header->names, sizeof *image->names, 4);
	image->vhosts = table(header, header->vhosts, sizeof *image->vhosts, 4);
	image->certificates = table(header, header->certificates, sizeof *image->certificates, 4);
	image->types = table(header, header->types, sizeof *image->types, 4);
	image->texts = table(header, header->texts, sizeof *image->texts, 4);
	image->text = table(header, header->text, 1, 1);
	return image->listeners && image->names && image->vhosts && image->certificates &&
	       image->types && image->texts && image->text && listeners_hold(image) &&
	       names_hold(image) && vhosts_hold(image) && texts_hold(image);
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
	if (!header_holds(header, size, role) || !tables_hold(image))
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

/* One half of a listener's names: the exact ones or the wildcards. */
static uint32_t find_name(const struct image *image, struct image_range range, uint32_t wildcard,
	const char *name, size_t length)
{
	uint32_t low = range.first, high = range.first + range.count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct image_name *entry = &image->names[middle];
		int order = entry->wildcard != wildcard
				    ? (entry->wildcard > wildcard ? 1 : -1)
				    : name_compare(image_string(image, entry->name),
					      entry->name.length, name, length);

		if (order == 0)
			return entry->vhost;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return IMAGE_NONE;
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
	uint32_t vhost = find_name(image, on->names, 0, name, length);

	*match = MATCH_EXACT;
	if (vhost != IMAGE_NONE)
		return vhost;
	*match = MATCH_WILDCARD;
	/* The longest wildcard first: cut at one dot after the other. At least one byte stands for
	 * "*". */
	for (size_t i = 1; i < length; i++) {
		if (name[i] != '.')
			continue;
		vhost = find_name(image, on->names, 1, name + i, length - i);
		if (vhost != IMAGE_NONE)
			return vhost;
	}
	*match = on->any_name ? MATCH_ANY : MATCH_ALONE;
	if (on->any_name || is_address(name, length))
		vhost = on->fallback;
	if (vhost == IMAGE_NONE)
		*match = MATCH_NONE;
	return vhost;
}

const char *image_find_type(const struct image *image, const char *file, size_t length)
{
	char lower[64];

	/* The first dot that leaves a known ending is the longest one. */
	for (size_t dot = 0; dot < length; dot++) {
		size_t ending = length - dot - 1;
		uint32_t low = 0, high = image->header->types.count;

		if (file[dot] != '.' || ending > sizeof lower)
			continue;
		for (size_t i = 0; i < ending; i++) {
			char byte = file[dot + 1 + i];

			lower[i] = byte >= 'A' && byte <= 'Z' ? (char)(byte + ('a' - 'A')) : byte;
		}
		while (low < high) {
			uint32_t middle = low + (high - low) / 2;
			const struct image_type *type = &image->types[middle];
			int order = name_compare(image_string(image, type->ending),
				type->ending.length, lower, ending);

			if (order == 0)
				return image_string(image, type->type);
			if (order < 0)
				low = middle + 1;
			else
				high = middle;
		}
	}
	return NULL;
}
