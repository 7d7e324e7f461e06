/* SPDX-License-Identifier: ISC */
/* The bytes of a request: those given as raw=, or made of path, method and headers. */
#ifndef SULID_CLIENT_MESSAGE_H
#define SULID_CLIENT_MESSAGE_H

#include "request.h"

#include <stdbool.h>
#include <stddef.h>

/* So many copies of it in one piece, from malloc; NULL if memory ran out. */
char *message_make(const struct request *rq, int64_t copies, size_t *len);

/* Whether it is a HEAD request, whose response has no body. */
bool message_is_head(const struct request *rq);

#endif
