/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_LISTING_FORM_H
#define SULID_WORKER_LISTING_FORM_H

/*
 * How a listing is written down: as a page, as JSON. Each call appends to the text; what does not
 * fit it overflows, and the caller takes an entry back and tries again with more room.
 */

#include "base/text.h"

#include "listing.h"
#include "listing_entry.h"

struct listing_summary {
	uint64_t directories;
	uint64_t files;
	uint64_t bytes; /* of the files */
	bool sorted;    /* as asked for; else in the directory's own order */
	bool complete;  /* else it ended at LISTING_MOST */
};

#define LISTING_END 1024 /* bytes that an end takes at most */

struct listing_form {
	const char *type; /* media type */
	/* Of the summary, only "sorted" is known at the beginning. */
	void (*begin)(struct text *text, const struct listing *listing,
		const struct listing_summary *summary);
	void (*entry)(struct text *text, const struct listing_entry *entry, bool first);
	void (*end)(struct text *text, const struct listing_summary *summary);
};

extern const struct listing_form listing_page;
extern const struct listing_form listing_json;
extern const struct listing_form listing_gemtext;

#endif
