/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "contract/image.h"
#include "contract/inherit.h"

#include "config.h"
#include "image_build.h"

static const char text[] =
	"acme: /acme\n"
	"processes: {workers: 3, handshakers: 2}\n"
	"limits: {connections: 100, handshakes: 11, relayed: 4, head: 2K, min_rate: none, ranges: "
	"0}\n"
	"timeouts: {handshake: 1s, first_byte: 2s, head: 3s, idle: 4s, send: 5s, drain: {stop: "
	"6s}}\n"
	"tls: {kernel: never, minimum: 1.3}\n"
	"log: {access: /secret/log}\n"
	"defaults: {listen: [http://*:0, https://*:0, gemini://*:0]}\n"
	"vhosts:\n"
	"  - {names: [b.test, a.test, '*.a.test'], root: /secret/b, certificate: [/secret/c1, "
	"/secret/c2]}\n"
	"  - {names: ['*'], root: /secret/any, certificate: auto, http: serve, log: {access: none, "
	"format: combined}}\n"
	"  - {names: [alone.test], root: /secret/b, listen: ['https://[::1]:0'], certificate: "
	"/secret/c1,\n"
	"     client_certificates: require, index: {http: [x.html, y.html], gemini: []}, log: "
	"{clients: network}}\n";

static const uint16_t ports[] = {8080, 8443, 1966, 9443};

struct built {
	struct config *config;
	struct image_bytes bytes;
	struct image image;
};

static struct built build_text(enum role role, const char *yaml, const uint16_t *bound)
{
	struct built built;
	struct diagnostics diagnostics = {0};

	built.config = config_load_bytes("x.yaml", NULL, yaml, strlen(yaml), &diagnostics);
	diagnostics_print(&diagnostics, stderr);
	diagnostics_free(&diagnostics);
	assert_non_null(built.config);
	built.config->mime_types = "/nonexistent";
	assert_int_equal(image_build(built.config, role, 42, bound, &built.bytes), 0);
	assert_int_equal((uintptr_t)built.bytes.bytes % 8, 0);
	assert_int_equal(image_check(&built.image, built.bytes.bytes, built.bytes.size, role), 0);
	assert_int_equal(built.image.header->generation, 42);
	return built;
}

static struct built build(enum role role, const uint16_t *bound)
{
	struct built built = build_text(role, text, bound);

	assert_int_equal(built.image.header->kernel, KERNEL_NEVER);
	assert_int_equal(built.image.header->tls_minimum, TLS_MINIMUM_1_3);
	return built;
}

static void end(struct built *built)
{
	image_bytes_free(&built->bytes);
	config_free(built->config);
}

static bool holds(const struct built *built, const char *word)
{
	return memmem(built->bytes.bytes, built->bytes.size, word, strlen(word)) != NULL;
}

static void assert_text(const struct image *image, struct image_text found, const char *expected)
{
	assert_string_equal(image_string(image, found), expected);
	assert_int_equal(found.length, strlen(expected));
}

static void assert_type(const struct image *image, uint32_t vhost, const char *file,
	const char *expected, const char *cache, uint32_t compressible)
{
	const struct image_type *type = image_find_type(image, vhost, file, strlen(file));

	assert_non_null(type);
	assert_text(image, type->type, expected);
	assert_text(image, type->cache, cache);
	assert_int_equal(type->compressible, compressible);
}

static uint32_t find(
	const struct image *image, uint32_t listener, const char *name, enum name_match expected)
{
	enum name_match match;
	uint32_t vhost = image_find_vhost(image, listener, name, strlen(name), &match);

	assert_int_equal(match, expected);
	return vhost;
}

/* Both who look vhosts up find the same ones. */
static void assert_lookup(const struct image *image)
{
	for (uint32_t listener = 0; listener < 3; listener++) {
		assert_int_equal(find(image, listener, "a.test", MATCH_EXACT), 0);
		assert_int_equal(find(image, listener, "b.test", MATCH_EXACT), 0);
		assert_int_equal(find(image, listener, "x.y.a.test", MATCH_WILDCARD), 0);
		assert_int_equal(find(image, listener, "c.test", MATCH_ANY), 1);
		assert_int_equal(find(image, listener, "", MATCH_ANY), 1);
		assert_int_equal(find(image, listener, "alone.test", MATCH_ANY), 1);
	}
	assert_int_equal(find(image, 3, "alone.test", MATCH_EXACT), 2);
	assert_int_equal(find(image, 3, "", MATCH_ALONE), 2);
	assert_int_equal(find(image, 3, "[::1]", MATCH_ALONE), 2);
	assert_int_equal(find(image, 3, "a.test", MATCH_NONE), IMAGE_NONE);
}

