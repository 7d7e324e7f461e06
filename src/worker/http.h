/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_HTTP_H
#define SULID_WORKER_HTTP_H

/* HTTP/1.1 as a static server means it: whose request is it, may it be answered, with what (RFC
 * 9110, 9112). */

#include <stdbool.h>
#include <stddef.h>

#include "answer.h"
#include "conn.h"

/*
 * Decide on the request at the beginning of bytes. False: it is not all there yet. Else *answer is
 * complete; its file is the caller's.
 */
bool http_answer(const struct conn *conn, const char *bytes, size_t length, struct answer *answer);

/* An answer without a request: 408, 503. The connection ends with it. */
void http_refuse(const struct conn *conn, unsigned status, struct answer *answer);

#endif
