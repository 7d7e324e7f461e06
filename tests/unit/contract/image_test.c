/* SPDX-License-Identifier: ISC */

/* A good image made by hand passes; the same with one thing broken is refused. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "contract/image.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEXT_SIZE    576
#define SEALS        (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

struct sample {
	struct image_header header;
	struct image_listener listeners[4];
	struct image_name names[7];
	struct image_vhost vhosts[4];
	struct image_certificate certificates[2];
	struct image_type types[6];
	struct image_settings settings[10];
	struct image_path paths[8];
	struct image_error_page error_pages[3];
	struct image_network networks[9];
	struct image_digest digests[5];
	struct image_member members[2];
	struct image_text texts[4];
	char text[TEXT_SIZE];
};

/* Nothing behind the text: a table that is one entry too long reaches past the end. */
_Static_assert(offsetof(struct sample, text) + TEXT_SIZE == sizeof(struct sample), "padding");

static uint32_t text_used;

static struct image_text put(struct sample *sample, const char *text)
{
	struct image_text put = {.offset = text_used, .length = (uint32_t)strlen(text)};

	assert_true(text_used + put.length < sizeof sample->text);
	memcpy(sample->text + text_used, text, put.length + 1);
	text_used += put.length + 1;
	return put;
}

#define TABLE(member)                                                       \
	(struct image_range)                                                \
	{                                                                   \
		(uint32_t)offsetof(struct sample, member),                  \
			(uint32_t)(sizeof((struct sample *)0)->member /     \
				   sizeof(((struct sample *)0)->member)[0]) \
	}

static void make_header(struct image_header *header)
{
	*header = (struct image_header){
		.magic = IMAGE_MAGIC,
		.size = sizeof(struct sample),
		.role = ROLE_WORKER,
		.generation = 7,
		.kernel = KERNEL_REQUIRE,
		.tls_minimum = TLS_MINIMUM_1_3,
		.roots = 2,
		.logs = 1,
		.acme_root = 1,
		.log_level = 2,
		.limits.ranges = 16,
		.listeners = TABLE(listeners),
		.names = TABLE(names),
		.vhosts = TABLE(vhosts),
		.certificates = TABLE(certificates),
		.types = TABLE(types),
		.settings = TABLE(settings),
		.paths = TABLE(paths),
		.error_pages = TABLE(error_pages),
		.networks = TABLE(networks),
		.digests = TABLE(digests),
		.members = TABLE(members),
		.texts = TABLE(texts),
		.text = TABLE(text),
	};
	memcpy(header->build, build_id, BUILD_ID_SIZE);
}

static void make_names(struct sample *sample)
{
	/* listeners 0 and 2: the first four, two of them; listener 1: the last three */
	static const struct {
		const char *name;
		uint32_t vhost;
		uint16_t wildcard, moved;
	} names[] = {
		{"a.example", 2, 0, 0},
		{"example.org", 0, 0, 0},
		{".b.example.org", 2, 1, 0},
		{".example.org", 0, 1, 0},
		{"gem.example", 2, 0, 0},
		{"old.example", 3, 0, 1},
		{".gem.example", 1, 1, 0},
	};

	for (size_t i = 0; i < COUNT(names); i++)
		sample->names[i] = (struct image_name){put(sample, names[i].name), names[i].vhost,
			names[i].wildcard, names[i].moved};
	sample->listeners[0] = (struct image_listener){.socket = IMAGE_NONE,
		.names = {0, 4},
		.fallback = 1,
		.port = 443,
		.protocol = PROTOCOL_HTTPS,
		.any_name = 1};
	sample->listeners[1] = (struct image_listener){.socket = 0,
		.names = {4, 3},
		.fallback = 3,
		.proxy = {0, 2},
		.port = 1965,
		.protocol = PROTOCOL_GEMINI};
	sample->listeners[2] = (struct image_listener){.socket = IMAGE_NONE,
		.names = {0, 2},
		.fallback = IMAGE_NONE,
		.port = 80,
		.protocol = PROTOCOL_HTTP};
	sample->listeners[3] = (struct image_listener){.socket = 1,
		.names = {7, 0},
		.fallback = IMAGE_NONE,
		.port = 81,
		.protocol = PROTOCOL_ADMIN};
}

/* Four for vhosts 0 and 2, two for vhost 1. */
static void make_types(struct sample *sample)
{
	static const char *const types[][2] = {
		{"gz", "application/gzip"},
		{"html", "text/html; charset=utf-8"},
		{"tar.gz", "application/x-gtar"},
		{"txt", "text/plain; charset=utf-8"},
		{"gz", "other/gzip"},
		{"txt", "other/text"},
	};
	struct image_text empty = put(sample, "");

	for (size_t i = 0; i < COUNT(types); i++)
		sample->types[i] = (struct image_type){
			put(sample, types[i][0]), put(sample, types[i][1]), empty, 0};
	sample->types[1].cache = put(sample, "max-age=7");
	sample->types[1].compressible = 1;
}

static void make_networks(struct sample *sample)
{
	static const struct {
		const char *address;
		uint8_t bits, allow;
	} networks[] = {
		{"10.0.0.0", 8, 0},
		{"::1", 128, 0},
		/* settings 1 */
		{"192.0.2.128", 25, 0},
		{"2001:db8:8000::", 33, 0},
		{"192.0.2.0", 24, 1},
		{"2001:db8::", 32, 1},
		{"203.0.113.7", 32, 1},
		/* settings 2 */
		{"0.0.0.0", 0, 1},
		{"::", 0, 1},
	};

	for (size_t i = 0; i < COUNT(networks); i++) {
		struct address address;

		assert_true(address_parse(networks[i].address, &address));
		sample->networks[i] = (struct image_network){
			.family = address.family,
			.bits = networks[i].bits,
			.allow = networks[i].allow,
		};
		memcpy(sample->networks[i].bytes, address.bytes, sizeof address.bytes);
	}
}

/* Settings 0 and 7 are those of vhosts 0 and all others, the rest those of the paths in turn. */
static void make_paths(struct sample *sample)
{
	static const char *const paths[] = {"/", "/a", "/a/", "/a/b/", "/a/b/c.html", "/ab/",
		/* vhost 1 */
		"/a/b/", "/files/"};

	for (uint32_t i = 0; i < COUNT(paths); i++)
		sample->paths[i] =
			(struct image_path){put(sample, paths[i]), i < 6 ? i + 1 : i + 2};
}

static void make_settings(struct sample *sample)
{
	struct image_text empty = put(sample, "");
	struct image_settings *settings = sample->settings;

	for (size_t i = 0; i < COUNT(sample->settings); i++)
		settings[i] = (struct image_settings){.root = i < 3 ? 0 : IMAGE_NONE,
			.fallback = empty,
			.headers = empty,
			.hsts = empty,
			.cache = empty,
			.location = empty,
			.prompt = empty,
			.answers = empty};
	settings[3].action = ACTION_INPUT;
	settings[3].prompt = put(sample, "Who?");
	settings[3].answers = put(sample, "/a/");
	settings[3].pace = (struct image_pace){1, 1000, 1, 3};
	settings[1].root = 1;
	settings[1].try_endings = (struct image_range){2, 2};
	settings[1].error_pages = (struct image_range){0, 2};
	settings[1].fallback = put(sample, "/fall");
	settings[1].headers = put(sample, "A: b\r\nC: d\r\n");
	settings[1].hsts = put(sample, "\r\n");
	settings[1].cache = put(sample, "no-cache");
	settings[1].networks = (struct image_range){2, 5};
	settings[1].identities = (struct image_range){0, 4};
	settings[2].action = ACTION_MOVED;
	settings[2].location = put(sample, "/x/{rest}");
	settings[2].location_key = 2;
	settings[2].error_pages = (struct image_range){2, 1};
	settings[2].networks = (struct image_range){7, 2};
	settings[2].identities = (struct image_range){4, 1};
	settings[9].strip = 6;
	sample->error_pages[0] = (struct image_error_page){404, put(sample, "/404")};
	sample->error_pages[1] = (struct image_error_page){599, put(sample, "/599")};
	sample->error_pages[2] = (struct image_error_page){100, put(sample, "/")};
	/* Those of settings 1 lie around that of settings 2. */
	memset(&sample->digests[1], 0x11, sizeof *sample->digests);
	memset(&sample->digests[2], 0x11, sizeof *sample->digests);
	sample->digests[2].bytes[31] = 0x12;
	memset(&sample->digests[3], 0xff, sizeof *sample->digests);
	memset(&sample->digests[4], 0x80, sizeof *sample->digests);
}