static void test_worker(void **state)
{
	struct built built = build(ROLE_WORKER, ports);
	const struct image *image = &built.image;
	const struct image_header *header = image->header;

	(void)state;
	assert_int_equal(header->listeners.count, 4);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(image->listeners[i].port, ports[i]);
	assert_int_equal(image->listeners[0].protocol, PROTOCOL_HTTP);
	assert_int_equal(image->listeners[0].socket, 0);
	for (uint32_t i = 1; i < 4; i++)
		assert_int_equal(image->listeners[i].socket, IMAGE_NONE);
	assert_int_equal(inherit_listeners(image), 1);
	assert_lookup(image);
	assert_int_equal(header->certificates.count, 0);
	assert_int_equal(header->roots, 3);
	assert_int_equal(header->acme_root, 2);
	assert_int_equal(header->logs, 1);
	assert_int_equal(header->vhosts.count, 3);
	assert_text(image, image->vhosts[0].name, "b.test");
	assert_int_equal(image->settings[image->vhosts[0].settings].root, 0);
	assert_int_equal(image->settings[image->vhosts[1].settings].root, 1);
	assert_int_equal(image->settings[image->vhosts[2].settings].root, 0);
	assert_int_equal(image->vhosts[0].log, 0);
	assert_int_equal(image->vhosts[1].log, IMAGE_NONE);
	assert_int_equal(image->vhosts[0].http, HTTP_REDIRECT);
	assert_int_equal(image->vhosts[1].http, HTTP_SERVE);
	assert_int_equal(image->vhosts[0].https_port, 8443);
	assert_int_equal(image->vhosts[2].https_port, 9443);
	assert_int_equal(image->vhosts[1].log_format, LOG_FORMAT_COMBINED);
	assert_int_equal(image->vhosts[2].log_clients, LOG_CLIENTS_NETWORK);
	assert_int_equal(image->vhosts[2].index_http.count, 2);
	assert_text(image, image->texts[image->vhosts[2].index_http.first + 1], "y.html");
	assert_int_equal(image->vhosts[2].index_gemini.count, 0);
	assert_int_equal(image->vhosts[2].certificates.count, 0);
	assert_type(image, 0, "A.HTML", "text/html; charset=utf-8", "", 1);
	assert_type(image, 2, "a.gmi", "text/gemini; charset=utf-8", "", 1);
	assert_null(image_find_type(image, 0, "a.nothing", 9));
	assert_false(holds(&built, "secret") || holds(&built, "acme") || holds(&built, ".pem"));
	end(&built);
}

static void test_handshaker(void **state)
{
	struct built built = build(ROLE_HANDSHAKER, ports);
	const struct image *image = &built.image;
	const struct image_header *header = image->header;

	(void)state;
	assert_int_equal(header->listeners.count, 4);
	assert_int_equal(image->listeners[0].socket, IMAGE_NONE);
	for (uint32_t i = 1; i < 4; i++)
		assert_int_equal(image->listeners[i].socket, i - 1);
	assert_int_equal(inherit_listeners(image), 3);
	assert_lookup(image);
	assert_int_equal(header->roots, 0);
	assert_int_equal(header->logs, 0);
	assert_int_equal(header->acme_root, IMAGE_NONE);
	assert_int_equal(header->types.count, 0);
	assert_int_equal(header->texts.count, 0);
	assert_int_equal(header->certificates.count, 4);
	assert_int_equal(image->certificates[1].vhost, 0);
	assert_int_equal(image->certificates[2].vhost, 1);
	assert_int_equal(image->certificates[3].vhost, 2);
	assert_int_equal(image->vhosts[0].certificates.first, 0);
	assert_int_equal(image->vhosts[0].certificates.count, 2);
	assert_int_equal(image->vhosts[2].certificates.first, 3);
	assert_int_equal(image->vhosts[2].certificates.count, 1);
	assert_int_equal(image->vhosts[0].settings, IMAGE_NONE);
	assert_int_equal(image->vhosts[0].client_certificates, CLIENT_NONE);
	assert_int_equal(image->vhosts[0].client_certificates_gemini, CLIENT_REQUEST);
	assert_int_equal(image->vhosts[2].client_certificates, CLIENT_REQUIRE);
	assert_false(holds(&built, "secret") || holds(&built, ".pem"));
	end(&built);
}

