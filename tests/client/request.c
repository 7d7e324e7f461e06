/* SPDX-License-Identifier: ISC */
#include "request.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum kind {
	NUMBER,
	CHOICE,  /* an int, the index of the word */
	YES,     /* a bool: true or false */
	TEXT,    /* a const char * */
	BYTES,   /* a struct word */
	HEADER,  /* added to headers */
	WANTED,  /* head, body or all */
	SIZES,   /* MIN..MAX */
	CUT,     /* a number or random */
	UPDATES, /* a number, or true for one */
	RANDOM,  /* a bool: only the word random */
};

#define CHOICES_MAX 7

struct key {
	const char *name;
	enum kind kind;
	unsigned verbs;
	size_t offset;
	int64_t min, max, preset; /* of NUMBER, CUT and UPDATES */
	const char *choices[CHOICES_MAX];
};

#define KEY(name_, member, kind_, verbs_, ...)              \
	{.name = name_,                                     \
		.kind = kind_,                              \
		.verbs = verbs_,                            \
		.offset = offsetof(struct request, member), \
		##__VA_ARGS__}
#define RANGE(min_, max_, preset_) .min = min_, .max = max_, .preset = preset_
#define CHOICES(...)               .choices = {__VA_ARGS__}
#define CONNECTS                   (VERB_GET | VERB_OPEN | VERB_MANY)
#define ASKS                       (VERB_GET | VERB_MANY)
#define WRITES                     (ASKS | VERB_SEND)
#define READS                      (ASKS | VERB_READ)
#define ALL                        (CONNECTS | VERB_SEND | VERB_READ | VERB_WAIT | VERB_CLOSE)
#define NAMED                      (VERB_GET | VERB_SEND | VERB_READ | VERB_WAIT | VERB_CLOSE)
#define MAX_BYTES                  (INT64_C(1) << 40)
#define MAX_MS                     3600000

/* clang-format off */
static const struct key keys[] = {
	KEY("host", host, TEXT, CONNECTS),
	KEY("port", port, NUMBER, CONNECTS, RANGE(1, 65535, 0)),
	KEY("from", from, TEXT, CONNECTS),
	KEY("rcvbuf", rcvbuf, NUMBER, CONNECTS, RANGE(1, INT32_MAX, 0)),
	KEY("timeout", timeout_ms, NUMBER, ALL, RANGE(1, MAX_MS, 20000)),
	KEY("fin_wait", fin_wait_ms, NUMBER, READS | VERB_WAIT, RANGE(0, MAX_MS, 5000)),

	KEY("tls", backend, CHOICE, CONNECTS, CHOICES("openssl", "gnutls", "none")),
	KEY("version", version, CHOICE, CONNECTS, CHOICES("any", "1.2", "1.3")),
	KEY("cipher", cipher, CHOICE, CONNECTS,
		CHOICES("any", "aes128", "aes256", "chacha20", "ccm", "cbc")),
	KEY("auth", auth, CHOICE, CONNECTS, CHOICES("any", "ecdsa", "rsa")),
	KEY("sni", sni, TEXT, CONNECTS),
	KEY("alpn", alpn, TEXT, CONNECTS),
	KEY("cert", cert, TEXT, CONNECTS),
	KEY("key", key, TEXT, CONNECTS),
	KEY("ca", ca, TEXT, CONNECTS),
	KEY("session", session, TEXT, CONNECTS | VERB_READ),
	KEY("mfl", mfl, NUMBER, CONNECTS, RANGE(512, 4096, 0)),
	KEY("tickets", tickets, YES, CONNECTS),
	KEY("keyupdate", keyupdates, UPDATES, WRITES, RANGE(0, 1000000, 0)),
	KEY("keyupdate_request", keyupdate_request, YES, WRITES),

	KEY("proto", proto, CHOICE, CONNECTS, CHOICES("http", "gemini")),
	KEY("path", path, TEXT, ASKS),
	KEY("method", method, TEXT, READS),
	KEY("header", headers, HEADER, ASKS),
	KEY("raw", raw, BYTES, WRITES),
	KEY("count", count, NUMBER, VERB_GET, RANGE(1, 1000000, 1)),
	KEY("pipeline", pipeline, NUMBER, VERB_GET, RANGE(1, 100000, 1)),
	KEY("responses", responses, NUMBER, VERB_GET | VERB_READ, RANGE(0, 100000, -1)),

	KEY("byte_by_byte", drip, CHOICE, WRITES, CHOICES("false", "true", "wire")),
	KEY("gap", gap_ms, NUMBER, WRITES, RANGE(0, MAX_MS, 0)),
	KEY("coalesce", coalesce, YES, CONNECTS),
	KEY("rate", rate, NUMBER, READS, RANGE(1, MAX_BYTES, 0)),
	KEY("stall", stall_ms, NUMBER, READS, RANGE(0, MAX_MS, 0)),
	KEY("cut", cut, CUT, ASKS, RANGE(0, MAX_BYTES, CUT_NONE)),
	KEY("close_after", close_after, NUMBER, READS, RANGE(0, MAX_BYTES, -1)),
	KEY("how", how, CHOICE, READS | VERB_CLOSE, CHOICES("any", "rst", "fin", "half", "notify")),

	KEY("keep", keep, TEXT, VERB_GET | VERB_OPEN),
	KEY("conn", conn, TEXT, NAMED),
	KEY("save", save, TEXT, VERB_GET | VERB_READ),
	KEY("prefix", prefix, TEXT, READS),
	KEY("want", want, WANTED, VERB_GET | VERB_READ),

	KEY("n", n, NUMBER, VERB_MANY, RANGE(1, 10000000, 1)),
	KEY("conns", conns, NUMBER, VERB_MANY, RANGE(1, 10000, 1)),
	KEY("seed", seed, NUMBER, VERB_MANY, RANGE(0, INT64_MAX, -1)),
	KEY("size", size_min, SIZES, VERB_MANY),
	KEY("close", close_random, RANDOM, VERB_MANY),
};
/* clang-format on */

#define KEYS (sizeof(keys) / sizeof(*keys))

static bool number_read(const char *text, const struct key *key, int64_t *number)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(text, &end, 10);
	*number = value;
	return end != text && !*end && !errno && value >= key->min && value <= key->max;
}

