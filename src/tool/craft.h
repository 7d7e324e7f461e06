/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_CRAFT_H
#define SULID_TOOL_CRAFT_H

/*
 * What a command makes of which files: each original has neighbours in its directory, at most one
 * of each kind. sulid precompress makes style.css.br of style.css, sulid render about.html of
 * about.gmi; how they are found, made, kept fresh and told from those of others is the same.
 */

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encoder.h"

#define CRAFT_KINDS 3              /* at most */
#define CRAFT_NAME  (NAME_MAX + 8) /* NUL, and some more to tell a name that is too long */

struct craft {
	const char *command; /* "precompress": in messages */
	const char *done;    /* "compressed" */
	const char *foreign; /* why one is left alone: "stale but not ours" */
	uint64_t least;      /* bytes of an original; smaller ones have no neighbours */
	bool saves;          /* a neighbour must be at least 5 % smaller than its original */
	struct encoder_row const *rows;  /* by kind */
	unsigned count;                  /* of kinds */
	bool (*takes)(const char *name); /* is it the name of an original? */
	/* What an original's neighbour is called; false: it has none of this kind. Longer than
	 * NAME_MAX: there can be none. */
	bool (*name)(const char *original, unsigned kind, char name[static CRAFT_NAME]);
	/* The other way round, from 0 on until it is false. If there are several, the neighbour is
	 * that of the first. */
	bool (*original)(const char *neighbour, unsigned kind, unsigned number,
		char name[static CRAFT_NAME]);
};

#endif
