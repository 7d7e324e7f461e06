/* SPDX-License-Identifier: ISC */
#include "answer.h"

#include <string.h>
#include <unistd.h>

#include "base/text.h"

void answer_init(struct answer *answer)
{
	memset(answer, 0, offsetof(struct answer, location));
	answer->vhost = IMAGE_NONE;
	answer->resource.fd = -1;
}

void answer_drop(struct answer *answer)
{
	if (answer->resource.fd >= 0)
		close(answer->resource.fd);
	answer->resource.fd = -1;
}

/* Escapes stay; bytes that no URI has (RFC 3986 §2) are escaped. */
static void add_reference(struct text *text, struct span span)
{
	for (size_t i = 0; i < span.length; i++) {
		uint8_t byte = (uint8_t)span.bytes[i];

		if (byte <= ' ' || byte >= 0x7f || strchr("\"<>\\^`{|}", byte)) {
			text_byte(text, '%');
			text_byte(text, "0123456789ABCDEF"[byte >> 4]);
			text_byte(text, "0123456789ABCDEF"[byte & 15]);
		} else {
			text_byte(text, (char)byte);
		}
	}
}

static bool finish(struct answer *answer, struct text *text, struct span query)
{
	if (query.bytes) {
		text_byte(text, '?');
		add_reference(text, query);
	}
	answer->location_length = text->overflow ? 0 : text->length;
	return !text->overflow;
}

bool answer_locate(struct answer *answer, const char *prefix, const struct target *target)
{
	struct text text = text_over(answer->location, sizeof answer->location);

	text_add(&text, prefix);
	if (target->raw.length > 0)
		add_reference(&text, target->raw);
	else
		text_byte(&text, '/');
	return finish(answer, &text, target->query);
}

bool answer_locate_slash(struct answer *answer, const struct target *target)
{
	struct text text = text_over(answer->location, sizeof answer->location);

	text_url(&text, target->path, target->length);
	text_byte(&text, '/');
	return finish(answer, &text, target->query);
}
