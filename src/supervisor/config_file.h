/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_CONFIG_FILE_H
#define SULID_SUPERVISOR_CONFIG_FILE_H

/* The files a configuration is read from: their bytes, their directories, and what a pattern finds.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "arena.h"

#define CONFIG_STANDARD_INPUT "<stdin>"

struct config_file {
	const char *name;      /* as messages show it */
	const char *directory; /* absolute: where its relative paths start */
	const char *bytes;
	size_t size;
	dev_t device; /* who it is, whatever it is called */
	ino_t inode;
};

/* The current directory, or "/" if it has no name. */
const char *config_file_here(struct arena *arena);

/* Read a regular file, a pipe for "-" only. -1 with errno; EFBIG if it is longer than YAML_SIZE. */
int config_file_read(struct arena *arena, const char *path, struct config_file *file);

/*
 * The files that a pattern finds, seen from the file that has it, in order of name. A name without
 * *, ? or [ finds itself. Returns how many; -1 with errno.
 */
long config_file_find(
	struct arena *arena, const struct config_file *from, const char *pattern, char ***found);

#endif
