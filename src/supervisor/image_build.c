/* SPDX-License-Identifier: ISC */
#include "image_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "image_members.h"
#include "image_settings.h"
#include "image_tables.h"
#include "image_types.h"

/* ---- tables ---- */

static bool has_socket(const struct image_tables *tables, const struct config_listener *listener)
{
	if (!tables->ports)
		return false;
	return (tables->role == ROLE_WORKER) == (listener->protocol == PROTOCOL_HTTP);
}

static void put_names(struct image_tables *tables, const struct config_listener *from)
{
	for (size_t i = 0; i < from->name_count; i++) {
		/* "*" is the listener's fallback. */
		if (from->names[i].name[0] == '\0')
			continue;
		*image_tables_add(tables, names) = (struct image_name){
			.name = image_tables_text(tables, from->names[i].name),
			.vhost = from->names[i].vhost,
			.wildcard = from->names[i].wildcard,
			.moved = from->names[i].moved,
		};
	}
}

static struct image_range put_proxy(struct image_tables *tables, const struct config_listener *from)
{
	struct arena scratch = {0};
	struct image_network *networks =
		arena_array(&scratch, from->proxy_count, sizeof(struct image_network));
	struct image_range range;

	for (uint32_t i = 0; i < from->proxy_count; i++) {
		networks[i] = from->proxy[i].network;
		networks[i].allow = 1;
	}
	image_tables_share(tables, networks, networks, from->proxy_count, &range);
	arena_free(&scratch);
	return range;
}

static void put_listeners(struct image_tables *tables)
{
	const struct config *config = tables->config;
	uint32_t sockets = 0;

	for (size_t i = 0; i < config->listener_count; i++) {
		const struct config_listener *from = &config->listeners[i];
		struct image_listener *to = image_tables_add(tables, listeners);

		*to = (struct image_listener){
			.socket = has_socket(tables, from) ? sockets++ : IMAGE_NONE,
			.names.first = tables->header.names.count,
			.fallback = from->fallback,
			.proxy = put_proxy(tables, from),
			.port = tables->ports ? tables->ports[i] : from->address.port,
			.protocol = (uint8_t)from->protocol,
			.any_name = from->any_name,
		};
		put_names(tables, from);
		to->names.count = tables->header.names.count - to->names.first;
	}
}

static void put_vhost(struct image_tables *tables, const struct config_vhost *from)
{
	struct image_vhost *to = image_tables_add(tables, vhosts);

	*to = (struct image_vhost){
		.name = image_tables_text(tables, from->name),
		.settings = IMAGE_NONE,
		.log = IMAGE_NONE,
		.https_port = from->https != IMAGE_NONE ? tables->listeners[from->https].port : 0,
		.http = (uint8_t)from->http,
		.client_certificates = (uint8_t)from->client_certificates,
		.client_certificates_gemini = (uint8_t)from->client_certificates_gemini,
		.log_format = (uint8_t)from->values[KEY_LOG_FORMAT].number,
		.log_clients = (uint8_t)from->values[KEY_LOG_CLIENTS].number,
		.request_id = (uint8_t)from->values[KEY_REQUEST_ID].number,
	};
	if (tables->role == ROLE_WORKER) {
		to->log = from->log;
		to->index_http = image_settings_texts(tables, &from->values[KEY_INDEX_HTTP]);
		to->index_gemini = image_settings_texts(tables, &from->values[KEY_INDEX_GEMINI]);
		image_settings_put(tables, from, to);
		to->types = image_types_put(tables, from);
	} else {
		to->certificates.first = from->first_certificate;
		to->certificates.count = from->certificate_count;
	}
}

static void put_certificates(struct image_tables *tables)
{
	const struct config *config = tables->config;

	for (size_t i = 0; i < config->certificate_count; i++)
		image_tables_add(tables, certificates)->vhost = config->certificates[i].vhost;
}

static void put_site(struct image_tables *tables)
{
	/* The empty text is the first, where all that are absent point to. */
	image_tables_text(tables, "");
	put_listeners(tables);
	for (size_t i = 0; i < tables->config->vhost_count; i++)
		put_vhost(tables, tables->config->vhosts[i]);
	if (tables->role == ROLE_HANDSHAKER)
		put_certificates(tables);
	else
		image_members_put(tables);
}

static void put_admin(struct image_tables *tables)
{
	*image_tables_add(tables, listeners) = (struct image_listener){
		.fallback = IMAGE_NONE,
		.protocol = PROTOCOL_ADMIN,
	};
}

/* ---- the header ---- */