/* The groups of two digests, in order. */
static void make_members(struct sample *sample)
{
	sample->members[0] = (struct image_member){sample->digests[1], put(sample, "board,staff")};
	sample->members[1] = (struct image_member){sample->digests[3], put(sample, "staff")};
}

static void make_vhosts(struct sample *sample)
{
	for (size_t i = 0; i < COUNT(sample->vhosts); i++)
		sample->vhosts[i] = (struct image_vhost){.name = sample->names[i].name,
			.settings = i == 0 ? 0 : 7,
			.types = {0, 4},
			.log = i == 0 ? 0 : IMAGE_NONE,
			.index_http = {0, 1},
			.index_gemini = {1, 1},
			.certificates = {0, 2},
			.https_port = 443,
			.http = HTTP_REDIRECT};
	sample->vhosts[0].paths = (struct image_range){0, 6};
	sample->vhosts[1].paths = (struct image_range){6, 2};
	sample->vhosts[1].types = (struct image_range){4, 2};
	sample->vhosts[3].types = (struct image_range){6, 0};
	sample->certificates[0].vhost = 0;
	sample->certificates[1].vhost = 3;
}

static struct sample make_sample(void)
{
	static const char *const texts[] = {"index.html", "index.gmi", ".html", ".gmi"};
	struct sample sample;

	memset(&sample, 0, sizeof sample);
	text_used = 0;
	make_header(&sample.header);
	make_names(&sample);
	make_types(&sample);
	for (size_t i = 0; i < COUNT(texts); i++)
		sample.texts[i] = put(&sample, texts[i]);
	make_networks(&sample);
	make_paths(&sample);
	make_settings(&sample);
	make_members(&sample);
	make_vhosts(&sample);
	/* The tests that put a text of their own there. */
	assert_true(text_used <= TEXT_SIZE - 56);
	return sample;
}

/* The same as another role has it: without what only the worker needs. */
static struct sample make_handshaker(void)
{
	struct sample sample = make_sample();

	sample.header.role = ROLE_HANDSHAKER;
	for (size_t i = 0; i < COUNT(sample.vhosts); i++) {
		sample.vhosts[i].settings = IMAGE_NONE;
		sample.vhosts[i].paths = sample.vhosts[i].types = (struct image_range){0, 0};
	}
	return sample;
}

static void assert_refused(const struct sample *sample, int error, const char *what)
{
	struct image image;

	errno = 0;
	if (image_check(&image, sample, sizeof *sample, ROLE_WORKER) != -1)
		fail_msg("taken: %s", what);
	if (errno != error)
		fail_msg("%s: errno %d instead of %d", what, errno, error);
}

static void test_good(void **state)
{
	struct sample sample = make_sample();
	struct image image;

	(void)state;
	assert_int_equal(image_check(&image, &sample, sizeof sample, ROLE_WORKER), 0);
	assert_ptr_equal(image.header, &sample.header);
	assert_ptr_equal(image.listeners, sample.listeners);
	assert_ptr_equal(image.names, sample.names);
	assert_ptr_equal(image.vhosts, sample.vhosts);
	assert_ptr_equal(image.certificates, sample.certificates);
	assert_ptr_equal(image.types, sample.types);
	assert_ptr_equal(image.settings, sample.settings);
	assert_ptr_equal(image.paths, sample.paths);
	assert_ptr_equal(image.error_pages, sample.error_pages);
	assert_ptr_equal(image.networks, sample.networks);
	assert_ptr_equal(image.digests, sample.digests);
	assert_ptr_equal(image.members, sample.members);
	assert_ptr_equal(image.texts, sample.texts);
	assert_ptr_equal(image.text, sample.text);
	assert_string_equal(image_string(&image, image.texts[1]), "index.gmi");
}

struct change {
	size_t offset, size;
	uint64_t value;
	const char *what;
};

