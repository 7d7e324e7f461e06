/* SPDX-License-Identifier: ISC */
#include "display.h"

#include <stdbool.h>
#include <string.h>

#define WIDE "\xe1\x84\x80" /* U+1100: before it, no character takes two columns */

/* Bytes of the character at the start of a text, 1 if it is none. */
static size_t character(const char *bytes, size_t length)
{
	unsigned char first = (unsigned char)bytes[0];
	size_t size = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	return size <= length && text_is_utf8(bytes, size) ? size : 1;
}

/* C0, DEL and C1 (U+0080 to U+009F), which some terminals obey. */
static bool is_printable(const char *bytes, size_t size)
{
	const unsigned char *byte = (const unsigned char *)bytes;

	if (size == 1)
		return byte[0] >= 0x20 && byte[0] < 0x7f;
	return size > 2 || byte[0] != 0xc2 || byte[1] >= 0xa0;
}

void display_name(struct text *text, const char *name)
{
	size_t length = strlen(name), size;

	for (size_t i = 0; i < length; i += size) {
		size = character(name + i, length - i);
		if (is_printable(name + i, size)) {
			text_bytes(text, name + i, size);
			continue;
		}
		for (size_t j = 0; j < size; j++) {
			text_add(text, "\\x");
			text_hex(text, (const uint8_t *)name + i + j, 1);
		}
	}
}

static size_t columns_of(const char *bytes, size_t size)
{
	return size > 2 && memcmp(bytes, WIDE, 3) >= 0 ? 2 : 1;
}

size_t display_columns(const char *bytes, size_t length)
{
	size_t columns = 0, size;

	for (size_t i = 0; i < length; i += size) {
		size = character(bytes + i, length - i);
		columns += columns_of(bytes + i, size);
	}
	return columns;
}

const char *display_tail(const char *bytes, size_t length, size_t columns)
{
	size_t have = display_columns(bytes, length), at = 0;

	while (have > columns) {
		size_t size = character(bytes + at, length - at);

		have -= columns_of(bytes + at, size);
		at += size;
	}
	return bytes + at;
}

void display_size(struct text *text, uint64_t bytes)
{
	static const char *const units[] = {"KB", "MB", "GB", "TB", "PB", "EB"};
	uint64_t unit = 1000;
	size_t i = 0;

	if (bytes < 1000) {
		text_number(text, bytes);
		text_add(text, " B");
		return;
	}
	/* What would be rounded to 1000 is one of the next unit. */
	while (i < 5 && bytes >= unit * 1000 - unit / 2) {
		unit *= 1000;
		i++;
	}
	if (bytes < unit * 10 - unit / 20) {
		uint64_t tenths = (bytes + unit / 20) / (unit / 10);

		text_number(text, tenths / 10);
		text_byte(text, '.');
		text_number(text, tenths % 10);
	} else {
		text_number(text, bytes / unit + (bytes % unit >= unit / 2));
	}
	text_byte(text, ' ');
	text_add(text, units[i]);
}
