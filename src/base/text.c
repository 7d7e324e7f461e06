/* SPDX-License-Identifier: ISC */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char hex_digits[16] = "0123456789abcdef";

struct text text_over(char *bytes, size_t size)
{
	return (struct text){.bytes = bytes, .size = size};
}

static size_t room(const struct text *text)
{
	return text->overflow ? 0 : text->size - text->length;
}

/* All of it or nothing: for what must not be cut in two. */
static void add_whole(struct text *text, const char *bytes, size_t length)
{
	if (length > room(text)) {
		text->overflow = true;
		return;
	}
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
}

void text_byte(struct text *text, char byte)
{
	add_whole(text, &byte, 1);
}

void text_bytes(struct text *text, const char *bytes, size_t length)
{
	size_t fits = room(text);

	if (length == 0)
		return;
	if (length <= fits)
		fits = length;
	else
		text->overflow = true;
	if (fits == 0)
		return;
	memcpy(text->bytes + text->length, bytes, fits);
	text->length += fits;
}

void text_add(struct text *text, const char *string)
{
	text_bytes(text, string, strlen(string));
}

void text_padded(struct text *text, uint64_t number, unsigned width)
{
	char digits[20]; /* of UINT64_MAX */
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	for (size_t have = sizeof digits - at; have < width; have++)
		text_byte(text, '0');
	text_bytes(text, digits + at, sizeof digits - at);
}

void text_number(struct text *text, uint64_t number)
{
	text_padded(text, number, 1);
}

void text_signed(struct text *text, int64_t number)
{
	if (number < 0)
		text_byte(text, '-');
	text_number(text, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

void text_hex(struct text *text, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		text_byte(text, hex_digits[bytes[i] >> 4]);
		text_byte(text, hex_digits[bytes[i] & 15]);
	}
}

void text_format(struct text *text, const char *format, ...)
{
	size_t space = room(text);
	va_list arguments;
	int n;

	if (space == 0) {
		text->overflow = true;
		return;
	}
	va_start(arguments, format);
	n = vsnprintf(text->bytes + text->length, space, format, arguments);
	va_end(arguments);
	if (n < 0 || (size_t)n >= space)
		text->overflow = true;
	if (n > 0)
		text->length += (size_t)n < space ? (size_t)n : space - 1;
}

/*
 * The character at the start of length > 0 bytes: RFC 3629 §4's table, where only the second byte
 * has limits of its own. *size is its length; if it is no character, that of the longest beginning
 * of one, at least 1, which is what a single U+FFFD stands for.
 */
static bool utf8_character(const char *text, size_t length, size_t *size)
{
	const unsigned char *bytes = (const unsigned char *)text;
	unsigned char first = bytes[0], low = 0x80, high = 0xbf;
	size_t wanted;

	*size = 1;
	if (first < 0x80)
		return true;
	if (first < 0xc2 || first > 0xf4)
		return false;
	wanted = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (first == 0xe0)
		low = 0xa0; /* overlong below */
	else if (first == 0xed)
		high = 0x9f; /* surrogates above */
	else if (first == 0xf0)
		low = 0x90; /* overlong below */
	else if (first == 0xf4)
		high = 0x8f; /* beyond U+10FFFF above */
	while (*size < wanted) {
		if (*size == length || bytes[*size] < low || bytes[*size] > high)
			return false;
		(*size)++;
		low = 0x80;
		high = 0xbf;
	}
	return true;
}

bool text_is_utf8(const char *bytes, size_t length)
{
	size_t size;

	for (size_t i = 0; i < length; i += size)
		if (!utf8_character(bytes + i, length - i, &size))
			return false;
	return true;
}

/* Two-letter escapes of JSON (RFC 8259 §7), or NULL. */
static const char *json_escape(unsigned char byte)
{
	switch (byte) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\b':
		return "\\b";
	case '\f':
		return "\\f";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	default:
		return NULL;
	}
}

void text_json(struct text *text, const char *bytes, size_t length)
{
	char control[] = "\\u00xx";
	size_t size;

	for (size_t i = 0; i < length; i += size) {
		unsigned char byte = (unsigned char)bytes[i];
		const char *escape = json_escape(byte);

		size = 1;
		if (escape != NULL) {
			add_whole(text, escape, 2);
		} else if (byte < 0x20 || byte == 0x7f) { /* DEL too: logs are read on terminals */
			control[4] = hex_digits[byte >> 4];
			control[5] = hex_digits[byte & 15];
			add_whole(text, control, 6);
		} else if (utf8_character(bytes + i, length - i, &size)) {
			add_whole(text, bytes + i, size);
		} else {
			add_whole(text, "\xef\xbf\xbd", 3);
		}
	}
}

void text_html(struct text *text, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		switch (bytes[i]) {
		case '&':
			add_whole(text, "&amp;", 5);
			break;
		case '<':
			add_whole(text, "&lt;", 4);
			break;
		case '>':
			add_whole(text, "&gt;", 4);
			break;
		case '"':
			add_whole(text, "&quot;", 6);
			break;
		case '\'':
			add_whole(text, "&#39;", 5);
			break;
		default:
			text_byte(text, bytes[i]);
		}
	}
}

/* unreserved, sub-delims, ":" "@" "/" (RFC 3986 §2.2, §2.3, §3.3), without asking the locale. */
static bool stays_in_path(char byte)
{
	if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
		(byte >= '0' && byte <= '9'))
		return true;
	return byte != '\0' && strchr("-._~!$&'()*+,;=:@/", byte) != NULL;
}

void text_url(struct text *text, const char *bytes, size_t length)
{
	static const char upper[16] = "0123456789ABCDEF"; /* RFC 3986 §2.1 */

	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		if (stays_in_path(bytes[i]))
			text_byte(text, bytes[i]);
		else
			add_whole(text, (char[3]){'%', upper[byte >> 4], upper[byte & 15]}, 3);
	}
}

void text_log(struct text *text, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		if (byte < 0x20 || byte >= 0x7f || byte == '"' || byte == '\\')
			add_whole(text,
				(char[4]){'\\', 'x', hex_digits[byte >> 4], hex_digits[byte & 15]},
				4);
		else
			text_byte(text, bytes[i]);
	}
}

const char *text_string(struct text *text)
{
	if (text->size == 0)
		return "";
	if (text->length == text->size) {
		text->length--;
		text->overflow = true;
	}
	text->bytes[text->length] = '\0';
	return text->bytes;
}
