/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"

#define GOOD "tests/fixtures/config/good/"

static char here[4096];

static struct config *load(const char *path, unsigned warnings)
{
	struct diagnostics diagnostics = {0};
	struct config *config = config_load(path, &diagnostics);

	diagnostics_print(&diagnostics, stderr);
	assert_non_null(config);
	assert_int_equal(diagnostics.warnings, warnings);
	diagnostics_free(&diagnostics);
	return config;
}

static struct config *load_text(const char *text, unsigned warnings)
{
	struct diagnostics diagnostics = {0};
	struct config *config = config_load_bytes("x.yaml", "/d", text, strlen(text), &diagnostics);

	diagnostics_print(&diagnostics, stderr);
	assert_non_null(config);
	assert_int_equal(diagnostics.warnings, warnings);
	diagnostics_free(&diagnostics);
	return config;
}

/* path is below the fixtures' folder. */
static void assert_below(const char *path, const char *expected)
{
	char whole[8192];

	snprintf(whole, sizeof whole, "%s/" GOOD "%s", here, expected);
	assert_string_equal(path, whole);
}

static void assert_listener(const struct config_listener *listener, const char *endpoint,
	size_t names, uint32_t fallback, bool any_name)
{
	char text[CONFIG_ENDPOINT_TEXT];

	assert_string_equal(config_endpoint_format(listener->protocol, &listener->address,
				    listener->address.port, text),
		endpoint);
	assert_int_equal(listener->name_count, names);
	assert_int_equal(listener->fallback, fallback);
	assert_int_equal(listener->any_name, any_name);
	assert_int_equal(listener->any, listener->address.family == 0);
}

static void assert_position(const struct position *position, unsigned line, unsigned column)
{
	assert_int_equal(position->line, line);
	assert_int_equal(position->column, column);
}

static void test_minimal(void **state)
{
	struct config *config = load(GOOD "minimal.yaml", 0);
	const struct config_vhost *vhost = config->vhosts[0];

	(void)state;
	assert_string_equal(config->file, GOOD "minimal.yaml");
	assert_int_equal(config->vhost_count, 1);
	assert_string_equal(vhost->name, "example.org");
	assert_int_equal(config->listener_count, 3);
	assert_listener(&config->listeners[0], "https://*:443", 1, 0, false);
	assert_listener(&config->listeners[1], "http://*:80", 1, 0, false);
	assert_listener(&config->listeners[2], "gemini://*:1965", 1, 0, false);
	assert_true(config_has_tls(config));
	assert_int_equal(config->certificate_count, 1);
	assert_string_equal(
		config->certificates[0].chain, "/etc/letsencrypt/live/example.org/fullchain.pem");
	assert_string_equal(
		config->certificates[0].key, "/etc/letsencrypt/live/example.org/privkey.pem");
	assert_position(&config->certificates[0].position, 4, 18);
	assert_false(config->certificates[0].made_by_us);
	assert_int_equal(config->root_count, 1);
	assert_string_equal(config->roots[0].path, "/srv/example.org/www");
	assert_position(&config->roots[0].position, 3, 11);
	assert_int_equal(config->log_count, 1);
	assert_string_equal(config->logs[0].path, "/var/log/sulid/access.log");
	assert_position(&config->logs[0].position, 0, 0);
	assert_string_equal(config->acme_path, "/var/lib/sulid/acme");
	assert_int_equal(vhost->http, HTTP_REDIRECT);
	assert_int_equal(vhost->https, 0);
	assert_int_equal(vhost->client_certificates, CLIENT_NONE);
	assert_int_equal(vhost->client_certificates_gemini, CLIENT_REQUEST);
	assert_true(config->workers >= 1 && config->handshakers >= 1);
	assert_int_equal(config->nice, 5);
	assert_int_equal(config_number(config, KEY_CONNECTIONS), 16384);
	assert_int_equal(config_number(config, KEY_DRAIN_RELOAD), CONFIG_NONE);
	assert_int_equal(config_number(config, KEY_DRAIN_STOP), 30000);
	assert_int_equal(config_number(config, KEY_TICKET_ROTATION), 43200000);
	assert_string_equal(config_text(config, KEY_USER_HANDSHAKER), "sulid-tls");
	assert_null(config_text(config, KEY_LOG_ERROR));
	config_free(config);
}

