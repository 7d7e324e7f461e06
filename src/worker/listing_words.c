/* SPDX-License-Identifier: ISC */
#include "listing_words.h"

/* Bytes of the character at the beginning of length > 0 bytes, 0 if there is none. */
static size_t character(const char *bytes, size_t length)
{
	for (size_t size = 1; size <= 4 && size <= length; size++)
		if (text_is_utf8(bytes, size))
			return size;
	return 0;
}

/*
 * Must it not be shown as it is? Control characters (HTML forbids them), and what turns the
 * direction of a line or ends it (U+2028 to U+202E, U+2066 to U+2069): "exe.jpg" may be no picture.
 */
static bool disturbs(const char *bytes, size_t size)
{
	const unsigned char *byte = (const unsigned char *)bytes;

	if (size == 1)
		return byte[0] < 0x20 || byte[0] == 0x7f;
	if (size == 2)
		return byte[0] == 0xc2 && byte[1] < 0xa0;
	if (size != 3 || byte[0] != 0xe2)
		return false;
	return (byte[1] == 0x80 && byte[2] >= 0xa8 && byte[2] <= 0xae) ||
	       (byte[1] == 0x81 && byte[2] >= 0xa6 && byte[2] <= 0xa9);
}

void listing_add_shown(struct text *text, const char *bytes, size_t length,
	void (*escape)(struct text *, const char *, size_t))
{
	size_t size;

	for (size_t i = 0; i < length; i += size ? size : 1) {
		size = character(bytes + i, length - i);
		if (size == 0 || disturbs(bytes + i, size))
			text_add(text, "\xef\xbf\xbd");
		else
			escape(text, bytes + i, size);
	}
}

void listing_add_size(struct text *text, uint64_t size)
{
	static const char unit[] = "kMGTPE";
	uint64_t divisor = 1000;
	size_t i = 0;

	if (size < 1000) {
		text_number(text, size);
		text_add(text, " B");
		return;
	}
	while ((size + divisor / 2) / divisor >= 1000) {
		divisor *= 1000;
		i++;
	}
	if ((size + divisor / 20) / (divisor / 10) < 100) {
		uint64_t tenths = (size + divisor / 20) / (divisor / 10);

		text_number(text, tenths / 10);
		text_byte(text, '.');
		text_number(text, tenths % 10);
	} else {
		text_number(text, (size + divisor / 2) / divisor);
	}
	text_byte(text, ' ');
	text_byte(text, unit[i]);
	text_byte(text, 'B');
}