static bool choice_read(const char *text, const struct key *key, int *choice)
{
	for (int i = 0; i < CHOICES_MAX && key->choices[i]; i++) {
		if (strcmp(key->choices[i], text) == 0) {
			*choice = i;
			return true;
		}
	}
	return false;
}

static bool yes_read(const char *text, bool *yes)
{
	*yes = strcmp(text, "true") == 0;
	return *yes || strcmp(text, "false") == 0;
}

static bool wanted_read(const char *text, int *want)
{
	if (strcmp(text, "all") == 0)
		*want |= WANT_HEAD | WANT_BODY;
	else if (strcmp(text, "head") == 0)
		*want |= WANT_HEAD;
	else if (strcmp(text, "body") == 0)
		*want |= WANT_BODY;
	else
		return false;
	return true;
}

static bool sizes_read(const char *text, struct request *rq)
{
	char extra;

	return sscanf(text, "%" SCNd64 "..%" SCNd64 "%c", &rq->size_min, &rq->size_max, &extra) ==
		       2 &&
	       rq->size_min >= 0 && rq->size_max >= rq->size_min;
}

static bool header_add(struct request *rq, const char *text)
{
	if (rq->headers_count == REQUEST_HEADERS_MAX)
		return false;
	rq->headers[rq->headers_count++] = text;
	return true;
}

static bool value_store(struct request *rq, const struct key *key, const struct word *word)
{
	void *at = (char *)rq + key->offset;

	switch (key->kind) {
	case NUMBER:
		return number_read(word->value, key, at);
	case CUT:
		if (strcmp(word->value, "random") != 0)
			return number_read(word->value, key, at);
		*(int64_t *)at = CUT_RANDOM;
		return true;
	case UPDATES:
		if (strcmp(word->value, "true") != 0)
			return number_read(word->value, key, at);
		*(int64_t *)at = 1;
		return true;
	case CHOICE:
		return choice_read(word->value, key, at);
	case YES:
		return yes_read(word->value, at);
	case RANDOM:
		*(bool *)at = true;
		return strcmp(word->value, "random") == 0;
	case TEXT:
		*(const char **)at = word->value;
		return strlen(word->value) == word->len;
	case BYTES:
		*(struct word *)at = *word;
		return true;
	case HEADER:
		return header_add(rq, word->value);
	case WANTED:
		return wanted_read(word->value, at);
	case SIZES:
		return sizes_read(word->value, rq);
	}
	return false;
}

