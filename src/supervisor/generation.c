/* SPDX-License-Identifier: ISC */
#include "generation.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/ktls.h"
#include "base/log.h"

#include "image_build.h"
#include "memory_file.h"

#define START_LIMIT    30000 /* ms until every child must be ready */
#define BACKOFF_FIRST  100   /* ms before the first respawn, doubled each time */
#define BACKOFF_LAST   30000
#define OUTDATED_LIMIT 10000 /* ms until a worker must know that it is superseded */
#define STABLE_AFTER   10000 /* a child that lived so long starts the back-off anew */

static int build_images(struct generation *generation)
{
	for (int role = ROLE_HANDSHAKER; role < ROLE_COUNT; role++) {
		struct image_bytes image;
		char name[32];

		if (generation->check_only && role != ROLE_HANDSHAKER)
			continue;
		if (image_build(generation->config, (enum role)role, generation->number,
			    generation->check_only ? NULL : generation->ports, &image) < 0)
			return -1;
		snprintf(name, sizeof name, "%s-image", role_program[role]);
		generation->images[role] = memory_file_sealed(name, image.bytes, image.size);
		image_bytes_free(&image);
		if (generation->images[role] < 0)
			return -1;
	}
	return 0;
}

/* The handoff queue: one direction, and each end can do only its part from the start. */
static int open_handoff(struct generation *generation)
{
	int *pair = generation->handoff;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	return shutdown(pair[0], SHUT_WR) < 0 || shutdown(pair[1], SHUT_RD) < 0 ? -1 : 0;
}

static bool role_takes(enum role role, enum protocol protocol)
{
	return role == ROLE_WORKER ? protocol == PROTOCOL_HTTP
				   : protocol == PROTOCOL_HTTPS || protocol == PROTOCOL_GEMINI;
}

/* The descriptors from INHERIT_FIRST on, as inherit.h orders them. Returns how many; fds has room.
 */
static int gather(const struct generation *generation, enum role role, int *fds)
{
	const struct config *config = generation->config;
	const struct files *files = &generation->files;
	int count = 0;

	if (role == ROLE_ADMIN) {
		fds[count++] = generation->supervision->admin;
		return count;
	}
	for (size_t i = 0; !generation->check_only && i < config->listener_count; i++)
		if (role_takes(role, config->listeners[i].protocol))
			fds[count++] = generation->sockets[i];
	for (size_t i = 0; role == ROLE_WORKER && i < files->root_count; i++)
		fds[count++] = files->roots[i].fd;
	for (size_t i = 0; role == ROLE_WORKER && i < files->log_count; i++)
		fds[count++] = files->logs[i];
	for (size_t i = 0; role == ROLE_HANDSHAKER && i < 2 * files->certificate_count; i++)
		fds[count++] = files->certificates[i];
	return count;
}

static int start_child(struct generation *generation, struct child *child)
{
	const struct supervision *supervision = generation->supervision;
	const struct files *files = &generation->files;
	size_t most = generation->config->listener_count + files->root_count + files->log_count +
		      2 * files->certificate_count + 1;
	int *fds = calloc(most, sizeof *fds);
	struct child_inheritance given = {
		.program = generation->programs.fd[child->role],
		.image = generation->images[child->role],
		.handoff = -1,
		.tickets = -1,
		.account = supervision->accounts[child->role],
		.fds = fds,
		.generation = generation->number,
	};
	int result;

	if (!fds)
		return -1;
	given.count = gather(generation, child->role, fds);
	if (child->role == ROLE_HANDSHAKER) {
		given.handoff = generation->handoff[1];
		given.tickets = supervision->tickets;
		given.nice = generation->config->nice;
	} else if (child->role == ROLE_WORKER) {
		given.handoff = generation->handoff[0];
	}
	child->slot = generation->supervision->next_slot++;
	result = child_start(child, &given);
	free(fds);
	return result;
}

/* ---- the admin process reads everybody's counters ---- */

/* The one that is ready: it has been told of all that went before. */
static struct child *admin_of(struct supervision *supervision)
{
	for (struct generation *g = supervision->generations; g; g = g->next)
		for (size_t i = 0; g->state <= GENERATION_SERVING && i < g->child_count; i++)
			if (g->children[i].role == ROLE_ADMIN && g->children[i].ready)
				return &g->children[i];
	return NULL;
}

