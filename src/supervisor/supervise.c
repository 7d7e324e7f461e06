/* SPDX-License-Identifier: ISC */
#include "supervise.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/log.h"

#include "certificate_table.h"
#include "certificates.h"
#include "control_socket.h"
#include "listeners.h"
#include "notify.h"
#include "status.h"
#include "tickets.h"

#define TICK 1000 /* ms between looks at roots and clocks */

struct supervisor {
	struct supervision shared; /* first: generations know us by it */
	const struct supervise_plan *plan;
	struct listening_pool pool;
	struct generation *serving;
	struct control_socket control;
	struct source signals;
	struct ticket_keys tickets;
	struct diagnostics diagnostics; /* of the configuration that was tried last */
	char *admin_path;
	int64_t rotate_at;
	int64_t tick_at;
	uint32_t last_number;
	bool confirming; /* a reload is done when its predecessors know */
	bool stopping;
	bool finished;
	int exit_status;
};

/* ---- a configuration's sockets and files ---- */

/*
 * before: the port of the listener before this one if that is of the same protocol and asked for
 * the same, else 0. What moves, moves together: one free port serves IPv4 and IPv6 where it can.
 */
static int want_socket(struct supervisor *self, const struct config_listener *listener,
	uint16_t before, uint16_t *port)
{
	bool moves =
		listener->address.port == 0 || (self->plan->movable & (1U << listener->protocol));
	uint16_t first = before && moves ? before : listener->address.port;
	int fd = listening_want(&self->pool, &listener->address, listener->any, first, port);

	if (fd < 0 && errno == EADDRINUSE && moves)
		fd = listening_want(&self->pool, &listener->address, listener->any, 0, port);
	if (fd >= 0 && listener->address.port != 0 && *port != listener->address.port &&
		*port != before)
		log_info("port %u is taken; %u is used instead", (unsigned)listener->address.port,
			(unsigned)*port);
	return fd;
}

static int want_sockets(
	struct supervisor *self, struct generation_parts *parts, struct diagnostics *diagnostics)
{
	const struct config *config = parts->config;
	unsigned before = diagnostics->errors;

	parts->sockets = calloc(config->listener_count + 1, sizeof *parts->sockets);
	parts->ports = calloc(config->listener_count + 1, sizeof *parts->ports);
	if (!parts->sockets || !parts->ports)
		return -1;
	listening_begin(&self->pool);
	for (size_t i = 0; i < config->listener_count; i++) {
		const struct config_listener *listener = &config->listeners[i];
		char url[CONFIG_ENDPOINT_TEXT];

		bool pair = i > 0 && listener[-1].protocol == listener->protocol &&
			    listener[-1].address.port == listener->address.port;

		parts->sockets[i] = want_socket(
			self, listener, pair ? parts->ports[i - 1] : 0, &parts->ports[i]);
		if (parts->sockets[i] >= 0)
			continue;
		diagnostics_error(diagnostics, &listener->position, "cannot listen on %s: %s%s",
			config_endpoint_format(listener->protocol, &listener->address,
				listener->address.port, url),
			strerror(errno), errno == EACCES ? "; ports below 1024 are root's" : "");
	}
	return diagnostics->errors > before ? -1 : 0;
}

/* What a failed attempt has opened goes again; what the serving generation has asked for stays. */
static void keep_only_serving(struct supervisor *self)
{
	listening_begin(&self->pool);
	for (size_t i = 0; i < self->pool.count && self->serving; i++)
		for (size_t s = 0; s < self->serving->config->listener_count; s++)
			if (self->serving->sockets[s] == self->pool.list[i].fd)
				self->pool.list[i].wanted = true;
	listening_drop_unwanted(&self->pool);
}

/* ---- generations begin and end ---- */

/* To the log, and to whoever waits for a reload; text: what stands in no file; data: for standard
 * output there. */
static void say_with(struct supervisor *self, int status, const char *text, const char *data)
{
	diagnostics_print(&self->diagnostics, stderr);
	control_socket_answer(&self->control, status, &self->diagnostics, text, data);
	diagnostics_said(&self->diagnostics);
}

static void say(struct supervisor *self, int status, const char *text)
{
	say_with(self, status, text, "");
}

/* What "sulid check" would print, for who asked for the reload. */
static void say_serving(struct supervisor *self, const struct generation *generation)
{
	const struct config *config = generation->config;
	char *data = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&data, &size);

	if (stream) {
		certificate_table(
			config, generation->certificates, (int64_t)time(NULL), true, stream);
		certificate_verdict(config->file ? config->file : "sulid", config,
			generation->certificates, stream);
	}
	if (!stream || fclose(stream) != 0 || !data)
		say(self, EXIT_DONE, "");
	else
		say_with(self, EXIT_DONE, "", data);
	free(data);
}

