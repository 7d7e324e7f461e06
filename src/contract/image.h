/* SPDX-License-Identifier: ISC */
#ifndef SULID_CONTRACT_IMAGE_H
#define SULID_CONTRACT_IMAGE_H

/*
 * The image: the configuration as the children see it. The supervisor parses YAML once and
 * compiles it into one flat block per role, in a sealed memfd. There is no pointer in it and no
 * parser in a child: image_map checks every offset and index once, and from then on it is read
 * only. An image holds what its role needs and nothing else; the worker's knows no key.
 *
 * Indices mean the same in all images of one generation: vhost 3 is vhost 3 everywhere. A table
 * that a role does not need is empty.
 *
 * Descriptors are not in the image, only their order: inherit.h tells at which number the i-th
 * listener, root, log or certificate of a role is found.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "contract/build.h"

#define IMAGE_MAGIC UINT64_C(0x31676d6964696c75)
#define IMAGE_NONE  UINT32_MAX /* "no such index" */

/* A text in the text section. A NUL follows it, so image_string can be used as a C string. */
struct image_text {
	uint32_t offset; /* from the start of the text section */
	uint32_t length; /* bytes, without the NUL */
};

/* Consecutive entries of one of the tables. */
struct image_range {
	uint32_t first;
	uint32_t count;
};

enum protocol {
	PROTOCOL_HTTP,
	PROTOCOL_HTTPS,
	PROTOCOL_GEMINI,
	PROTOCOL_ADMIN,
	PROTOCOL_COUNT,
};

enum kernel_policy {
	KERNEL_PREFER,
	KERNEL_REQUIRE,
	KERNEL_NEVER
};
enum client_certificates {
	CLIENT_NONE,
	CLIENT_REQUEST,
	CLIENT_REQUIRE
};
enum http_mode {
	HTTP_SERVE,
	HTTP_REDIRECT,
	HTTP_NONE
};
enum log_format {
	LOG_FORMAT_JSON,
	LOG_FORMAT_COMBINED
};
enum log_clients {
	LOG_CLIENTS_FULL,
	LOG_CLIENTS_NETWORK,
	LOG_CLIENTS_NONE
};
enum tls_minimum {
	TLS_MINIMUM_1_2,
	TLS_MINIMUM_1_3
};
enum symlinks {
	SYMLINKS_WITHIN, /* followed within the root */
	SYMLINKS_NEVER,
	SYMLINKS_OWNER, /* followed if link and target have one owner */
	SYMLINKS_COUNT
};
enum action {
	ACTION_SERVE,
	ACTION_MOVED,     /* 301, Gemini 31, to "location" */
	ACTION_REDIRECT,  /* 302, Gemini 30 */
	ACTION_GONE,      /* 410, Gemini 52 */
	ACTION_INPUT,     /* a form, Gemini 10: the answer names a file below "answers" */
	ACTION_SENSITIVE, /* a form, Gemini 11, likewise; the answer is not logged */
	ACTION_COUNT
};

/*
 * One address and port that is listened on. Every role that looks vhosts up has all of them, so
 * that handoff.listener means the same everywhere; "socket" tells which the role itself inherits.
 */
struct image_listener {
	uint32_t socket;          /* number among the inherited listeners, or IMAGE_NONE */
	struct image_range names; /* sorted for image_find_vhost */
	uint32_t fallback; /* vhost that answers bare addresses and a missing name, or NONE */
	struct image_range proxy; /* networks whose connections begin with a PROXY header */
	uint16_t port;            /* host order; the one really bound */
	uint8_t protocol;         /* enum protocol */
	uint8_t any_name;         /* fallback is "*": it answers every other name too */
};

/* Within a listener's range: exact names first, then wildcards, each sorted by memcmp. */
struct image_name {
	struct image_text name; /* lower case; an international name in A-labels (RFC 5890
				   §2.3.2.1), an IPv6 address in its shortest form without
				   brackets; of "*.example.org" only ".example.org" */
	uint32_t vhost;
	uint16_t wildcard; /* bool */
	uint16_t moved; /* bool: was the vhost's name; leads to its first name. Never a wildcard */
};

/* How often one client may ask, per worker: what the configuration says is divided already. */
struct image_pace {
	uint32_t requests;  /* in the long run; 0: as often as it likes */
	uint32_t period_ms; /* in so many milliseconds; not 0 */
	uint32_t burst;     /* at once, at least 1 */
	uint32_t bucket;    /* settings of one bucket count together */
};

/*
 * What holds below one path of a vhost. The supervisor has resolved what comes from shorter paths,
 * from the vhost and from the defaults, so that one look-up is all there is. A text of length 0 is
 * absent.
 */
