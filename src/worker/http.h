/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_HTTP_H
#define SULID_WORKER_HTTP_H

/* HTTP/1.1 as a static server means it: whose request is it, may it be answered, with what (RFC
 * 9110, 9112). */

#include <stddef.h>

#include "answer.h"
#include "conn.h"

/*
 * Decide on the request at the beginning of bytes. listing: what there is of the listing that it
 * may ask for (listings.h); taken. ANSWER_READY: *answer is complete; its file is the caller's.
 * ANSWER_WAITS: a listing of answer->directory is wanted; its path is in answer->location.
 */
enum answer_state http_answer(const struct conn *conn, const char *bytes, size_t length,
	int listing, struct answer *answer);

/* An answer without a request: 408, 503. The connection ends with it. */
void http_refuse(const struct conn *conn, unsigned status, struct answer *answer);

#endif
