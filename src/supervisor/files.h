/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_FILES_H
#define SULID_SUPERVISOR_FILES_H

/*
 * The files of a configuration: document roots, access logs, chains and keys. The supervisor opens
 * them by name; children get descriptors. Of chains and keys these are copies, made by the kernel:
 * whatever is written into the files, a process that is started later has the same certificate as
 * those that run. Nobody here reads them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "config.h"

struct root {
	const char *path; /* the configuration's */
	int fd;           /* O_PATH of the directory; -1: it is gone */
	dev_t device;
	ino_t inode;
};

struct files {
	struct root *roots; /* as the configuration has them, ACME's last if there is one */
	size_t root_count;
	int *logs;
	size_t log_count;
	int *certificates; /* chain, key, chain, key, … */
	size_t certificate_count;
};

/* Open everything; each failure becomes an error at its key's place. -1 if there was one;
 * files_close in any case. */
int files_open(struct files *files, const struct config *config, struct diagnostics *diagnostics);

/* Does the root's path name another directory than the one that is open? If so open that one (or
 * -1). Says once when it goes and comes back. */
bool files_root_changed(struct files *files, size_t index);

/* Open the access logs anew by their names. One that cannot be opened stays what it was, and is
 * said. */
void files_reopen_logs(struct files *files, const struct config *config);

void files_close(struct files *files);

#endif
