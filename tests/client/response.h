/* SPDX-License-Identifier: ISC */
/* One response: HTTP/1.x (RFC 9112 §6.3) as far as a static server answers, or Gemini. */
#ifndef SULID_CLIENT_RESPONSE_H
#define SULID_CLIENT_RESPONSE_H

#include "body.h"
#include "connection.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESPONSE_HEAD_MAX 65536

struct response {
	int status; /* 0 if none came */
	char *head; /* from malloc, ends in NUL; without the empty line. For Gemini, the line */
	size_t head_len;
	const char *meta; /* of Gemini, in head; "" otherwise */
	int64_t length;   /* Content-Length, or -1 */
	int64_t first_us; /* when the first byte came, 0 if none did */
	struct body body;
	int informational; /* how many 1xx came before */
	bool complete;
	bool persistent;   /* another response may follow */
	const char *error; /* what is wrong with it, or NULL */
	bool cut;          /* close_after was reached */
};

/*
 * Reads one. head tells that it answers a HEAD request. What ended the connection meanwhile, if
 * anything, is in its transport. To be freed whatever happened.
 */
void response_read(struct response *r, struct connection *c, const struct request *rq, bool head);
void response_free(struct response *r);

/* Of response.c, for http.c and gemini.c. */

/* Reads up to and including the mark, which r->head then lacks. */
bool response_read_head(struct response *r, struct connection *c, const char *mark, size_t max);

/* Stops reading for as long as asked; the deadline moves accordingly. */
void response_stall(struct connection *c, const struct request *rq);

/* Hands on so many bytes of body, or all until the end if it is -1. */
void response_read_body(
	struct response *r, struct connection *c, const struct request *rq, int64_t bytes);

void http_read(struct response *r, struct connection *c, const struct request *rq, bool head);
void gemini_read(struct response *r, struct connection *c, const struct request *rq);

#endif