static void test_full_server(void **state)
{
	struct config *config = load(GOOD "full.yaml", 0);

	(void)state;
	assert_int_equal(config->workers, 3);
	assert_int_equal(config->handshakers, 2);
	assert_int_equal(config->nice, 0);
	assert_int_equal(config_number(config, KEY_TLS_KERNEL), KERNEL_REQUIRE);
	assert_int_equal(config_number(config, KEY_TLS_MINIMUM), TLS_MINIMUM_1_3);
	assert_int_equal(config_number(config, KEY_TICKET_ROTATION), 86400000);
	assert_int_equal(config_number(config, KEY_CONNECTIONS), 1000);
	assert_int_equal(config_number(config, KEY_HANDSHAKES), 101);
	assert_int_equal(config_number(config, KEY_RELAYED), 0);
	assert_int_equal(config_number(config, KEY_HEAD), 1024);
	assert_int_equal(config_number(config, KEY_MIN_RATE), CONFIG_NONE);
	assert_int_equal(config_number(config, KEY_HANDSHAKE_TIMEOUT), 500);
	assert_int_equal(config_number(config, KEY_FIRST_BYTE_TIMEOUT), 5000);
	assert_int_equal(config_number(config, KEY_HEAD_TIMEOUT), 60000);
	assert_int_equal(config_number(config, KEY_IDLE_TIMEOUT), 3600000);
	assert_int_equal(config_number(config, KEY_SEND_TIMEOUT), 100);
	assert_int_equal(config_number(config, KEY_DRAIN_RELOAD), 172800000);
	assert_int_equal(config_number(config, KEY_DRAIN_STOP), 0);
	assert_int_equal(config_number(config, KEY_LOG_LEVEL), 3);
	assert_below(config_text(config, KEY_RUN), "run");
	assert_below(config_text(config, KEY_LOG_ERROR), "error.log");
	assert_below(config->acme_path, "acme");
	assert_position(&config->acme_position, 3, 7);
	assert_string_equal(config_text(config, KEY_USER_WORKER), "w");
	assert_string_equal(config_text(config, KEY_USER_HANDSHAKER), "h-1");
	assert_string_equal(config_text(config, KEY_USER_ADMIN), "_a");
	config_free(config);
}

static void test_full_vhosts(void **state)
{
	struct config *config = load(GOOD "full.yaml", 0);
	struct config_vhost *const *vhosts = config->vhosts;
	const struct config_name *names;

	(void)state;
	assert_int_equal(config->vhost_count, 5);
	assert_int_equal(config->listener_count, 4);
	/* Exact names first, then wildcards; "*" among them is a wildcard without a name. */
	assert_listener(&config->listeners[0], "https://*:8443", 7, 3, true);
	names = config->listeners[0].names;
	assert_string_equal(names[0].name, "192.0.2.1");
	assert_string_equal(names[1].name, "2001:db8::1");
	assert_string_equal(names[2].name, "a.example.org");
	assert_int_equal(names[2].vhost, 4);
	assert_string_equal(names[3].name, "example.org");
	assert_int_equal(names[3].vhost, 0);
	assert_string_equal(names[4].name, "other.example.org");
	assert_int_equal(names[4].vhost, 3);
	assert_string_equal(names[5].name, "");
	assert_true(names[5].wildcard);
	assert_string_equal(names[6].name, ".example.net");
	assert_true(names[6].wildcard);
	/* Three share plain http, none of them "*", which wants none of it. */
	assert_listener(&config->listeners[1], "http://*:8080", 6, IMAGE_NONE, false);
	assert_listener(&config->listeners[2], "https://192.0.2.7:9443", 1, 1, false);
	assert_listener(&config->listeners[3], "gemini://[2001:db8::7]:1965", 1, 1, false);
	assert_position(&config->listeners[2].position, 16, 9);

	assert_int_equal(vhosts[0]->http, HTTP_REDIRECT);
	assert_int_equal(vhosts[0]->https, 0);
	assert_int_equal(vhosts[1]->https, 2);
	assert_int_equal(vhosts[1]->client_certificates, CLIENT_REQUIRE);
	assert_int_equal(vhosts[1]->client_certificates_gemini, CLIENT_REQUIRE);
	assert_int_equal(vhosts[2]->http, HTTP_SERVE);
	assert_int_equal(vhosts[2]->https, IMAGE_NONE);
	assert_int_equal(vhosts[2]->values[KEY_INDEX_HTTP].count, 0);
	assert_int_equal(vhosts[3]->http, HTTP_NONE);
	assert_int_equal(vhosts[3]->client_certificates, CLIENT_REQUEST);
	assert_int_equal(vhosts[0]->values[KEY_INDEX_HTTP].count, 2);
	assert_int_equal(vhosts[0]->values[KEY_INDEX_GEMINI].count, 1);
	config_free(config);
}

