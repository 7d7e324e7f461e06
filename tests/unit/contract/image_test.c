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
#define SEALS        (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

struct sample {
	struct image_header header;
	struct image_listener listeners[4];
	struct image_name names[6];
	struct image_vhost vhosts[4];
	struct image_certificate certificates[2];
	struct image_type types[4];
	struct image_text texts[2];
	char text[256];
};

/* Nothing behind the text: a table that is one entry too long reaches past the end. */
_Static_assert(offsetof(struct sample, text) + 256 == sizeof(struct sample), "padding");

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
		.role = ROLE_HANDSHAKER,
		.generation = 7,
		.kernel = KERNEL_REQUIRE,
		.tls_minimum = TLS_MINIMUM_1_3,
		.roots = 2,
		.logs = 1,
		.acme_root = 1,
		.log_level = 2,
		.listeners = TABLE(listeners),
		.names = TABLE(names),
		.vhosts = TABLE(vhosts),
		.certificates = TABLE(certificates),
		.types = TABLE(types),
		.texts = TABLE(texts),
		.text = TABLE(text),
	};
	memcpy(header->build, build_id, BUILD_ID_SIZE);
}

static void make_names(struct sample *sample)
{
	/* listeners 0 and 2: the first four, two of them; listener 1: the last two */
	static const struct {
		const char *name;
		uint32_t vhost, wildcard;
	} names[] = {
		{"a.example", 2, 0},
		{"example.org", 0, 0},
		{".b.example.org", 2, 1},
		{".example.org", 0, 1},
		{"gem.example", 2, 0},
		{".gem.example", 1, 1},
	};

	for (size_t i = 0; i < COUNT(names); i++)
		sample->names[i] = (struct image_name){
			put(sample, names[i].name), names[i].vhost, names[i].wildcard};
	sample->listeners[0] = (struct image_listener){.socket = IMAGE_NONE,
		.names = {0, 4},
		.fallback = 1,
		.port = 443,
		.protocol = PROTOCOL_HTTPS,
		.any_name = 1};
	sample->listeners[1] = (struct image_listener){.socket = 0,
		.names = {4, 2},
		.fallback = 3,
		.port = 1965,
		.protocol = PROTOCOL_GEMINI};
	sample->listeners[2] = (struct image_listener){.socket = IMAGE_NONE,
		.names = {0, 2},
		.fallback = IMAGE_NONE,
		.port = 80,
		.protocol = PROTOCOL_HTTP};
	sample->listeners[3] = (struct image_listener){.socket = 1,
		.names = {6, 0},
		.fallback = IMAGE_NONE,
		.port = 81,
		.protocol = PROTOCOL_ADMIN};
}

static void make_types(struct sample *sample)
{
	static const char *const types[][2] = {
		{"gz", "application/gzip"},
		{"html", "text/html; charset=utf-8"},
		{"tar.gz", "application/x-gtar"},
		{"txt", "text/plain; charset=utf-8"},
	};

	for (size_t i = 0; i < COUNT(types); i++)
		sample->types[i] =
			(struct image_type){put(sample, types[i][0]), put(sample, types[i][1])};
}

static struct sample make_sample(void)
{
	struct sample sample;

	memset(&sample, 0, sizeof sample);
	text_used = 0;
	make_header(&sample.header);
	make_names(&sample);
	make_types(&sample);
	sample.texts[0] = put(&sample, "index.html");
	sample.texts[1] = put(&sample, "index.gmi");
	for (size_t i = 0; i < COUNT(sample.vhosts); i++)
		sample.vhosts[i] = (struct image_vhost){.name = sample.names[i].name,
			.root = i < 2 ? (uint32_t)i : IMAGE_NONE,
			.log = i == 0 ? 0 : IMAGE_NONE,
			.index_http = {0, 1},
			.index_gemini = {1, 1},
			.certificates = {0, 2},
			.https_port = 443,
			.http = HTTP_REDIRECT};
	sample.certificates[0].vhost = 0;
	sample.certificates[1].vhost = 3;
	return sample;
}

