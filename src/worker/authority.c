/* SPDX-License-Identifier: ISC */
#include "authority.h"

#include <string.h>

#include "base/address.h"
#include "base/text.h"

#include "punycode.h"

/* Bytes of a host with its escapes taken out. No name that fits a struct authority is longer in
 * UTF-8: a label of 63 bytes stands for at most 59 code points of 4. */
#define DECODED_MAX 1024

/* Of ASCII. */
static bool is_label_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' ||
	       byte == '_';
}

/* What follows the host: nothing, ":" or ":" and a port (RFC 3986 §3.2.3). */
static bool parse_port(const char *bytes, size_t length, uint16_t *port)
{
	unsigned number = 0;

	*port = 0;
	if (length == 0)
		return true;
	if (bytes[0] != ':')
		return false;
	if (length == 1)
		return true;
	for (size_t i = 1; i < length; i++) {
		if (bytes[i] < '0' || bytes[i] > '9')
			return false;
		number = number * 10 + (unsigned)(bytes[i] - '0');
		if (number > UINT16_MAX)
			return false;
	}
	*port = (uint16_t)number;
	return number > 0;
}

static bool parse_literal(const char *bytes, size_t length, struct authority *authority)
{
	struct address address;
	char text[ADDRESS_TEXT];

	if (length >= sizeof text || memchr(bytes, ':', length) == NULL ||
		memchr(bytes, '\0', length) != NULL)
		return false;
	memcpy(text, bytes, length);
	text[length] = '\0';
	if (!address_parse(text, &address))
		return false;
	authority->length = address_format(&address, text);
	memcpy(authority->name, text, authority->length + 1);
	authority->literal = true;
	return true;
}

static int hex_digit(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	byte |= 0x20;
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* The byte that "%" and two digits stand for; -1 if they do not follow. */
static int unescape(const char *bytes, size_t length)
{
	int high, low;

	if (length < 3)
		return -1;
	high = hex_digit(bytes[1]);
	low = hex_digit(bytes[2]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/*
 * Without escapes (RFC 3986 §3.2.2) and in lower case, as far as ASCII has any. An escaped dot is
 * refused: whoever looked at the host before us did not see a label end there.
 */
static bool decode_name(struct text *to, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		bool escaped = bytes[i] == '%';
		int byte = escaped ? unescape(bytes + i, length - i) : (unsigned char)bytes[i];

		if (byte < 0)
			return false;
		i += escaped ? 2 : 0;
		if (byte >= 'A' && byte <= 'Z')
			byte += 'a' - 'A';
		if (byte < 0x80 && !is_label_byte((char)byte) && (byte != '.' || escaped))
			return false;
		text_byte(to, (char)byte);
	}
	return !to->overflow && text_is_utf8(to->bytes, to->length);
}

static bool is_ascii(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)bytes[i] >= 0x80)
			return false;
	return true;
}

/* Label by label: what is not ASCII as the A-label that it has in the DNS. */
static bool add_labels(struct text *to, const char *bytes, size_t length)
{
	const char *end = bytes + length;

	for (;;) {
		const char *dot = memchr(bytes, '.', (size_t)(end - bytes));
		size_t label = (size_t)((dot != NULL ? dot : end) - bytes);

		/* An empty label would match wildcards that its name does not belong to. */
		if (label == 0)
			return false;
		if (is_ascii(bytes, label))
			text_bytes(to, bytes, label);
		else if (!punycode_add(to, bytes, label))
			return false;
		if (dot == NULL)
			return !to->overflow;
		text_byte(to, '.');
		bytes = dot + 1;
	}
}

static bool parse_name(const char *bytes, size_t length, struct authority *authority)
{
	struct address address;
	char room[DECODED_MAX];
	struct text decoded = text_over(room, sizeof room);
	struct text name = text_over(authority->name, sizeof authority->name - 1);

	if (length > 0 && bytes[length - 1] == '.')
		length--; /* the root's */
	if (!decode_name(&decoded, bytes, length) || !add_labels(&name, room, decoded.length))
		return false;
	authority->name[name.length] = '\0';
	authority->length = name.length;
	authority->literal = address_parse(authority->name, &address);
	return true;
}

bool authority_parse(const char *bytes, size_t length, struct authority *authority)
{
	const char *end;
	size_t host;

	if (length > 0 && bytes[0] == '[') {
		end = memchr(bytes, ']', length);
		if (end == NULL)
			return false;
		host = (size_t)(end - bytes) + 1;
		return parse_literal(bytes + 1, host - 2, authority) &&
		       parse_port(bytes + host, length - host, &authority->port);
	}
	end = length > 0 ? memchr(bytes, ':', length) : NULL;
	host = end != NULL ? (size_t)(end - bytes) : length;
	return parse_name(bytes, host, authority) &&
	       parse_port(bytes + host, length - host, &authority->port);
}