#define CHANGE(member, to)                                                                      \
	{offsetof(struct sample, member), sizeof(((struct sample *)0)->member), (uint64_t)(to), \
		#member " = " #to}

static struct sample changed(const struct change *change)
{
	struct sample sample = make_sample();

	if (change->size == 1)
		*((uint8_t *)&sample + change->offset) = (uint8_t)change->value;
	else if (change->size == 2)
		memcpy((char *)&sample + change->offset, &(uint16_t){(uint16_t)change->value}, 2);
	else if (change->size == 4)
		memcpy((char *)&sample + change->offset, &(uint32_t){(uint32_t)change->value}, 4);
	else if (change->size == 8)
		memcpy((char *)&sample + change->offset, &change->value, 8);
	else
		fail_msg("%s: a field of %zu bytes", change->what, change->size);
	return sample;
}

#define HUGE UINT32_MAX

/* A table's place and length. */
#define TABLE_CHANGES(member, entry)                                                      \
	CHANGE(header.member.first, 0),                                                   \
		CHANGE(header.member.first, sizeof(struct image_header) - 4),             \
		CHANGE(header.member.first, sizeof(struct sample) + 4),                   \
		CHANGE(header.member.first, HUGE - 3), CHANGE(header.member.count, HUGE), \
		CHANGE(header.member.count, sizeof(struct sample) / (entry)),             \
		CHANGE(header.member.count,                                               \
			(sizeof(struct sample) - offsetof(struct sample, member)) / (entry) + 1)

static const struct change refused[] = {
	CHANGE(header.magic, 0),
	CHANGE(header.magic, IMAGE_MAGIC + 1),
	CHANGE(header.magic, IMAGE_MAGIC ^ (UINT64_C(1) << 63)),
	CHANGE(header.size, 0),
	CHANGE(header.size, sizeof(struct sample) - 1),
	CHANGE(header.size, sizeof(struct sample) + 1),
	CHANGE(header.size, HUGE),
	CHANGE(header.role, ROLE_SUPERVISOR),
	CHANGE(header.role, ROLE_HANDSHAKER),
	CHANGE(header.role, ROLE_ADMIN),
	CHANGE(header.role, HUGE),
	CHANGE(header.kernel, KERNEL_NEVER + 1),
	CHANGE(header.kernel, HUGE),
	CHANGE(header.tls_minimum, TLS_MINIMUM_1_3 + 1),
	CHANGE(header.tls_minimum, HUGE),
	CHANGE(header.log_level, 4),
	CHANGE(header.log_level, HUGE),
	CHANGE(header.roots, HUGE),
	CHANGE(header.roots, 1), /* acme_root and settings 1 have number 1 */
	CHANGE(header.logs, HUGE),
	CHANGE(header.logs, 0),
	CHANGE(header.acme_root, 2),
	CHANGE(header.acme_root, HUGE - 1),
	TABLE_CHANGES(listeners, sizeof(struct image_listener)),
	TABLE_CHANGES(names, sizeof(struct image_name)),
	TABLE_CHANGES(vhosts, sizeof(struct image_vhost)),
	TABLE_CHANGES(certificates, sizeof(struct image_certificate)),
	TABLE_CHANGES(types, sizeof(struct image_type)),
	CHANGE(header.limits.ranges, 17),
	CHANGE(header.limits.ranges, HUGE),
	TABLE_CHANGES(settings, sizeof(struct image_settings)),
	TABLE_CHANGES(paths, sizeof(struct image_path)),
	TABLE_CHANGES(error_pages, sizeof(struct image_error_page)),
	TABLE_CHANGES(networks, sizeof(struct image_network)),
	TABLE_CHANGES(digests, sizeof(struct image_digest)),
	TABLE_CHANGES(members, sizeof(struct image_member)),
	TABLE_CHANGES(texts, sizeof(struct image_text)),
	TABLE_CHANGES(text, 1),
	/* not aligned */
	CHANGE(header.listeners.first, offsetof(struct sample, listeners) + 1),
	CHANGE(header.names.first, offsetof(struct sample, names) + 2),
	CHANGE(header.vhosts.first, offsetof(struct sample, vhosts) + 3),
	CHANGE(header.certificates.first, offsetof(struct sample, certificates) + 1),
	CHANGE(header.types.first, offsetof(struct sample, types) + 2),
	CHANGE(header.settings.first, offsetof(struct sample, settings) + 1),
	CHANGE(header.paths.first, offsetof(struct sample, paths) + 2),
	CHANGE(header.error_pages.first, offsetof(struct sample, error_pages) + 3),
	CHANGE(header.texts.first, offsetof(struct sample, texts) + 3),
	/* tables that others point into */
	CHANGE(header.names.count, 6),
	CHANGE(header.vhosts.count, 3),
	CHANGE(header.certificates.count, 1),
	CHANGE(header.types.count, 5),
	CHANGE(header.settings.count, 9),
	CHANGE(header.paths.count, 7),
	CHANGE(header.error_pages.count, 2),
	CHANGE(header.networks.count, 8),
	CHANGE(header.digests.count, 4),
	CHANGE(header.texts.count, 3),
	CHANGE(header.text.count, 0),
	CHANGE(header.text.count, 8),

	CHANGE(listeners[1].socket, 1), /* out of order */
	CHANGE(listeners[3].socket, 0), /* twice */
	CHANGE(listeners[3].socket, 2),
	CHANGE(listeners[0].socket, 0), /* then the next has number 1 */
	CHANGE(listeners[3].socket, HUGE - 1),
	CHANGE(listeners[0].names.first, 8),
	CHANGE(listeners[0].names.first, HUGE),
	CHANGE(listeners[0].names.count, 8),
	CHANGE(listeners[0].names.count, HUGE),
	CHANGE(listeners[1].names.first, 5),
	CHANGE(listeners[3].names.first, 8),
	CHANGE(listeners[3].names.count, 1),
	CHANGE(listeners[1].proxy.first, 8),
	CHANGE(listeners[1].proxy.first, HUGE),
	CHANGE(listeners[1].proxy.count, 10),
	CHANGE(listeners[1].proxy.count, HUGE),
	CHANGE(listeners[0].fallback, 4),
	CHANGE(listeners[3].fallback, HUGE - 1),
	CHANGE(listeners[0].fallback, IMAGE_NONE), /* "*" without one who answers */
	CHANGE(listeners[2].any_name, 1),
	CHANGE(listeners[0].any_name, 2),
	CHANGE(listeners[0].any_name, 255),
	CHANGE(listeners[0].protocol, PROTOCOL_COUNT),
	CHANGE(listeners[3].protocol, 255),

	CHANGE(names[0].name.offset, TEXT_SIZE),
	CHANGE(names[0].name.offset, HUGE),
	CHANGE(names[0].name.length, TEXT_SIZE),
	CHANGE(names[0].name.length, HUGE),
	CHANGE(names[0].name.length, 8),  /* no NUL there */
	CHANGE(names[0].name.length, 21), /* a NUL within */
	CHANGE(names[0].vhost, 4),
	CHANGE(names[5].vhost, IMAGE_NONE),
	CHANGE(names[6].wildcard, 2),
	CHANGE(names[6].wildcard, HUGE),
	CHANGE(names[0].moved, 2),
	CHANGE(names[5].moved, HUGE),
	CHANGE(names[6].moved, 1), /* a wildcard */
	/* order */
	CHANGE(names[0].wildcard, 1),
	CHANGE(names[2].wildcard, 0),
	CHANGE(names[6].wildcard, 0),
	CHANGE(listeners[0].names.count, 5), /* an exact name after a wildcard */
	CHANGE(text[0], 'z'),
	CHANGE(text[10], 'a' - 1),

	CHANGE(vhosts[0].name.offset, TEXT_SIZE),
	CHANGE(vhosts[3].name.length, 1),
	CHANGE(vhosts[0].settings, 10),
	CHANGE(vhosts[3].settings, HUGE - 1),
	CHANGE(vhosts[3].settings, IMAGE_NONE),
	CHANGE(vhosts[3].settings, 9), /* has something cut off */
	CHANGE(vhosts[3].settings, 2), /* and this a longer key than "/" */
	CHANGE(vhosts[0].paths.first, 3),
	CHANGE(vhosts[3].paths.first, 9),
	CHANGE(vhosts[0].paths.first, HUGE),
	CHANGE(vhosts[0].paths.count, 9),
	CHANGE(vhosts[0].paths.count, 7), /* the next vhost's does not come after */
	CHANGE(vhosts[0].paths.count, HUGE),
	CHANGE(vhosts[1].types.first, 5),
	CHANGE(vhosts[3].types.first, 7),
	CHANGE(vhosts[3].types.first, HUGE),
	CHANGE(vhosts[1].types.count, 3),
	CHANGE(vhosts[0].types.count, 5), /* not in order */
	CHANGE(vhosts[3].types.count, HUGE),
	CHANGE(vhosts[0].request_id, 2),
	CHANGE(vhosts[3].request_id, 255),
	CHANGE(vhosts[0].log, 1),
	CHANGE(vhosts[3].log, HUGE - 1),
	CHANGE(vhosts[0].index_http.first, 4),
	CHANGE(vhosts[0].index_http.first, HUGE),
	CHANGE(vhosts[0].index_http.count, 5),
	CHANGE(vhosts[0].index_http.count, HUGE),
	CHANGE(vhosts[3].index_gemini.first, 4),
	CHANGE(vhosts[3].index_gemini.count, 4),
	CHANGE(vhosts[3].index_gemini.count, HUGE),
	CHANGE(vhosts[3].certificates.first, 1),
	CHANGE(vhosts[3].certificates.first, 3),
	CHANGE(vhosts[3].certificates.count, 3),
	CHANGE(vhosts[3].certificates.count, HUGE),
	CHANGE(vhosts[3].http, HTTP_NONE + 1),
	CHANGE(vhosts[3].client_certificates, CLIENT_REQUIRE + 1),
	CHANGE(vhosts[3].client_certificates_gemini, CLIENT_REQUIRE + 1),
	CHANGE(vhosts[3].log_format, LOG_FORMAT_COMBINED + 1),
	CHANGE(vhosts[3].log_clients, LOG_CLIENTS_NONE + 1),
	CHANGE(vhosts[0].http, 255),

	CHANGE(certificates[0].vhost, 4),
	CHANGE(certificates[1].vhost, IMAGE_NONE),

	CHANGE(types[0].ending.offset, TEXT_SIZE),
	CHANGE(types[3].ending.length, 4),
	CHANGE(types[3].ending.length, HUGE),
	CHANGE(types[3].type.offset, HUGE),
	CHANGE(types[0].type.length, 15),
	CHANGE(types[3].ending.length, 2),
	CHANGE(types[3].ending.offset, 0), /* "a.example" cannot follow, nor is it 3 bytes long */
	CHANGE(types[0].cache.offset, HUGE),
	CHANGE(types[0].cache.offset, 0), /* empty, but no NUL there */
	CHANGE(types[1].cache.length, 8),
	CHANGE(types[1].compressible, 2),
	CHANGE(types[5].compressible, HUGE),

	CHANGE(settings[0].root, 2),
	CHANGE(settings[9].root, HUGE - 1),
	CHANGE(settings[0].strip, 1), /* a vhost's */
	CHANGE(settings[9].strip, 1), /* no slash there */
	CHANGE(settings[9].strip, 7), /* nothing remains */
	CHANGE(settings[9].strip, 8), /* more than the path */
	CHANGE(settings[9].strip, 4097),
	CHANGE(settings[9].strip, HUGE),
	CHANGE(settings[1].try_endings.first, 1), /* no dot */
	CHANGE(settings[1].try_endings.first, 3),
	CHANGE(settings[1].try_endings.first, HUGE),
	CHANGE(settings[1].try_endings.count, 3),
	CHANGE(settings[1].try_endings.count, HUGE),
	CHANGE(settings[1].error_pages.first, 2),
	CHANGE(settings[1].error_pages.first, HUGE),
	CHANGE(settings[1].error_pages.count, 3), /* not in order */
	CHANGE(settings[2].error_pages.count, 2),
	CHANGE(settings[1].error_pages.count, HUGE),
	CHANGE(settings[1].fallback.offset, TEXT_SIZE),
	CHANGE(settings[1].fallback.length, 4),
	CHANGE(settings[1].fallback.length, HUGE),
	CHANGE(settings[0].fallback.offset, 0), /* empty, but no NUL there */
	CHANGE(settings[1].headers.offset, TEXT_SIZE),
	CHANGE(settings[1].headers.length, 6), /* no NUL there */
	CHANGE(settings[1].headers.length, HUGE),
	CHANGE(settings[1].hsts.offset, TEXT_SIZE),
	CHANGE(settings[1].hsts.length, 1),
	CHANGE(settings[1].hsts.length, HUGE),
	CHANGE(settings[1].cache.offset, TEXT_SIZE),
	CHANGE(settings[1].cache.length, 7),
	CHANGE(settings[1].cache.length, HUGE),
	CHANGE(settings[2].location.offset, TEXT_SIZE),
	CHANGE(settings[2].location.length, 8),
	CHANGE(settings[2].location.length, HUGE),
	CHANGE(settings[2].location_key, 3), /* more than the path */
	CHANGE(settings[7].location_key, 2), /* more than "/" */
	CHANGE(settings[9].location_key, 4097),
	CHANGE(settings[9].location_key, HUGE),
	CHANGE(settings[1].networks.first, 5),
	CHANGE(settings[1].networks.first, HUGE),
	CHANGE(settings[1].networks.count, 8),
	CHANGE(settings[1].networks.count, HUGE),
	CHANGE(settings[1].identities.first, 1), /* not in order */
	CHANGE(settings[1].identities.first, 2),
	CHANGE(settings[1].identities.first, HUGE),
	CHANGE(settings[1].identities.count, 6),
	CHANGE(settings[1].identities.count, 5), /* not in order */
	CHANGE(settings[1].identities.count, HUGE),
	CHANGE(settings[0].action, ACTION_MOVED), /* nowhere */
	CHANGE(settings[0].action, ACTION_REDIRECT),
	CHANGE(settings[0].action, ACTION_COUNT),
	CHANGE(settings[9].action, 255),
	CHANGE(settings[0].action, ACTION_INPUT), /* asks nothing */
	CHANGE(settings[0].action, ACTION_SENSITIVE),
	CHANGE(settings[3].prompt.offset, TEXT_SIZE),
	CHANGE(settings[3].prompt.length, 0),
	CHANGE(settings[3].prompt.length, 3),
	CHANGE(settings[3].prompt.length, HUGE),
	CHANGE(settings[3].answers.offset, TEXT_SIZE),
	CHANGE(settings[3].answers.offset, 0), /* no path */
	CHANGE(settings[3].answers.length, 0),
	CHANGE(settings[3].answers.length, 2), /* no slash at its end */
	CHANGE(settings[9].prompt.offset, HUGE),
	CHANGE(settings[9].answers.length, HUGE),
	CHANGE(settings[3].pace.period_ms, 0),
	CHANGE(settings[3].pace.burst, 0),
	CHANGE(settings[0].symlinks, SYMLINKS_COUNT),
	CHANGE(settings[9].symlinks, 255),
	CHANGE(settings[9].restricted, 2),
	CHANGE(settings[9].networks_else, 2),
	CHANGE(settings[9].listing, 2),
	CHANGE(settings[9].dotfiles, 2),
	CHANGE(settings[9].cache_of_path, 2),
	CHANGE(settings[9].server, 2),

	CHANGE(paths[0].path.offset, TEXT_SIZE),
	CHANGE(paths[0].path.offset, HUGE),
	CHANGE(paths[0].path.offset, 8), /* "e" */
	CHANGE(paths[1].path.length, 1),
	CHANGE(paths[7].path.length, HUGE),
	CHANGE(paths[7].settings, 10),
	CHANGE(paths[0].settings, IMAGE_NONE),
	CHANGE(paths[0].settings, 2), /* a longer key */
	CHANGE(paths[6].settings, 9), /* "/a/b/" has no slash where it is cut off */

	CHANGE(error_pages[0].status, 99),
	CHANGE(error_pages[2].status, 99),
	CHANGE(error_pages[2].status, 600),
	CHANGE(error_pages[2].status, HUGE),
	CHANGE(error_pages[0].status, 599), /* twice */
	CHANGE(error_pages[1].status, 403),
	CHANGE(error_pages[0].path.offset, HUGE),
	CHANGE(error_pages[0].path.length, 3),
	CHANGE(error_pages[0].path.offset, 0), /* no path */

	CHANGE(networks[0].family, 0),
	CHANGE(networks[0].family, 5),
	CHANGE(networks[1].family, 4), /* 128 bits */
	CHANGE(networks[1].family, 7),
	CHANGE(networks[6].bits, 33),
	CHANGE(networks[1].bits, 129),
	CHANGE(networks[1].bits, 255),
	CHANGE(networks[1].bits, 127),
	CHANGE(networks[2].bits, 24),
	CHANGE(networks[0].bytes[1], 1),
	CHANGE(networks[2].bytes[3], 0xc0),
	CHANGE(networks[6].bytes[4], 1), /* beyond IPv4 */
	CHANGE(networks[6].bytes[15], 1),
	CHANGE(networks[7].bytes[0], 0x80),
	CHANGE(networks[8].bytes[15], 1),
	CHANGE(networks[0].allow, 2),
	CHANGE(networks[4].allow, 255),
	CHANGE(networks[2].allow, 1), /* may, then may not */
	CHANGE(networks[5].allow, 0),

	CHANGE(digests[0].bytes[0], 0x12),  /* after the next */
	CHANGE(digests[2].bytes[31], 0x11), /* twice */
	CHANGE(digests[2].bytes[31], 0x10),
	CHANGE(digests[3].bytes[0], 0),

	CHANGE(members[1].digest.bytes[0], 0x10), /* before the other */
	CHANGE(members[1].digest.bytes[0], 0),
	CHANGE(members[0].groups.offset, TEXT_SIZE),
	CHANGE(members[1].groups.length, 6),
	CHANGE(members[1].groups.length, HUGE),

	CHANGE(texts[0].offset, TEXT_SIZE),
	CHANGE(texts[0].length, 9),
	CHANGE(texts[1].offset, HUGE),
	CHANGE(texts[1].length, HUGE),
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct sample sample = changed(&refused[i]);

		assert_refused(&sample, EBADMSG, refused[i].what);
	}
}

