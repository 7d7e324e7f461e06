/* SPDX-License-Identifier: ISC */
#include "forms.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "idn.h"

/* ---- numbers with units ---- */

struct unit {
	const char *name;
	uint64_t factor;
};

/* From small to large; form_format takes the last that divides. */
static const struct unit plain_units[] = {{"", 1}, {NULL, 0}};
static const struct unit size_units[] = {
	{"", 1}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {NULL, 0}};
static const struct unit time_units[] = {{"ms", 1}, {"s", KEY_SECOND}, {"m", KEY_MINUTE},
	{"h", KEY_HOUR}, {"d", KEY_DAY}, {"y", 365 * (uint64_t)KEY_DAY}, {NULL, 0}};
static const struct unit rate_units[] = {
	{"/s", 1}, {"K/s", 1 << 10}, {"M/s", 1 << 20}, {"G/s", 1 << 30}, {NULL, 0}};

static enum form_result read_number(const char *text, const struct unit *units, uint64_t *number)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t value = 0;
	bool overflow = false;

	/* 010 is eight to some and ten to others. */
	if (digits == 0 || (digits > 1 && text[0] == '0'))
		return FORM_MALFORMED;
	for (size_t i = 0; i < digits; i++)
		overflow |= __builtin_mul_overflow(value, 10, &value) ||
			    __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value);
	while (units->name && strcmp(text + digits, units->name) != 0)
		units++;
	if (!units->name)
		return FORM_MALFORMED;
	overflow |= __builtin_mul_overflow(value, units->factor, &value);
	/* The largest number is CONFIG_NONE. */
	if (overflow || value == CONFIG_NONE)
		return FORM_OVERFLOW;
	*number = value;
	return FORM_GOOD;
}

enum form_result form_number(const char *text, uint64_t *number)
{
	return read_number(text, plain_units, number);
}

enum form_result form_size(const char *text, uint64_t *bytes)
{
	return read_number(text, size_units, bytes);
}

enum form_result form_time(const char *text, uint64_t *milliseconds)
{
	/* Nothing is nothing in any unit. */
	if (strcmp(text, "0") == 0) {
		*milliseconds = 0;
		return FORM_GOOD;
	}
	return read_number(text, time_units, milliseconds);
}

enum form_result form_rate(const char *text, uint64_t *per_second)
{
	return read_number(text, rate_units, per_second);
}

static const struct {
	const char *name;
	uint32_t seconds;
} frequency_units[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};

enum form_result form_frequency(const char *text, uint64_t *number, uint32_t *seconds)
{
	const char *slash = strchr(text, '/');
	char digits[FORM_TEXT];

	if (!slash || (size_t)(slash - text) >= sizeof digits)
		return FORM_MALFORMED;
	snprintf(digits, sizeof digits, "%.*s", (int)(slash - text), text);
	for (size_t i = 0; i < sizeof frequency_units / sizeof *frequency_units; i++) {
		if (strcmp(slash + 1, frequency_units[i].name) != 0)
			continue;
		*seconds = frequency_units[i].seconds;
		return form_number(digits, number);
	}
	return FORM_MALFORMED;
}

const char *form_frequency_unit(uint32_t seconds)
{
	size_t i = 0;

	while (frequency_units[i].seconds != seconds)
		i++;
	return frequency_units[i].name;
}

const char *form_format(enum key_kind kind, uint64_t number, char text[static FORM_TEXT])
{
	const struct unit *units = kind == KIND_SIZE   ? size_units
				   : kind == KIND_TIME ? time_units
				   : kind == KIND_RATE ? rate_units
						       : plain_units;
	const struct unit *best = units;

	for (; number > 0 && units->name; units++)
		if (number % units->factor == 0)
			best = units;
	if (number == 0 && kind == KIND_TIME)
		best = &time_units[1];
	snprintf(
		text, FORM_TEXT, "%llu%s", (unsigned long long)(number / best->factor), best->name);
	return text;
}

bool form_boolean(const char *text, uint64_t *number)
{
	static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasecmp(text, words[i]) == 0) {
			*number = i % 2;
			return true;
		}
	return false;
}

/* ---- names and addresses ---- */

#define NAME_LONGEST 253 /* RFC 1035 §2.3.4, without the root's dot */

static const char too_long[] = "a name has at most 253 letters";

static bool is_name_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' ||
	       byte == '_';
}

static bool is_ascii(const char *text)
{
	while (*text && (unsigned char)*text < 0x80)
		text++;
	return *text == '\0';
}

/* Of ASCII, within a name in any case. */
static const char *check_bytes(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		char byte = text[i];

		if (is_name_byte(byte) || byte == '.' || (byte >= 'A' && byte <= 'Z') ||
			(unsigned char)byte >= 0x80)
			continue;
		return byte == '*' ? "* stands for the first label as a whole: *.example.org"
		       : byte == ':' || byte == '/'
			       ? "this is a name without protocol, port and path; those "
				 "belong in \"listen\""
			       : "a name has letters, digits, - and _ only";
	}
	return NULL;
}

