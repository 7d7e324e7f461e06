/* SPDX-License-Identifier: ISC */
#ifndef SULID_CONTRACT_BUILD_H
#define SULID_CONTRACT_BUILD_H

/*
 * The identity of a build. Image, handoff record, control message and counters begin with it: their
 * layouts are private to one build, and a process that meets another build's says so and exits
 * with EXIT_SYSTEM instead of misreading it.
 */

#include <stdint.h>

#define BUILD_ID_SIZE 8

extern const uint8_t build_id[BUILD_ID_SIZE]; /* a digest over the sources, made by the build */
extern const char build_id_text[];            /* the same in hexadecimal */
extern const char build_version[];            /* "0.1.0" */

/* Exit status, the same for every program (docs/sulid.8). */
enum exit_status {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_REFUSED = 3, /* configuration refused */
	EXIT_SYSTEM = 4,  /* this system cannot: port in use, account missing, kernel unable */
};

enum role {
	ROLE_SUPERVISOR,
	ROLE_HANDSHAKER,
	ROLE_WORKER,
	ROLE_ADMIN,
	ROLE_COUNT,
};

/* "sulid", "sulid-handshaker", …: argv[0] and PR_SET_NAME. */
extern const char *const role_program[ROLE_COUNT];

#endif
