/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_TEMPORARY_H
#define SULID_TOOL_TEMPORARY_H

/*
 * Files that are written under a temporary name in the directory where they are wanted. The name
 * begins with a dot and is of one form; the file is locked (flock) as long as somebody writes it.
 * One that nobody has locked was left behind by a process that died, and may be swept away.
 */

#include <stdbool.h>

#define TEMPORARY_PREFIX ".sulid-new-"
#define TEMPORARY_NAME   (sizeof(TEMPORARY_PREFIX) + 16) /* hexadecimal digits, NUL */

struct temporary {
	int directory; /* the caller's */
	int fd;        /* to be written to; -1: there is none */
	char name[TEMPORARY_NAME];
};

/* An empty file with mode 0600. -1 with errno. */
int temporary_open(struct temporary *temporary, int directory);

/* Give it its name: in place of a file that has it, or only if there is none (EEXIST). -1 with
 * errno, and it is still to be discarded. */
int temporary_settle(struct temporary *temporary, const char *name, bool replaces);

/* Close it, and remove it unless it was settled. */
void temporary_discard(struct temporary *temporary);

bool temporary_is_name(const char *name);

/* Remove one that was left behind. */
void temporary_sweep(int directory, const char *name);

#endif
