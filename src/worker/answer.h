/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_ANSWER_H
#define SULID_WORKER_ANSWER_H

/*
 * What a request is answered with: decided by http.c or gemini.c, written out by respond.c. It
 * lives for one call; its spans point into the received bytes.
 */

#include <stdbool.h>
#include <stdint.h>

#include "conn.h"
#include "encoding.h"
#include "listing.h"
#include "range.h"
#include "resolve.h"
#include "span.h"
#include "target.h"
#include "validator.h"

/* Bytes; with the configuration's fields (3072) and the others within BUFFER_SIZE. */
#define LOCATION_MAX 4096

struct answer {
	unsigned status;                       /* HTTP or Gemini */
	size_t used;                           /* bytes of the request, without its body */
	uint32_t skip;                         /* bytes of its body, to be dropped */
	uint32_t vhost;                        /* who answers, for the log; IMAGE_NONE: nobody */
	bool close;                            /* no further request on this connection */
	bool unread;                           /* the peer may be sending what nobody will read */
	bool say_keep_alive;                   /* to an HTTP/1.0 client that asked for it */
	bool bodyless;                         /* HEAD: the body counts, but is not sent */
	struct resource resource;              /* fd -1: there is no file */
	const struct image_settings *settings; /* of the path; NULL: none was found */
	const char *reason; /* Gemini: META of a failure; NULL: the usual words */
	const char *prompt; /* what is asked for: META, or on a form; else NULL */
	bool sensitive;     /* nobody else may see it, nor what was answered */
	struct span secret; /* which is this query; absent: there is none */
	unsigned wait;      /* 44, 429, 503: seconds until the client may try again */

	/* HTTP: what is said about the file */
	const char *cache; /* value of Cache-Control, or NULL */
	const char *vary;  /* value of Vary, or NULL */
	enum encoding encoding;
	bool listed;    /* the file is a listing */
	bool validated; /* "validator" is set */
	struct validator validator;
	int64_t whole;        /* 416: bytes of the whole file */
	uint32_t range_count; /* 206 */
	struct range ranges[RANGES_MAX];
	bool with_id; /* the request has an id: request_id, or if absent one of ours */
	struct span request_id;

	/* ANSWER_WAITS */
	int directory; /* to be listed; else -1 */
	struct listing_order order;
	enum listing_format format;

	struct span line; /* for the log */
	struct span referer;
	struct span user_agent;
	size_t location_length; /* 0: none */
	char location[LOCATION_MAX];
};

/* What became of a request. */
enum answer_state {
	ANSWER_INCOMPLETE, /* it is not all there yet */
	ANSWER_READY,
	ANSWER_WAITS, /* a listing is to be made first; the directory is the caller's */
};

/* All fields but the text of "location"; nobody answers 200 with nothing. */
void answer_init(struct answer *answer);

/*
 * The location. Too long: false, and there is none. The first is path and query as they were
 * received behind "https://…", what may not stand in a URI encoded; the second that of a
 * directory which was asked for without its slash, from its decoded path, so that "//host" cannot
 * lead elsewhere.
 */
bool answer_locate(struct answer *answer, const char *prefix, const struct target *target);
bool answer_locate_slash(struct answer *answer, const struct target *target);

/*
 * From the configuration's text: {path} is the request's, {rest} what follows its first "key"
 * bytes, {query} and {host}. Where the text says nothing of the query it goes along.
 */
bool answer_locate_text(struct answer *answer, const char *text, uint32_t key,
	const struct target *target, const char *host);

/*
 * The query of a path that asks for something sensitive is nobody else's affair, whatever becomes
 * of the request: "sensitive" and "secret". Once, as soon as vhost and target are known.
 */
void answer_keep_secret(struct answer *answer, const struct image *image, uint32_t vhost,
	const struct target *target);

/* Close the file and the directory, if there are any. */
void answer_drop(struct answer *answer);

#endif