static void test_full_files(void **state)
{
	struct config *config = load(GOOD "full.yaml", 0);
	struct config_vhost *const *vhosts = config->vhosts;

	(void)state;
	assert_int_equal(config->root_count, 4);
	assert_below(config->roots[0].path, "www");
	assert_string_equal(config->roots[1].path, "/srv/intern");
	assert_string_equal(config->roots[2].path, "/");
	assert_below(config->roots[3].path, "vhosts.d/www");
	assert_string_equal(config->roots[3].position.file, GOOD "vhosts.d/a.yaml");
	assert_int_equal(vhosts[1]->root, 1);
	assert_int_equal(vhosts[2]->root, 1);
	assert_int_equal(vhosts[4]->root, 3);

	assert_int_equal(config->log_count, 2);
	assert_below(config->logs[0].path, "logs/example.log");
	assert_null(config->logs[1].path);
	assert_int_equal(vhosts[0]->log, 0);
	assert_int_equal(vhosts[1]->log, IMAGE_NONE);
	assert_int_equal(vhosts[2]->log, 1);
	assert_int_equal(vhosts[0]->values[KEY_LOG_FORMAT].number, LOG_FORMAT_COMBINED);
	assert_int_equal(vhosts[0]->values[KEY_LOG_CLIENTS].number, LOG_CLIENTS_NETWORK);
	assert_int_equal(vhosts[1]->values[KEY_LOG_CLIENTS].number, LOG_CLIENTS_NONE);

	assert_int_equal(config->certificate_count, 5);
	assert_int_equal(vhosts[0]->first_certificate, 0);
	assert_int_equal(vhosts[0]->certificate_count, 1);
	assert_below(config->certificates[0].chain, "../tls/site/fullchain.pem");
	assert_int_equal(vhosts[1]->first_certificate, 1);
	assert_int_equal(vhosts[1]->certificate_count, 2);
	assert_below(config->certificates[1].chain, "a.pem");
	assert_below(config->certificates[1].key, "a.key");
	assert_string_equal(config->certificates[2].chain, "/tls/b.pem");
	assert_below(config->certificates[2].key, "b.key");
	assert_position(&config->certificates[2].position, 22, 29);
	assert_position(&config->certificates[2].key_position, 22, 15);
	assert_int_equal(vhosts[2]->certificate_count, 0);
	assert_int_equal(vhosts[3]->first_certificate, 3);
	assert_string_equal(
		config->certificates[3].chain, "/var/lib/sulid/certificates/default/fullchain.pem");
	assert_true(config->certificates[3].made_by_us);
	assert_int_equal(config->certificates[3].vhost, 3);
	config_free(config);
}

static void test_ports(void **state)
{
	struct config *config = load(GOOD "ports.yaml", 0);

	(void)state;
	assert_int_equal(config->listener_count, 5);
	assert_listener(&config->listeners[0], "https://127.0.0.1:0", 4, 3, true);
	assert_listener(&config->listeners[1], "http://127.0.0.1:0", 4, 3, true);
	assert_listener(&config->listeners[2], "gemini://[::1]:0", 4, 3, true);
	assert_listener(&config->listeners[3], "http://[::]:80", 4, 3, true);
	assert_listener(&config->listeners[4], "http://0.0.0.0:80", 4, 3, true);
	assert_string_equal(config->certificates[0].key,
		"/var/lib/sulid/certificates/xn--4ca.test/privkey.pem");
	assert_string_equal(config->certificates[1].key,
		"/var/lib/sulid/certificates/_wildcard.b.test/privkey.pem");
	assert_string_equal(
		config->certificates[2].key, "/var/lib/sulid/certificates/::1/privkey.pem");
	config_free(config);
}

static void test_odd_names(void **state)
{
	struct config *config = load(GOOD "odd[1]/main.yaml", 0);
	const struct config_text *files;

	(void)state;
	assert_int_equal(config->vhost_count, 1);
	assert_below(config->roots[0].path, "odd[1]/www");
	config_free(config);
	config = load(GOOD "quoting.yaml", 0);
	assert_string_equal(config->vhosts[0]->name, "null");
	assert_string_equal(config->roots[0].path, "/srv/with \"quotes\" and \\ and: colon # hash");
	files = config->vhosts[0]->values[KEY_INDEX_HTTP].list;
	assert_int_equal(config->vhosts[0]->values[KEY_INDEX_HTTP].count, 6);
	assert_string_equal(files[0].text, "\xe2\x80\xa8.html");
	assert_string_equal(files[3].text, "- x");
	assert_string_equal(config->logs[0].path, "/var/log/it's.log");
	assert_int_equal(config_number(config, KEY_HEAD), 4096);
	assert_int_equal(config_number(config, KEY_RELAYED), 7);
	config_free(config);
}