static void show_counters(struct generation *generation, const struct child *child)
{
	const struct child *admin = admin_of(generation->supervision);

	if (admin && admin != child)
		child_tell(admin, CONTROL_COUNTERS, child->slot, child->counters_reader);
}

/* A new admin process learns of all others, and of what those that are gone had counted. */
static void brief_admin(struct generation *generation, const struct child *admin)
{
	struct supervision *supervision = generation->supervision;
	struct counters past;
	int fd;

	memset(&past, 0, sizeof past);
	memcpy(past.build, build_id, BUILD_ID_SIZE);
	past.role = ROLE_SUPERVISOR;
	for (int i = 0; i < COUNTER_COUNT; i++)
		atomic_store_explicit(&past.value[i], supervision->totals[i], memory_order_relaxed);
	fd = memory_file_sealed("sulid-totals", &past, sizeof past);
	if (fd >= 0) {
		child_tell(admin, CONTROL_COUNTERS, 0, fd);
		close(fd);
	}
	for (struct generation *g = supervision->generations; g; g = g->next)
		for (size_t i = 0; i < g->child_count; i++)
			if (g->children[i].pid != 0 && g->children[i].role != ROLE_ADMIN)
				child_tell(admin, CONTROL_COUNTERS, g->children[i].slot,
					g->children[i].counters_reader);
}

static void tell_readiness(struct generation *generation)
{
	const struct child *admin = admin_of(generation->supervision);
	struct control message =
		control_make(CONTROL_READY, generation->state == GENERATION_SERVING);
	size_t length = 0;

	if (!admin)
		return;
	for (size_t i = 0; i < generation->child_count; i++) {
		const struct child *child = &generation->children[i];

		if (child->ready || length >= sizeof message.text - 64)
			continue;
		message.index = 0;
		length += (size_t)snprintf(message.text + length, sizeof message.text - length,
			"%s%s is not running", length ? ", " : "", role_program[child->role]);
	}
	control_send(admin->source.fd, &message, -1);
}

/* ---- what children say ---- */

static void fail(struct generation *generation, int status, const char *reason)
{
	if (generation->state != GENERATION_STARTING)
		return;
	generation->state = GENERATION_FAILED;
	generation->exit_status = status;
	snprintf(generation->reason, sizeof generation->reason, "%s", reason);
	generation_kill(generation);
	generation->supervision->changed(generation->supervision, generation);
}

static bool all_ready(const struct generation *generation)
{
	for (size_t i = 0; i < generation->child_count; i++)
		if (!generation->children[i].ready)
			return false;
	return true;
}

static void child_ready(struct generation *generation, struct child *child)
{
	child->ready = true;
	if (child->role == ROLE_ADMIN)
		brief_admin(generation, child);
	if (generation->state == GENERATION_STARTING && all_ready(generation)) {
		generation->state = GENERATION_SERVING;
		generation->supervision->changed(generation->supervision, generation);
	}
	tell_readiness(generation);
}

static void handshaker_drained(struct generation *generation, struct child *child)
{
	child->drained = true;
	for (size_t i = 0; i < generation->child_count; i++)
		if (generation->children[i].role == ROLE_HANDSHAKER &&
			generation->children[i].pid != 0 && !generation->children[i].drained)
			return;
	/* The last writer but us: with our copy closed the workers see the queue's end. */
	if (generation->handoff[1] >= 0)
		close(generation->handoff[1]);
	generation->handoff[1] = -1;
}

/* Why not, once for all handshakers: what is relayed costs memory and copies, and should be known.
 */
static void warn_of_kernel(const struct generation *generation)
{
	const struct control_kernel *kernel = &generation->kernel;

	if (config_number(generation->config, KEY_TLS_KERNEL) == KERNEL_NEVER ||
		generation->check_only)
		return;
	if (kernel->ulp != 0) {
		log_warnx("the kernel does not encrypt: every TLS connection is relayed, which "
			  "costs memory and "
			  "copies: %s. To mend it, %s",
			ktls_cause(0, kernel->ulp), ktls_remedy(0, kernel->ulp));
		return;
	}
	for (int cipher = CIPHER_AES_128_GCM; cipher < CIPHER_OTHER; cipher++) {
		int error = kernel->tx[TLS_1_3][cipher] ? kernel->tx[TLS_1_3][cipher]
							: kernel->rx[TLS_1_3][cipher];

		if (error != 0)
			log_warnx("the kernel does not encrypt %s: %s. To mend it, %s",
				tls_cipher_name[cipher], ktls_cause(cipher, error),
				ktls_remedy(cipher, error));
	}
}

