/* SPDX-License-Identifier: ISC */
#include "config_check.h"

#include <string.h>

#include "checker.h"

#define LISTENERS_MAX 1024
#define SAID_MAX      256 /* as many complaints about names are enough */

static bool same_position(const struct position *left, const struct position *right)
{
	return left->line == right->line && left->column == right->column &&
	       (left->file == right->file ||
		       (left->file && right->file && strcmp(left->file, right->file) == 0));
}

bool checker_says_once(struct checker *checker, const struct position *position)
{
	if (checker->said_count >= SAID_MAX)
		return false;
	for (size_t i = 0; position->line > 0 && i < checker->said_count; i++)
		if (same_position(&checker->said[i], position))
			return false;
	checker->said = arena_grow(
		&checker->scratch, checker->said, checker->said_count, sizeof *checker->said);
	checker->said[checker->said_count++] = *position;
	return true;
}

/* ---- one vhost ---- */

static void check_required(struct checker *checker, const struct config_vhost *vhost)
{
	if (vhost->values[KEY_NAMES].origin == ORIGIN_NONE)
		diagnostics_error(
			checker->diagnostics, &vhost->position, "this vhost has no \"names\"");
	if (vhost->values[KEY_ROOT].origin == ORIGIN_NONE)
		diagnostics_error(checker->diagnostics, &vhost->position,
			"this vhost has no \"root\", the directory that it serves");
}

static void check_listening(struct checker *checker, const struct config_vhost *vhost)
{
	const struct value *certificate = &vhost->values[KEY_CERTIFICATE];
	const struct value *listen = &vhost->values[KEY_LISTEN];
	const struct config_endpoint *endpoints = listen->list;
	bool has_one = config_has_certificate(vhost);
	bool refused = certificate->count == 0 && certificate->word == 0; /* has its message */
	char text[CONFIG_ENDPOINT_TEXT];

	for (uint32_t i = 0; i < listen->count && !has_one && !refused; i++) {
		const struct config_endpoint *endpoint = &endpoints[i];

		if (endpoint->protocol == PROTOCOL_HTTP)
			continue;
		diagnostics_error(checker->diagnostics, &endpoint->position,
			"%s needs a \"certificate\" in this vhost",
			config_endpoint_format(endpoint->protocol, &endpoint->address,
				endpoint->address.port, text));
	}
	if (listen->count == 0 && !refused && vhost->listen_said > 0)
		diagnostics_error(checker->diagnostics, &vhost->position,
			"this vhost listens to nothing: %s",
			vhost->http == HTTP_NONE
				? "\"http\" is none, and it has nothing else"
				: "it has no \"certificate\", and all of \"listen\" needs one");
	if (has_one && certificate->origin == ORIGIN_VHOST && listen->count > 0 &&
		!config_listens(vhost, PROTOCOL_HTTPS) && !config_listens(vhost, PROTOCOL_GEMINI))
		diagnostics_warn(checker->diagnostics, &certificate->position,
			"this certificate is not used; the vhost listens to http only");
}

static void check_modes(struct checker *checker, const struct config_vhost *vhost)
{
	const struct value *http = &vhost->values[KEY_HTTP];
	const struct value *client = &vhost->values[KEY_CLIENT_CERTIFICATES];

	if (!config_listens(vhost, PROTOCOL_HTTP))
		return;
	if (vhost->http == HTTP_REDIRECT && vhost->https == IMAGE_NONE)
		diagnostics_error(checker->diagnostics, &http->position,
			"\"http: redirect\" leads nowhere: the vhost \"%s\" does not listen to "
			"https",
			vhost->name ? vhost->name : "");
	if (vhost->http == HTTP_SERVE && client->number == CLIENT_REQUIRE)
		diagnostics_error(checker->diagnostics, &client->position,
			"\"client_certificates: require\" protects nothing while the vhost \"%s\" "
			"shows the same on http; say \"http: redirect\" or \"http: none\"",
			vhost->name ? vhost->name : "");
}

/* ---- listeners ---- */