static void test_admin(void **state)
{
	struct built built = build(ROLE_ADMIN, ports);
	const struct image_header *header = built.image.header;

	(void)state;
	assert_int_equal(header->listeners.count, 1);
	assert_int_equal(built.image.listeners[0].protocol, PROTOCOL_ADMIN);
	assert_int_equal(built.image.listeners[0].socket, 0);
	assert_int_equal(built.image.listeners[0].fallback, IMAGE_NONE);
	assert_int_equal(header->vhosts.count + header->names.count + header->text.count, 0);
	assert_int_equal(header->settings.count + header->paths.count + header->networks.count, 0);
	assert_int_equal(header->certificates.count + header->types.count + header->roots, 0);
	end(&built);
}

static void test_limits(void **state)
{
	struct built built = build(ROLE_WORKER, ports);
	const struct image_header *header = built.image.header;

	(void)state;
	assert_int_equal(header->limits.connections, 34); /* 100 by 3 workers */
	assert_int_equal(header->limits.handshakes, 6);   /* 11 by 2 */
	assert_int_equal(header->limits.relayed, 2);
	assert_int_equal(header->limits.head, 2048);
	assert_int_equal(header->limits.min_rate, 0);
	assert_int_equal(header->limits.ranges, 0);
	assert_int_equal(header->timeouts.handshake, 1000);
	assert_int_equal(header->timeouts.first_byte, 2000);
	assert_int_equal(header->timeouts.head, 3000);
	assert_int_equal(header->timeouts.idle, 4000);
	assert_int_equal(header->timeouts.send, 5000);
	assert_int_equal(header->timeouts.drain_reload, UINT32_MAX);
	assert_int_equal(header->timeouts.drain_stop, 6000);
	end(&built);
}

/* For `sulid check`: everything but sockets. */
static void test_without_sockets(void **state)
{
	struct built built = build(ROLE_HANDSHAKER, NULL);

	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(built.image.listeners[i].socket, IMAGE_NONE);
	assert_int_equal(built.image.header->certificates.count, 4);
	assert_int_equal(inherit_listeners(&built.image), 0);
	end(&built);
}

/* Names that a vhost had lead to it on every listener, for both who look names up. */
static void test_moved_names(void **state)
{
	static const enum role roles[] = {ROLE_WORKER, ROLE_HANDSHAKER};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct built built = build_text(roles[i],
			"defaults: {certificate: auto}\n"
			"vhosts:\n"
			"  - {names: [a.test, '*.test'], moved_from: [Old.test, www.a.test], root: "
			"/a}\n"
			"  - {names: b.test, root: /b}\n"
			"  - {names: c.test, moved_from: d.test, root: /c, listen: http://*:81}\n",
			NULL);
		const struct image *image = &built.image;

		for (uint32_t listener = 0; listener < 3; listener++) {
			assert_int_equal(find(image, listener, "a.test", MATCH_EXACT), 0);
			assert_int_equal(find(image, listener, "old.test", MATCH_MOVED), 0);
			assert_int_equal(find(image, listener, "www.a.test", MATCH_MOVED), 0);
			assert_int_equal(find(image, listener, "x.test", MATCH_WILDCARD), 0);
			assert_int_equal(find(image, listener, "b.test", MATCH_EXACT), 1);
		}
		assert_int_equal(find(image, 3, "d.test", MATCH_MOVED), 2);
		assert_int_equal(find(image, 3, "", MATCH_ALONE), 2);
		assert_int_equal(find(image, 3, "old.test", MATCH_NONE), IMAGE_NONE);
		end(&built);
	}
}

static void assert_name(const struct image *image, uint32_t index, const char *name)
{
	assert_true(index < image->header->names.count);
	assert_string_equal(image_string(image, image->names[index].name), name);
}

