/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "contract/build.h"

#include "accounts.h"
#include "commands.h"
#include "own_certificates.h"
#include "status.h"
#include "supervise.h"

struct service {
	const char *directory;
	const char *account; /* that serves, NULL: our own */
	bool public;
	bool listing;
};

/* ---- options ---- */

struct ports {
	bool wanted;
	bool given;
	unsigned port;
};

/* A number, "none", or not given. */
static bool parse_port(const char *name, const char *value, unsigned standard, struct ports *port)
{
	char *end;
	unsigned long number;

	*port = (struct ports){.wanted = true, .port = standard};
	if (!value)
		return true;
	port->given = true;
	if (strcmp(value, "none") == 0) {
		port->wanted = false;
		return true;
	}
	number = strtoul(value, &end, 10);
	if (*value < '0' || *value > '9' || *end != '\0' || number > UINT16_MAX) {
		fprintf(stderr, "sulid serve: --%s \"%s\" is not a port: 0 to 65535, or none\n",
			name, value);
		return false;
	}
	port->port = (unsigned)number;
	return true;
}

/* ---- the configuration, without a file ---- */

static bool has_ipv6_loopback(void)
{
	struct address address = {.family = 6, .bytes = {[15] = 1}};
	struct sockaddr_storage to;
	socklen_t length = address_to_sockaddr(&address, &to);
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool has = fd >= 0 && bind(fd, (struct sockaddr *)&to, length) == 0;

	if (fd >= 0)
		close(fd);
	return has;
}

#define ENDPOINTS_MAX 6

static size_t list_endpoints(const struct ports ports[static PROTOCOL_COUNT], bool public,
	char texts[static ENDPOINTS_MAX][48], const char *list[static ENDPOINTS_MAX])
{
	static const struct {
		enum protocol protocol;
		const char *scheme;
	} rows[] = {
		{PROTOCOL_HTTPS, "https"}, {PROTOCOL_HTTP, "http"}, {PROTOCOL_GEMINI, "gemini"}};
	bool v6 = !public && has_ipv6_loopback();
	size_t count = 0;

	for (size_t i = 0; i < 3; i++) {
		const struct ports *port = &ports[rows[i].protocol];

		if (!port->wanted)
			continue;
		snprintf(texts[count], 48, "%s://%s:%u", rows[i].scheme, public ? "*" : "127.0.0.1",
			port->port);
		list[count] = texts[count];
		count++;
		if (!v6)
			continue;
		snprintf(texts[count], 48, "%s://[::1]:%u", rows[i].scheme, port->port);
		list[count] = texts[count];
		count++;
	}
	return count;
}

/* Where key and certificate are kept: $XDG_STATE_HOME/sulid, ~/.local/state/sulid, or nowhere for
 * long. NULL after a message. */
static char *state_directory(void)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *path = NULL;

	if (state && *state == '/')
		return asprintf(&path, "%s/sulid", state) < 0 ? NULL : path;
	if (home && *home == '/')
		return asprintf(&path, "%s/.local/state/sulid", home) < 0 ? NULL : path;
	path = strdup("/tmp/sulid-XXXXXX");
	if (path && mkdtemp(path)) {
		log_warnx("there is no HOME: the certificate is kept in %s and will be another "
			  "next time",
			path);
		return path;
	}
	log_error("there is no HOME, and no temporary directory");
	free(path);
	return NULL;
}

static bool set_one(struct config *config, struct config_vhost *vhost, enum key key,
	const char *value, struct diagnostics *diagnostics)
{
	return config_set(config, vhost, key, &value, 1, diagnostics);
}

static bool describe(struct config *config, const struct service *service,
	const char *const endpoints[], size_t count, const char *kernel, bool tls,
	struct diagnostics *diagnostics)
{
	struct config_vhost *vhost = config_add_vhost(config);
	char host[HOST_NAME_MAX + 1] = "";
	const char *names[3] = {"localhost"};
	size_t names_count = 1;

