/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_TALLY_H
#define SULID_TOOL_TALLY_H

/* What came of it all, in numbers and in a line. */

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "neighbour.h"

struct tally {
	uint64_t files;            /* that qualify */
	uint64_t done;             /* of them, those for which a neighbour was made */
	uint64_t removed, foreign; /* neighbours */
	uint64_t failed;           /* files and directories */
	struct {
		uint64_t made, before, after; /* neighbours, bytes of originals, their bytes */
	} of[CRAFT_KINDS];
};

void tally_add(struct tally *tally, const struct neighbour_outcome *outcome);

/* By how much the smallest neighbour that was made is smaller than its original. */
uint64_t tally_saved(const struct neighbour_outcome *outcome);

/* "12 of 40 files compressed: 3.4 MB → 900 KB (br), …, 0.8 s", "3 of 4 files rendered: 3 html,
 * 1 made by somebody else, 0.1 s". */
void tally_line(struct text *text, const struct tally *tally, const struct craft *craft, bool dry,
	int64_t milliseconds);

#endif