/* The last values that are still good: the checks are not merely strict. */
static const struct change taken[] = {
	CHANGE(header.generation, HUGE),
	CHANGE(header.kernel, KERNEL_NEVER),
	CHANGE(header.kernel, KERNEL_PREFER),
	CHANGE(header.tls_minimum, TLS_MINIMUM_1_2),
	CHANGE(header.acme_root, IMAGE_NONE),
	CHANGE(header.acme_root, 0),
	CHANGE(header.roots, sizeof(struct sample)),
	CHANGE(header.logs, sizeof(struct sample)),
	CHANGE(header.listeners.count, 0),
	CHANGE(header.limits.ranges, 0),
	CHANGE(listeners[1].proxy.count, 0),
	CHANGE(listeners[1].proxy.count, 9),
	CHANGE(names[4].moved, 1),
	CHANGE(names[5].moved, 0),
	CHANGE(listeners[3].socket, IMAGE_NONE),
	CHANGE(listeners[0].any_name, 0),
	CHANGE(listeners[2].fallback, 3),
	CHANGE(listeners[0].protocol, PROTOCOL_ADMIN),
	CHANGE(listeners[1].names.count, 0),
	CHANGE(names[5].vhost, 3),
	CHANGE(vhosts[3].settings, 8),
	CHANGE(vhosts[0].paths.count, 0),
	CHANGE(vhosts[0].paths.count, 5),
	CHANGE(vhosts[3].paths.first, 8),
	CHANGE(vhosts[0].types.count, 0),
	CHANGE(vhosts[0].types.count, 3),
	CHANGE(vhosts[0].request_id, 1),
	CHANGE(types[0].compressible, 1),
	CHANGE(settings[0].root, IMAGE_NONE),
	CHANGE(settings[0].root, 1),
	CHANGE(settings[9].strip, 0),
	CHANGE(settings[2].strip, 2), /* "/a" itself */
	CHANGE(settings[6].strip, 3),
	CHANGE(settings[1].try_endings.count, 1),
	CHANGE(settings[1].error_pages.count, 0),
	CHANGE(settings[1].networks.count, 7),
	CHANGE(settings[1].identities.count, 0),
	CHANGE(settings[2].location_key, 0),
	CHANGE(settings[0].location_key, 1),
	CHANGE(settings[9].location_key, 7),
	CHANGE(settings[2].action, ACTION_REDIRECT),
	CHANGE(settings[0].action, ACTION_GONE),
	CHANGE(settings[3].action, ACTION_SENSITIVE),
	CHANGE(settings[3].action, ACTION_SERVE),
	CHANGE(settings[3].pace.requests, 0),
	CHANGE(settings[3].pace.bucket, HUGE),
	CHANGE(members[1].digest.bytes[0], 0x11),
	CHANGE(members[0].digest.bytes[0], 0xff),
	CHANGE(settings[0].symlinks, SYMLINKS_OWNER),
	CHANGE(settings[0].restricted, 1),
	CHANGE(settings[0].networks_else, 1),
	CHANGE(settings[0].listing, 1),
	CHANGE(settings[0].dotfiles, 1),
	CHANGE(settings[0].cache_of_path, 1),
	CHANGE(settings[0].server, 1),
	CHANGE(paths[0].settings, 0),
	CHANGE(paths[7].settings, 0),
	CHANGE(error_pages[1].status, 405),
	CHANGE(networks[7].bytes[0], 0),
	CHANGE(networks[7].bits, 32),
	CHANGE(networks[8].bits, 128),
	CHANGE(networks[2].bits, 32),
	CHANGE(networks[1].allow, 1), /* of a listener: means nothing */
	CHANGE(digests[2].bytes[31], 0x13),
	CHANGE(digests[4].bytes[0], 0),
	CHANGE(vhosts[0].index_http.count, 2),
	CHANGE(vhosts[0].index_gemini.count, 0),
	CHANGE(vhosts[0].http, HTTP_NONE),
	CHANGE(vhosts[0].client_certificates, CLIENT_REQUIRE),
	CHANGE(vhosts[0].client_certificates_gemini, CLIENT_REQUIRE),
	CHANGE(vhosts[0].log_format, LOG_FORMAT_COMBINED),
	CHANGE(vhosts[0].log_clients, LOG_CLIENTS_NONE),
	CHANGE(certificates[0].vhost, 3),
};

