/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_RANGE_H
#define SULID_WORKER_RANGE_H

/* Byte ranges (RFC 9110 §14). */

#include <stdint.h>

#include "span.h"

#define RANGES_MAX 16 /* as many as limits.ranges may say */

struct range {
	int64_t first;
	int64_t last; /* inclusive */
};

enum ranges {
	RANGES_IGNORED, /* absent, malformed, another unit, more than "limit", the last bytes of
			   nothing: the whole is sent */
	RANGES_GOOD,    /* *count of them, at least one */
	RANGES_UNSATISFIABLE, /* 416 */
};

/*
 * value: of the Range field. size: of the representation, bytes. limit: at most RANGES_MAX; all
 * that are asked for count. Ranges that begin behind the end and suffixes of length 0 are left out.
 * If some overlap or touch, all are sorted and coalesced (§15.3.7.2); otherwise they stay in the
 * client's order. Numbers beyond 63 bits are as large as can be. Of an empty representation "-5" is
 * satisfiable (§14.1.2), but no Content-Range can say so.
 */
enum ranges range_parse(struct span value, int64_t size, uint32_t limit,
	struct range ranges[static RANGES_MAX], uint32_t *count);

#endif
