/* SPDX-License-Identifier: ISC */
/*
 * What a line of input asks for. One table in request.c holds every key with its type, limits and
 * the verbs it goes with; parsing and `help` are made from it. All texts point into the line.
 */
#ifndef SULID_CLIENT_REQUEST_H
#define SULID_CLIENT_REQUEST_H

#include "wire.h"
#include "words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REQUEST_HEADERS_MAX 48

enum verb {
	VERB_GET = 1,
	VERB_OPEN = 2,
	VERB_MANY = 4,
	VERB_SEND = 8,
	VERB_READ = 16,
	VERB_WAIT = 32,
	VERB_CLOSE = 64,
};

/* The order of each is that of its words in request.c. */
enum backend {
	BACKEND_OPENSSL,
	BACKEND_GNUTLS,
	BACKEND_PLAIN,
	BACKENDS
};
enum proto {
	PROTO_HTTP,
	PROTO_GEMINI
};
enum version {
	VERSION_ANY,
	VERSION_12,
	VERSION_13
};
enum cipher {
	CIPHER_ANY,
	CIPHER_AES128,
	CIPHER_AES256,
	CIPHER_CHACHA20,
	CIPHER_CCM,
	CIPHER_CBC
};
enum auth {
	AUTH_ANY,
	AUTH_ECDSA,
	AUTH_RSA
};
enum how {
	HOW_ANY,
	HOW_RST,
	HOW_FIN,
	HOW_HALF,
	HOW_NOTIFY
};
enum drip {
	DRIP_NONE,
	DRIP_RECORDS,
	DRIP_SEGMENTS
};
enum want {
	WANT_HEAD = 1,
	WANT_BODY = 2
};

#define CUT_NONE   (-1)
#define CUT_RANDOM (-2)

/* Enumerations are kept as int, so that the table can store them. */
struct request {
	/* where */
	const char *host, *from;
	int64_t port;
	struct wire_target target; /* found by request_resolve */
	/* TLS */
	int backend, version, cipher, auth;
	const char *sni;  /* NULL: the host if that is a name; "none" for none */
	const char *alpn; /* NULL: what suits proto; "none" for none */
	const char *cert, *key, *ca, *session;
	int64_t mfl, keyupdates;
	bool tickets, keyupdate_request;
	/* what to say */
	int proto;
	const char *path, *method;
	struct word raw; /* value NULL if not given */
	const char *headers[REQUEST_HEADERS_MAX];
	int headers_count;
	int64_t count, pipeline, responses;
	/* how to say it, how to listen */
	int64_t rcvbuf, rate, stall_ms, gap_ms, timeout_ms, fin_wait_ms;
	int drip, how;
	bool coalesce;
	int64_t cut, close_after;
	/* what to keep */
	const char *keep, *conn, *save, *prefix;
	int want;
	/* many */
	int64_t n, conns, seed, size_min, size_max;
	bool close_random;
};

/* Returns NULL, or what is wrong: a fixed text or one made in error. */
const char *request_parse(struct request *rq, enum verb verb, const struct word *words, int count,
	char *error, size_t error_size);

const char *request_resolve(struct request *rq);

/* The name to send as SNI, or NULL; and the name for Host or a Gemini URL, never NULL. */
const char *request_sni(const struct request *rq);
const char *request_authority(const struct request *rq);

/* The protocols to offer, separated by commas, or NULL. */
const char *request_alpn(const struct request *rq);

/* Writes the keys that a verb takes, as the word of that name. */
void request_help(enum verb verb, const char *name, struct answer *a);

#endif