static void check_names(struct checker *checker, const struct config_listener *listener)
{
	for (size_t i = 1; i < listener->name_count; i++) {
		const struct config_name *first = &listener->names[i - 1],
					 *name = &listener->names[i];
		const char *star = name->wildcard ? "*" : "";
		bool same_file;

		if (first->wildcard != name->wildcard || strcmp(first->name, name->name) != 0 ||
			!checker_says_once(checker, &name->position))
			continue;
		same_file = first->position.file && name->position.file &&
			    strcmp(first->position.file, name->position.file) == 0;
		if (first->vhost == name->vhost)
			diagnostics_error(checker->diagnostics, &name->position,
				"\"%s%s\" is given twice", star, name->name);
		else if (same_file)
			diagnostics_error(checker->diagnostics, &name->position,
				"\"%s%s\" is the name of another vhost, too, in line %u", star,
				name->name, first->position.line);
		else
			diagnostics_error(checker->diagnostics, &name->position,
				"\"%s%s\" is the name of another vhost, too, at %s:%u:%u", star,
				name->name, first->position.file ? first->position.file : "-",
				first->position.line, first->position.column);
	}
}

static bool is_unspecified(const struct config_listener *listener)
{
	static const uint8_t zero[16];

	return listener->any || memcmp(listener->address.bytes, zero, sizeof zero) == 0;
}

/* Would the kernel refuse to listen on both? [::] is IPv6 alone, * both. */
static bool overlap(const struct config_listener *left, const struct config_listener *right)
{
	if (left->address.port != right->address.port || left->address.port == 0)
		return false;
	if (left->any || right->any)
		return true;
	if (left->address.family != right->address.family)
		return false;
	return is_unspecified(left) || is_unspecified(right) ||
	       (memcmp(left->address.bytes, right->address.bytes, sizeof left->address.bytes) ==
			       0 &&
		       left->address.scope == right->address.scope);
}

static void check_overlap(struct checker *checker, const struct config_listener *left,
	const struct config_listener *right)
{
	char first[CONFIG_ENDPOINT_TEXT], second[CONFIG_ENDPOINT_TEXT];
	uint16_t port = left->address.port;

	if (!overlap(left, right))
		return;
	config_endpoint_format(left->protocol, &left->address, port, first);
	config_endpoint_format(right->protocol, &right->address, port, second);
	if (left->position.line > 0)
		diagnostics_error(checker->diagnostics, &right->position,
			"%s and %s (at %s:%u:%u) cannot both be listened on; the port is the same",
			second, first, left->position.file, left->position.line,
			left->position.column);
	else
		diagnostics_error(checker->diagnostics, &right->position,
			"%s and %s cannot both be listened on; the port is the same", second,
			first);
}

static bool same_networks(
	const struct config_endpoint *endpoint, const struct config_listener *listener)
{
	bool same = endpoint->proxy_count == listener->proxy_count;

	for (uint32_t i = 0; same && i < endpoint->proxy_count; i++)
		same = memcmp(&endpoint->proxy[i].network, &listener->proxy[i].network,
			       sizeof(struct image_network)) == 0;
	return same;
}

/* A connection is told from a load balancer's before anybody knows for which vhost it is. */
static void check_proxies(struct checker *checker, const struct config_vhost *vhost)
{
	for (uint32_t i = 0; i < vhost->values[KEY_LISTEN].count; i++) {
		const struct config_endpoint *endpoint = &vhost->endpoints[i];
		const struct config_listener *listener =
			&checker->config->listeners[endpoint->listener];
		char text[CONFIG_ENDPOINT_TEXT];

		if (same_networks(endpoint, listener) ||
			!checker_says_once(checker, &endpoint->position))
			continue;
		config_endpoint_format(
			endpoint->protocol, &endpoint->address, endpoint->address.port, text);
		if (listener->position.line > 0)
			diagnostics_error(checker->diagnostics, &endpoint->position,
				"%s has other \"proxy\" networks at %s:%u:%u; they are the same "
				"for all that listen there",
				text, listener->position.file, listener->position.line,
				listener->position.column);
		else
			diagnostics_error(checker->diagnostics, &endpoint->position,
				"%s has no \"proxy\" networks elsewhere; they are the same for all "
				"that listen there",
				text);
	}
}