/*
 * Try to put this configuration into service. 0 if its processes are starting; else the exit
 * status, with the reason in diagnostics or the log. Takes config over.
 */
static int begin(struct supervisor *self, struct config *config)
{
	struct diagnostics *diagnostics = &self->diagnostics;
	struct generation_parts parts = {.config = config};
	struct generation *generation;
	int status = EXIT_DONE;

	if (files_open(&parts.files, config, diagnostics) < 0)
		status = EXIT_REFUSED;
	else if (want_sockets(self, &parts, diagnostics) < 0)
		status = EXIT_SYSTEM;
	if (status != EXIT_DONE) {
		generation_parts_free(&parts);
		keep_only_serving(self);
		return status;
	}
	generation = generation_start(&self->shared, ++self->last_number, &parts, false);
	if (!generation) {
		keep_only_serving(self);
		return EXIT_SYSTEM;
	}
	if (generation->state == GENERATION_FAILED)
		return generation->exit_status;
	return EXIT_DONE;
}

static void log_ready(const struct supervisor *self, const struct generation *generation)
{
	const struct config *config = generation->config;
	const char *path = status_path_name(generation);

	for (size_t i = 0; i < config->listener_count && !self->plan->ready; i++) {
		const struct config_listener *listener = &config->listeners[i];
		char url[CONFIG_ENDPOINT_TEXT];

		log_info("listening on %s", config_endpoint_format(listener->protocol,
						    &listener->address, generation->ports[i], url));
	}
	log_info("ready: %zu listeners, %zu vhosts, %zu certificates%s%s", config->listener_count,
		config->vhost_count, config->certificate_count, *path ? ", " : "", path);
}

/* Milliseconds, UINT32_MAX for none. */
static uint32_t drain_limit(const struct config *config, enum key key)
{
	uint64_t limit = config_number(config, key);

	return limit < UINT32_MAX ? (uint32_t)limit : UINT32_MAX;
}

static void stop(struct supervisor *self, int exit_status);

/* Who asked for the reload is answered when nobody is let in by the old generations any more. */
static void confirm(struct supervisor *self)
{
	if (!self->confirming)
		return;
	for (const struct generation *g = self->shared.generations; g && !self->stopping;
		g = g->next)
		if (g->state == GENERATION_DRAINING && !generation_is_outdated(g))
			return;
	self->confirming = false;
	if (self->serving)
		say_serving(self, self->serving);
	else
		say(self, EXIT_DONE, "");
}

static void now_serving(struct supervisor *self, struct generation *generation)
{
	struct generation *before = self->serving;
	int64_t now = (int64_t)time(NULL);
	char status[256];

	self->serving = generation;
	certificates_judge(generation->config, generation->certificates, now, &self->diagnostics);
	certificates_remind(
		generation->config, generation->certificates, now, generation->reminded, true);
	keep_only_serving(self);
	if (before)
		generation_drain(before, drain_limit(generation->config, KEY_DRAIN_RELOAD), true);
	log_ready(self, generation);
	snprintf(status, sizeof status, "READY=1\nSTATUS=serving %zu vhosts\nMAINPID=%d",
		generation->config->vhost_count, (int)getpid());
	notify(status);
	if (!before && self->plan->ready)
		self->plan->ready(self->plan->context, generation);
	self->confirming = true;
	confirm(self);
}

static void has_failed(struct supervisor *self, struct generation *generation)
{
	const char *reason = generation->reason;

	certificates_judge(generation->config, generation->certificates, (int64_t)time(NULL),
		&self->diagnostics);
	if (self->diagnostics.errors > 0)
		reason = ""; /* the handshaker's, which names no file */
	else if (*reason)
		log_errorx("%s", reason);
	keep_only_serving(self);
	say(self, generation->exit_status == EXIT_SYSTEM ? EXIT_SYSTEM : EXIT_REFUSED, reason);
	if (!self->serving)
		stop(self, generation->exit_status);
	else
		log_warnx("reload refused; what was running goes on");
}

static void changed(struct supervision *supervision, struct generation *generation)
{
	struct supervisor *self = (struct supervisor *)supervision;

	if (generation->state == GENERATION_SERVING)
		now_serving(self, generation);
	else if (generation->state == GENERATION_FAILED && !generation->reported) {
		generation->reported = true;
		has_failed(self, generation);
	}
}

