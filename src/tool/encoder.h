/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_ENCODER_H
#define SULID_TOOL_ENCODER_H

/*
 * What makes the bytes of a neighbour from those of its original, and the content codings among
 * them: Brotli (RFC 7932), Zstandard (RFC 8878, with the window of at
 * most 8 MiB that RFC 9659 allows in HTTP) and gzip (RFC 1952). All bytes that come out depend on
 * nothing but those that went in, their number, the level and the library: the same file makes the
 * same neighbour, whenever and by whomever.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum encoding {
	ENCODING_BROTLI,
	ENCODING_ZSTD,
	ENCODING_GZIP,
	ENCODING_COUNT,
};

enum encoder_level {
	LEVEL_FAST,
	LEVEL_NORMAL,
	LEVEL_BEST,
	LEVEL_COUNT,
};

/* What is known of an original when it begins. */
struct encoder_original {
	uint64_t size;
	const char *directory; /* its path below the root; "" is the root itself */
	const char *name;
	const void *wishes; /* what a person asked for, as the command understands it */
};

/* Where the bytes go; false ends the encoding. */
struct encoder_sink {
	bool (*take)(struct encoder_sink *sink, const uint8_t *bytes, size_t length);
};

#define ENCODER_CHUNK ((size_t)64 << 10) /* bytes given to a sink at most */

enum encoder_result {
	ENCODER_GOOD,
	ENCODER_ENDED,  /* by the sink */
	ENCODER_FAILED, /* out of memory, or other than the announced number of bytes */
	ENCODER_VAIN,   /* there is nothing in the original to make a neighbour of */
};

struct encoder_row {
	const char *name;   /* of the coding, as in HTTP: "br" */
	const char *ending; /* of the neighbour: ".br" */
	int levels[LEVEL_COUNT];
	/* By the library's level. The original stays as long as the encoder. NULL with errno; the
	 * caller ends it. */
	void *(*open)(const struct encoder_original *original, int level);
	/* The next bytes; "last": there are no more, and all must come out. */
	enum encoder_result (*feed)(void *encoder, const uint8_t *bytes, size_t length, bool last,
		struct encoder_sink *sink);
	void (*end)(void *encoder);
};

extern const struct encoder_row encoder_rows[ENCODING_COUNT];
extern const char *const encoder_levels[LEVEL_COUNT]; /* their names */

#endif
