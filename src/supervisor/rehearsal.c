/* SPDX-License-Identifier: ISC */
#include "rehearsal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "certificates.h"
#include "generation.h"
#include "tickets.h"

#define GLANCE 20 /* ms between looks for a child that has ended */

static void nothing(struct supervision *supervision, struct generation *generation)
{
	(void)supervision;
	(void)generation;
}

static void reap(struct generation *generation)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		generation_child_ended(generation, pid, status);
}

/* Until the handshaker has said that it is ready, or why not. */
static void await(struct supervision *supervision, struct generation *generation)
{
	while (generation->state == GENERATION_STARTING) {
		if (loop_turn(&supervision->loop, supervision->loop.now + GLANCE) < 0)
			break;
		reap(generation);
		generation_tick(generation);
	}
}

static void end(struct supervision *supervision, struct generation *generation)
{
	generation_kill(generation);
	if (generation->state == GENERATION_SERVING)
		generation->state = GENERATION_DRAINING;
	while (!generation_ended(generation)) {
		if (loop_turn(&supervision->loop, supervision->loop.now + GLANCE) < 0)
			break;
		reap(generation);
	}
	generation_free(generation);
}

static int open_tickets(void)
{
	struct ticket_keys keys;
	int fd = tickets_make(&keys) < 0 ? -1 : tickets_file(&keys);

	explicit_bzero(&keys, sizeof keys);
	return fd;
}

int rehearse(struct config *config, const struct account accounts[static ROLE_COUNT],
	struct diagnostics *diagnostics, struct control_certificate *facts)
{
	struct supervision supervision = {
		.admin = -1, .tickets = -1, .next_slot = 1, .changed = nothing};
	struct generation_parts parts = {.config = config};
	struct generation *generation = NULL;
	unsigned before = diagnostics->errors;

	memcpy(supervision.accounts, accounts, sizeof supervision.accounts);
	supervision.tickets = open_tickets();
	if (loop_open(&supervision.loop) < 0 || supervision.tickets < 0) {
		diagnostics_error(diagnostics, NULL, "nothing could be tried: out of resources");
		goto out;
	}
	if (files_open(&parts.files, config, diagnostics) < 0 || config->certificate_count == 0) {
		files_close(&parts.files);
		goto out;
	}
	generation = generation_start(&supervision, 1, &parts, true);
	if (!generation) {
		diagnostics_error(diagnostics, NULL, "no handshaker could be started");
		goto out;
	}
	await(&supervision, generation);
	memcpy(facts, generation->certificates, config->certificate_count * sizeof *facts);
	certificates_judge(config, facts, (int64_t)time(NULL), diagnostics);
	if (generation->state == GENERATION_FAILED && diagnostics->errors == before)
		diagnostics_error(diagnostics, NULL, "%s",
			*generation->reason ? generation->reason
					    : "the handshaker could not be started");
	end(&supervision, generation);
out:
	if (supervision.tickets >= 0)
		close(supervision.tickets);
	loop_close(&supervision.loop);
	return diagnostics->errors > before ? -1 : 0;
}
