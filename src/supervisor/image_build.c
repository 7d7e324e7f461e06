/* SPDX-License-Identifier: ISC */
#include "image_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mime.h"

/* One image in the making: its tables apart, each as long as it will be. */
struct builder {
	const struct config *config;
	struct arena arena;
	enum role role;
	const uint16_t *ports;
	struct image_header header; /* counts of the tables; offsets in the end */
	struct image_listener *listeners;
	struct image_name *names;
	struct image_vhost *vhosts;
	struct image_certificate *certificates;
	struct image_type *types;
	struct image_text *texts;
	char *text;
	size_t text_size;
	size_t text_room;
	bool overflow;
};

static struct image_text put_text(struct builder *builder, const char *string)
{
	size_t length = strlen(string);
	struct image_text text = {.length = (uint32_t)length};

	if (builder->text_size + length + 1 > UINT32_MAX / 2) {
		builder->overflow = true;
		return (struct image_text){0};
	}
	if (builder->text_size + length + 1 > builder->text_room) {
		size_t room = 2 * (builder->text_room + length + 1);
		char *larger = arena_take(&builder->arena, room);

		if (builder->text_size > 0)
			memcpy(larger, builder->text, builder->text_size);
		builder->text = larger;
		builder->text_room = room;
	}
	text.offset = (uint32_t)builder->text_size;
	memcpy(builder->text + builder->text_size, string, length + 1);
	builder->text_size += length + 1;
	return text;
}

/* ---- tables ---- */

static bool has_socket(const struct builder *builder, const struct config_listener *listener)
{
	if (!builder->ports)
		return false;
	return (builder->role == ROLE_WORKER) == (listener->protocol == PROTOCOL_HTTP);
}

static void put_names(struct builder *builder, const struct config_listener *from)
{
	for (size_t i = 0; i < from->name_count; i++) {
		/* "*" is the listener's fallback. */
		if (from->names[i].name[0] == '\0')
			continue;
		builder->names[builder->header.names.count++] = (struct image_name){
			.name = put_text(builder, from->names[i].name),
			.vhost = from->names[i].vhost,
			.wildcard = from->names[i].wildcard,
		};
	}
}

static void put_listeners(struct builder *builder)
{
	const struct config *config = builder->config;
	size_t names = 0;
	uint32_t sockets = 0;

	for (size_t i = 0; i < config->listener_count; i++)
		names += config->listeners[i].name_count;
	builder->names = arena_array(&builder->arena, names, sizeof *builder->names);
	builder->listeners =
		arena_array(&builder->arena, config->listener_count, sizeof *builder->listeners);
	for (size_t i = 0; i < config->listener_count; i++) {
		const struct config_listener *from = &config->listeners[i];
		struct image_listener *to = &builder->listeners[builder->header.listeners.count++];

		*to = (struct image_listener){
			.socket = has_socket(builder, from) ? sockets++ : IMAGE_NONE,
			.names.first = builder->header.names.count,
			.fallback = from->fallback,
			.port = builder->ports ? builder->ports[i] : from->address.port,
			.protocol = (uint8_t)from->protocol,
			.any_name = from->any_name,
		};
		put_names(builder, from);
		to->names.count = builder->header.names.count - to->names.first;
	}
}

static struct image_range put_files(struct builder *builder, const struct value *value)
{
	const struct config_text *files = value->list;
	struct image_range range = {.first = builder->header.texts.count, .count = value->count};

	for (uint32_t i = 0; i < value->count; i++)
		builder->texts[builder->header.texts.count++] = put_text(builder, files[i].text);
	return range;
}

static void put_vhost(struct builder *builder, const struct config_vhost *from)
{
	struct image_vhost *to = &builder->vhosts[builder->header.vhosts.count++];

	*to = (struct image_vhost){
		.name = put_text(builder, from->name),
		.root = IMAGE_NONE,
		.log = IMAGE_NONE,
		.https_port = from->https != IMAGE_NONE ? builder->listeners[from->https].port : 0,
		.http = (uint8_t)from->http,
		.client_certificates = (uint8_t)from->client_certificates,
		.client_certificates_gemini = (uint8_t)from->client_certificates_gemini,
		.log_format = (uint8_t)from->values[KEY_LOG_FORMAT].number,
		.log_clients = (uint8_t)from->values[KEY_LOG_CLIENTS].number,
	};
	if (builder->role == ROLE_WORKER) {
		to->root = from->root;
		to->log = from->log;
		to->index_http = put_files(builder, &from->values[KEY_INDEX_HTTP]);
		to->index_gemini = put_files(builder, &from->values[KEY_INDEX_GEMINI]);
	} else {
		to->certificates.first = from->first_certificate;
		to->certificates.count = from->certificate_count;
	}
}

