/* SPDX-License-Identifier: ISC */
#include "field.h"

#include <string.h>
#include <strings.h>

/* RFC 9110 §5.6.2 */
static const bool token_byte[256] = {
	['!'] = true,
	['#' ... '\''] = true,
	['*'] = true,
	['+'] = true,
	['-'] = true,
	['.'] = true,
	['0' ... '9'] = true,
	['A' ... 'Z'] = true,
	['^' ... 'z'] = true,
	['|'] = true,
	['~'] = true,
};

static bool is_space(char byte)
{
	return byte == ' ' || byte == '\t';
}

struct span field_take(struct span *rest, size_t length)
{
	struct span taken = {rest->bytes, length};

	/* There is nothing behind NULL, not even nothing. */
	if (length > 0)
		rest->bytes += length;
	rest->length -= length;
	return taken;
}

bool field_is(struct span span, const char *word)
{
	return span.length == strlen(word) && strncasecmp(span.bytes, word, span.length) == 0;
}

bool field_is_token(struct span span)
{
	struct span rest = span;

	return field_take_token(&rest).length > 0 && rest.length == 0;
}

struct span field_trim(struct span span)
{
	field_take_space(&span);
	while (span.length > 0 && is_space(span.bytes[span.length - 1]))
		span.length--;
	return span;
}

void field_take_space(struct span *rest)
{
	while (rest->length > 0 && is_space(rest->bytes[0]))
		field_take(rest, 1);
}

bool field_take_byte(struct span *rest, char byte)
{
	if (rest->length == 0 || rest->bytes[0] != byte)
		return false;
	field_take(rest, 1);
	return true;
}

struct span field_take_token(struct span *rest)
{
	size_t length = 0;

	while (length < rest->length && token_byte[(unsigned char)rest->bytes[length]])
		length++;
	return field_take(rest, length);
}

bool field_take_value(struct span *rest, struct span *value)
{
	size_t end = 0;

	if (!field_take_byte(rest, '"')) {
		*value = field_take_token(rest);
		return value->length > 0;
	}
	while (end < rest->length && rest->bytes[end] != '"')
		end += rest->bytes[end] == '\\' ? 2 : 1;
	if (end >= rest->length)
		return false;
	*value = field_take(rest, end);
	field_take(rest, 1);
	return true;
}

bool field_take_qvalue(struct span *rest, unsigned *thousandths)
{
	unsigned value;

	if (field_take_byte(rest, '0'))
		value = 0;
	else if (field_take_byte(rest, '1'))
		value = 1000;
	else
		return false;
	if (field_take_byte(rest, '.')) {
		for (unsigned unit = 100; unit > 0 && rest->length > 0; unit /= 10) {
			unsigned digit = (unsigned char)rest->bytes[0] - (unsigned)'0';

			if (digit > 9)
				break;
			value += digit * unit;
			field_take(rest, 1);
		}
	}
	*thousandths = value;
	return value <= 1000;
}

bool field_next(struct span *rest)
{
	do
		field_take_space(rest);
	while (field_take_byte(rest, ','));
	return rest->length > 0;
}

bool field_ends(struct span *rest)
{
	field_take_space(rest);
	return rest->length == 0 || rest->bytes[0] == ',';
}
