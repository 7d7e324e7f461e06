/* SPDX-License-Identifier: ISC */
#include "authority.h"

#include <string.h>

#include "base/address.h"
#include "base/text.h"

static bool is_host_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' ||
	       byte == '.' || byte == '_' || (unsigned char)byte >= 0x80;
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

static bool parse_name(const char *bytes, size_t length, struct authority *authority)
{
	struct address address;

	if (length > 0 && bytes[length - 1] == '.')
		length--; /* the root's */
	if (length == 0 || length >= sizeof authority->name || !text_is_utf8(bytes, length))
		return false;
	for (size_t i = 0; i < length; i++) {
		char byte = bytes[i];

		if (byte >= 'A' && byte <= 'Z')
			byte = (char)(byte + ('a' - 'A'));
		if (!is_host_byte(byte))
			return false;
		/* An empty label would match wildcards that its name does not belong to. */
		if (byte == '.' && (i == 0 || i + 1 == length || bytes[i - 1] == '.'))
			return false;
		authority->name[i] = byte;
	}
	authority->name[length] = '\0';
	authority->length = length;
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