/* What is nearest to the vhost wins, one key at a time, wherever it stands in the file. */
static void test_inheritance(void **state)
{
	struct config *config =
		load_text("vhosts:\n"
			  "  - {names: a, root: r, log: {clients: full}}\n"
			  "  - {names: b, index: {gemini: x}}\n"
			  "defaults: {root: q, log: {clients: none, format: combined}}\n"
			  "log: {clients: network, access: none}\n",
			0);

	(void)state;
	assert_string_equal(config->roots[0].path, "/d/r");
	assert_string_equal(config->roots[1].path, "/d/q");
	assert_int_equal(config->vhosts[0]->values[KEY_LOG_CLIENTS].number, LOG_CLIENTS_FULL);
	assert_int_equal(config->vhosts[0]->values[KEY_LOG_CLIENTS].origin, ORIGIN_VHOST);
	assert_int_equal(config->vhosts[1]->values[KEY_LOG_CLIENTS].number, LOG_CLIENTS_NONE);
	assert_int_equal(config->vhosts[1]->values[KEY_LOG_CLIENTS].origin, ORIGIN_DEFAULTS);
	assert_int_equal(config->vhosts[1]->values[KEY_LOG_FORMAT].number, LOG_FORMAT_COMBINED);
	assert_int_equal(config->vhosts[1]->values[KEY_LOG_ACCESS].origin, ORIGIN_TOP);
	assert_int_equal(config->log_count, 0);
	assert_int_equal(config->vhosts[1]->values[KEY_INDEX_HTTP].origin, ORIGIN_STANDARD);
	assert_int_equal(config->vhosts[1]->values[KEY_INDEX_GEMINI].origin, ORIGIN_VHOST);
	config_free(config);
}

/* The same certificates are loaded once, whoever names them. */
static void test_shared(void **state)
{
	struct config *config = load_text(
		"defaults: {root: r, certificate: c}\n"
		"vhosts:\n"
		"  - names: a\n"
		"  - {names: b, certificate: /d/c}\n"
		"  - {names: c, certificate: [c, e]}\n"
		"  - {names: d, listen: http://*}\n"
		"  - {names: e, certificate: {chain: c/fullchain.pem, key: c/privkey.pem}}\n",
		0);

	(void)state;
	assert_int_equal(config->root_count, 1);
	assert_int_equal(config->certificate_count, 3);
	assert_int_equal(config->vhosts[1]->first_certificate, 0);
	assert_int_equal(config->vhosts[2]->first_certificate, 1);
	assert_int_equal(config->vhosts[2]->certificate_count, 2);
	assert_int_equal(config->vhosts[3]->certificate_count, 0);
	assert_int_equal(config->vhosts[3]->http, HTTP_SERVE);
	assert_int_equal(config->vhosts[4]->first_certificate, 0);
	assert_int_equal(config->vhosts[4]->certificate_count, 1);
	config_free(config);
}

static void test_redirects(void **state)
{
	struct config *config = load_text(
		"vhosts:\n"
		"  - {names: a, root: r, certificate: c, listen: [https://*:8443, https://*, "
		"http://*]}\n"
		"  - {names: b, root: r, certificate: c, listen: [https://*:8443, "
		"https://*:9443]}\n"
		"  - {names: c, root: r, certificate: c, listen: [gemini://*, http://*]}\n",
		0);

	(void)state;
	assert_int_equal(config->listeners[config->vhosts[0]->https].address.port, 443);
	assert_int_equal(config->listeners[config->vhosts[1]->https].address.port, 8443);
	assert_int_equal(config->vhosts[2]->https, IMAGE_NONE);
	assert_int_equal(config->vhosts[2]->http, HTTP_SERVE);
	config_free(config);
}

static void test_warnings(void **state)
{
	struct config *config =
		load_text("log: {access: all.log}\n"
			  "limits: {connections: 100, relayed: 101}\n"
			  "vhosts:\n"
			  "  - {names: a, root: r, certificate: c, listen: http://*}\n"
			  "  - {names: b, root: r, log: {format: combined}}\n",
			3);

	(void)state;
	config_free(config);
}

