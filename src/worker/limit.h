/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_LIMIT_H
#define SULID_WORKER_LIMIT_H

/*
 * How often one client may ask: a token bucket per client and bucket of the image, kept as the time
 * at which it will be full again (the generic cell rate algorithm, "virtual scheduling", ITU-T
 * I.371 annex A). Each request moves that time one interval on, and none may move it further from
 * now than a burst takes to come back. A client is an IPv4 address or an IPv6 /64; peers without
 * an address are one client.
 *
 * The table is of fixed size, and belongs to one worker. Where more clients meet than there is room
 * for, the one whose bucket is nearest to being full is forgotten, and so has a full one: the table
 * errs in favour of clients, and least for those that ask the most. It begins empty with each
 * generation.
 *
 * An entry knows its client by 64 bits of a keyed hash. Two clients of the same hash would count
 * together; in a full table the chance that there are any is 1 in 10^11, and nobody can look for
 * them without the key.
 */

#include <stdint.h>

#include "base/address.h"
#include "contract/image.h"

#define LIMIT_WAYS 4    /* entries of a set: a line of the processor's cache */
#define LIMIT_SETS 4096 /* 16,384 entries, 256 KiB */

struct limit_entry {
	uint64_t key;
	int64_t full_at; /* nanoseconds; in the past: as good as free */
};

_Static_assert(LIMIT_WAYS * sizeof(struct limit_entry) == 64, "a set is a cache line");

struct limits {
	struct limit_entry *entries; /* NULL: nothing in the image is limited */
	uint32_t sets;               /* a power of 2 */
	uint64_t secret[2];          /* what the hash is keyed with */
};

/* A table, if some settings of the image have a pace. -1 with errno. */
int limit_open(struct limits *limits, const struct image *image, const uint64_t secret[static 2]);

/*
 * One request of this peer. 0: it may go on, and has taken a token. Else it has taken none, and
 * this is how many seconds until there is one, rounded up.
 *
 * now: CLOCK_MONOTONIC in nanoseconds, less than 73 years. An interval is rounded up to whole
 * nanoseconds; a burst that takes more than 73 years to come back is as large as what comes back in
 * these.
 */
unsigned limit_take(struct limits *limits, const struct image_pace *pace,
	const struct address *peer, int64_t now);

#endif
