/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_MEMORY_FILE_H
#define SULID_SUPERVISOR_MEMORY_FILE_H

/* What children get to map: sealed memfds that nobody can change or cut short any more. */

#include <stddef.h>
#include <stdint.h>

#include "contract/build.h"
#include "contract/counters.h"

/* A memfd with these bytes, sealed against every change. Close-on-exec; -1 with errno. */
int memory_file_sealed(const char *name, const void *bytes, size_t size);

/*
 * The same with what a file has now, up to "most" bytes, from its beginning: what is written into
 * the file later is not in it. The bytes do not pass through this process.
 */
int memory_file_copy(const char *name, int file, size_t most);

/*
 * A counters memfd of one process, all 0, mapped here to read. *reader is a second, read-only
 * descriptor for others. -1 with errno; the caller closes both and unmaps sizeof(struct counters).
 */
int memory_file_counters(
	enum role role, uint32_t generation, int *reader, const struct counters **mapped);

#endif
