/* SPDX-License-Identifier: ISC */
#ifndef SULID_TESTS_UNIT_WORKER_SITE_H
#define SULID_TESTS_UNIT_WORKER_SITE_H

/*
 * A small site for tests: a worker's image in memory, a directory as its first root and another
 * for ACME, and a server that has both.
 *
 *   vhost 0  example.org, *.example.net   served on http
 *   vhost 1  secure.example               redirected to https, port 8443
 *   vhost 2  dark.example                 none on http
 *
 *   listener 0  http, port 8080, nobody for other names
 *   listener 1  https, port 8443, likewise; bare addresses are vhost 0's
 *   listener 2  gemini, port 1965, "*" is vhost 0
 *   listener 3  http, port 80, "*" is vhost 1
 *
 * Each vhost has settings of its own, by which all may have everything below the first root:
 * site_image.settings[vhost]. A test adds others,
 *
 *	struct image_settings *settings = site_path(SITE_SERVED, "/members/");
 *
 *	settings->listing = 1;
 *	settings->headers = site_text("X-Test: yes\r\n");
 *	site_network(settings, "192.0.2.0", 24, true);
 *	site_check();
 *
 * and takes all of it away again by site_plain().
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "contract/build.h"
#include "contract/inherit.h"

#include "serve.h"

enum {
	SITE_HTTP,
	SITE_HTTPS,
	SITE_GEMINI,
	SITE_HTTP_ANY,
	SITE_LISTENERS
};
enum {
	SITE_SERVED,
	SITE_REDIRECTED,
	SITE_DARK,
	SITE_VHOSTS
};

#define SITE_PATHS 8  /* of each vhost, at most */
#define SITE_OTHER 16 /* entries of every other table that grows */

struct site_image {
	struct image_header header;
	struct image_listener listeners[SITE_LISTENERS];
	struct image_name names[4];
	struct image_vhost vhosts[SITE_VHOSTS];
	struct image_type types[3];
	struct image_settings settings[SITE_VHOSTS * (1 + SITE_PATHS)];
	struct image_path paths[SITE_VHOSTS * SITE_PATHS];
	struct image_error_page error_pages[SITE_OTHER];
	struct image_network networks[SITE_OTHER];
	struct image_digest digests[SITE_OTHER];
	struct image_text texts[SITE_OTHER];
	char text[4096];
};

/* How much of each table is in use. */
struct site_used {
	uint32_t settings, error_pages, networks, digests, texts, text;
};

static struct site_image site_image;
static struct site_used site_used;
static struct site_used site_used_plain;
static struct server site_server;
static char site_root[] = "/tmp/sulid-site-XXXXXX";
static char site_acme[] = "/tmp/sulid-acme-XXXXXX";

/* The next of a table of which "number" are in use. */
static uint32_t site_take(uint32_t *number, uint32_t room)
{
	if (*number >= room)
		abort();
	return (*number)++;
}

static struct image_text site_text(const char *string)
{
	struct image_text text = {site_used.text, (uint32_t)strlen(string)};

	if (text.length >= sizeof site_image.text - text.offset)
		abort();
	memcpy(site_image.text + text.offset, string, text.length + 1);
	site_used.text += text.length + 1;
	return text;
}

#define SITE_TABLE(member, field)                                                        \
	site_image.header.member = (struct image_range)                                  \
	{                                                                                \
		(uint32_t)offsetof(struct site_image, field),                            \
			(uint32_t)(sizeof site_image.field / sizeof site_image.field[0]) \
	}

static void site_header(void)
{
	struct image_header *header = &site_image.header;

	header->magic = IMAGE_MAGIC;
	memcpy(header->build, build_id, BUILD_ID_SIZE);
	header->size = sizeof site_image;
	header->role = ROLE_WORKER;
	header->roots = 2;
	header->logs = 0;
	header->acme_root = 1;
	header->limits = (struct image_limits){
		.connections = 8, .head = 8192, .ranges = 16, .min_rate = 1000};
	header->timeouts = (struct image_timeouts){
		.first_byte = 1000, .head = 1000, .idle = 1000, .send = 30000};
	SITE_TABLE(listeners, listeners);
	SITE_TABLE(names, names);
	SITE_TABLE(vhosts, vhosts);
	SITE_TABLE(types, types);
	SITE_TABLE(settings, settings);
	SITE_TABLE(paths, paths);
	SITE_TABLE(error_pages, error_pages);
	SITE_TABLE(networks, networks);
	SITE_TABLE(digests, digests);
	SITE_TABLE(texts, texts);
	SITE_TABLE(text, text);
	header->certificates = (struct image_range){header->types.first, 0};
	header->members = header->certificates;
}