static void kernel_known(struct generation *generation, const struct control_kernel *kernel)
{
	bool first = !generation->kernel_known;

	generation->kernel = *kernel;
	generation->kernel_known = true;
	if (first && generation->number == 1)
		warn_of_kernel(generation);
}

static void said(struct child *child, const struct control *message, int fd)
{
	struct generation *generation = child->owner;
	const struct config *config = generation->config;

	(void)fd;
	switch (message->type) {
	case CONTROL_KERNEL:
		kernel_known(generation, &message->kernel);
		break;
	case CONTROL_CERTIFICATE:
		if (message->index < config->certificate_count)
			generation->certificates[message->index] = message->certificate;
		break;
	case CONTROL_FAILED:
		if (generation->state == GENERATION_STARTING)
			fail(generation, message->code, message->text);
		else
			log_errorx("%s[%d]: %s", role_program[child->role], (int)child->pid,
				message->text);
		break;
	case CONTROL_READY:
		child_ready(generation, child);
		break;
	case CONTROL_DRAINED:
		handshaker_drained(generation, child);
		break;
	case CONTROL_OUTDATED:
		child->outdated = true;
		break;
	default:
		break;
	}
}

/* ---- life ---- */

static void plan_children(struct generation *generation)
{
	const struct config *config = generation->config;
	size_t count = 0;
	size_t wanted[ROLE_COUNT] = {
		[ROLE_HANDSHAKER] = generation->check_only   ? 1
				    : config_has_tls(config) ? config->handshakers
							     : 0,
		[ROLE_WORKER] = generation->check_only ? 0 : config->workers,
		[ROLE_ADMIN] = generation->check_only || generation->supervision->admin < 0 ? 0 : 1,
	};

	for (int role = 0; role < ROLE_COUNT; role++)
		for (size_t i = 0; i < wanted[role]; i++)
			generation->children[count++] = (struct child){
				.source.fd = -1,
				.counters_reader = -1,
				.role = (enum role)role,
				.loop = generation->loop,
				.owner = generation,
				.said = said,
			};
	generation->child_count = count;
}

void generation_parts_free(struct generation_parts *parts)
{
	files_close(&parts->files);
	config_free(parts->config);
	free(parts->sockets);
	free(parts->ports);
	*parts = (struct generation_parts){0};
}

/* Memory and images; the children are planned, none runs. */
static struct generation *prepare(struct supervision *supervision, uint32_t number,
	struct generation_parts *parts, bool check_only)
{
	struct generation *generation = calloc(1, sizeof *generation);
	const struct config *config = parts->config;

	if (!generation) {
		if (check_only)
			parts->config = NULL;
		generation_parts_free(parts);
		return NULL;
	}
	*generation = (struct generation){.number = number,
		.config = parts->config,
		.files = parts->files,
		.sockets = parts->sockets,
		.ports = parts->ports,
		.images = {-1, -1, -1, -1},
		.handoff = {-1, -1},
		.programs.fd = {-1, -1, -1, -1},
		.check_only = check_only,
		.loop = &supervision->loop,
		.supervision = supervision,
		.deadline = loop_clock() + START_LIMIT,
		.outdated_by = INT64_MAX,
		.loaded = (int64_t)time(NULL),
		.reminded = calloc(config->certificate_count + 1, sizeof *generation->reminded),
		.certificates =
			calloc(config->certificate_count + 1, sizeof *generation->certificates),
		.children = calloc(
			config->handshakers + config->workers + 2, sizeof *generation->children)};
	*parts = (struct generation_parts){0};
	if (generation->certificates && generation->reminded && generation->children &&
		programs_open(&generation->programs) == 0 && build_images(generation) == 0 &&
		open_handoff(generation) == 0) {
		plan_children(generation);
		return generation;
	}
	generation_free(generation);
	return NULL;
}

struct generation *generation_start(struct supervision *supervision, uint32_t number,
	struct generation_parts *parts, bool check_only)
{
	struct generation *generation = prepare(supervision, number, parts, check_only);