/* A process's part of what the whole server has, rounded up. */
static uint32_t share(const struct config *config, enum key key, unsigned processes)
{
	return (uint32_t)((config_number(config, key) + processes - 1) / processes);
}

/* "none" is the longest or the least, as the field says. */
static uint32_t number_or(const struct config *config, enum key key, uint32_t none)
{
	uint64_t number = config_number(config, key);

	return number == CONFIG_NONE ? none : (uint32_t)number;
}

static void put_header(struct image_tables *tables, uint32_t generation)
{
	const struct config *config = tables->config;
	struct image_header *header = &tables->header;

	header->magic = IMAGE_MAGIC;
	memcpy(header->build, build_id, BUILD_ID_SIZE);
	header->role = (uint32_t)tables->role;
	header->generation = generation;
	header->kernel = (uint32_t)config_number(config, KEY_TLS_KERNEL);
	header->tls_minimum = (uint32_t)config_number(config, KEY_TLS_MINIMUM);
	header->acme_root = IMAGE_NONE;
	header->log_level = (uint32_t)config_number(config, KEY_LOG_LEVEL);
	if (tables->role == ROLE_WORKER) {
		header->roots = (uint32_t)config->root_count + (config->acme_path ? 1 : 0);
		header->logs = (uint32_t)config->log_count;
		if (config->acme_path)
			header->acme_root = (uint32_t)config->root_count;
	}
	header->limits = (struct image_limits){
		.connections = share(config, KEY_CONNECTIONS, config->workers),
		.handshakes = share(config, KEY_HANDSHAKES, config->handshakers),
		.relayed = share(config, KEY_RELAYED, config->handshakers),
		.head = (uint32_t)config_number(config, KEY_HEAD),
		.ranges = (uint32_t)config_number(config, KEY_RANGES),
		.min_rate = number_or(config, KEY_MIN_RATE, 0),
	};
	header->timeouts = (struct image_timeouts){
		.handshake = (uint32_t)config_number(config, KEY_HANDSHAKE_TIMEOUT),
		.first_byte = (uint32_t)config_number(config, KEY_FIRST_BYTE_TIMEOUT),
		.head = (uint32_t)config_number(config, KEY_HEAD_TIMEOUT),
		.idle = (uint32_t)config_number(config, KEY_IDLE_TIMEOUT),
		.send = (uint32_t)config_number(config, KEY_SEND_TIMEOUT),
		.drain_reload = number_or(config, KEY_DRAIN_RELOAD, UINT32_MAX),
		.drain_stop = (uint32_t)config_number(config, KEY_DRAIN_STOP),
	};
}

/* ---- all of it, one after the other ---- */

#define TABLE(name) {&header->name, tables->name, sizeof *tables->name}

static int put_together(struct image_tables *tables, struct image_bytes *out)
{
	struct image_header *header = &tables->header;
	const struct {
		struct image_range *range;
		const void *entries;
		size_t entry;
	} list[] = {TABLE(listeners), TABLE(names), TABLE(vhosts), TABLE(certificates),
		TABLE(types), TABLE(settings), TABLE(paths), TABLE(error_pages), TABLE(networks),
		TABLE(digests), TABLE(members), TABLE(texts), TABLE(text)};
	size_t size = (sizeof *header + 7) & ~(size_t)7;

	header->text.count = (uint32_t)tables->text_size;
	for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
		list[i].range->first = (uint32_t)size;
		size += (list[i].range->count * list[i].entry + 7) & ~(size_t)7;
		if (size > UINT32_MAX || tables->overflow) {
			errno = EFBIG;
			return -1;
		}
	}
	header->size = (uint32_t)size;
	out->size = size;
	out->bytes = calloc(1, size);
	if (!out->bytes)
		return -1;
	memcpy(out->bytes, header, sizeof *header);
	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		if (list[i].range->count > 0)
			memcpy((char *)out->bytes + list[i].range->first, list[i].entries,
				list[i].range->count * list[i].entry);
	return 0;
}

int image_build(const struct config *config, enum role role, uint32_t generation,
	const uint16_t *ports, struct image_bytes *out)
{
	struct image_tables tables = {.config = config, .role = role, .ports = ports};
	int result, saved;

	*out = (struct image_bytes){0};
	put_header(&tables, generation);
	if (role == ROLE_ADMIN)
		put_admin(&tables);
	else
		put_site(&tables);
	result = put_together(&tables, out);
	saved = errno;
	arena_free(&tables.arena);
	errno = saved;
	return result;
}

void image_bytes_free(struct image_bytes *image)
{
	free(image->bytes);
	*image = (struct image_bytes){0};
}
