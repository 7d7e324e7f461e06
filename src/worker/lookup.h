/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_LOOKUP_H
#define SULID_WORKER_LOOKUP_H

/*
 * A path of a vhost → what answers it and whether this client may have it, the same for HTTP and
 * Gemini. The settings and with them the permission are looked up anew for each name that is tried:
 * index files, endings, fallbacks, error pages.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "contract/image.h"

#include "conn.h"
#include "resolve.h"
#include "target.h"

#define LOOKUP_NAME (TARGET_MAX + 256) /* a path, an index file's name or an ending, and a NUL */

enum found {
	FOUND_FILE,
	FOUND_SLASH,     /* a directory, asked for without its slash */
	FOUND_DIRECTORY, /* one without index that may be listed: "directory" */
	FOUND_MOVED,     /* settings->location leads on */
	FOUND_REDIRECT,
	FOUND_GONE,
	FOUND_INPUT,     /* settings->prompt is to be asked; see prompt.h */
	FOUND_SLOW_DOWN, /* this client asks too often: "wait" */
	FOUND_MALFORMED, /* an answer that names nothing below a root */
	FOUND_MISSING,
	FOUND_FORBIDDEN,    /* by address, by the file's mode, or a directory that is not listed */
	FOUND_UNIDENTIFIED, /* a client certificate is wanted, and there is none */
	FOUND_STRANGER,     /* it is none of those that may */
	FOUND_EXPIRED,      /* or not valid at this time */
	FOUND_OUTDATED,     /* another generation knows who may */
	FOUND_BUSY,
	FOUND_FAILED,
};

struct lookup {
	/* the question */
	const struct image *image;
	uint32_t vhost;
	struct image_range index; /* texts: names of index files */
	const struct address *peer;
	const uint8_t *digest; /* of the client's certificate, or NULL */
	bool current;          /* now is between its dates */
	bool outdated;         /* who may is not known here any more */
	struct limits *limits; /* where the request counts; NULL: it has been counted */
	/* the answer */
	const struct image_settings *settings; /* of the name that was found, else of the path */
	struct resource resource;              /* FOUND_FILE; the caller's; else fd is -1 */
	int directory;                         /* FOUND_DIRECTORY, the caller's; else -1 */
	bool compressible;                     /* neighbours with an encoding may be there */
	const char *cache;                     /* value of Cache-Control, or NULL */
	unsigned wait;                         /* FOUND_SLOW_DOWN: seconds */
	size_t name_length;
	char name[LOOKUP_NAME]; /* of what was found, below the vhost */
};

/* The question, but for "index": what is known of who asks. now: nanoseconds since 1970. */
void lookup_begin(struct lookup *lookup, const struct conn *conn, uint32_t vhost, int64_t now);

/* The request counts once, by the settings of its path, before all else is asked of them. */
enum found lookup_find(struct lookup *lookup, const struct target *target);

/* What an answer names below settings->answers, of the input that was found; its path is
 * "answer". */
enum found lookup_answer(struct lookup *lookup, const struct target *answer);

/* Exactly this file: an error page. */
enum found lookup_file(struct lookup *lookup, struct image_text path);

/*
 * A neighbour of the file that was found, "NAME.gz", at least as new. Found: it takes the place of
 * lookup->resource, with the type of the original; which is closed.
 */
bool lookup_neighbour(struct lookup *lookup, const char *ending);

/*
 * Of a gemtext file that was found its neighbour for browsers, "NAME.html" beside "NAME.gmi", if
 * this client may have that, too, and it is at least as new. Found: it takes the place of the
 * file, with its own name, type and settings; the file is closed.
 */
bool lookup_rendered(struct lookup *lookup);

/* What it has open and nobody took. */
void lookup_close(struct lookup *lookup);

#endif