/* As `sulid serve` does it. */
static void test_code(void **state)
{
	static const char *const names[] = {"localhost", "Host.Example", "*"};
	static const char *const listen[] = {
		"https://127.0.0.1:0", "https://[::1]:0", "http://127.0.0.1:0"};
	struct diagnostics diagnostics = {0};
	struct config *config = config_new();
	struct config_vhost *vhost = config_add_vhost(config);

	(void)state;
	config->state = "/state";
	assert_true(config_set(config, vhost, KEY_NAMES, names, 3, &diagnostics));
	assert_true(config_set(config, vhost, KEY_LISTEN, listen, 3, &diagnostics));
	assert_true(config_set(config, vhost, KEY_ROOT, &(const char *){"."}, 1, &diagnostics));
	assert_true(config_set(
		config, vhost, KEY_CERTIFICATE, &(const char *){"auto"}, 1, &diagnostics));
	assert_true(
		config_set(config, NULL, KEY_LOG_ACCESS, &(const char *){"none"}, 1, &diagnostics));
	assert_true(config_set(config, NULL, KEY_WORKERS, &(const char *){"2"}, 1, &diagnostics));
	assert_true(config_finish(config, &diagnostics));
	assert_int_equal(diagnostics.count, 0);
	assert_null(config->file);
	assert_string_equal(config->roots[0].path, here);
	assert_string_equal(
		config->certificates[0].chain, "/state/certificates/localhost/fullchain.pem");
	assert_int_equal(config->listener_count, 3);
	assert_listener(&config->listeners[1], "https://[::1]:0", 3, 0, true);
	assert_int_equal(config->log_count, 0);
	assert_int_equal(config->workers, 2);
	config_free(config);
}

static void test_code_errors(void **state)
{
	struct diagnostics diagnostics = {0};
	struct config *config = config_new();
	struct config_vhost *vhost = config_add_vhost(config);

	(void)state;
	assert_false(config_set(
		config, vhost, KEY_LISTEN, &(const char *){"https://*:70000"}, 1, &diagnostics));
	assert_false(config_set(config, vhost, KEY_ROOT, &(const char *){"a\nb"}, 1, &diagnostics));
	assert_false(config_set(config, NULL, KEY_HEAD, &(const char *){"9K"}, 1, &diagnostics));
	assert_int_equal(diagnostics.errors, 3);
	assert_null(diagnostics.list[0].file);
	assert_int_equal(config_number(config, KEY_HEAD), 8192);
	assert_false(config_finish(config, &diagnostics));
	assert_int_equal(diagnostics.errors, 5); /* no names, no root */
	diagnostics_free(&diagnostics);
	config_free(config);
	config = config_new();
	assert_false(config_finish(config, &diagnostics));
	assert_int_equal(diagnostics.errors, 1);
	diagnostics_free(&diagnostics);
	config_free(config);
}

/* Every default of the table can be read, within its own bounds, and stands where it is looked for.
 */
static void test_table(void **state)
{
	struct config *config = config_new();

	(void)state;
	for (enum key key = 0; key < KEY_COUNT; key++) {
		const struct key_row *row = &key_rows[key];
		const struct value *value = &config->values[key];

		assert_non_null(row->name);
		assert_true(row->help[0] != '\0' && strlen(row->help) < 120);
		assert_true(row->scopes != 0);
		assert_int_equal(
			key_find((enum key_scope)(row->scopes & -row->scopes), row->name), key);
		if (row->kind == KIND_MAP)
			assert_true(row->inside != 0);
		if (!row->standard)
			continue;
		assert_true(value->word > 0 || value->count > 0 || value->text ||
			    (value->number >= row->minimum &&
				    (row->kind == KIND_CHOICE || value->number <= row->maximum)));
	}
	config_free(config);
}

/* Ten thousand vhosts are nothing special. */
static void test_many(void **state)
{
	size_t size = 10000 * 100, used = 0;
	char *text = malloc(size);
	struct config *config;

	(void)state;
	used += (size_t)snprintf(text, size, "vhosts:\n");
	for (unsigned i = 0; i < 10000; i++)
		used += (size_t)snprintf(text + used, size - used,
			"  - {names: [n%u.test, m%u.test], root: r%u, certificate: c%u}\n", i, i, i,
			i % 5000);
	config = load_text(text, 0);
	assert_int_equal(config->vhost_count, 10000);
	assert_int_equal(config->root_count, 10000);
	assert_int_equal(config->certificate_count, 5000);
	assert_int_equal(config->listeners[0].name_count, 20000);
	config_free(config);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_minimal),
		cmocka_unit_test(test_full_server),
		cmocka_unit_test(test_full_vhosts),
		cmocka_unit_test(test_full_files),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_odd_names),
		cmocka_unit_test(test_inheritance),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_redirects),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_code),
		cmocka_unit_test(test_code_errors),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_many),
	};

	if (!getcwd(here, sizeof here))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