struct image_settings {
	uint32_t root;  /* number among the roots, or IMAGE_NONE */
	uint32_t strip; /* bytes at the beginning of the path that stand for the root: of
			   "/files/" with a root of its own 6, so that "/a" remains of "/files/a" */
	struct image_range try_endings; /* in "texts", each with its dot */
	struct image_range error_pages; /* in "error_pages", by status */
	struct image_text fallback;     /* path */
	struct image_text headers;      /* whole lines with CRLF */
	struct image_text hsts;         /* likewise, on https only */
	struct image_text cache;        /* value of Cache-Control */
	struct image_text location;     /* MOVED, REDIRECT: {rest}, {path}, {query}, {host} */
	uint32_t location_key;          /* bytes of the path before {rest} */
	struct image_text prompt;       /* INPUT, SENSITIVE: 1 to 1024 bytes */
	struct image_text answers;      /* likewise: a path with a slash at its end */
	struct image_pace pace;
	struct image_range networks;   /* in "networks": who may or may not */
	struct image_range identities; /* in "digests", sorted: who may, if "restricted" */
	uint8_t action;                /* enum action */
	uint8_t symlinks;              /* enum symlinks */
	uint8_t restricted;            /* bool: only with one of the identities */
	uint8_t networks_else;         /* bool: who is in none of the networks may */
	uint8_t listing;               /* bool */
	uint8_t dotfiles;              /* bool: served */
	uint8_t cache_of_path; /* bool: "cache" was said by a path, and goes before that of a
				  file's type */
	uint8_t server;        /* bool: "Server: sulid" is sent */
};

/* Within a vhost's range sorted by memcmp. */
struct image_path {
	struct image_text path; /* decoded; with a slash at its end all below, else exactly it */
	uint32_t settings;
};

struct image_error_page {
	uint32_t status;
	struct image_text path;
};

/* Addresses whose first "bits" bits are these. IPv4 in the first 4 bytes, the rest 0. */
struct image_network {
	uint8_t bytes[16]; /* network order; no bit set beyond the first "bits" */
	uint8_t family;    /* 4 or 6 */
	uint8_t bits;
	uint8_t allow; /* bool; of settings: whether they may. A network that may not goes first */
	uint8_t reserved;
};

struct image_digest {
	uint8_t bytes[32]; /* SHA-256 of a client's certificate */
};

/* A client's certificate that is in a group, whichever paths are for it. */
struct image_member {
	struct image_digest digest;
	struct image_text groups; /* names of all of its groups, in their order, with commas */
};

struct image_vhost {
	struct image_text name;             /* the first name; IPv6 in brackets */
	uint32_t settings;                  /* where no path covers; worker only, else IMAGE_NONE */
	struct image_range paths;           /* worker only */
	struct image_range types;           /* worker only */
	uint32_t log;                       /* number among the access logs, or IMAGE_NONE */
	struct image_range index_http;      /* in "texts" */
	struct image_range index_gemini;    /* in "texts" */
	struct image_range certificates;    /* handshaker only */
	uint16_t https_port;                /* where http redirects lead, 0 if there is none */
	uint8_t http;                       /* enum http_mode */
	uint8_t client_certificates;        /* enum client_certificates on https */
	uint8_t client_certificates_gemini; /* and on Gemini */
	uint8_t log_format;                 /* enum log_format */
	uint8_t log_clients;                /* enum log_clients */
	uint8_t request_id;                 /* bool */
};

/* A certificate is a pair of inherited descriptors, chain and key; their paths stay outside. */
struct image_certificate {
	uint32_t vhost; /* the first vhost that uses it */
};

/* File name ending → media type. Within a vhost's range sorted by ending (memcmp). */
struct image_type {
	struct image_text ending; /* lower case, without the dot */
	struct image_text type;   /* with its parameters: "text/html; charset=utf-8" */
	struct image_text cache;  /* value of Cache-Control; length 0: none */
	uint32_t compressible;    /* bool: neighbours with an encoding are looked for */
};

/* Shares of one process: what the configuration says of the whole server is divided already. */
struct image_limits {
	uint32_t connections; /* struct conn per worker */
	uint32_t handshakes;  /* in progress, per handshaker */
	uint32_t relayed;     /* per handshaker */
	uint32_t head;        /* bytes of a request head */
	uint32_t ranges;      /* in one request; 0: ranges are not served */
	uint64_t min_rate;    /* bytes per second that a reader must take; 0: any */
};

/* Milliseconds. */
struct image_timeouts {
	uint32_t handshake;
	uint32_t first_byte;
	uint32_t head;
	uint32_t idle;
	uint32_t send;
	uint32_t drain_reload; /* UINT32_MAX: none */
	uint32_t drain_stop;
};