static void test_taken(void **state)
{
	struct image image;

	(void)state;
	for (size_t i = 0; i < COUNT(taken); i++) {
		struct sample sample = changed(&taken[i]);

		if (image_check(&image, &sample, sizeof sample, ROLE_WORKER) != 0)
			fail_msg("refused: %s", taken[i].what);
	}
}

static void test_order(void **state)
{
	struct sample sample = make_sample();
	struct image_name name = sample.names[0];
	struct image_type type = sample.types[0];
	struct image image;

	(void)state;
	sample.names[0] = sample.names[1];
	sample.names[1] = name;
	assert_refused(&sample, EBADMSG, "exact names swapped");
	sample = make_sample();
	name = sample.names[2];
	sample.names[2] = sample.names[3];
	sample.names[3] = name;
	assert_refused(&sample, EBADMSG, "wildcards swapped");
	sample = make_sample();
	sample.names[1].name = sample.names[0].name;
	assert_refused(&sample, EBADMSG, "a name twice");
	sample = make_sample();
	sample.types[0] = sample.types[1];
	sample.types[1] = type;
	assert_refused(&sample, EBADMSG, "endings swapped");
	sample = make_sample();
	sample.types[1].ending = sample.types[0].ending;
	assert_refused(&sample, EBADMSG, "an ending twice");
	sample = make_sample();
	sample.paths[2].path = sample.paths[3].path;
	assert_refused(&sample, EBADMSG, "a path twice");
	sample = make_sample();
	sample.paths[2].path = sample.paths[0].path;
	assert_refused(&sample, EBADMSG, "paths not in order");
	/* A text that runs to the very end has no room for its NUL. */
	sample = make_sample();
	memset(sample.text + TEXT_SIZE - 56, 'x', 56);
	sample.texts[1] = (struct image_text){TEXT_SIZE - 56, 56};
	assert_refused(&sample, EBADMSG, "no NUL at the end");
	sample.text[TEXT_SIZE - 1] = '\0';
	sample.texts[1] = (struct image_text){TEXT_SIZE - 56, 55};
	assert_int_equal(image_check(&image, &sample, sizeof sample, ROLE_WORKER), 0);
}

static void put_back(struct sample *sample, struct image_text *text, const char *words)
{
	text_used = TEXT_SIZE - 56;
	*text = put(sample, words);
}

/* Header lines that are none, and paths that begin otherwise. */
static void test_texts(void **state)
{
	static const char *const lines[] = {"A: b", "A: b\n", "A: b\r", "\r\nA", "\n", "\r"};
	struct sample sample;
	struct image image;

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		sample = make_sample();
		put_back(&sample, &sample.settings[4].headers, lines[i]);
		assert_refused(&sample, EBADMSG, "headers");
		sample = make_sample();
		put_back(&sample, &sample.settings[4].hsts, lines[i]);
		assert_refused(&sample, EBADMSG, "hsts");
	}
	sample = make_sample();
	put_back(&sample, &sample.settings[4].headers, "A: b\r\n");
	assert_int_equal(image_check(&image, &sample, sizeof sample, ROLE_WORKER), 0);
	sample = make_sample();
	put_back(&sample, &sample.settings[4].fallback, "a/");
	assert_refused(&sample, EBADMSG, "a fallback that is no path");
	sample = make_sample();
	put_back(&sample, &sample.error_pages[0].path, "a/");
	assert_refused(&sample, EBADMSG, "an error page that is no path");
	sample = make_sample();
	put_back(&sample, &sample.error_pages[0].path, "");
	assert_refused(&sample, EBADMSG, "an error page without a path");
	sample = make_sample();
	put_back(&sample, &sample.paths[0].path, "");
	assert_refused(&sample, EBADMSG, "an empty path");
	sample = make_sample();
	put_back(&sample, &sample.texts[2], "");
	assert_refused(&sample, EBADMSG, "an empty ending");
}

