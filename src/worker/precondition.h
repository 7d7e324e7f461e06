/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_PRECONDITION_H
#define SULID_WORKER_PRECONDITION_H

/* Conditional requests (RFC 9110 §13). */

#include <stdbool.h>
#include <stdint.h>

#include "http_head.h"
#include "validator.h"

enum precondition {
	PRECONDITION_HOLDS,
	PRECONDITION_UNCHANGED, /* 304 */
	PRECONDITION_FAILED,    /* 412 */
};

/*
 * If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since in the order of §13.2.2, for GET
 * and HEAD of a representation that exists. List fields may stand on several lines. A date that is
 * none is ignored, as is any if the representation has none (§13.1.3); a malformed list of entity
 * tags matches nothing, and "*" is one beside anything else. now: Unix time, seconds.
 */
enum precondition precondition_check(
	const struct http_head *head, const struct validator *validator, int64_t now);

/*
 * May the Range field be looked at: no If-Range, or it holds (§13.1.5): a strong entity tag that is
 * the same, or exactly the date, if that is a strong validator (§8.8.2.2): its second is over, and
 * the entity tag is strong. What the client had before that second was over is for it to know.
 */
bool precondition_range(
	const struct http_head *head, const struct validator *validator, int64_t now);

#endif