/* After a turn: nobody has a pointer to a generation any more whose last child has ended. */
static void sweep(struct supervisor *self)
{
	struct generation **link = &self->shared.generations;

	while (*link) {
		struct generation *generation = *link;

		if (!generation_ended(generation)) {
			link = &generation->next;
			continue;
		}
		if (generation->state == GENERATION_GONE)
			log_info("generation %u has ended", generation->number);
		*link = generation->next;
		if (self->serving == generation)
			self->serving = NULL;
		generation_free(generation);
	}
	if (self->stopping && !self->shared.generations)
		self->finished = true;
}

static bool is_starting(const struct supervisor *self)
{
	for (const struct generation *g = self->shared.generations; g; g = g->next)
		if (g->state == GENERATION_STARTING)
			return true;
	return false;
}

/* Why a reload cannot even be tried now, or NULL. */
static const char *reload_obstacle(const struct supervisor *self)
{
	if (!self->plan->reload)
		return "there is no configuration file to read again";
	if (self->stopping)
		return "the service is stopping";
	return is_starting(self) || self->confirming ? "a reload is in progress already" : NULL;
}

/* The outcome of a reload that begins here reaches whoever waits on the control socket. */
static void reload(struct supervisor *self)
{
	const char *obstacle = reload_obstacle(self);
	struct config *config;
	int status = EXIT_REFUSED;

	if (obstacle) {
		struct diagnostics none = {0};

		log_warnx("reload refused: %s", obstacle);
		control_socket_answer(&self->control, EXIT_FAILED, &none, obstacle, "");
		return;
	}
	notify("RELOADING=1");
	diagnostics_free(&self->diagnostics);
	config = self->plan->reload(self->plan->context, &self->diagnostics);
	if (config)
		status = begin(self, config);
	if (status == EXIT_DONE)
		return;
	say(self, EXIT_REFUSED, "");
	log_warnx("reload refused; what was running goes on");
	notify("READY=1");
}

static void stop(struct supervisor *self, int exit_status)
{
	struct generation *generation;

	if (!self->stopping) {
		self->exit_status = exit_status;
		notify("STOPPING=1");
	}
	for (generation = self->shared.generations; generation; generation = generation->next) {
		if (self->stopping || generation->state != GENERATION_SERVING)
			generation_kill(generation);
		if (generation->state <= GENERATION_SERVING)
			generation_drain(
				generation, drain_limit(generation->config, KEY_DRAIN_STOP), false);
	}
	self->stopping = true;
}

/* ---- the loop ---- */

static void reopen_logs(struct supervisor *self)
{
	for (struct generation *g = self->shared.generations; g; g = g->next) {
		files_reopen_logs(&g->files, g->config);
		generation_pass_logs(g);
	}
	log_info("the log files are opened anew");
}

static void reap(struct supervisor *self)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (struct generation *g = self->shared.generations; g; g = g->next)
			if (generation_child_ended(g, pid, status))
				break;
}

static void take_signal(struct source *source, uint32_t events)
{
	struct supervisor *self = deadline_owner(source, struct supervisor, signals);
	struct signalfd_siginfo info;

	(void)events;
	while (read(source->fd, &info, sizeof info) == (ssize_t)sizeof info) {
		switch ((int)info.ssi_signo) {
		case SIGTERM:
		case SIGINT:
			stop(self, EXIT_DONE);
			break;
		case SIGHUP:
		case SIGUSR2:
			reload(self);
			break;
		case SIGUSR1:
			reopen_logs(self);
			break;
		case SIGCHLD:
			reap(self);
			break;
		default:
			break;
		}
	}
}

static void control_asked(
	void *context, enum control_request request, struct control_client *client)
{
	struct supervisor *self = context;

	if (request == CONTROL_REQUEST_RELOAD) {
		control_socket_hold(&self->control, client);
		reload(self);
		return;
	}
	control_socket_reply_status(client, &self->shared, request == CONTROL_REQUEST_STATUS_JSON);
}

static void rotate_tickets(struct supervisor *self)
{
	int fd;

	self->rotate_at = self->shared.loop.now +
			  (int64_t)config_number(self->serving->config, KEY_TICKET_ROTATION);
	fd = tickets_rotate(&self->tickets) == 0 ? tickets_file(&self->tickets) : -1;
	if (fd < 0) {
		log_warn("the session ticket keys could not be changed");
		return;
	}
	close(self->shared.tickets);
	self->shared.tickets = fd;
	for (struct generation *g = self->shared.generations; g; g = g->next)
		generation_pass_tickets(g);
}