/* Settings that no path has are checked like all others. */
static void test_unused(void **state)
{
	struct sample sample = make_sample();
	struct image image;

	(void)state;
	sample.paths[7].settings = 7;
	sample.settings[9].strip = 4096;
	sample.settings[9].location_key = 4096;
	assert_int_equal(image_check(&image, &sample, sizeof sample, ROLE_WORKER), 0);
	sample.settings[9].strip = 4097;
	assert_refused(&sample, EBADMSG, "strip");
	sample.settings[9].strip = 0;
	sample.settings[9].location_key = 4097;
	assert_refused(&sample, EBADMSG, "location_key");
}

/* What only the worker has, nobody else has. */
static void test_roles(void **state)
{
	struct sample sample = make_handshaker();
	struct image image;

	(void)state;
	assert_int_equal(image_check(&image, &sample, sizeof sample, ROLE_HANDSHAKER), 0);
	sample.header.role = ROLE_ADMIN;
	assert_int_equal(image_check(&image, &sample, sizeof sample, ROLE_ADMIN), 0);
	sample.header.role = ROLE_WORKER;
	assert_refused(&sample, EBADMSG, "a worker without settings");
	sample = make_handshaker();
	sample.vhosts[3].settings = 7;
	assert_int_equal(image_check(&image, &sample, sizeof sample, ROLE_HANDSHAKER), -1);
	sample = make_handshaker();
	sample.vhosts[3].paths.count = 1;
	assert_int_equal(image_check(&image, &sample, sizeof sample, ROLE_HANDSHAKER), -1);
	sample = make_handshaker();
	sample.vhosts[3].types.count = 1;
	assert_int_equal(image_check(&image, &sample, sizeof sample, ROLE_HANDSHAKER), -1);
}

static void test_build(void **state)
{
	struct sample sample;

	(void)state;
	for (size_t i = 0; i < BUILD_ID_SIZE; i++) {
		sample = make_sample();
		sample.header.build[i] ^= 1;
		assert_refused(&sample, EPROTO, "another build");
		/* Another build's layout may differ in everything but magic and build. */
		memset((char *)&sample + offsetof(struct image_header, size), 0xff,
			sizeof sample - offsetof(struct image_header, size));
		assert_refused(&sample, EPROTO, "another build, all else different");
		sample.header.magic = 0;
		assert_refused(&sample, EBADMSG, "no image at all");
	}
}

/* A copy of its own, so that a sanitizer sees what is read past its end. */
static void test_truncated(void **state)
{
	struct sample sample = make_sample();
	struct image image;

	(void)state;
	for (size_t size = 0; size < sizeof sample; size++) {
		/* malloc(0) may be NULL */
		void *bytes = malloc(size + (size == 0));

		assert_non_null(bytes);
		memcpy(bytes, &sample, size);
		errno = 0;
		assert_int_equal(image_check(&image, bytes, size, ROLE_WORKER), -1);
		assert_int_equal(errno, EBADMSG);
		/* Even if it says that it is only so long. */
		if (size >= sizeof sample.header) {
			((struct image_header *)bytes)->size = (uint32_t)size;
			errno = 0;
			assert_int_equal(image_check(&image, bytes, size, ROLE_WORKER), -1);
			assert_int_equal(errno, EBADMSG);
		}
		free(bytes);
	}
}

static uint32_t random_next(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 33);
}

static size_t use_settings(const struct image *image, const struct image_settings *settings)
{
	static const uint8_t digest[sizeof(struct image_digest)] = {0x11};
	static const char *const addresses[] = {"10.0.0.1", "2001:db8:8000::1"};
	const struct image_text texts[] = {settings->fallback, settings->headers, settings->hsts,
		settings->cache, settings->location};
	size_t total = 0;

	for (size_t i = 0; i < COUNT(texts); i++)
		assert_int_equal(strlen(image_string(image, texts[i])), texts[i].length);
	for (size_t i = 0; i < COUNT(addresses); i++) {
		struct address address;

		assert_true(address_parse(addresses[i], &address));
		total += image_find_network(image, settings->networks, &address) != NULL;
	}
	total += image_has_digest(image, settings->identities, digest);
	for (uint32_t i = 0; i < settings->error_pages.count; i++)
		total += strlen(image_string(
			image, image->error_pages[settings->error_pages.first + i].path));
	return total;
}

/* What was taken can be used: every text and every search stays within. */
static void use(const struct image *image)
{
	static const char *const words[] = {"", "example.org", "www.b.example.org", "192.0.2.1",
		"a.tar.gz", "x.html", "y.", "/", "/a", "/a/b/c.html", "/files/x/"};
	const struct image_header *header = image->header;
	size_t total = 0;

	for (uint32_t i = 0; i < header->listeners.count; i++)
		for (size_t w = 0; w < COUNT(words); w++) {
			enum name_match match = MATCH_NONE;
			uint32_t vhost =
				image_find_vhost(image, i, words[w], strlen(words[w]), &match);

			assert_true(vhost == IMAGE_NONE || vhost < header->vhosts.count);
			assert_int_equal(vhost == IMAGE_NONE, match == MATCH_NONE);
		}
	for (uint32_t i = 0; i < header->vhosts.count; i++) {
		total += strlen(image_string(image, image->vhosts[i].name));
		for (size_t w = 0; w < COUNT(words); w++) {
			size_t length = strlen(words[w]);
			const struct image_type *type = image_find_type(image, i, words[w], length);
			const struct image_settings *settings =
				image_find_settings(image, i, words[w], length);

			total += type ? strlen(image_string(image, type->cache)) : 0;
			total += use_settings(image, settings);
			assert_true(settings->strip <= length);
			image_has_path(image, i, words[w], length);
		}
	}
	for (uint32_t i = 0; i < header->texts.count; i++)
		assert_int_equal(
			strlen(image_string(image, image->texts[i])), image->texts[i].length);
	assert_true(total < (size_t)TEXT_SIZE * header->vhosts.count * (1 + 4 * COUNT(words)) + 1);
}

static void test_flips(void **state)
{
	struct sample good = make_sample();
	struct sample *sample = malloc(sizeof *sample);
	uint64_t seed = 20240601;
	unsigned accepted = 0, rejected = 0;

	(void)state;
	assert_non_null(sample);
	for (unsigned round = 0; round < 60000; round++) {
		struct image image;
		unsigned flips = 1 + random_next(&seed) % 4;

		memcpy(sample, &good, sizeof *sample);
		while (flips-- > 0)
			((uint8_t *)sample)[random_next(&seed) % sizeof *sample] ^=
				(uint8_t)(1 + random_next(&seed) % 255);
		errno = 0;
		if (image_check(&image, sample, sizeof *sample, ROLE_WORKER) == 0) {
			use(&image);
			accepted++;
		} else {
			assert_true(errno == EBADMSG || errno == EPROTO);
			rejected++;
		}
	}
	free(sample);
	assert_true(accepted > 1000);
	assert_true(rejected > 10000);
}