struct image_header {
	uint64_t magic;
	uint8_t build[BUILD_ID_SIZE];
	uint32_t size; /* of the whole image, bytes */
	uint32_t role; /* enum role it was made for */
	uint32_t generation;
	uint32_t kernel;      /* enum kernel_policy */
	uint32_t tls_minimum; /* enum tls_minimum */
	uint32_t roots;       /* how many root directories the role inherits */
	uint32_t logs;        /* how many access logs */
	uint32_t acme_root;   /* number among the roots, or IMAGE_NONE */
	uint32_t log_level;   /* enum log_level of the error log */
	struct image_limits limits;
	struct image_timeouts timeouts;
	/* byte offset of the table's first entry and number of entries */
	struct image_range listeners;
	struct image_range names;
	struct image_range vhosts;
	struct image_range certificates;
	struct image_range types;
	struct image_range settings;
	struct image_range paths;
	struct image_range error_pages;
	struct image_range networks;
	struct image_range digests;
	struct image_range members; /* worker only; sorted by digest */
	struct image_range texts;   /* struct image_text */
	struct image_range text;    /* bytes */
};

/* A mapped and checked image. The pointers are into the mapping and live as long as it. */
struct image {
	const struct image_header *header;
	const struct image_listener *listeners;
	const struct image_name *names;
	const struct image_vhost *vhosts;
	const struct image_certificate *certificates;
	const struct image_type *types;
	const struct image_settings *settings;
	const struct image_path *paths;
	const struct image_error_page *error_pages;
	const struct image_network *networks;
	const struct image_digest *digests;
	const struct image_member *members;
	const struct image_text *texts;
	const char *text;
};

/*
 * Map the image behind fd for "role" and check it: seals, sizes, alignment, build, role, every
 * offset, range, index, enum value and NUL. fd may be closed afterwards; the mapping stays for the
 * process's life. -1 with errno: EPROTO if it is another build's, EBADMSG if anything in it is
 * wrong, or mmap's.
 */
int image_map(struct image *image, int fd, enum role role);

/* The same checks on bytes that are in memory already (8-byte aligned); "image" then points into
 * them. */
int image_check(struct image *image, const void *bytes, size_t size, enum role role);

static inline const char *image_string(const struct image *image, struct image_text text)
{
	return image->text + text.offset;
}

/* How a name led to its vhost. */
enum name_match {
	MATCH_NONE,     /* nobody answers it */
	MATCH_EXACT,    /* by a name written out */
	MATCH_MOVED,    /* likewise, by one that it had before */
	MATCH_WILDCARD, /* by "*.…" */
	MATCH_ANY,      /* by "*" */
	MATCH_ALONE,    /* one vhost listens here alone: bare addresses and a missing name */
};

/*
 * The vhost that answers "name" on a listener: exact, then the longest wildcard, then the
 * fallback as far as it reaches: with any_name set for whatever is asked; else only where "name"
 * is empty or an address literal ("192.0.2.1", "2001:db8::1", in brackets or not).
 * name: as struct image_name has it, without port or trailing dot; length 0 for none. Returns the
 * index in vhosts or IMAGE_NONE.
 */
uint32_t image_find_vhost(const struct image *image, uint32_t listener, const char *name,
	size_t length, enum name_match *match);

/* A vhost's media type for a file name by the longest ending that is known ("tar.gz" before "gz"),
 * or NULL. ASCII case is ignored. */
const struct image_type *image_find_type(
	const struct image *image, uint32_t vhost, const char *file, size_t length);

/* What holds for a path of a vhost (decoded, normalised, beginning with '/'): the longest path
 * that covers it, else the vhost's. */
const struct image_settings *image_find_settings(
	const struct image *image, uint32_t vhost, const char *path, size_t length);

/* Is exactly this one of the vhost's paths? */
bool image_has_path(const struct image *image, uint32_t vhost, const char *path, size_t length);

/* The first of these networks that holds the address (family 4 or 6), or NULL. */
const struct image_network *image_find_network(
	const struct image *image, struct image_range networks, const struct address *address);

/* Is it among these? */
bool image_has_digest(const struct image *image, struct image_range digests,
	const uint8_t digest[static sizeof(struct image_digest)]);

/* The names of the groups that a certificate is in, or NULL. */
const char *image_find_groups(
	const struct image *image, const uint8_t digest[static sizeof(struct image_digest)]);

_Static_assert(sizeof(struct image_listener) == 28, "image_listener");
_Static_assert(sizeof(struct image_name) == 16, "image_name");
_Static_assert(sizeof(struct image_vhost) == 64, "image_vhost");
_Static_assert(sizeof(struct image_type) == 28, "image_type");
_Static_assert(sizeof(struct image_member) == 40, "image_member");
_Static_assert(sizeof(struct image_settings) == 124, "image_settings");
_Static_assert(sizeof(struct image_path) == 12, "image_path");
_Static_assert(sizeof(struct image_error_page) == 12, "image_error_page");
_Static_assert(sizeof(struct image_network) == 20, "image_network");
_Static_assert(sizeof(struct image_digest) == 32, "image_digest");

#endif