static void site_tables(void)
{
	static const struct image_listener listeners[SITE_LISTENERS] = {
		{.socket = 0, .fallback = IMAGE_NONE, .port = 8080, .protocol = PROTOCOL_HTTP},
		{.socket = IMAGE_NONE, .fallback = 0, .port = 8443, .protocol = PROTOCOL_HTTPS},
		{.socket = IMAGE_NONE,
			.fallback = 0,
			.port = 1965,
			.protocol = PROTOCOL_GEMINI,
			.any_name = 1},
		{.socket = 1, .fallback = 1, .port = 80, .protocol = PROTOCOL_HTTP, .any_name = 1},
	};
	static const char *const names[] = {
		"dark.example", "example.org", "secure.example", ".example.net"};
	static const uint32_t owners[] = {SITE_DARK, SITE_SERVED, SITE_REDIRECTED, SITE_SERVED};
	static const char *const firsts[] = {"example.org", "secure.example", "dark.example"};
	static const uint8_t modes[] = {HTTP_SERVE, HTTP_REDIRECT, HTTP_NONE};
	static const char *const types[][2] = {{"gmi", "text/gemini"},
		{"html", "text/html; charset=utf-8"}, {"txt", "text/plain"}};
	static const char *const indices[] = {"index.html", "index.txt", "index.gmi"};

	/* Texts that are absent are at 0, and "/" is at 1. */
	site_text("");
	site_text("/");

	memcpy(site_image.listeners, listeners, sizeof listeners);
	for (size_t i = 0; i < SITE_LISTENERS; i++)
		site_image.listeners[i].names = (struct image_range){0, 4};
	for (size_t i = 0; i < 4; i++)
		site_image.names[i] =
			(struct image_name){site_text(names[i]), owners[i], names[i][0] == '.', 0};
	for (size_t i = 0; i < SITE_VHOSTS; i++)
		site_image.vhosts[i] = (struct image_vhost){
			.name = site_text(firsts[i]),
			.types = {0, 3},
			.log = IMAGE_NONE,
			.index_http = {0, 2},
			.index_gemini = {2, 1},
			.https_port = 8443,
			.http = modes[i],
		};
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		site_image.types[i] = (struct image_type){
			.ending = site_text(types[i][0]), .type = site_text(types[i][1])};
	for (size_t i = 0; i < sizeof indices / sizeof indices[0]; i++)
		site_image.texts[site_take(&site_used.texts, SITE_OTHER)] = site_text(indices[i]);
}

/* Every vhost as it was in the beginning: no paths, everything for everybody. */
static void site_plain(void)
{
	const struct image_settings plain = {.networks_else = 1};
	const size_t settings = sizeof site_image.settings / sizeof site_image.settings[0];

	site_used = site_used_plain;
	for (size_t i = 0; i < settings; i++)
		site_image.settings[i] = plain;
	site_used.settings = SITE_VHOSTS;
	for (uint32_t i = 0; i < SITE_VHOSTS; i++) {
		site_image.vhosts[i].settings = i;
		site_image.vhosts[i].paths = (struct image_range){i * SITE_PATHS, 0};
	}
	/* What is not used must be right all the same. */
	for (size_t i = 0; i < SITE_VHOSTS * SITE_PATHS; i++)
		site_image.paths[i] = (struct image_path){{1, 1}, 0};
	for (size_t i = 0; i < SITE_OTHER; i++) {
		site_image.error_pages[i] = (struct image_error_page){100, {1, 1}};
		site_image.networks[i] = (struct image_network){.family = 4};
	}
	for (size_t i = site_used.texts; i < SITE_OTHER; i++)
		site_image.texts[i] = (struct image_text){0, 0};
}

/* Settings for a path of a vhost, the same as the vhost's for the time being. */
static inline struct image_settings *site_path(uint32_t vhost, const char *path)
{
	struct image_vhost *owner = &site_image.vhosts[vhost];
	struct image_path *paths = &site_image.paths[owner->paths.first];
	uint32_t settings = site_take(
		&site_used.settings, sizeof site_image.settings / sizeof site_image.settings[0]);
	uint32_t at = site_take(&owner->paths.count, SITE_PATHS);

	for (; at > 0 && strcmp(site_image.text + paths[at - 1].path.offset, path) > 0; at--)
		paths[at] = paths[at - 1];
	paths[at] = (struct image_path){site_text(path), settings};
	site_image.settings[settings] = site_image.settings[owner->settings];
	return &site_image.settings[settings];
}

