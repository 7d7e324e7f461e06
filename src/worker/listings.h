/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_LISTINGS_H
#define SULID_WORKER_LISTINGS_H

/*
 * Connections that wait for a listing: what they want goes to a thread of the crew, and what it has
 * made comes back as a memory file, to the connection if it is still there.
 */

#include "answer.h"
#include "conn.h"
#include "listing.h"
#include "lookup.h"

/* Listings that may be made and sent at one time, per worker: each may take LISTING_MOST bytes of
 * memory. */
#define LISTINGS_MOST 16

/* What there is of a listing, beside its descriptor. */
enum {
	LISTING_NONE = -1, /* nobody has asked for it yet */
	LISTING_FAILED = -2,
	LISTING_BUSY = -3, /* there are too many, or it took too long */
};

/* The crew, and its place in the loop. -1 with errno. */
int listings_open(struct server *server);

/* What a request that asks for a directory gets. */
enum listed {
	LISTED_READY, /* answer->resource, and answer->listed */
	LISTED_WAITS, /* it has to be made: answer->directory, and all else that listings_begin
			 wants */
	LISTED_BUSY,
	LISTED_FAILED,
};

/*
 * *listing: what there is of it, taken if it is a descriptor. The lookup's directory is taken where
 * it has to be made; answer->format is set.
 */
enum listed listings_answer(
	int *listing, struct lookup *lookup, const struct target *target, struct answer *answer);

/* Have one made; takes answer->directory. The connection is in WAIT then. False: there are too
 * many. */
bool listings_begin(struct conn *conn, struct answer *answer);

/* The connection does not wait any more. */
void listings_forget(struct conn *conn);

#endif
