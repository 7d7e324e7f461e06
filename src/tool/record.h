/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_RECORD_H
#define SULID_TOOL_RECORD_H

/*
 * What sulid precompress and sulid render made in a directory, in a hidden file there: a neighbour
 * may be replaced or removed only if it holds the very bytes that were made under its name. A
 * modification time cannot tell that, it is the original's. The file goes along when a directory is
 * moved or copied; without it no neighbour is taken for ours. It has its name from the command that
 * came first; no line tells which command it is of, as no two make neighbours of the same name.
 *
 * One line each, words separated by a space, names percent-encoded (RFC 3986 §2.1):
 *
 *	made SHA-256 NAME                     these bytes were made as NAME; there may be several
 *	vain LEVEL/SECONDS.NANOSECONDS/SIZE NAME
 *	                                      an original of that time and size was not worth NAME
 *
 * Lines are added before what they tell of is done, and lines that are not understood are passed
 * over: whatever is lost, the outcome is that less is taken for ours.
 */

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "encoder.h"

#define RECORD_NAME   ".sulid-precompressed"
#define RECORD_DIGEST 32

struct record_line {
	const char *name; /* percent-encoded */
	const char *token;
	bool made; /* else: vain */
};

struct record {
	char *bytes;
	struct record_line *lines; /* by name, of one name as they were added */
	size_t count;
};

/* What is in a directory's record; nothing if there is none, or none to be trusted. */
void record_read(struct record *record, int directory);
void record_free(struct record *record);

/* Were these bytes made under that name? Was anything? */
bool record_made(
	const struct record *record, const char *name, const uint8_t digest[static RECORD_DIGEST]);
bool record_lists(const struct record *record, const char *name);

/* Was the original, as it is, not worth a neighbour of that name? */
bool record_vain(const struct record *record, const char *name, const struct stat *original,
	enum encoder_level level);

/* The name of a line. false: it is no name of a file. */
bool record_name(const struct record_line *line, char name[static NAME_MAX + 1]);

/* Add a line unless the record, as it was read, has it. -1 with errno. */
int record_add_made(int directory, const struct record *known, const char *name,
	const uint8_t digest[static RECORD_DIGEST]);
int record_add_vain(int directory, const struct record *known, const char *name,
	const struct stat *original, enum encoder_level level);

/* Leave out the lines that tell nothing any more; a record without lines is removed. It does no
 * harm if that fails. */
void record_tidy(int directory);

#endif