	if (!generation) {
		log_errorx("a new generation of processes cannot be prepared");
		return NULL;
	}
	generation->next = supervision->generations;
	supervision->generations = generation;
	for (size_t i = 0; i < generation->child_count; i++) {
		if (start_child(generation, &generation->children[i]) == 0) {
			show_counters(generation, &generation->children[i]);
			continue;
		}
		log_error("%s cannot be started", role_program[generation->children[i].role]);
		generation->state = GENERATION_FAILED;
		generation->exit_status = EXIT_SYSTEM;
		generation_kill(generation);
		break;
	}
	return generation;
}

bool generation_is_outdated(const struct generation *generation)
{
	for (size_t i = 0; i < generation->child_count; i++)
		if (generation->children[i].role == ROLE_WORKER &&
			generation->children[i].pid != 0 && !generation->children[i].outdated)
			return false;
	return true;
}

/* It may be stopped, or stuck on a dead disk: what it would answer with is not known. */
static void kill_deaf(const struct generation *generation)
{
	for (size_t i = 0; i < generation->child_count; i++) {
		const struct child *child = &generation->children[i];

		if (child->role != ROLE_WORKER || child->pid == 0 || child->outdated)
			continue;
		log_warnx("%s[%d] does not take notice of the reload, and is ended",
			role_program[child->role], (int)child->pid);
		kill(child->pid, SIGKILL);
	}
}

void generation_drain(struct generation *generation, uint32_t limit, bool superseded)
{
	if (generation->state == GENERATION_DRAINING || generation->state == GENERATION_GONE)
		return;
	generation->state = GENERATION_DRAINING;
	generation->deadline = limit == UINT32_MAX ? INT64_MAX : generation->loop->now + limit;
	for (size_t i = 0; i < generation->child_count; i++)
		child_tell(&generation->children[i], CONTROL_DRAIN, superseded, -1);
	if (superseded)
		generation->outdated_by = generation->loop->now + OUTDATED_LIMIT;
	if (generation->handoff[0] >= 0)
		close(generation->handoff[0]);
	generation->handoff[0] = -1;
	/* Without a handshaker there is nobody whose word could be waited for. */
	handshaker_drained(generation, &(struct child){.role = ROLE_SUPERVISOR});
}

void generation_kill(struct generation *generation)
{
	for (size_t i = 0; i < generation->child_count; i++)
		if (generation->children[i].pid > 0)
			kill(generation->children[i].pid, SIGKILL);
}

static void log_end(
	const struct generation *generation, const struct child *child, pid_t pid, int status)
{
	const char *name = role_program[child->role];

	/* What we ended ourselves, or whose reason has been said, is no news. */
	if (generation->state == GENERATION_FAILED || generation->check_only)
		return;
	if (WIFSIGNALED(status))
		log_errorx("%s[%d] was ended by signal %d (%s)%s", name, (int)pid, WTERMSIG(status),
			strsignal(WTERMSIG(status)), WCOREDUMP(status) ? ", core dumped" : "");
	else if (WEXITSTATUS(status) != 0 || generation->state == GENERATION_SERVING)
		log_errorx("%s[%d] ended with status %d", name, (int)pid, WEXITSTATUS(status));
}

static bool nobody_left(const struct generation *generation)
{
	for (size_t i = 0; i < generation->child_count; i++)
		if (generation->children[i].pid != 0)
			return false;
	return true;
}

bool generation_ended(const struct generation *generation)
{
	return generation->state > GENERATION_SERVING && nobody_left(generation);
}

static void plan_retry(const struct generation *generation, struct child *child)
{
	int64_t wait = BACKOFF_FIRST;

	if (generation->loop->now - child->started > STABLE_AFTER)
		child->failures = 0;
	for (unsigned i = 0; i < child->failures && wait < BACKOFF_LAST; i++)
		wait *= 2;
	child->failures++;
	child->retry = generation->loop->now + (wait < BACKOFF_LAST ? wait : BACKOFF_LAST);
}

bool generation_child_ended(struct generation *generation, pid_t pid, int status)
{
	struct supervision *supervision = generation->supervision;
	struct child *child = NULL;
	const struct child *admin;

	for (size_t i = 0; i < generation->child_count; i++)
		if (generation->children[i].pid == pid)
			child = &generation->children[i];
	if (!child)
		return false;
	child_gone(child, supervision->totals);
	log_end(generation, child, pid, status);
	admin = admin_of(supervision);
	if (admin)
		child_tell(admin, CONTROL_COUNTERS, child->slot, -1);
	if (generation->state == GENERATION_STARTING) {
		bool system = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SYSTEM;
		char reason[128];

		snprintf(reason, sizeof reason, "%s ended before it was ready%s",
			role_program[child->role], system ? "; is it of the same build?" : "");
		fail(generation, system ? EXIT_SYSTEM : EXIT_FAILED, reason);
	} else if (generation->state == GENERATION_SERVING) {
		plan_retry(generation, child);
		tell_readiness(generation);
	} else if (generation->state == GENERATION_DRAINING && child->role == ROLE_HANDSHAKER) {
		handshaker_drained(generation, child);
	}
	if (generation->state == GENERATION_DRAINING && nobody_left(generation))
		generation->state = GENERATION_GONE;
	return true;
}

