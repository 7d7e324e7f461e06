/* SPDX-License-Identifier: ISC */
#include "forms_network.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "forms.h"

#define DIGEST_PREFIX "sha256:"

static unsigned address_bits(const struct image_network *network)
{
	return network->family == 4 ? 32 : 128;
}

/* Every bit beyond the first "bits" becomes 0. Was one set? */
static bool clear_rest(struct image_network *network)
{
	bool set = false;

	for (unsigned bit = network->bits; bit < address_bits(network); bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		set |= (network->bytes[bit / 8] & mask) != 0;
		network->bytes[bit / 8] &= (uint8_t)~mask;
	}
	return set;
}

/* Is the text the IPv6 form of an IPv4 address? Such are IPv4 everywhere. */
static bool is_mapped(const char *address, const struct address *parsed)
{
	return parsed->family == 4 && strchr(address, ':');
}

const char *form_network(
	const char *text, struct image_network *network, char problem[static FORM_NETWORK_PROBLEM])
{
	size_t length = strcspn(text, "/");
	char bare[ADDRESS_TEXT], right[FORM_NETWORK];
	struct address address;
	uint64_t bits;

	*network = (struct image_network){0};
	if (length >= sizeof bare)
		return "a network is an address, or an address, a slash and a number of bits";
	memcpy(bare, text, length);
	bare[length] = '\0';
	if (!address_parse(bare, &address))
		return text[0] == '[' ? "an address stands here without brackets"
				      : "a network is an address, or an address, a slash and a "
					"number of bits";
	if (is_mapped(bare, &address))
		return "an IPv4 address in IPv6 is written as IPv4: 192.0.2.1";
	network->family = address.family;
	memcpy(network->bytes, address.bytes, sizeof network->bytes);
	bits = address_bits(network);
	if (text[length] == '/' && (form_number(text + length + 1, &bits) != FORM_GOOD ||
					   bits > address_bits(network)))
		return address.family == 4 ? "after the slash there are 0 to 32 bits"
					   : "after the slash there are 0 to 128 bits";
	network->bits = (uint8_t)bits;
	if (!clear_rest(network))
		return NULL;
	snprintf(problem, FORM_NETWORK_PROBLEM,
		"this has bits set beyond the first %u; the network is %s, the address alone %s",
		network->bits, form_network_format(network, right), bare);
	return problem;
}

const char *form_network_format(const struct image_network *network, char text[static FORM_NETWORK])
{
	struct address address = {.family = network->family};
	size_t length;

	memcpy(address.bytes, network->bytes, sizeof address.bytes);
	length = address_format(&address, text);
	if (network->bits < address_bits(network))
		snprintf(text + length, FORM_NETWORK - length, "/%u", network->bits);
	return text;
}

static int digit(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

bool form_digest(const char *text, struct image_digest *digest)
{
	if (strncasecmp(text, DIGEST_PREFIX, strlen(DIGEST_PREFIX)) == 0)
		text += strlen(DIGEST_PREFIX);
	for (size_t i = 0; i < sizeof digest->bytes; i++, text += 2) {
		int high = digit(text[0]), low = high < 0 ? -1 : digit(text[1]);

		if (low < 0)
			return false;
		digest->bytes[i] = (uint8_t)(high << 4 | low);
	}
	return *text == '\0';
}

const char *form_digest_format(const struct image_digest *digest, char text[static FORM_DIGEST])
{
	size_t used = (size_t)snprintf(text, FORM_DIGEST, DIGEST_PREFIX);

	for (size_t i = 0; i < sizeof digest->bytes; i++)
		used += (size_t)snprintf(text + used, FORM_DIGEST - used, "%02x", digest->bytes[i]);
	return text;
}

_Static_assert(
	sizeof(DIGEST_PREFIX) + 2 * sizeof(struct image_digest) <= FORM_DIGEST, "FORM_DIGEST");
