/* SPDX-License-Identifier: ISC */
#include "validator.h"

#include "base/text.h"

#define SECOND INT64_C(1000000000)

/*
 * How long a file may be written to without a new time. The kernel stamps it by the coarse clock
 * (fs/inode.c, current_time), which moves on with the tick: a hundredth of a second at the slowest
 * (kernel/Kconfig.hz). A file system that keeps whole seconds shows it by there being no fraction;
 * FAT's are even ones (fs/fat/misc.c, fat_truncate_mtime).
 */
#define TICK          INT64_C(10000000)
#define WHOLE_SECONDS (2 * SECOND)

static void add_hex(struct text *text, uint64_t number)
{
	int shift = 60;

	while (shift > 0 && number >> shift == 0)
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		text_byte(text, "0123456789abcdef"[number >> shift & 15]);
}

void validator_make(struct validator *validator, const struct resource *resource,
	enum encoding encoding, int64_t now)
{
	struct text text = text_over(validator->etag, sizeof validator->etag);
	int64_t granularity = resource->mtime % SECOND == 0 ? WHOLE_SECONDS : TICK;

	/* A time to come may come again. */
	validator->weak = resource->mtime > now - granularity;
	text_add(&text, validator->weak ? "W/\"" : "\"");
	add_hex(&text, (uint64_t)resource->mtime);
	text_byte(&text, '-');
	add_hex(&text, (uint64_t)resource->size);
	text_byte(&text, '-');
	add_hex(&text, resource->inode);
	if (encoding != ENCODING_IDENTITY) {
		text_byte(&text, '-');
		text_add(&text, encoding_rows[encoding].name);
	}
	text_byte(&text, '"');
	validator->etag_length = text.length;

	/* Never later than the answer's Date (RFC 9110 §8.8.2.1). */
	validator->dated = resource->mtime >= 0;
	validator->modified = (resource->mtime < now ? resource->mtime : now) / SECOND;
}