static const char *check_label(const char *label, size_t length)
{
	const char *problem;

	if (length == 0)
		return "a name has no empty label: no dot at its start or end, nor two in a row";
	if (length > 63)
		return "a label of a name has at most 63 letters";
	problem = check_bytes(label, length);
	if (!problem && (label[0] == '-' || label[length - 1] == '-'))
		problem = "a label of a name neither begins nor ends with -";
	return problem;
}

static const char *check_labels(const char *name)
{
	const char *last = strrchr(name, '.');
	const char *problem = NULL;

	last = last ? last + 1 : name;
	for (const char *label = name; !problem; label++) {
		size_t length = strcspn(label, ".");

		problem = check_label(label, length);
		label += length;
		if (*label == '\0')
			break;
	}
	/* No top-level domain is numeric, and this is no address. */
	if (!problem && last[strspn(last, "0123456789")] == '\0')
		problem = "this is neither a name nor an IPv4 address";
	return problem;
}

/* An address instead of a name; true if it is one. */
static bool host_address(const char *text, char name[static FORM_HOST])
{
	char bare[ADDRESS_TEXT];
	size_t length = strlen(text);
	struct address address;
	char shortest[ADDRESS_TEXT];

	if (text[0] == '[' && text[length - 1] == ']') {
		text++;
		length -= 2;
	}
	if (length >= sizeof bare)
		return false;
	memcpy(bare, text, length);
	bare[length] = '\0';
	if (!address_parse(bare, &address))
		return false;
	address_format(&address, shortest);
	snprintf(name, FORM_HOST, address.family == 6 ? "[%s]" : "%s", shortest);
	return true;
}

/* Into lower case, or from UTF-8. */
static const char *lower(const char *text, char name[static FORM_HOST])
{
	size_t length = strlen(text);
	const char *problem;

	if (!is_ascii(text)) {
		problem = check_bytes(text, length);
		return problem ? problem : idn_to_ascii(text, name);
	}
	if (length >= FORM_HOST)
		return too_long;
	for (size_t i = 0; i <= length; i++)
		name[i] =
			text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + ('a' - 'A')) : text[i];
	return NULL;
}

const char *form_host(const char *text, char name[static FORM_HOST])
{
	const char *star = strncmp(text, "*.", 2) == 0 ? "*." : "", *problem;
	char labels[FORM_HOST];

	if (text[0] == '\0')
		return "a name is not empty";
	if (strcmp(text, "*") == 0) {
		strcpy(name, text);
		return NULL;
	}
	if (host_address(text, name))
		return NULL;
	problem = lower(text + strlen(star), labels);
	if (!problem)
		problem = strlen(star) + strlen(labels) > NAME_LONGEST ? too_long
								       : check_labels(labels);
	if (!problem)
		problem = idn_check(labels);
	if (!problem)
		snprintf(name, FORM_HOST, "%s%s", star, labels);
	return problem;
}

static const struct {
	const char *prefix;
	enum protocol protocol;
	uint16_t port;
} protocols[] = {
	{"https://", PROTOCOL_HTTPS, 443},
	{"http://", PROTOCOL_HTTP, 80},
	{"gemini://", PROTOCOL_GEMINI, 1965},
};

/* The address in front of the port; *rest is what follows it. */
static const char *endpoint_address(const char *text, struct address *address, const char **rest)
{
	bool brackets = text[0] == '[';
	size_t length = strcspn(text, brackets ? "]" : ":/");
	char bare[ADDRESS_TEXT];

	if (brackets && text[length] != ']')
		return "a \"[\" wants its \"]\"";
	*rest = text + length + (brackets ? 1 : 0);
	if (strncmp(text, "*", length) == 0 && length == 1)
		return NULL;
	text += brackets ? 1 : 0;
	length -= brackets ? 1 : 0;
	if (length < sizeof bare) {
		memcpy(bare, text, length);
		bare[length] = '\0';
		if (address_parse(bare, address) && (brackets || address->family == 4))
			return NULL;
	}
	return strchr(text, ':') != strrchr(text, ':') && !brackets
		       ? "an IPv6 address stands in brackets: https://[2001:db8::7]:443"
		       : "an address is *, an IPv4 address, or an IPv6 address in brackets; names "
			 "of vhosts belong in \"names\"";
}

const char *form_endpoint(const char *text, struct config_endpoint *endpoint)
{
	const char *problem, *rest;
	uint64_t port;
	size_t i = 0;

	while (i < sizeof protocols / sizeof *protocols &&
		strncmp(text, protocols[i].prefix, strlen(protocols[i].prefix)) != 0)
		i++;
	if (i == sizeof protocols / sizeof *protocols)
		return "an address to listen on begins with https://, http:// or gemini://";
	*endpoint = (struct config_endpoint){.protocol = protocols[i].protocol};
	problem = endpoint_address(text + strlen(protocols[i].prefix), &endpoint->address, &rest);
	if (problem)
		return problem;
	endpoint->address.port = protocols[i].port;
	if (rest[0] == '\0')
		return NULL;
	if (rest[0] != ':' || strchr(rest, '/'))
		return "after the address there is a colon and a port, or nothing";
	if (form_number(rest + 1, &port) != FORM_GOOD || port > UINT16_MAX)
		return "a port is a number from 1 to 65535, or 0 for a free one";
	endpoint->address.port = (uint16_t)port;
	return NULL;
}
