/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_RESPOND_H
#define SULID_WORKER_RESPOND_H

/* Answer → bytes: the head of a response, and a built-in page behind it if there is no file. */

#include <stddef.h>

#include "base/date.h"
#include "base/text.h"

#include "answer.h"

/*
 * Into text, which has BUFFER_SIZE bytes: it always fits. Returns the length of the head; what
 * follows is the body. date: HTTP-date of now.
 */
size_t respond_http(struct text *text, const struct answer *answer, const char *date);
size_t respond_gemini(struct text *text, const struct answer *answer);

#endif