/* However they are written, in A-labels and in their order; addresses without brackets, too. */
static void test_international_names(void **state)
{
	static const enum role roles[] = {ROLE_WORKER, ROLE_HANDSHAKER};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct built built = build_text(roles[i],
			"defaults: {certificate: auto, listen: gemini://*}\n"
			"vhosts:\n"
			"  - {names: [Bücher.test, zebra.test, '*.bücher.test'], moved_from: "
			"[büch.test], root: /a}\n"
			"  - {names: ['[2001:DB8:0::7]', xn--fiqs8s.test, 192.0.2.1], root: /b}\n"
			"  - {names: '::1', root: /c}\n",
			NULL);
		const struct image *image = &built.image;

		assert_name(image, 0, "192.0.2.1");
		assert_name(image, 1, "2001:db8::7");
		assert_name(image, 2, "::1");
		assert_name(image, 3, "xn--bch-hoa.test");
		assert_name(image, 4, "xn--bcher-kva.test");
		assert_name(image, 5, "xn--fiqs8s.test");
		assert_name(image, 6, "zebra.test");
		assert_name(image, 7, ".xn--bcher-kva.test");
		assert_int_equal(image->header->names.count, 8);
		assert_string_equal(
			image_string(image, image->vhosts[0].name), "xn--bcher-kva.test");
		assert_string_equal(image_string(image, image->vhosts[1].name), "[2001:db8::7]");
		assert_int_equal(find(image, 0, "xn--bch-hoa.test", MATCH_MOVED), 0);
		assert_int_equal(find(image, 0, "xn--tda.xn--bcher-kva.test", MATCH_WILDCARD), 0);
		assert_int_equal(find(image, 0, "2001:db8::7", MATCH_EXACT), 1);
		assert_int_equal(find(image, 0, "::1", MATCH_EXACT), 2);
		end(&built);
	}
}

static bool is_proxy(const struct image *image, uint32_t listener, const char *who)
{
	struct address address;

	assert_true(address_parse(who, &address));
	return image_find_network(image, image->listeners[listener].proxy, &address) != NULL;
}

static void test_proxy(void **state)
{
	static const enum role roles[] = {ROLE_WORKER, ROLE_HANDSHAKER};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct built built = build_text(roles[i],
			"listen: [{url: https://*, proxy: [192.0.2.0/24, \"2001:db8::/32\"]}, "
			"http://*]\n"
			"vhosts:\n"
			"  - {names: a.test, root: /a, certificate: auto}\n"
			"  - {names: b.test, root: /b, certificate: auto, listen: {url: https://*, "
			"proxy: [\"2001:db8::/32\", 192.0.2.0/24]}}\n",
			NULL);
		const struct image *image = &built.image;

		assert_int_equal(image->header->listeners.count, 2);
		assert_int_equal(image->listeners[0].proxy.count, 2);
		assert_int_equal(image->networks[image->listeners[0].proxy.first].allow, 1);
		assert_true(is_proxy(image, 0, "192.0.2.200"));
		assert_true(is_proxy(image, 0, "2001:db8::1"));
		assert_false(is_proxy(image, 0, "192.0.3.1"));
		assert_int_equal(image->listeners[1].proxy.count, 0);
		assert_false(is_proxy(image, 1, "192.0.2.200"));
		end(&built);
	}
}

/* Keys are not for the worker, and who may have what not for the handshaker. */
static void test_parts(void **state)
{
	static const char yaml[] =
		"groups: {g: sha256:"
		"1111111111111111111111111111111111111111111111111111111111111111}\n"
		"vhosts:\n"
		"  - {names: a.test, root: /secret/a, certificate: auto, headers: {X: secret}, "
		"identities: g, allow: 10.0.0.0/8, paths: {/secret/: {root: /secret/b}}}\n";
	struct built built = build_text(ROLE_HANDSHAKER, yaml, NULL);
	const struct image_header *header = built.image.header;

	(void)state;
	assert_int_equal(header->settings.count + header->paths.count + header->digests.count, 0);
	assert_int_equal(header->networks.count + header->types.count + header->texts.count, 0);
	assert_int_equal(built.image.vhosts[0].client_certificates, CLIENT_REQUEST);
	assert_false(holds(&built, "secret"));
	end(&built);
	built = build_text(ROLE_WORKER, yaml, NULL);
	assert_int_equal(built.image.header->roots, 3);
	assert_true(holds(&built, "/secret/"));
	assert_false(holds(&built, "/secret/b") || holds(&built, "/secret/a"));
	end(&built);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_worker),
		cmocka_unit_test(test_handshaker),
		cmocka_unit_test(test_admin),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_without_sockets),
		cmocka_unit_test(test_moved_names),
		cmocka_unit_test(test_international_names),
		cmocka_unit_test(test_proxy),
		cmocka_unit_test(test_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
