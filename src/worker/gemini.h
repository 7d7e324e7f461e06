/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_GEMINI_H
#define SULID_WORKER_GEMINI_H

/* Gemini (specification 0.24.1): one request, one answer, and the connection ends. */

#include <stddef.h>

#include "answer.h"
#include "conn.h"

/* As http_answer. What follows the request is nobody's business. */
enum answer_state gemini_answer(const struct conn *conn, const char *bytes, size_t length,
	int listing, struct answer *answer);

/* An answer without a request: 41. */
void gemini_refuse(const struct conn *conn, unsigned status, struct answer *answer);

#endif