/* One more at the end of a range, which must be the last in its table. */
static inline uint32_t site_append(struct image_range *range, uint32_t *used)
{
	uint32_t at = site_take(used, SITE_OTHER);

	if (range->count == 0)
		range->first = at;
	if (range->first + range->count++ != at)
		abort();
	return at;
}

/* Those that may not first. */
static inline void site_network(
	struct image_settings *settings, const char *words, uint8_t bits, bool allow)
{
	struct image_network *network =
		&site_image.networks[site_append(&settings->networks, &site_used.networks)];
	struct address address;

	if (!address_parse(words, &address))
		abort();
	*network = (struct image_network){.family = address.family, .bits = bits, .allow = allow};
	memcpy(network->bytes, address.bytes, sizeof address.bytes);
}

/* In order. Restricts the settings to these. */
static inline void site_identity(
	struct image_settings *settings, const uint8_t digest[static sizeof(struct image_digest)])
{
	uint32_t at = site_append(&settings->identities, &site_used.digests);

	settings->restricted = 1;
	memcpy(&site_image.digests[at], digest, sizeof(struct image_digest));
}

/* Asks at this path for what names files below "answers". */
static inline struct image_settings *site_input(
	const char *path, enum action action, const char *prompt, const char *answers)
{
	struct image_settings *settings = site_path(SITE_SERVED, path);

	settings->action = (uint8_t)action;
	settings->prompt = site_text(prompt);
	settings->answers = site_text(answers);
	return settings;
}

/* So many at once, and then one an hour: whoever has that many in a test is refused. */
static inline void site_pace(struct image_settings *settings, uint32_t burst)
{
	settings->pace = (struct image_pace){
		.requests = 1,
		.period_ms = 3600000,
		.burst = burst,
		.bucket = (uint32_t)(settings - site_image.settings),
	};
}

/* By status. */
static inline void site_error_page(
	struct image_settings *settings, uint32_t status, const char *path)
{
	uint32_t at = site_append(&settings->error_pages, &site_used.error_pages);

	site_image.error_pages[at] = (struct image_error_page){status, site_text(path)};
}

/* ending: with its dot. */
static inline void site_try(struct image_settings *settings, const char *ending)
{
	uint32_t at = site_append(&settings->try_endings, &site_used.texts);

	site_image.texts[at] = site_text(ending);
}

/* What a test has made of it is an image that a worker would take. */
static inline void site_check(void)
{
	if (image_check(&site_server.image, &site_image, sizeof site_image, ROLE_WORKER) < 0)
		abort();
}

/* A table of who has asked how often, which a worker has if its image needs one; all new. */
static inline void site_limit(void)
{
	static const uint64_t secret[2] = {1, 2};

	site_check();
	if (site_server.limits.entries)
		munmap(site_server.limits.entries,
			sizeof(struct limit_entry) * LIMIT_SETS * LIMIT_WAYS);
	if (limit_open(&site_server.limits, &site_server.image, secret) < 0)
		abort();
}

/* Below dir, which is site_root or site_acme. */
static inline void site_write(const char *dir, const char *name, const char *content)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	file = fopen(path, "w");
	if (!file || fputs(content, file) < 0 || fclose(file) != 0)
		abort();
}

static inline void site_directory(const char *dir, const char *name)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	if (mkdir(path, 0755) < 0)
		abort();
}

static inline void site_link(const char *to, const char *name)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", site_root, name);
	if (symlink(to, path) < 0)
		abort();
}

static void site_inherit(const char *path, int number)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY);

	if (fd < 0 || dup2(fd, number) < 0)
		abort();
	if (fd != number)
		close(fd);
}

static int site_open(void **state)
{
	(void)state;
	site_header();
	site_tables();
	site_used_plain = site_used;
	site_plain();
	if (image_check(&site_server.image, &site_image, sizeof site_image, ROLE_WORKER) < 0 ||
		!mkdtemp(site_root) || !mkdtemp(site_acme))
		return -1;
	site_inherit(site_root, inherit_root(&site_server.image, 0));
	site_inherit(site_acme, inherit_root(&site_server.image, 1));
	site_server.head_limit = BUFFER_SIZE;
	return 0;
}

static int site_close(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof command, "rm -rf %s %s", site_root, site_acme);
	return system(command);
}

#endif
