/* SPDX-License-Identifier: ISC */
#include "names.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LABEL_LONGEST 63 /* RFC 1035 §2.3.4 */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Underscores are in no host name by the book, and in some that exist. */
static bool is_label_byte(char c)
{
	return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_';
}

/* One label of "length" bytes; returns what is wrong with it. */
static const char *check_label(const char *label, size_t length)
{
	if (length == 0)
		return "has an empty part between dots";
	if (length > LABEL_LONGEST)
		return "has a part of more than 63 characters";
	if (label[0] == '-' || label[length - 1] == '-')
		return "has a part that begins or ends with a hyphen";
	for (size_t i = 0; i < length; i++) {
		if (label[i] & '\x80')
			return "is not ASCII; write it in punycode (xn--...)";
		if (label[i] == '*')
			return "has a \"*\" that is not its whole first part";
		if (!is_label_byte(label[i]))
			return "has a character that no host name has";
	}
	return NULL;
}

/* A host name in lower case. */
static const char *check_host(const char *host)
{
	const char *label = strncmp(host, "*.", 2) == 0 ? host + 2 : host;

	for (;;) {
		size_t length = strcspn(label, ".");
		const char *problem = check_label(label, length);

		if (problem)
			return problem;
		if (!label[length])
			break;
		label += length + 1;
	}
	/* RFC 3696 §2: no top level domain is all digits, so this is a mistyped address. */
	if (label[strspn(label, "0123456789")] == '\0')
		return "is neither an address nor a host name";
	return NULL;
}

/* "[2001:db8::1]" as well as without brackets. */
static bool parse_address(const char *text, struct name *name)
{
	char bare[ADDRESS_TEXT];
	size_t length = strlen(text);

	if (length > 2 && text[0] == '[' && text[length - 1] == ']') {
		text++;
		length -= 2;
	}
	if (length >= sizeof(bare))
		return false;
	memcpy(bare, text, length);
	bare[length] = '\0';
	if (!address_parse(bare, &name->address))
		return false;
	address_format(&name->address, name->text);
	return true;
}

const char *name_parse(const char *text, struct name *name)
{
	size_t length = strlen(text);

	memset(name, 0, sizeof(*name));
	if (length == 0)
		return "is empty";
	if (parse_address(text, name))
		return NULL;
	if (length > 1 && text[length - 1] == '.')
		length--;
	if (length >= sizeof(name->text))
		return "is longer than 253 characters";
	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		name->text[i] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
	}
	return check_host(name->text);
}

static const char *append(struct names *names, const struct name *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->list[i].text, name->text) == 0)
			return NULL;
	}
	if (names->count == NAMES_MOST)
		return "is one more than the 128 names that a certificate may have";
	names->list[names->count++] = *name;
	return NULL;
}

/* localhost, and the host's name if it is one that can stand in a certificate. */
static const char *append_any(struct names *names)
{
	char host[HOST_NAME_MAX + 1] = "";
	struct name name;

	name_parse("localhost", &name);

	const char *problem = append(names, &name);

	if (!problem && gethostname(host, sizeof(host)) == 0 && !name_parse(host, &name))
		problem = append(names, &name);
	return problem;
}

const char *names_add(struct names *names, const char *text)
{
	bool any = strcmp(text, "*") == 0;
	struct name name = {.text = NAMES_ANY};
	const char *problem = any ? NULL : name_parse(text, &name);

	if (problem)
		return problem;
	if (!names->common[0])
		memcpy(names->common, name.text, sizeof(names->common));
	return any ? append_any(names) : append(names, &name);
}
