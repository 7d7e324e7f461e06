/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_KEEP_H
#define SULID_TOOL_KEEP_H

/*
 * Files that are kept for good: written to a temporary name, flushed to the disk, and only then
 * given their name, and never in place of one that is there.
 */

#include <stddef.h>
#include <sys/types.h>

/*
 * The directory, made with mode 0700 if it is missing, likewise its parents, and locked (flock)
 * against others that do the same. The caller closes it, which unlocks it. -1 with errno.
 */
int keep_directory(const char *path);

/* Write a new file in the directory. -1 with errno; EEXIST: there is one of that name, untouched.
 */
int keep_file(int directory, const char *name, mode_t mode, const void *bytes, size_t length);

/* Remove temporary files of keep_file for that name, which a run left behind that was killed: the
 * directory's lock is held, so nobody is writing one. */
void keep_sweep(int directory, const char *name);

/* Its parts, for others that write a temporary name first. All of the bytes; and from that name to
 * the final one, if that is free. -1 with errno. */
int keep_bytes(int file, const char *bytes, size_t length);
int keep_settle(int directory, const char *from, const char *to);

/* Make the names last: -1 with errno. */
int keep_flush(int directory);

#endif
