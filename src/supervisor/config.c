/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_check.h"
#include "config_file.h"
#include "config_read.h"
#include "config_resolve.h"
#include "values.h"
#include "yaml_tree.h"

/* Reading one configuration; nodes and bytes live in the scratch arena, until it is read. */
struct reading {
	struct config *config;
	struct diagnostics *diagnostics;
	struct arena scratch;
	bool alone; /* nothing can be included */
	struct config_file *files;
	struct position *included_at; /* by file */
	size_t file_count;
};

/* ---- put together by code ---- */

/* $RUNTIME_DIRECTORY is systemd's, and may be several. NULL: there is no place for it. */
static const char *default_run(struct arena *arena)
{
	const char *runtime = getenv("RUNTIME_DIRECTORY");

	if (runtime && runtime[0] == '/')
		return arena_text(arena, runtime, strcspn(runtime, ":"));
	if (geteuid() == 0)
		return "/run/sulid";
	runtime = getenv("XDG_RUNTIME_DIR");
	return runtime && runtime[0] == '/' ? arena_format(arena, "%s/sulid", runtime) : NULL;
}

/* $STATE_DIRECTORY is systemd's, and may be several. */
static const char *default_state(struct arena *arena)
{
	const char *state = getenv("STATE_DIRECTORY");

	if (state && state[0] == '/')
		return arena_text(arena, state, strcspn(state, ":"));
	if (geteuid() == 0)
		return CONFIG_STATE;
	state = getenv("XDG_STATE_HOME");
	if (state && state[0] == '/')
		return arena_format(arena, "%s/sulid", state);
	state = getenv("HOME");
	return state && state[0] == '/' ? arena_format(arena, "%s/.local/state/sulid", state)
					: CONFIG_STATE;
}

/* "a, b" of keys.h as nodes. */
static const struct node *standard_node(struct arena *arena, const char *standard)
{
	struct node *list = arena_take(arena, sizeof *list), **link = &list->first;
	size_t length;

	list->kind = NODE_LIST;
	for (const char *at = standard; *at; at += length + (at[length] ? 2 : 0)) {
		struct node *node = arena_take(arena, sizeof *node);

		length = strcspn(at, ",");
		node->kind = NODE_SCALAR;
		node->text = arena_text(arena, at, length);
		*link = node;
		link = &node->next;
	}
	return list->first->next ? list : list->first;
}

struct config *config_new(void)
{
	struct config *config = calloc(1, sizeof *config);
	struct diagnostics none = {0};
	struct arena scratch = {0};
	struct value_source source = {.diagnostics = &none, .directory = "/"};

	if (!config) {
		fputs("sulid: no memory for the configuration\n", stderr);
		exit(EXIT_FAILED);
	}
	source.arena = &config->arena;
	config->state = default_state(&config->arena);
	config->mime_types = CONFIG_MIME_TYPES;
	for (enum key key = 0; key < KEY_COUNT; key++) {
		struct value *value = &config->values[key];

		if (!key_rows[key].standard)
			continue;
		value_read(&source, key, standard_node(&scratch, key_rows[key].standard), value);
		value->origin = ORIGIN_STANDARD;
	}
	config->values[KEY_RUN].text = default_run(&config->arena);
	config->values[KEY_RUN].origin = ORIGIN_STANDARD;
	diagnostics_free(&none);
	arena_free(&scratch);
	return config;
}

struct config_vhost *config_add_vhost(struct config *config)
{
	struct config_vhost *vhost = arena_take(&config->arena, sizeof *vhost);

	config->vhosts = arena_grow(
		&config->arena, config->vhosts, config->vhost_count, sizeof(struct config_vhost *));
	config->vhosts[config->vhost_count++] = vhost;
	return vhost;
}

bool config_set(struct config *config, struct config_vhost *vhost, enum key key,
	const char *const values[], size_t count, struct diagnostics *diagnostics)
{
	struct arena scratch = {0};
	struct node list = {.kind = NODE_LIST}, **link = &list.first;
	struct value_source source = {.arena = &config->arena,
		.diagnostics = diagnostics,
		.directory = config_file_here(&scratch)};
	struct value value = {.origin = vhost ? ORIGIN_VHOST : ORIGIN_TOP};
	bool good;

	for (size_t i = 0; i < count; i++) {
		struct node *node = arena_take(&scratch, sizeof *node);

		node->kind = NODE_SCALAR;
		node->text = values[i];
		*link = node;
		link = &node->next;
	}
	good = value_read(&source, key, count == 1 ? list.first : &list, &value);
	if (good)
		*(vhost ? &vhost->values[key] : &config->values[key]) = value;
	arena_free(&scratch);
	return good;
}

bool config_finish(struct config *config, struct diagnostics *diagnostics)
{
	unsigned before = diagnostics->errors;

	config_resolve(config);
	config_check(config, diagnostics);
	return diagnostics->errors == before;
}

void config_free(struct config *config)
{
	if (!config)
		return;
	arena_free(&config->arena);
	free(config);
}

bool config_has_tls(const struct config *config)
{
	for (size_t i = 0; i < config->listener_count; i++)
		if (config->listeners[i].protocol != PROTOCOL_HTTP)
			return true;
	return false;
}

bool config_has_certificate(const struct config_vhost *vhost)
{
	const struct value *value = &vhost->values[KEY_CERTIFICATE];
	char word[KEY_WORD];

	return value->count > 0 ||
	       strcmp(key_word(KEY_CERTIFICATE, value->word, word), "auto") == 0;
}

bool config_listens(const struct config_vhost *vhost, enum protocol protocol)
{
	const struct config_endpoint *endpoints = vhost->values[KEY_LISTEN].list;

	for (uint32_t i = 0; i < vhost->values[KEY_LISTEN].count; i++)
		if (endpoints[i].protocol == protocol)
			return true;
	return false;
}