static void respawn(struct generation *generation, struct child *child)
{
	if (start_child(generation, child) < 0) {
		log_error("%s cannot be started again; trying on", role_program[child->role]);
		plan_retry(generation, child);
		return;
	}
	show_counters(generation, child);
}

/* A root's path names another directory now, or none: hand that to the workers. */
static void watch_roots(struct generation *generation)
{
	struct files *files = &generation->files;

	for (size_t i = 0; i < files->root_count; i++) {
		if (!files_root_changed(files, i))
			continue;
		for (size_t c = 0; c < generation->child_count; c++)
			if (generation->children[c].role == ROLE_WORKER)
				child_tell(&generation->children[c], CONTROL_ROOT, (uint32_t)i,
					files->roots[i].fd);
	}
}

int64_t generation_tick(struct generation *generation)
{
	int64_t now = generation->loop->now, next = INT64_MAX;

	if (generation->state == GENERATION_STARTING && now >= generation->deadline)
		fail(generation, EXIT_FAILED, "the processes were not ready in time");
	if (generation->state == GENERATION_DRAINING && now >= generation->deadline) {
		log_warnx("generation %u: the drain limit is over, its connections are cut",
			generation->number);
		generation_kill(generation);
		generation->deadline = INT64_MAX;
	}
	if (generation->state == GENERATION_DRAINING && now >= generation->outdated_by) {
		kill_deaf(generation);
		generation->outdated_by = INT64_MAX;
	}
	if (generation->state <= GENERATION_SERVING || generation->state == GENERATION_DRAINING)
		next = generation->deadline;
	if (generation->state == GENERATION_DRAINING && generation->outdated_by < next)
		next = generation->outdated_by;
	if (generation->state != GENERATION_SERVING)
		return next;
	next = INT64_MAX;
	for (size_t i = 0; i < generation->child_count; i++) {
		struct child *child = &generation->children[i];

		if (child->retry != 0 && child->retry <= now)
			respawn(generation, child);
		if (child->retry != 0 && child->retry < next)
			next = child->retry;
	}
	return next;
}

void generation_watch(struct generation *generation)
{
	if (generation->state == GENERATION_SERVING || generation->state == GENERATION_DRAINING)
		watch_roots(generation);
}

void generation_pass_logs(struct generation *generation)
{
	for (size_t c = 0; c < generation->child_count; c++)
		for (size_t i = 0; generation->children[c].role == ROLE_WORKER &&
				   i < generation->files.log_count;
			i++)
			child_tell(&generation->children[c], CONTROL_LOG, (uint32_t)i,
				generation->files.logs[i]);
}

void generation_pass_tickets(struct generation *generation)
{
	for (size_t c = 0; c < generation->child_count; c++)
		if (generation->children[c].role == ROLE_HANDSHAKER)
			child_tell(&generation->children[c], CONTROL_TICKETS, 0,
				generation->supervision->tickets);
}

void generation_count(
	const struct generation *generation, enum role role, unsigned *all, unsigned *ready)
{
	*all = *ready = 0;
	for (size_t i = 0; i < generation->child_count; i++) {
		if (generation->children[i].role != role)
			continue;
		++*all;
		*ready += generation->children[i].ready;
	}
}

void generation_free(struct generation *generation)
{
	for (int role = 0; role < ROLE_COUNT; role++)
		if (generation->images[role] >= 0)
			close(generation->images[role]);
	for (int i = 0; i < 2; i++)
		if (generation->handoff[i] >= 0)
			close(generation->handoff[i]);
	programs_close(&generation->programs);
	files_close(&generation->files);
	if (!generation->check_only)
		config_free(generation->config); /* a rehearsal's is somebody else's */
	free(generation->certificates);
	free(generation->reminded);
	free(generation->sockets);
	free(generation->ports);
	free(generation->children);
	free(generation);
}