static int make_memfd(const void *bytes, size_t size, int seals)
{
	int fd = memfd_create("image_test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static void assert_not_mapped(int fd, enum role role, int error)
{
	struct image image;

	errno = 0;
	assert_int_equal(image_map(&image, fd, role), -1);
	assert_int_equal(errno, error);
	close(fd);
}

static void test_map(void **state)
{
	struct sample sample = make_sample();
	struct image image;
	int fd = make_memfd(&sample, sizeof sample, SEALS);

	(void)state;
	assert_int_equal(image_map(&image, fd, ROLE_WORKER), 0);
	close(fd);
	assert_int_equal(image.header->generation, 7);
	assert_memory_equal(image.header, &sample, sizeof sample);
	assert_ptr_equal(image.text, (const char *)image.header + offsetof(struct sample, text));
	munmap((void *)(uintptr_t)image.header, sizeof sample);
}

static void test_map_refused(void **state)
{
	struct sample sample = make_sample();

	(void)state;
	assert_not_mapped(make_memfd(&sample, sizeof sample, 0), ROLE_WORKER, EBADMSG);
	assert_not_mapped(
		make_memfd(&sample, sizeof sample, SEALS & ~F_SEAL_WRITE), ROLE_WORKER, EBADMSG);
	assert_not_mapped(
		make_memfd(&sample, sizeof sample, SEALS & ~F_SEAL_GROW), ROLE_WORKER, EBADMSG);
	assert_not_mapped(
		make_memfd(&sample, sizeof sample, SEALS & ~F_SEAL_SHRINK), ROLE_WORKER, EBADMSG);
	assert_not_mapped(make_memfd(&sample, 0, SEALS), ROLE_WORKER, EBADMSG);
	assert_not_mapped(make_memfd(&sample, sizeof sample - 1, SEALS), ROLE_WORKER, EBADMSG);
	assert_not_mapped(make_memfd(&sample, sizeof sample, SEALS), ROLE_HANDSHAKER, EBADMSG);
	sample.header.build[7] ^= 0x80;
	assert_not_mapped(make_memfd(&sample, sizeof sample, SEALS), ROLE_WORKER, EPROTO);
	assert_not_mapped(-1, ROLE_WORKER, EBADF);
	assert_not_mapped(open("/dev/null", O_RDONLY | O_CLOEXEC), ROLE_WORKER, EINVAL);
}

static const struct {
	uint32_t listener;
	const char *name;
	uint32_t vhost;
	enum name_match match;
} lookups[] = {
	/* with "*" */
	{0, "example.org", 0, MATCH_EXACT},
	{0, "a.example", 2, MATCH_EXACT},
	{0, "www.example.org", 0, MATCH_WILDCARD},
	{0, "b.example.org", 0, MATCH_WILDCARD}, /* "*" stands for at least one label */
	{0, "x.b.example.org", 2, MATCH_WILDCARD},
	{0, "y.x.b.example.org", 2, MATCH_WILDCARD},
	{0, "x.c.example.org", 0, MATCH_WILDCARD},
	{0, ".example.org", 1, MATCH_ANY},
	{0, "xexample.org", 1, MATCH_ANY},
	{0, "example.orgx", 1, MATCH_ANY},
	{0, "example.or", 1, MATCH_ANY},
	{0, "b.a.example", 1, MATCH_ANY},
	{0, "gem.example", 1, MATCH_ANY}, /* another listener's name */
	{0, "", 1, MATCH_ANY},
	{0, "192.0.2.1", 1, MATCH_ANY},
	/* alone */
	{1, "gem.example", 2, MATCH_EXACT},
	{1, "x.gem.example", 1, MATCH_WILDCARD},
	{1, "old.example", 3, MATCH_MOVED},
	{1, "x.old.example", IMAGE_NONE, MATCH_NONE},
	{1, "", 3, MATCH_ALONE},
	{1, "192.0.2.1", 3, MATCH_ALONE},
	{1, "2001:db8::1", 3, MATCH_ALONE},
	{1, "[2001:db8::1]", 3, MATCH_ALONE},
	{1, "::", 3, MATCH_ALONE},
	{1, "192.0.2.x", IMAGE_NONE, MATCH_NONE},
	{1, "other.test", IMAGE_NONE, MATCH_NONE},
	{1, "example.org", IMAGE_NONE, MATCH_NONE},
	{1, "em.example", IMAGE_NONE, MATCH_NONE},
	/* nobody */
	{2, "a.example", 2, MATCH_EXACT},
	{2, "example.org", 0, MATCH_EXACT},
	{2, "www.example.org", IMAGE_NONE, MATCH_NONE},
	{2, "", IMAGE_NONE, MATCH_NONE},
	{2, "192.0.2.1", IMAGE_NONE, MATCH_NONE},
	{3, "example.org", IMAGE_NONE, MATCH_NONE},
	{3, "", IMAGE_NONE, MATCH_NONE},
};

static void test_find_vhost(void **state)
{
	struct sample sample = make_sample();
	struct image image;
	enum name_match match = MATCH_NONE;

	(void)state;
	assert_int_equal(image_check(&image, &sample, sizeof sample, ROLE_WORKER), 0);
	for (size_t i = 0; i < COUNT(lookups); i++) {
		const char *name = lookups[i].name;
		uint32_t vhost;

		match = MATCH_NONE;
		vhost = image_find_vhost(&image, lookups[i].listener, name, strlen(name), &match);
		if (vhost != lookups[i].vhost || match != lookups[i].match)
			fail_msg("%u \"%s\": vhost %u, match %d", lookups[i].listener, name, vhost,
				(int)match);
	}
	/* Only "length" bytes are the name. */
	assert_int_equal(image_find_vhost(&image, 2, "example.org:80", 11, &match), 0);
	assert_int_equal(match, MATCH_EXACT);
}

static void assert_type(
	const struct image *image, uint32_t vhost, const char *file, const char *expected)
{
	const struct image_type *found = image_find_type(image, vhost, file, strlen(file));
	const char *type = found ? image_string(image, found->type) : NULL;

	if (!expected && type)
		fail_msg("%s is %s", file, type);
	if (expected && (!type || strcmp(type, expected) != 0))
		fail_msg("%s is %s, not %s", file, type ? type : "nothing", expected);
}

static void test_find_type(void **state)
{
	struct sample sample = make_sample();
	struct image image;
	char name[128];

	(void)state;
	assert_int_equal(image_check(&image, &sample, sizeof sample, ROLE_WORKER), 0);
	assert_type(&image, 0, "a.gz", "application/gzip");
	assert_type(&image, 0, "a.tar.gz", "application/x-gtar");
	assert_type(&image, 0, "a.b.tar.gz", "application/x-gtar");
	assert_type(&image, 0, "a.xtar.gz", "application/gzip");
	assert_type(&image, 0, "a.html.gz", "application/gzip");
	assert_type(&image, 0, "a.Tar.GZ", "application/x-gtar");
	assert_type(&image, 0, "INDEX.HTML", "text/html; charset=utf-8");
	assert_type(&image, 0, ".txt", "text/plain; charset=utf-8");
	assert_type(&image, 0, "..txt", "text/plain; charset=utf-8");
	assert_type(&image, 0, "txt", NULL);
	assert_type(&image, 0, "a.", NULL);
	assert_type(&image, 0, ".", NULL);
	assert_type(&image, 0, "", NULL);
	assert_type(&image, 0, "a.htm", NULL);
	assert_type(&image, 0, "a.htmlx", NULL);
	assert_type(&image, 0, "a.gz.orig", NULL);
	assert_ptr_equal(image_find_type(&image, 0, "a.gzip", 4), &sample.types[0]);
	/* Each vhost has its own. */
	assert_type(&image, 1, "a.tar.gz", "other/gzip");
	assert_type(&image, 1, "a.TXT", "other/text");
	assert_type(&image, 1, "a.html", NULL);
	assert_type(&image, 2, "a.tar.gz", "application/x-gtar");
	assert_type(&image, 3, "a.txt", NULL);
	memset(name, 'n', sizeof name);
	name[1] = '.';
	strcpy(name + 100, ".gz");
	assert_type(&image, 0, name, "application/gzip");
	strcpy(name + 100, "gz");
	assert_type(&image, 0, name, NULL);
}

/* The settings found, by their index. */
static const struct {
	uint32_t vhost;
	const char *path;
	uint32_t settings;
} path_lookups[] = {
	{0, "/", 1},
	{0, "/x", 1},
	{0, "/x/", 1},
	{0, "/x/a/b/", 1},
	{0, "/a", 2},
	{0, "/a.html", 1}, /* begins like "/a", but is not below it */
	{0, "/aa", 1},
	{0, "/a/", 3},
	{0, "/a/x", 3},
	{0, "/a/b", 3}, /* not yet "/a/b/" */
	{0, "/a/bb", 3},
	{0, "/a/bb/c.html", 3},
	{0, "/a/b/", 4},
	{0, "/a/b/c", 4},
	{0, "/a/b/c.htm", 4},
	{0, "/a/b/c.html", 5},
	{0, "/a/b/c.html/", 4}, /* "/a/b/c.html" covers nothing below it */
	{0, "/a/b/c.html/x", 4},
	{0, "/a/b/c.htmlx", 4},
	{0, "/a/b/c/d/e/f", 4},
	{0, "/ab", 1},
	{0, "/ab/", 6},
	{0, "/ab/c", 6},
	{0, "/abc/", 1},
	/* without "/" */
	{1, "/", 7},
	{1, "/x", 7},
	{1, "/a", 7},
	{1, "/a/", 7},
	{1, "/a/b", 7},
	{1, "/a/b/", 8},
	{1, "/a/b/c.html", 8},
	{1, "/files", 7},
	{1, "/files/", 9},
	{1, "/files/a/b/", 9},
	{1, "/Files/", 7},
	/* without paths */
	{2, "/", 7},
	{3, "/a/b/c.html", 7},
};

static void test_find_settings(void **state)
{
	struct sample sample = make_sample();
	struct image image;

	(void)state;
	assert_int_equal(image_check(&image, &sample, sizeof sample, ROLE_WORKER), 0);
	for (size_t i = 0; i < COUNT(path_lookups); i++) {
		const char *path = path_lookups[i].path;
		const struct image_settings *found =
			image_find_settings(&image, path_lookups[i].vhost, path, strlen(path));

		if (found != &sample.settings[path_lookups[i].settings])
			fail_msg("%u %s: settings %td", path_lookups[i].vhost, path,
				found - sample.settings);
	}
	/* Only "length" bytes are the path. */
	assert_ptr_equal(image_find_settings(&image, 0, "/a/b/", 4), &sample.settings[3]);
	assert_ptr_equal(image_find_settings(&image, 0, "/a/", 2), &sample.settings[2]);
}

static void test_has_path(void **state)
{
	struct sample sample = make_sample();
	struct image image;

	(void)state;
	assert_int_equal(image_check(&image, &sample, sizeof sample, ROLE_WORKER), 0);
	for (uint32_t vhost = 0; vhost < 2; vhost++)
		for (uint32_t i = 0; i < sample.vhosts[vhost].paths.count; i++) {
			struct image_text path =
				sample.paths[sample.vhosts[vhost].paths.first + i].path;

			assert_true(image_has_path(
				&image, vhost, image_string(&image, path), path.length));
		}
	assert_false(image_has_path(&image, 0, "", 0));
	assert_false(image_has_path(&image, 0, "/a/b", 4));
	assert_false(image_has_path(&image, 0, "/a/b/c.html/", 12));
	assert_false(image_has_path(&image, 0, "/ab", 3));
	assert_false(image_has_path(&image, 0, "/files/", 7));
	assert_false(image_has_path(&image, 1, "/", 1));
	assert_false(image_has_path(&image, 1, "/a/", 3));
	assert_false(image_has_path(&image, 2, "/", 1));
	assert_true(image_has_path(&image, 0, "/a/b/c.html/", 11));
}

static const struct {
	struct image_range networks;
	const char *address;
	uint32_t found;
} network_lookups[] = {
	{{0, 2}, "10.0.0.0", 0},
	{{0, 2}, "10.255.255.255", 0},
	{{0, 2}, "11.0.0.0", IMAGE_NONE},
	{{0, 2}, "9.255.255.255", IMAGE_NONE},
	{{0, 2}, "::1", 1},
	{{0, 2}, "::", IMAGE_NONE},
	{{0, 2}, "::2", IMAGE_NONE},
	{{0, 2}, "0a00::", IMAGE_NONE}, /* bytes as of 10.0.0.0 */
	{{0, 0}, "10.0.0.0", IMAGE_NONE},
	{{2, 5}, "192.0.2.0", 4},
	{{2, 5}, "192.0.2.127", 4},
	{{2, 5}, "192.0.2.128", 2},
	{{2, 5}, "192.0.2.255", 2},
	{{2, 5}, "192.0.3.0", IMAGE_NONE},
	{{2, 5}, "10.0.0.1", IMAGE_NONE},
	{{2, 5}, "2001:db8::", 5},
	{{2, 5}, "2001:db8:7fff:ffff::1", 5},
	{{2, 5}, "2001:db8:8000::", 3},
	{{2, 5}, "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", 3},
	{{2, 5}, "2001:db9::", IMAGE_NONE},
	{{2, 5}, "203.0.113.7", 6},
	{{2, 5}, "203.0.113.6", IMAGE_NONE},
	{{2, 5}, "203.0.113.8", IMAGE_NONE},
	{{7, 2}, "0.0.0.0", 7},
	{{7, 2}, "255.255.255.255", 7},
	{{7, 2}, "::", 8},
	{{7, 2}, "ffff::1", 8},
	{{8, 1}, "192.0.2.1", IMAGE_NONE},
};

static void test_find_network(void **state)
{
	struct sample sample = make_sample();
	struct address none = {0};
	struct image image;

	(void)state;
	assert_int_equal(image_check(&image, &sample, sizeof sample, ROLE_WORKER), 0);
	for (size_t i = 0; i < COUNT(network_lookups); i++) {
		const struct image_network *found;
		uint32_t expected = network_lookups[i].found;
		struct address address;

		assert_true(address_parse(network_lookups[i].address, &address));
		address.port = 4711;
		found = image_find_network(&image, network_lookups[i].networks, &address);
		if (found != (expected == IMAGE_NONE ? NULL : &sample.networks[expected]))
			fail_msg("%s: network %td", network_lookups[i].address,
				found ? found - sample.networks : -1);
	}
	assert_null(image_find_network(&image, (struct image_range){7, 2}, &none));
}

static void test_has_digest(void **state)
{
	const struct image_range all = {0, 4};
	struct sample sample = make_sample();
	struct image_digest absent = sample.digests[1];
	struct image image;

	(void)state;
	assert_int_equal(image_check(&image, &sample, sizeof sample, ROLE_WORKER), 0);
	for (uint32_t i = 0; i < 4; i++)
		for (uint32_t count = 0; count <= 4; count++)
			assert_int_equal(image_has_digest(&image, (struct image_range){0, count},
						 sample.digests[i].bytes),
				i < count);
	assert_false(image_has_digest(&image, all, sample.digests[4].bytes));
	assert_true(image_has_digest(&image, (struct image_range){4, 1}, sample.digests[4].bytes));
	assert_false(image_has_digest(&image, (struct image_range){1, 3}, sample.digests[0].bytes));
	assert_false(image_has_digest(&image, (struct image_range){5, 0}, sample.digests[0].bytes));
	absent.bytes[31] = 0x13;
	assert_false(image_has_digest(&image, all, absent.bytes));
	absent.bytes[31] = 0x10;
	assert_false(image_has_digest(&image, all, absent.bytes));
	absent = sample.digests[0];
	absent.bytes[31] = 1;
	assert_false(image_has_digest(&image, all, absent.bytes));
	absent = sample.digests[3];
	absent.bytes[31] = 0xfe;
	assert_false(image_has_digest(&image, all, absent.bytes));
}

static void test_find_groups(void **state)
{
	struct sample sample = make_sample();
	struct image image;

	(void)state;
	assert_int_equal(image_check(&image, &sample, sizeof sample, ROLE_WORKER), 0);
	assert_string_equal(image_find_groups(&image, sample.digests[1].bytes), "board,staff");
	assert_string_equal(image_find_groups(&image, sample.digests[3].bytes), "staff");
	assert_null(image_find_groups(&image, sample.digests[0].bytes));
	assert_null(image_find_groups(&image, sample.digests[4].bytes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_unused),
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_build),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_map),
		cmocka_unit_test(test_map_refused),
		cmocka_unit_test(test_find_vhost),
		cmocka_unit_test(test_find_type),
		cmocka_unit_test(test_find_settings),
		cmocka_unit_test(test_has_path),
		cmocka_unit_test(test_find_network),
		cmocka_unit_test(test_has_digest),
		cmocka_unit_test(test_find_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
