/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_PROMPT_H
#define SULID_WORKER_PROMPT_H

/*
 * An input and its answer: Gemini 10 and 11 (specification 0.24.1), and a form on the web. The
 * query is the answer; it names a file below settings->answers, and is resolved like any path.
 */

#include "lookup.h"
#include "target.h"

enum prompt_form {
	PROMPT_GEMINI, /* the query, percent-encoded */
	PROMPT_HTML,   /* the value of "q" in application/x-www-form-urlencoded, or as above */
};

/*
 * After lookup_find said FOUND_INPUT for this target: FOUND_INPUT if the query is absent or empty,
 * FOUND_MALFORMED if it is no path, or what lookup_answer says.
 */
enum found prompt_find(struct lookup *lookup, const struct target *target, enum prompt_form form);

#endif
