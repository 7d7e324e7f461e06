/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_GENERATION_H
#define SULID_SUPERVISOR_GENERATION_H

/*
 * One generation: a configuration, what was opened for it, and the children that serve it.
 *
 *   GENERATION_STARTING ──all ready──► GENERATION_SERVING ──drain──► GENERATION_DRAINING ──last
 * child──► gone └──one failed──────────────────────────────────────────────────────┘ (killed)
 *
 * The supervisor owns generations and tells them when; a generation tells the supervisor through
 * "changed" that it is ready, has failed, or that its last child has ended.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"
#include "contract/control.h"

#include "child.h"
#include "config.h"
#include "files.h"
#include "spawn.h"

enum generation_state {
	GENERATION_STARTING,
	GENERATION_SERVING,
	GENERATION_FAILED, /* never served; its children are being ended */
	GENERATION_DRAINING,
	GENERATION_GONE,
};

struct generation {
	uint32_t number;
	enum generation_state state;
	struct config *config;    /* owned */
	struct files files;       /* owned */
	struct programs programs; /* owned */
	int images[ROLE_COUNT];   /* sealed memfds; -1: none */
	int handoff[2];           /* read end (workers), write end (handshakers) */
	struct child *children;
	size_t child_count;
	struct control_kernel kernel;
	bool kernel_known;
	struct control_certificate
		*certificates; /* what the first handshaker found, by config's index */
	int64_t *reminded; /* when the log had it that such a one expires; 0: never. Unix time */
	int64_t loaded;    /* when its chains and keys were read; Unix time */
	int64_t deadline;  /* starting: failed after that; draining: killed after that. loop's clock
			    */
	int64_t outdated_by; /* draining: a worker that does not say by then that it is outdated is
				killed; INT64_MAX: nobody waits for that */
	int exit_status;     /* enum exit_status, if it failed */
	char reason[512];    /* and why; "" if it was said in the log already */
	int *sockets;    /* by listener of the configuration; the list is owned, the sockets are the
			    pool's */
	uint16_t *ports; /* bound, by listener of the configuration; owned */
	bool reported;   /* the supervisor has said that it failed */
	bool check_only; /* a rehearsal: one handshaker without listeners; config is not owned */
	struct loop *loop;
	struct supervision *supervision; /* its owner */
	struct generation *next;
};

/* What all generations share; the supervisor's. */
struct supervision {
	struct loop loop;
	int admin;   /* listening admin.sock, or -1 */
	int tickets; /* current ticket keys */
	struct account accounts[ROLE_COUNT];
	uint32_t next_slot;
	uint64_t totals[COUNTER_COUNT]; /* of processes that are gone */
	struct generation *generations; /* newest first */
	void (*changed)(struct supervision *supervision, struct generation *generation);
};

/* What a generation is made from; generation_start takes all of it over, also when it fails. */
struct generation_parts {
	struct config *config;
	struct files files;
	int *sockets;    /* by listener of the configuration; NULL: none (check) */
	uint16_t *ports; /* bound, likewise */
};

void generation_parts_free(struct generation_parts *parts);

/* Start a generation; it is then the first of supervision->generations. NULL after a message if it
 * could not even begin. */
struct generation *generation_start(struct supervision *supervision, uint32_t number,
	struct generation_parts *parts, bool check_only);

/*
 * No more connections; each child ends when its last one has. limit: milliseconds, UINT32_MAX:
 * none. superseded: another generation serves, and nobody may be let in by what this one knows of
 * identities; generation_is_outdated tells when that is so.
 */
void generation_drain(struct generation *generation, uint32_t limit, bool superseded);

/* Has every worker that it has left said so? */
bool generation_is_outdated(const struct generation *generation);

/* SIGKILL to every child. */
void generation_kill(struct generation *generation);

/* The child with this pid has ended (waitpid's status). False if it is not of this generation. */
bool generation_child_ended(struct generation *generation, pid_t pid, int status);

/* What is due: respawns, deadlines. Returns when to look again at the latest (INT64_MAX: no need).
 */
int64_t generation_tick(struct generation *generation);

/* Each second: a root whose path names another directory now goes to the workers. */
void generation_watch(struct generation *generation);

/* Give the open logs anew to all workers. */
void generation_pass_logs(struct generation *generation);

/* New ticket keys for the handshakers. */
void generation_pass_tickets(struct generation *generation);

/* How many children of a role there are, and how many of them are ready. */
void generation_count(
	const struct generation *generation, enum role role, unsigned *all, unsigned *ready);

/* It has failed or drained, and its last child has ended. */
bool generation_ended(const struct generation *generation);

void generation_free(struct generation *generation);

#endif