static const struct key *key_find(const char *name)
{
	for (size_t i = 0; i < KEYS; i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static void presets(struct request *rq)
{
	*rq = (struct request){.host = "127.0.0.1", .path = "/", .method = "GET", .tickets = true};
	for (size_t i = 0; i < KEYS; i++)
		if (keys[i].kind == NUMBER || keys[i].kind == CUT || keys[i].kind == UPDATES)
			*(int64_t *)((char *)rq + keys[i].offset) = keys[i].preset;
}

/* What crosses keys. */
static const char *check(const struct request *rq, enum verb verb)
{
	if (rq->mfl && (rq->mfl & (rq->mfl - 1)))
		return "mfl: 512, 1024, 2048 or 4096";
	if ((verb & (VERB_SEND | VERB_READ | VERB_WAIT | VERB_CLOSE)) && !rq->conn)
		return "conn is missing";
	if (verb == VERB_SEND && !rq->raw.value)
		return "raw is missing";
	if (verb == VERB_OPEN && !rq->keep)
		return "keep is missing";
	if (rq->cut == CUT_RANDOM && verb != VERB_MANY)
		return "cut=random goes with many";
	if ((rq->cut >= 0 || rq->close_after >= 0) &&
		(rq->how == HOW_HALF || rq->how == HOW_NOTIFY))
		return "how: rst or fin goes with cut and close_after";
	if (rq->cipher == CIPHER_CBC && rq->version == VERSION_13)
		return "cipher=cbc: TLS 1.3 has none";
	if (rq->size_max && !strstr(rq->path, "%d"))
		return "size wants %d in path";
	return NULL;
}

const char *request_parse(struct request *rq, enum verb verb, const struct word *words, int count,
	char *error, size_t error_size)
{
	presets(rq);
	for (int i = 0; i < count; i++) {
		const struct key *key = key_find(words[i].key);

		if (!key)
			snprintf(error, error_size, "unknown key %s", words[i].key);
		else if (!(key->verbs & verb))
			snprintf(error, error_size, "%s does not go with this verb", key->name);
		else if (!value_store(rq, key, &words[i]))
			snprintf(error, error_size, "bad value for %s: %s", key->name,
				words[i].value);
		else
			continue;
		return error;
	}
	return check(rq, verb);
}

const char *request_resolve(struct request *rq)
{
	rq->target.rcvbuf = (int)rq->rcvbuf;
	return wire_resolve(&rq->target, rq->host, (int)rq->port, rq->from);
}

static bool is_name(const char *host)
{
	struct in6_addr address;

	return *host != '/' && inet_pton(AF_INET, host, &address) != 1 &&
	       inet_pton(AF_INET6, host, &address) != 1;
}

const char *request_sni(const struct request *rq)
{
	if (rq->sni)
		return strcmp(rq->sni, "none") == 0 ? NULL : rq->sni;
	return is_name(rq->host) ? rq->host : NULL;
}

const char *request_authority(const struct request *rq)
{
	const char *sni = request_sni(rq);

	return sni ? sni : *rq->host == '/' ? "localhost" : rq->host;
}

const char *request_alpn(const struct request *rq)
{
	if (rq->alpn)
		return strcmp(rq->alpn, "none") == 0 ? NULL : rq->alpn;
	return rq->proto == PROTO_HTTP ? "http/1.1" : NULL;
}

void request_help(enum verb verb, const char *name, struct answer *a)
{
	char line[1024];
	size_t len = 0;

	for (size_t i = 0; i < KEYS; i++)
		if (keys[i].verbs & verb)
			len += (size_t)snprintf(line + len, sizeof(line) - len, "%s%s",
				len ? " " : "", keys[i].name);
	answer_text(a, name, line);
}
