/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_SPAWN_H
#define SULID_SUPERVISOR_SPAWN_H

/*
 * Run one of sulid's programs by descriptor, as a user, with exactly the descriptors it is given.
 * By descriptor, so that a package unpacked underneath changes nothing, and so that a checkout
 * below a private home works after the change of user.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "contract/build.h"

/* The programs of one generation, opened O_PATH. -1: not opened. */
struct programs {
	int fd[ROLE_COUNT];
};

/*
 * Open the children's programs: beside this program when it runs from a build tree, else where
 * they are installed. -1 after a message that names the file. programs_close closes them.
 */
int programs_open(struct programs *programs);
void programs_close(struct programs *programs);

/* The path of a program in the same place, for exec: "sulid-tool". NULL after a message. The caller
 * frees it. */
char *programs_path(const char *name);

/* Whom a child runs as. change: false keeps the caller's user. */
struct account {
	bool change;
	uid_t uid;
	gid_t gid;
};

/* From /etc/passwd. false: there is no such account. */
bool account_find(const char *name, struct account *account);

struct spawn {
	int program;      /* O_PATH */
	const char *name; /* argv[0] */
	struct account account;
	int nice;       /* added to our own */
	const int *fds; /* fds[i] becomes descriptor i, close-on-exec cleared */
	int count;
};

/* The child's pid; -1 with errno, also if the exec failed. */
pid_t spawn(const struct spawn *what);

#endif