	if (gethostname(host, sizeof host - 1) == 0 && *host && strcasecmp(host, "localhost") != 0)
		names[names_count++] = host;
	names[names_count++] = "*";
	return vhost && config_set(config, vhost, KEY_NAMES, names, names_count, diagnostics) &&
	       config_set(config, vhost, KEY_LISTEN, endpoints, count, diagnostics) &&
	       set_one(config, vhost, KEY_ROOT, service->directory, diagnostics) &&
	       set_one(config, vhost, KEY_CERTIFICATE, tls ? "auto" : "none", diagnostics) &&
	       set_one(config, vhost, KEY_HTTP, "serve", diagnostics) &&
	       set_one(config, vhost, KEY_LISTING, service->listing ? "true" : "false",
		       diagnostics) &&
	       /* Whoever edits a file wants to see it: browsers ask each time. */
	       set_one(config, vhost, KEY_CACHE, "no-cache", diagnostics) &&
	       set_one(config, NULL, KEY_ACME, "none", diagnostics) &&
	       set_one(config, NULL, KEY_TLS_KERNEL, kernel, diagnostics) &&
	       set_one(config, NULL, KEY_LOG_ACCESS, "/dev/stderr", diagnostics) &&
	       set_one(config, NULL, KEY_LOG_FORMAT, "combined", diagnostics);
}

/* ---- what people are told ---- */

static unsigned default_port(enum protocol protocol)
{
	static const unsigned ports[PROTOCOL_COUNT] = {80, 443, 1965, 0};

	return ports[protocol];
}

static void url_of(const struct service *service, const struct config_listener *listener,
	uint16_t port, bool by_name, char *url, size_t size)
{
	static const char *const schemes[PROTOCOL_COUNT] = {"http", "https", "gemini", ""};
	char host[HOST_NAME_MAX + 3] = "localhost", number[8] = "";

	if (service->public)
		(void)gethostname(host, sizeof host - 1);
	else if (!by_name)
		snprintf(host, sizeof host, "%s",
			listener->address.family == 6 ? "[::1]" : "127.0.0.1");
	if (port != default_port(listener->protocol))
		snprintf(number, sizeof number, ":%u", (unsigned)port);
	snprintf(url, size, "%s://%s%s/", schemes[listener->protocol], host, number);
}

/* One URL a line. IPv4 and IPv6 of one port are one URL by name. */
static void print_urls(const struct service *service, const struct generation *generation)
{
	const struct config *config = generation->config;

	for (size_t i = 0; i < config->listener_count; i++) {
		const struct config_listener *listener = &config->listeners[i];
		char url[HOST_NAME_MAX + 32];
		bool next = i + 1 < config->listener_count &&
			    config->listeners[i + 1].protocol == listener->protocol;
		bool before = i > 0 && config->listeners[i - 1].protocol == listener->protocol;
		bool together = (next && generation->ports[i + 1] == generation->ports[i]) ||
				(before && generation->ports[i - 1] == generation->ports[i]);

		if (before && together)
			continue;
		url_of(service, listener, generation->ports[i], together, url, sizeof url);
		printf("%s\n", url);
	}
	/* A reader that goes away does no harm: what it would have read it does not need. */
	fflush(stdout);
}

/* One command to try for each protocol. */
static void suggest_commands(const struct service *service, const struct generation *generation)
{
	const struct config *config = generation->config;
	enum protocol last = PROTOCOL_COUNT;

	for (size_t i = 0; i < config->listener_count; i++) {
		const struct config_listener *listener = &config->listeners[i];
		char url[HOST_NAME_MAX + 32];

		if (listener->protocol == last)
			continue;
		last = listener->protocol;
		url_of(service, listener, generation->ports[i], true, url, sizeof url);
		if (last == PROTOCOL_HTTPS)
			fprintf(stderr, "  try:    curl --cacert %s %s\n",
				config->certificates[0].chain, url);
		else if (last == PROTOCOL_HTTP)
			fprintf(stderr, "  try:    curl -i %s\n", url);
		else
			fprintf(stderr, "  try:    amfora %s\n", url);
	}
}

