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
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

struct site_image {
	struct image_header header;
	struct image_listener listeners[SITE_LISTENERS];
	struct image_name names[4];
	struct image_vhost vhosts[SITE_VHOSTS];
	struct image_type types[3];
	struct image_text texts[3];
	char text[512];
};

static struct site_image site_image;
static struct server site_server;
static char site_root[] = "/tmp/sulid-site-XXXXXX";
static char site_acme[] = "/tmp/sulid-acme-XXXXXX";

static struct image_text site_text(const char *string)
{
	static uint32_t used;
	struct image_text text = {used, (uint32_t)strlen(string)};

	memcpy(site_image.text + used, string, text.length + 1);
	used += text.length + 1;
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
	header->limits = (struct image_limits){.connections = 8, .head = 8192, .min_rate = 1000};
	header->timeouts = (struct image_timeouts){
		.first_byte = 1000, .head = 1000, .idle = 1000, .send = 30000};
	SITE_TABLE(listeners, listeners);
	SITE_TABLE(names, names);
	SITE_TABLE(vhosts, vhosts);
	SITE_TABLE(types, types);
	SITE_TABLE(texts, texts);
	SITE_TABLE(text, text);
	header->certificates = (struct image_range){header->types.first, 0};
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

	memcpy(site_image.listeners, listeners, sizeof listeners);
	for (size_t i = 0; i < SITE_LISTENERS; i++)
		site_image.listeners[i].names = (struct image_range){0, 4};
	for (size_t i = 0; i < 4; i++)
		site_image.names[i] =
			(struct image_name){site_text(names[i]), owners[i], names[i][0] == '.'};
	for (size_t i = 0; i < SITE_VHOSTS; i++)
		site_image.vhosts[i] = (struct image_vhost){
			.name = site_text(firsts[i]),
			.root = 0,
			.log = IMAGE_NONE,
			.index_http = {0, 2},
			.index_gemini = {2, 1},
			.https_port = 8443,
			.http = modes[i],
		};
	site_image.types[0] = (struct image_type){site_text("gmi"), site_text("text/gemini")};
	site_image.types[1] =
		(struct image_type){site_text("html"), site_text("text/html; charset=utf-8")};
	site_image.types[2] = (struct image_type){site_text("txt"), site_text("text/plain")};
	site_image.texts[0] = site_text("index.html");
	site_image.texts[1] = site_text("index.txt");
	site_image.texts[2] = site_text("index.gmi");
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