const char *config_endpoint_format(enum protocol protocol, const struct address *address,
	uint16_t port, char text[static CONFIG_ENDPOINT_TEXT])
{
	static const char *const schemes[PROTOCOL_COUNT] = {
		[PROTOCOL_HTTP] = "http",
		[PROTOCOL_HTTPS] = "https",
		[PROTOCOL_GEMINI] = "gemini",
		[PROTOCOL_ADMIN] = "http",
	};
	char host[ADDRESS_TEXT] = "*";

	if (address->family != 0)
		address_format(address, host);
	snprintf(text, CONFIG_ENDPOINT_TEXT, address->family == 6 ? "%s://[%s]:%u" : "%s://%s:%u",
		schemes[protocol], host, port);
	return text;
}

/* ---- files ---- */

static void add_file(
	struct reading *reading, const struct config_file *file, const struct position *included_at)
{
	reading->files = arena_grow(
		&reading->scratch, reading->files, reading->file_count, sizeof *reading->files);
	reading->included_at = arena_grow(&reading->scratch, reading->included_at,
		reading->file_count, sizeof *reading->included_at);
	reading->included_at[reading->file_count] = *included_at;
	reading->files[reading->file_count++] = *file;
}

static void read_file(struct reading *reading, const struct config_file *file, enum key_scope scope)
{
	/* Positions outlive the scratch arena. */
	const char *name = arena_text(&reading->config->arena, file->name, strlen(file->name));
	struct node *root =
		yaml_parse(&reading->scratch, name, file->bytes, file->size, reading->diagnostics);
	struct config_reader reader = {.config = reading->config,
		.source = {.arena = &reading->config->arena,
			.diagnostics = reading->diagnostics,
			.directory = file->directory}};

	if (scope == IN_TOP)
		reading->config->file = name;
	if (root)
		config_read(&reader, root, scope);
}

/* The file that has been read already under whatever name, or NULL. */
static const struct config_file *known_file(const struct reading *reading,
	const struct config_file *file, const struct position **included_at)
{
	for (size_t i = 0; i < reading->file_count; i++) {
		const struct config_file *known = &reading->files[i];

		if (known->inode != 0 && known->device == file->device &&
			known->inode == file->inode) {
			*included_at = &reading->included_at[i];
			return known;
		}
	}
	return NULL;
}

static void include_file(struct reading *reading, const char *path, const struct position *position)
{
	const struct position *before = NULL;
	struct config_file file;

	if (config_file_read(&reading->scratch, path, &file) < 0)
		diagnostics_error(reading->diagnostics, position, "%s cannot be read: %s", path,
			errno == EINVAL ? "it is not a regular file" : strerror(errno));
	else if (!known_file(reading, &file, &before))
		add_file(reading, &file, position);
	else if (before->line == 0)
		diagnostics_error(reading->diagnostics, position,
			"this includes %s itself; a file cannot include itself", path);
	else
		diagnostics_error(reading->diagnostics, position,
			"%s is included twice, also by line %u", path, before->line);
}

static void read_includes(struct reading *reading)
{
	struct value *include = &reading->config->values[KEY_INCLUDE];
	const struct config_text *patterns = include->list;
	struct config_file from = reading->files[0];

	if (reading->alone && include->count > 0) {
		diagnostics_error(
			reading->diagnostics, &include->position, "nothing can be included here");
		return;
	}
	for (uint32_t i = 0; i < include->count; i++) {
		char **found = NULL;
		long count = config_file_find(&reading->scratch, &from, patterns[i].text, &found);

		if (count < 0)
			diagnostics_error(reading->diagnostics, &patterns[i].position,
				"\"%s\": a directory cannot be read: %s", patterns[i].text,
				strerror(errno));
		for (long f = 0; f < count; f++)
			include_file(reading, found[f], &patterns[i].position);
	}
	for (size_t i = 1; i < reading->file_count; i++)
		read_file(reading, &reading->files[i], IN_INCLUDED);
}

/* From the first file, whose bytes are there, to a finished configuration. */
static struct config *load(struct reading *reading, const struct config_file *file)
{
	unsigned before = reading->diagnostics->errors;
	struct config *config = config_new();

	reading->config = config;
	add_file(reading, file, &(struct position){0});
	read_file(reading, file, IN_TOP);
	read_includes(reading);
	/* With a file that could not be read at all, more complaints would only be about what is
	 * missing. */
	if (reading->diagnostics->errors == before || config->vhost_count > 0)
		config_finish(config, reading->diagnostics);
	arena_free(&reading->scratch);
	if (reading->diagnostics->errors == before)
		return config;
	config_free(config);
	return NULL;
}

struct config *config_load(const char *path, struct diagnostics *diagnostics)
{
	struct reading reading = {.diagnostics = diagnostics};
	struct config_file file;

	if (config_file_read(&reading.scratch, path, &file) == 0)
		return load(&reading, &file);
	diagnostics_error(diagnostics, &(struct position){.file = file.name}, "cannot be read: %s",
		errno == EFBIG    ? "it is too long for a configuration"
		: errno == EINVAL ? "it is not a regular file"
				  : strerror(errno));
	arena_free(&reading.scratch);
	return NULL;
}

struct config *config_load_bytes(const char *name, const char *directory, const char *bytes,
	size_t size, struct diagnostics *diagnostics)
{
	struct reading reading = {.diagnostics = diagnostics, .alone = !directory};
	struct config_file file = {.name = name,
		.directory = directory ? directory : "/",
		.bytes = bytes,
		.size = size};

	return load(&reading, &file);
}