static void put_vhosts(struct builder *builder)
{
	const struct config *config = builder->config;
	size_t texts = 0;

	for (size_t i = 0; i < config->vhost_count; i++)
		texts += (size_t)config->vhosts[i]->values[KEY_INDEX_HTTP].count +
			 config->vhosts[i]->values[KEY_INDEX_GEMINI].count;
	builder->texts = arena_array(&builder->arena, texts, sizeof *builder->texts);
	builder->vhosts =
		arena_array(&builder->arena, config->vhost_count, sizeof *builder->vhosts);
	for (size_t i = 0; i < config->vhost_count; i++)
		put_vhost(builder, config->vhosts[i]);
}

static void put_certificates(struct builder *builder)
{
	const struct config *config = builder->config;

	builder->certificates = arena_array(
		&builder->arena, config->certificate_count, sizeof *builder->certificates);
	for (size_t i = 0; i < config->certificate_count; i++)
		builder->certificates[i].vhost = config->certificates[i].vhost;
	builder->header.certificates.count = (uint32_t)config->certificate_count;
}

static void put_types(struct builder *builder)
{
	struct mime mime = mime_load(&builder->arena, builder->config->mime_types);

	builder->types = arena_array(&builder->arena, mime.count, sizeof *builder->types);
	for (size_t i = 0; i < mime.count; i++)
		builder->types[i] = (struct image_type){
			.ending = put_text(builder, mime.types[i].ending),
			.type = put_text(builder, mime.types[i].type),
		};
	builder->header.types.count = (uint32_t)mime.count;
}

static void put_admin(struct builder *builder)
{
	builder->listeners = arena_array(&builder->arena, 1, sizeof *builder->listeners);
	builder->listeners[0] = (struct image_listener){
		.fallback = IMAGE_NONE,
		.protocol = PROTOCOL_ADMIN,
	};
	builder->header.listeners.count = 1;
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

static void put_header(struct builder *builder, uint32_t generation)
{
	const struct config *config = builder->config;
	struct image_header *header = &builder->header;

	header->magic = IMAGE_MAGIC;
	memcpy(header->build, build_id, BUILD_ID_SIZE);
	header->role = (uint32_t)builder->role;
	header->generation = generation;
	header->kernel = (uint32_t)config_number(config, KEY_TLS_KERNEL);
	header->tls_minimum = (uint32_t)config_number(config, KEY_TLS_MINIMUM);
	header->acme_root = IMAGE_NONE;
	header->log_level = (uint32_t)config_number(config, KEY_LOG_LEVEL);
	if (builder->role == ROLE_WORKER) {
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

static int put_together(struct builder *builder, struct image_bytes *out)
{
	struct image_header *header = &builder->header;
	const struct {
		struct image_range *range;
		const void *entries;
		size_t entry;
	} tables[] = {
		{&header->listeners, builder->listeners, sizeof *builder->listeners},
		{&header->names, builder->names, sizeof *builder->names},
		{&header->vhosts, builder->vhosts, sizeof *builder->vhosts},
		{&header->certificates, builder->certificates, sizeof *builder->certificates},
		{&header->types, builder->types, sizeof *builder->types},
		{&header->texts, builder->texts, sizeof *builder->texts},
		{&header->text, builder->text, 1},
	};
	size_t size = (sizeof *header + 7) & ~(size_t)7;

	header->text.count = (uint32_t)builder->text_size;
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		tables[i].range->first = (uint32_t)size;
		size += (tables[i].range->count * tables[i].entry + 7) & ~(size_t)7;
		if (size > UINT32_MAX || builder->overflow) {
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
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		if (tables[i].range->count > 0)
			memcpy((char *)out->bytes + tables[i].range->first, tables[i].entries,
				tables[i].range->count * tables[i].entry);
	return 0;
}

int image_build(const struct config *config, enum role role, uint32_t generation,
	const uint16_t *ports, struct image_bytes *out)
{
	struct builder builder = {.config = config, .role = role, .ports = ports};
	int result, saved;

	*out = (struct image_bytes){0};
	put_header(&builder, generation);
	if (role == ROLE_ADMIN) {
		put_admin(&builder);
	} else {
		put_listeners(&builder);
		put_vhosts(&builder);
	}
	if (role == ROLE_HANDSHAKER)
		put_certificates(&builder);
	if (role == ROLE_WORKER)
		put_types(&builder);
	result = put_together(&builder, out);
	saved = errno;
	arena_free(&builder.arena);
	errno = saved;
	return result;
}

void image_bytes_free(struct image_bytes *image)
{
	free(image->bytes);
	*image = (struct image_bytes){0};
}
