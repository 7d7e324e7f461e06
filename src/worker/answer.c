/* SPDX-License-Identifier: ISC */
#include "answer.h"

#include <string.h>
#include <unistd.h>

#include "base/text.h"

void answer_init(struct answer *answer)
{
	memset(answer, 0, offsetof(struct answer, location));
	answer->vhost = IMAGE_NONE;
	answer->encoding = ENCODING_IDENTITY;
	answer->resource.fd = answer->directory = -1;
	answer->wait = 1;
}

void answer_keep_secret(struct answer *answer, const struct image *image, uint32_t vhost,
	const struct target *target)
{
	const struct image_settings *settings =
		image_find_settings(image, vhost, target->path, target->length);

	answer->sensitive = settings->action == ACTION_SENSITIVE;
	if (answer->sensitive)
		answer->secret = target->query;
}

void answer_drop(struct answer *answer)
{
	if (answer->resource.fd >= 0)
		close(answer->resource.fd);
	if (answer->directory >= 0)
		close(answer->directory);
	answer->resource.fd = answer->directory = -1;
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

/* The word in braces at "text" or NULL; *length with the braces. */
static bool is_word(const char *text, const char *word, size_t *length)
{
	*length = strlen(word);
	return strncmp(text, word, *length) == 0;
}

static void add_word(struct text *text, const char **at, uint32_t key, const struct target *target,
	const char *host)
{
	size_t length;

	if (is_word(*at, "{path}", &length))
		text_url(text, target->path, target->length);
	else if (is_word(*at, "{rest}", &length) && key <= target->length)
		text_url(text, target->path + key, target->length - key);
	else if (is_word(*at, "{query}", &length))
		add_reference(text, target->query);
	else if (is_word(*at, "{host}", &length))
		text_add(text, host);
	else
		length = strcspn(*at, "}") + 1; /* the supervisor has let no other through */
	*at += length;
}

bool answer_locate_text(struct answer *answer, const char *bytes, uint32_t key,
	const struct target *target, const char *host)
{
	struct text text = text_over(answer->location, sizeof answer->location);
	bool query = !strchr(bytes, '?') && !strstr(bytes, "{query}");

	for (const char *at = bytes; *at;) {
		size_t plain = strcspn(at, "{");

		text_bytes(&text, at, plain);
		at += plain;
		if (*at)
			add_word(&text, &at, key, target, host);
	}
	return finish(answer, &text, query ? target->query : (struct span){0});
}
