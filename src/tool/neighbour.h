/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_NEIGHBOUR_H
#define SULID_TOOL_NEIGHBOUR_H

/*
 * The neighbours of a file: style.css.br, style.css.zst and style.css.gz of style.css; about.html
 * of about.gmi.
 *
 * A neighbour is fresh if it is a regular file with exactly the modification time of the original.
 * A missing one is made, a stale one made anew, if it is worth it; otherwise a stale one is
 * removed. It is replaced or removed only if the record says that its bytes are ours.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "craft.h"
#include "encoder.h"
#include "record.h"

struct neighbour_rules {
	const struct craft *craft;
	unsigned kinds; /* set of 1 << kind: no others are touched */
	enum encoder_level level;
	const void *wishes; /* for the craft's encoders */
	bool again;         /* take ours for stale even if they are fresh */
	bool replace;       /* stale ones, whoever made them */
	bool prune;         /* remove ours if the original is gone */
	bool dry;           /* change nothing, and say what would be done */
};

struct neighbour_place {
	int directory;
	const struct record *record; /* of this directory */
	const char *name;            /* of the original */
	const char *path;            /* of the directory, below the root */
};

enum neighbour_fate {
	NEIGHBOUR_LEFT,    /* fresh, or nothing that concerns us */
	NEIGHBOUR_MADE,    /* dry: would be tried */
	NEIGHBOUR_VAIN,    /* it would save too little, or say nothing */
	NEIGHBOUR_REMOVED, /* dry: would be */
	NEIGHBOUR_FOREIGN, /* stale, and not ours */
};

struct neighbour_outcome {
	uint64_t size; /* of the original */
	struct {
		enum neighbour_fate fate;
		uint64_t bytes; /* if it was made */
	} of[CRAFT_KINDS];
	char *problem; /* what failed first, or NULL; the caller frees it */
	bool changed;  /* that it was written all the time */
};

/* Between a thread that makes neighbours and the one that waits for it. */
struct neighbour_control {
	const atomic_bool *stop; /* end early, and leave nothing half made */
	atomic_ullong read;      /* bytes of the original so far */
};

/* What a thread works with: buffers, and the neighbours that it is making. */
struct neighbour_bench;

struct neighbour_bench *neighbour_bench_new(void); /* NULL: out of memory */
void neighbour_bench_free(struct neighbour_bench *bench);

/*
 * From what is known without reading any file: is there anything to do? For what is not, the fate
 * is told: LEFT or FOREIGN.
 */
bool neighbour_is_due(const struct neighbour_place *place, const struct neighbour_rules *rules,
	const struct stat *original, struct neighbour_outcome *outcome);

/* Do it. */
void neighbour_make(struct neighbour_bench *bench, const struct neighbour_place *place,
	const struct neighbour_rules *rules, struct neighbour_control *control,
	struct neighbour_outcome *outcome);

#endif