static void check_listeners(struct checker *checker)
{
	const struct config *config = checker->config;

	for (size_t i = 0; i < config->listener_count; i++)
		check_names(checker, &config->listeners[i]);
	for (size_t i = 0; i < config->vhost_count; i++)
		check_proxies(checker, config->vhosts[i]);
	if (config->listener_count > LISTENERS_MAX) {
		diagnostics_error(checker->diagnostics, &config->listeners[LISTENERS_MAX].position,
			"more than %d addresses to listen on", LISTENERS_MAX);
		return;
	}
	for (size_t i = 1; i < config->listener_count; i++)
		for (size_t j = 0; j < i; j++)
			check_overlap(checker, &config->listeners[j], &config->listeners[i]);
}

/* ---- the whole ---- */

/* A log with lines of two formats is read by nobody. */
static void check_logs(struct checker *checker)
{
	const struct config *config = checker->config;
	const struct config_vhost **first =
		arena_array(&checker->scratch, config->log_count, sizeof(struct config_vhost *));
	const struct value *error_log = &config->values[KEY_LOG_ERROR];

	for (size_t i = 0; i < config->vhost_count; i++) {
		const struct config_vhost *vhost = config->vhosts[i];

		if (vhost->log == IMAGE_NONE)
			continue;
		if (!first[vhost->log])
			first[vhost->log] = vhost;
		else if (first[vhost->log]->values[KEY_LOG_FORMAT].number !=
			 vhost->values[KEY_LOG_FORMAT].number)
			diagnostics_warn(checker->diagnostics,
				&vhost->values[KEY_LOG_FORMAT].position,
				"the vhost \"%s\" writes another format into the same log as "
				"\"%s\"",
				vhost->name ? vhost->name : "",
				first[vhost->log]->name ? first[vhost->log]->name : "");
	}
	for (size_t i = 0; error_log->text && i < config->log_count; i++)
		if (config->logs[i].path && strcmp(config->logs[i].path, error_log->text) == 0)
			diagnostics_error(checker->diagnostics, &error_log->position,
				"the error log is an access log, too");
}

static void check_limits(struct checker *checker)
{
	static const struct {
		enum key limit;
		enum key processes;
	} shares[] = {{KEY_CONNECTIONS, KEY_WORKERS}, {KEY_HANDSHAKES, KEY_HANDSHAKERS}};
	const struct config *config = checker->config;
	const struct value *relayed = &config->values[KEY_RELAYED];

	for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
		const struct value *limit = &config->values[shares[i].limit];
		unsigned count =
			shares[i].processes == KEY_WORKERS ? config->workers : config->handshakers;

		/* A limit of 0 was refused already. */
		if (limit->number > 0 && limit->number < count)
			diagnostics_error(checker->diagnostics, &limit->position,
				"\"%s\" is of the whole server, and %u %s need at least one each",
				key_rows[shares[i].limit].name, count,
				key_rows[shares[i].processes].name);
	}
	if (relayed->origin == ORIGIN_TOP &&
		relayed->number > config_number(config, KEY_CONNECTIONS))
		diagnostics_warn(checker->diagnostics, &relayed->position,
			"\"relayed\" is above \"connections\", which count them, too");
}

void config_check(const struct config *config, struct diagnostics *diagnostics)
{
	struct checker checker = {.config = config, .diagnostics = diagnostics};
	struct position position = config->values[KEY_VHOSTS].position;

	if (config->vhost_count == 0 && diagnostics->errors == 0) {
		if (position.line == 0)
			position = (struct position){
				.file = config->file, .line = config->file ? 1 : 0, .column = 1};
		diagnostics_error(diagnostics, &position,
			"there are no vhosts; a site is \"vhosts:\" with a list of \"names\", "
			"\"root\" and \"certificate\"");
	}
	for (size_t i = 0; i < config->vhost_count; i++) {
		check_required(&checker, config->vhosts[i]);
		check_listening(&checker, config->vhosts[i]);
		check_modes(&checker, config->vhosts[i]);
		checker_settings(&checker, config->vhosts[i]);
	}
	checker_groups(&checker);
	check_listeners(&checker);
	check_logs(&checker);
	check_limits(&checker);
	arena_free(&checker.scratch);
}