/* A service that nobody reloads has no other occasion. */
static void remind(const struct supervisor *self)
{
	const struct generation *serving = self->serving;

	if (serving)
		certificates_remind(serving->config, serving->certificates, (int64_t)time(NULL),
			serving->reminded, false);
}

/* What is due now; returns when to wake up next. */
static int64_t tend(struct supervisor *self)
{
	int64_t now = self->shared.loop.now, next;

	if (now >= self->tick_at) {
		self->tick_at = now + TICK;
		for (struct generation *g = self->shared.generations; g; g = g->next)
			generation_watch(g);
		remind(self);
	}
	if (self->serving && self->rotate_at == 0)
		self->rotate_at =
			now + (int64_t)config_number(self->serving->config, KEY_TICKET_ROTATION);
	if (self->serving && now >= self->rotate_at)
		rotate_tickets(self);
	confirm(self);
	next = self->tick_at;
	for (struct generation *g = self->shared.generations; g; g = g->next) {
		int64_t due = generation_tick(g);

		next = due < next ? due : next;
	}
	return next;
}

static int open_signals(struct supervisor *self)
{
	sigset_t set;

	sigemptyset(&set);
	for (int i = 0; i < 6; i++)
		sigaddset(&set, (int[]){SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD}[i]);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	self->signals = (struct source){
		.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC), .ready = take_signal};
	if (self->signals.fd < 0)
		return -1;
	return loop_add(&self->shared.loop, &self->signals, EPOLLIN);
}

/* control.sock for ourselves, admin.sock for the admin process. */
static int open_run_path(struct supervisor *self)
{
	const char *run = self->plan->run_path;
	char *path = NULL;

	self->shared.admin = -1;
	self->control.source.fd = -1;
	if (!run)
		return 0;
	if (mkdir(run, 0755) < 0 && errno != EEXIST) {
		log_error("the directory %s cannot be made; \"run:\" in the configuration names "
			  "another",
			run);
		return -1;
	}
	if (asprintf(&path, "%s/control.sock", run) < 0)
		return -1;
	if (control_socket_open(&self->control, &self->shared.loop, path, control_asked, self) <
		0) {
		if (errno == EADDRINUSE)
			log_errorx("%s: another sulid is running with this directory", path);
		else
			log_error("%s", path);
		free(path);
		return -1;
	}
	if (asprintf(&self->admin_path, "%s/admin.sock", run) < 0)
		return -1;
	self->shared.admin = listening_unix(self->admin_path, 0660);
	if (self->shared.admin < 0)
		log_error("%s", self->admin_path);
	return self->shared.admin < 0 ? -1 : 0;
}

static int open_all(struct supervisor *self)
{
	if (loop_open(&self->shared.loop) < 0 || open_signals(self) < 0 ||
		tickets_make(&self->tickets) < 0)
		return -1;
	self->shared.tickets = tickets_file(&self->tickets);
	return self->shared.tickets < 0 ? -1 : open_run_path(self);
}

static void close_all(struct supervisor *self)
{
	control_socket_close(&self->control);
	if (self->admin_path && self->shared.admin >= 0)
		unlink(self->admin_path);
	free(self->admin_path);
	diagnostics_free(&self->diagnostics);
	listening_begin(&self->pool);
	listening_drop_unwanted(&self->pool);
	free(self->pool.list);
	explicit_bzero(&self->tickets, sizeof self->tickets);
	loop_close(&self->shared.loop);
}

int supervise(const struct supervise_plan *plan, struct diagnostics *diagnostics)
{
	struct supervisor self = {.plan = plan,
		.diagnostics = *diagnostics,
		.shared = {.next_slot = 1, .changed = changed}};
	int status;

	*diagnostics = (struct diagnostics){0};
	memcpy(self.shared.accounts, plan->accounts, sizeof self.shared.accounts);
	if (open_all(&self) < 0) {
		config_free(plan->config);
		close_all(&self);
		return EXIT_SYSTEM;
	}
	status = begin(&self, plan->config);
	say(&self, status, "");
	if (status != EXIT_DONE)
		stop(&self, status);
	sweep(&self);
	while (!self.finished) {
		int64_t next = tend(&self);

		if (loop_turn(&self.shared.loop, next) < 0) {
			log_error("epoll");
			break;
		}
		sweep(&self);
	}
	close_all(&self);
	return self.exit_status;
}