static void assert_refused(const struct sample *sample, int error, const char *what)
{
	struct image image;

	errno = 0;
	if (image_check(&image, sample, sizeof *sample, ROLE_HANDSHAKER) != -1)
		fail_msg("taken: %s", what);
	if (errno != error)
		fail_msg("%s: errno %d instead of %d", what, errno, error);
}

static void test_good(void **state)
{
	struct sample sample = make_sample();
	struct image image;

	(void)state;
	assert_int_equal(image_check(&image, &sample, sizeof sample, ROLE_HANDSHAKER), 0);
	assert_ptr_equal(image.header, &sample.header);
	assert_ptr_equal(image.listeners, sample.listeners);
	assert_ptr_equal(image.names, sample.names);
	assert_ptr_equal(image.vhosts, sample.vhosts);
	assert_ptr_equal(image.certificates, sample.certificates);
	assert_ptr_equal(image.types, sample.types);
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
	CHANGE(header.role, ROLE_WORKER),
	CHANGE(header.role, ROLE_ADMIN),
	CHANGE(header.role, HUGE),
	CHANGE(header.kernel, KERNEL_NEVER + 1),
	CHANGE(header.kernel, HUGE),
	CHANGE(header.tls_minimum, TLS_MINIMUM_1_3 + 1),
	CHANGE(header.tls_minimum, HUGE),
	CHANGE(header.log_level, 4),
	CHANGE(header.log_level, HUGE),
	CHANGE(header.roots, HUGE),
	CHANGE(header.roots, 1), /* acme_root and vhost 1 have number 1 */
	CHANGE(header.logs, HUGE),
	CHANGE(header.logs, 0),
	CHANGE(header.acme_root, 2),
	CHANGE(header.acme_root, HUGE - 1),
	TABLE_CHANGES(listeners, sizeof(struct image_listener)),
	TABLE_CHANGES(names, sizeof(struct image_name)),
	TABLE_CHANGES(vhosts, sizeof(struct image_vhost)),
	TABLE_CHANGES(certificates, sizeof(struct image_certificate)),
	TABLE_CHANGES(types, sizeof(struct image_type)),
	TABLE_CHANGES(texts, sizeof(struct image_text)),
	TABLE_CHANGES(text, 1),
	/* not aligned */
	CHANGE(header.listeners.first, offsetof(struct sample, listeners) + 1),
	CHANGE(header.names.first, offsetof(struct sample, names) + 2),
	CHANGE(header.vhosts.first, offsetof(struct sample, vhosts) + 3),
	CHANGE(header.certificates.first, offsetof(struct sample, certificates) + 1),
	CHANGE(header.types.first, offsetof(struct sample, types) + 2),
	CHANGE(header.texts.first, offsetof(struct sample, texts) + 3),
	/* tables that others point into */
	CHANGE(header.names.count, 5),
	CHANGE(header.vhosts.count, 3),
	CHANGE(header.certificates.count, 1),
	CHANGE(header.texts.count, 1),
	CHANGE(header.text.count, 0),
	CHANGE(header.text.count, 8),

	CHANGE(listeners[1].socket, 1), /* out of order */
	CHANGE(listeners[3].socket, 0), /* twice */
	CHANGE(listeners[3].socket, 2),
	CHANGE(listeners[0].socket, 0), /* then the next has number 1 */
	CHANGE(listeners[3].socket, HUGE - 1),
	CHANGE(listeners[0].names.first, 7),
	CHANGE(listeners[0].names.first, HUGE),
	CHANGE(listeners[0].names.count, 7),
	CHANGE(listeners[0].names.count, HUGE),
	CHANGE(listeners[1].names.first, 5),
	CHANGE(listeners[3].names.first, 7),
	CHANGE(listeners[3].names.count, 1),
	CHANGE(listeners[0].fallback, 4),
	CHANGE(listeners[3].fallback, HUGE - 1),
	CHANGE(listeners[0].fallback, IMAGE_NONE), /* "*" without one who answers */
	CHANGE(listeners[2].any_name, 1),
	CHANGE(listeners[0].any_name, 2),
	CHANGE(listeners[0].any_name, 255),
	CHANGE(listeners[0].protocol, PROTOCOL_COUNT),
	CHANGE(listeners[3].protocol, 255),

	CHANGE(names[0].name.offset, 256),
	CHANGE(names[0].name.offset, HUGE),
	CHANGE(names[0].name.length, 256),
	CHANGE(names[0].name.length, HUGE),
	CHANGE(names[0].name.length, 8),  /* no NUL there */
	CHANGE(names[0].name.length, 21), /* a NUL within */
	CHANGE(names[0].vhost, 4),
	CHANGE(names[5].vhost, IMAGE_NONE),
	CHANGE(names[5].wildcard, 2),
	CHANGE(names[5].wildcard, HUGE),
	/* order */
	CHANGE(names[0].wildcard, 1),
	CHANGE(names[2].wildcard, 0),
	CHANGE(names[5].wildcard, 0),
	CHANGE(listeners[0].names.count, 5), /* an exact name after a wildcard */
	CHANGE(text[0], 'z'),
	CHANGE(text[10], 'a' - 1),

	CHANGE(vhosts[0].name.offset, 256),
	CHANGE(vhosts[3].name.length, 1),
	CHANGE(vhosts[0].root, 2),
	CHANGE(vhosts[3].root, HUGE - 1),
	CHANGE(vhosts[0].log, 1),
	CHANGE(vhosts[3].log, HUGE - 1),
	CHANGE(vhosts[0].index_http.first, 2),
	CHANGE(vhosts[0].index_http.first, HUGE),
	CHANGE(vhosts[0].index_http.count, 3),
	CHANGE(vhosts[0].index_http.count, HUGE),
	CHANGE(vhosts[3].index_gemini.first, 2),
	CHANGE(vhosts[3].index_gemini.count, 2),
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

	CHANGE(types[0].ending.offset, 256),
	CHANGE(types[3].ending.length, 4),
	CHANGE(types[3].ending.length, HUGE),
	CHANGE(types[3].type.offset, HUGE),
	CHANGE(types[0].type.length, 15),
	CHANGE(types[3].ending.length, 2),
	CHANGE(types[3].ending.offset, 0), /* "a.example" cannot follow, nor is it 3 bytes long */

	CHANGE(texts[0].offset, 256),
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
	CHANGE(header.types.count, 0),
	CHANGE(listeners[3].socket, IMAGE_NONE),
	CHANGE(listeners[0].any_name, 0),
	CHANGE(listeners[2].fallback, 3),
	CHANGE(listeners[0].protocol, PROTOCOL_ADMIN),
	CHANGE(listeners[1].names.count, 0),
	CHANGE(names[5].vhost, 3),
	CHANGE(vhosts[3].root, 1),
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

		if (image_check(&image, &sample, sizeof sample, ROLE_HANDSHAKER) != 0)
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
	/* A text that runs to the very end has no room for its NUL. */
	sample = make_sample();
	memset(sample.text + 200, 'x', 56);
	sample.texts[1] = (struct image_text){200, 56};
	assert_refused(&sample, EBADMSG, "no NUL at the end");
	sample.text[255] = '\0';
	sample.texts[1] = (struct image_text){200, 55};
	assert_int_equal(image_check(&image, &sample, sizeof sample, ROLE_HANDSHAKER), 0);
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
		assert_int_equal(image_check(&image, bytes, size, ROLE_HANDSHAKER), -1);
		assert_int_equal(errno, EBADMSG);
		/* Even if it says that it is only so long. */
		if (size >= sizeof sample.header) {
			((struct image_header *)bytes)->size = (uint32_t)size;
			errno = 0;
			assert_int_equal(image_check(&image, bytes, size, ROLE_HANDSHAKER), -1);
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

/* What was taken can be used: every text and every search stays within. */
static void use(const struct image *image)
{
	static const char *const words[] = {
		"", "example.org", "www.b.example.org", "192.0.2.1", "a.tar.gz", "x.html", "y."};
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
	for (size_t w = 0; w < COUNT(words); w++) {
		const char *type = image_find_type(image, words[w], strlen(words[w]));

		total += type ? strlen(type) : 0;
	}
	for (uint32_t i = 0; i < header->vhosts.count; i++)
		total += strlen(image_string(image, image->vhosts[i].name));
	for (uint32_t i = 0; i < header->texts.count; i++)
		assert_int_equal(
			strlen(image_string(image, image->texts[i])), image->texts[i].length);
	assert_true(total < 256 * (header->vhosts.count + COUNT(words)));
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
		if (image_check(&image, sample, sizeof *sample, ROLE_HANDSHAKER) == 0) {
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
	assert_int_equal(image_map(&image, fd, ROLE_HANDSHAKER), 0);
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
	assert_not_mapped(make_memfd(&sample, sizeof sample, 0), ROLE_HANDSHAKER, EBADMSG);
	assert_not_mapped(make_memfd(&sample, sizeof sample, SEALS & ~F_SEAL_WRITE),
		ROLE_HANDSHAKER, EBADMSG);
	assert_not_mapped(
		make_memfd(&sample, sizeof sample, SEALS & ~F_SEAL_GROW), ROLE_HANDSHAKER, EBADMSG);
	assert_not_mapped(make_memfd(&sample, sizeof sample, SEALS & ~F_SEAL_SHRINK),
		ROLE_HANDSHAKER, EBADMSG);
	assert_not_mapped(make_memfd(&sample, 0, SEALS), ROLE_HANDSHAKER, EBADMSG);
	assert_not_mapped(make_memfd(&sample, sizeof sample - 1, SEALS), ROLE_HANDSHAKER, EBADMSG);
	assert_not_mapped(make_memfd(&sample, sizeof sample, SEALS), ROLE_WORKER, EBADMSG);
	sample.header.build[7] ^= 0x80;
	assert_not_mapped(make_memfd(&sample, sizeof sample, SEALS), ROLE_HANDSHAKER, EPROTO);
	assert_not_mapped(-1, ROLE_HANDSHAKER, EBADF);
	assert_not_mapped(open("/dev/null", O_RDONLY | O_CLOEXEC), ROLE_HANDSHAKER, EINVAL);
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
	assert_int_equal(image_check(&image, &sample, sizeof sample, ROLE_HANDSHAKER), 0);
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

static void assert_type(const struct image *image, const char *file, const char *expected)
{
	const char *type = image_find_type(image, file, strlen(file));

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
	assert_int_equal(image_check(&image, &sample, sizeof sample, ROLE_HANDSHAKER), 0);
	assert_type(&image, "a.gz", "application/gzip");
	assert_type(&image, "a.tar.gz", "application/x-gtar");
	assert_type(&image, "a.b.tar.gz", "application/x-gtar");
	assert_type(&image, "a.xtar.gz", "application/gzip");
	assert_type(&image, "a.html.gz", "application/gzip");
	assert_type(&image, "a.Tar.GZ", "application/x-gtar");
	assert_type(&image, "INDEX.HTML", "text/html; charset=utf-8");
	assert_type(&image, ".txt", "text/plain; charset=utf-8");
	assert_type(&image, "..txt", "text/plain; charset=utf-8");
	assert_type(&image, "txt", NULL);
	assert_type(&image, "a.", NULL);
	assert_type(&image, ".", NULL);
	assert_type(&image, "", NULL);
	assert_type(&image, "a.htm", NULL);
	assert_type(&image, "a.htmlx", NULL);
	assert_type(&image, "a.gz.orig", NULL);
	assert_string_equal(image_find_type(&image, "a.gzip", 4), "application/gzip");
	memset(name, 'n', sizeof name);
	name[1] = '.';
	strcpy(name + 100, ".gz");
	assert_type(&image, name, "application/gzip");
	strcpy(name + 100, "gz");
	assert_type(&image, name, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_build),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_map),
		cmocka_unit_test(test_map_refused),
		cmocka_unit_test(test_find_vhost),
		cmocka_unit_test(test_find_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
