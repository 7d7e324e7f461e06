/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_INTERRUPT_H
#define SULID_TOOL_INTERRUPT_H

/*
 * SIGINT, SIGTERM and SIGHUP as something to poll, so that what was begun can be cleaned up. Opened
 * before any thread is started. The second signal ends the process at once.
 */

#include <stdbool.h>

struct interrupt {
	int fd;     /* readable when one came */
	int signal; /* the one that came, or 0 */
};

/* -1 with errno. */
int interrupt_open(struct interrupt *interrupt);

/* Closed without one, signals are again what they were. */
void interrupt_close(struct interrupt *interrupt);

/* Did one come? */
bool interrupt_came(struct interrupt *interrupt);

/* End as if nothing had been waiting for it, so that the caller sees which it was. */
_Noreturn void interrupt_die(const struct interrupt *interrupt);

#endif
