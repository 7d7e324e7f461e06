/* SPDX-License-Identifier: ISC */
#include "target.h"

#include <string.h>

#include "base/text.h"

static int hex_value(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	return -1;
}

static bool is_control(char byte)
{
	return (unsigned char)byte < ' ' || byte == 0x7f;
}

/* Path and query apart; neither has a space, a control character or a fragment. */
static bool split(const char *bytes, size_t length, struct target *target)
{
	const char *question = length > 0 ? memchr(bytes, '?', length) : NULL;
	size_t path = question != NULL ? (size_t)(question - bytes) : length;

	for (size_t i = 0; i < length; i++)
		if (is_control(bytes[i]) || bytes[i] == ' ' || bytes[i] == '#')
			return false;
	target->raw = (struct span){bytes, path};
	target->query = (struct span){0};
	if (question != NULL)
		target->query = (struct span){question + 1, length - path - 1};
	return path == 0 || bytes[0] == '/';
}

/* The raw path's byte at *at, decoded; *at moves on. false if no path may hold it. */
static bool decode(struct span raw, size_t *at, char *byte)
{
	int high, low;

	*byte = raw.bytes[*at];
	if (*byte != '%') {
		*at += 1;
		return true;
	}
	if (raw.length - *at < 3)
		return false;
	high = hex_value(raw.bytes[*at + 1]);
	low = hex_value(raw.bytes[*at + 2]);
	if (high < 0 || low < 0)
		return false;
	*byte = (char)(high << 4 | low);
	*at += 3;
	return *byte != '/' && !is_control(*byte);
}

/*
 * A segment has been appended, from "start" on. Empty and "." vanish, ".." takes the one before
 * along; any other gets the slash that followed it, if one did.
 */
static enum target_error end_segment(struct target *target, size_t start, bool slash)
{
	size_t length = target->length - start;
	const char *segment = target->path + start;

	if (!text_is_utf8(segment, length))
		return TARGET_SYNTAX;
	if (length == 0)
		return TARGET_GOOD;
	if (length == 1 && segment[0] == '.') {
		target->length = start;
	} else if (length == 2 && memcmp(segment, "..", 2) == 0) {
		if (start == 1)
			return TARGET_OUTSIDE;
		target->length = start - 1;
		while (target->path[target->length - 1] != '/')
			target->length--;
	} else if (slash) {
		if (target->length == TARGET_MAX - 1)
			return TARGET_LONG;
		target->path[target->length++] = '/';
	}
	return TARGET_GOOD;
}

static bool is_hidden(const struct target *target)
{
	static const char well_known[] = "/.well-known";
	size_t skip = sizeof well_known - 1;
	const char *path = target->path;

	if (strncmp(path, well_known, skip) == 0 && (path[skip] == '/' || path[skip] == '\0'))
		path += skip;
	return strstr(path, "/.") != NULL;
}

enum target_error target_parse(const char *bytes, size_t length, struct target *target)
{
	enum target_error error = TARGET_GOOD;
	size_t start = 1; /* of the segment that is being appended */
	size_t at = 1;
	char byte;

	if (!split(bytes, length, target))
		return TARGET_SYNTAX;
	target->path[0] = '/';
	target->length = 1;
	while (at < target->raw.length && error == TARGET_GOOD) {
		if (target->raw.bytes[at] == '/') {
			error = end_segment(target, start, true);
			start = target->length;
			at++;
		} else if (!decode(target->raw, &at, &byte)) {
			error = TARGET_SYNTAX;
		} else if (target->length == TARGET_MAX - 1) {
			error = TARGET_LONG;
		} else {
			target->path[target->length++] = byte;
		}
	}
	if (error == TARGET_GOOD)
		error = end_segment(target, start, false);
	if (error != TARGET_GOOD)
		return error;
	target->path[target->length] = '\0';
	target->directory = target->path[target->length - 1] == '/';
	target->hidden = is_hidden(target);
	return TARGET_GOOD;
}
