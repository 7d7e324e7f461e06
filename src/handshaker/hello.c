/* SPDX-License-Identifier: ISC */
#include "hello.h"

#define HOST_NAME 0 /* NameType, the only one there is */
#define OVERHEAD  5 /* list length, type, name length */

static size_t number(const uint8_t *bytes)
{
	return (size_t)bytes[0] << 8 | bytes[1];
}

bool hello_server_name(
	const uint8_t *bytes, size_t size, char name[static HELLO_NAME_MAX], size_t *length)
{
	size_t count;

	if (size < OVERHEAD || number(bytes) != size - 2 || bytes[2] != HOST_NAME)
		return false;
	count = number(bytes + 3);
	if (count != size - OVERHEAD)
		return false;
	bytes += OVERHEAD;
	if (count > 0 && bytes[count - 1] == '.')
		count--;
	if (count == 0 || count > HELLO_NAME_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		char byte = (char)bytes[i];

		if (byte <= ' ' || byte >= 0x7f)
			return false;
		name[i] = byte >= 'A' && byte <= 'Z' ? (char)(byte + ('a' - 'A')) : byte;
	}
	*length = count;
	return true;
}