static void explain(const struct service *service, const struct generation *generation)
{
	const char *path = status_path_name(generation);

	fprintf(stderr, "\nsulid serves %s", service->directory);
	if (service->account)
		fprintf(stderr, " as %s", service->account);
	fputs(". Ctrl-C ends it.\n", stderr);
	if (*path)
		fprintf(stderr, "  TLS:    %s\n", path);
	if (generation->config->certificate_count > 0)
		fputs("  trust:  the certificate is self-signed: browsers ask, Gemini clients keep "
		      "it\n",
			stderr);
	suggest_commands(service, generation);
	fputs("Requests as they come:\n", stderr);
}

static void ready(void *context, const struct generation *generation)
{
	const struct service *service = context;

	explain(service, generation);
	print_urls(service, generation);
}

/* ---- the command ---- */

static struct config *make_config(const struct arguments *arguments, const struct service *service,
	const struct ports ports[static PROTOCOL_COUNT], struct diagnostics *diagnostics)
{
	const char *kernel =
		arguments->value[SERVE_KERNEL] ? arguments->value[SERVE_KERNEL] : "prefer";
	char texts[ENDPOINTS_MAX][48];
	const char *endpoints[ENDPOINTS_MAX];
	size_t count = list_endpoints(ports, service->public, texts, endpoints);
	struct config *config = config_new();
	char *state = state_directory();

	if (config && state) {
		config->state = arena_text(&config->arena, state, strlen(state));
		if (config->state &&
			describe(config, service, endpoints, count, kernel,
				ports[PROTOCOL_HTTPS].wanted || ports[PROTOCOL_GEMINI].wanted,
				diagnostics) &&
			config_finish(config, diagnostics) &&
			own_certificates_make(config, diagnostics) == 0) {
			free(state);
			return config;
		}
	}
	free(state);
	config_free(config);
	return NULL;
}

static int serve(const struct arguments *arguments, const char *directory,
	const struct ports ports[static PROTOCOL_COUNT])
{
	struct service service = {
		.directory = directory,
		.public = arguments->value[SERVE_PUBLIC] != NULL,
		.listing = arguments->value[SERVE_NO_LISTING] == NULL,
	};
	struct diagnostics diagnostics = {0};
	struct supervise_plan plan = {.ready = ready, .context = &service};
	int status = EXIT_FAILED;

	for (int protocol = 0; protocol < PROTOCOL_COUNT; protocol++)
		if (!ports[protocol].given)
			plan.movable |= 1U << protocol;
	if (accounts_of_directory(directory, plan.accounts, &service.account) < 0)
		return EXIT_SYSTEM;
	plan.config = make_config(arguments, &service, ports, &diagnostics);
	if (plan.config)
		status = supervise(&plan, &diagnostics);
	else
		diagnostics_print(&diagnostics, stderr);
	diagnostics_free(&diagnostics);
	return status;
}

int cmd_serve(const struct arguments *arguments)
{
	const char *named = arguments->count > 0 ? arguments->operands[0] : ".";
	struct ports ports[PROTOCOL_COUNT] = {0};
	struct stat status;
	char *directory;
	int result;

	if (!parse_port("https", arguments->value[SERVE_HTTPS], 8443, &ports[PROTOCOL_HTTPS]) ||
		!parse_port("http", arguments->value[SERVE_HTTP], 8080, &ports[PROTOCOL_HTTP]) ||
		!parse_port(
			"gemini", arguments->value[SERVE_GEMINI], 1965, &ports[PROTOCOL_GEMINI]))
		return EXIT_USAGE;
	if (!ports[PROTOCOL_HTTPS].wanted && !ports[PROTOCOL_HTTP].wanted &&
		!ports[PROTOCOL_GEMINI].wanted) {
		fputs("sulid serve: with every protocol left out nothing is served\n", stderr);
		return EXIT_USAGE;
	}
	directory = realpath(named, NULL);
	if (!directory || stat(directory, &status) < 0 || !S_ISDIR(status.st_mode)) {
		fprintf(stderr, "sulid serve: %s: %s\n", named,
			directory ? "not a directory" : strerror(errno));
		free(directory);
		return EXIT_FAILED;
	}
	result = serve(arguments, directory, ports);
	free(directory);
	return result;
}
