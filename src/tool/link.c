/* SPDX-License-Identifier: ISC */
#include "link.h"

#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	enum link_kind kind;
} schemes[] = {
	{"http", LINK_WEB},
	{"https", LINK_WEB},
	{"finger", LINK_OTHER},
	{"ftp", LINK_OTHER},
	{"ftps", LINK_OTHER},
	{"gemini", LINK_OTHER},
	{"gopher", LINK_OTHER},
	{"gophers", LINK_OTHER},
	{"guppy", LINK_OTHER},
	{"irc", LINK_OTHER},
	{"ircs", LINK_OTHER},
	{"mailto", LINK_OTHER},
	{"matrix", LINK_OTHER},
	{"misfin", LINK_OTHER},
	{"nex", LINK_OTHER},
	{"scorpion", LINK_OTHER},
	{"spartan", LINK_OTHER},
	{"tel", LINK_OTHER},
	{"titan", LINK_OTHER},
	{"xmpp", LINK_OTHER},
};

static bool is_letter(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* Bytes of the scheme, 0 if there is none. */
static size_t scheme_length(struct gemtext_part url)
{
	size_t length = 0;

	while (length < url.length && (is_letter(url.bytes[length]) ||
					      (length > 0 && url.bytes[length] &&
						      strchr("0123456789+-.", url.bytes[length]))))
		length++;
	return length < url.length && url.bytes[length] == ':' ? length : 0;
}

enum link_kind link_judge(struct gemtext_part url, const char **scheme)
{
	size_t length = scheme_length(url);

	if (length == 0)
		return LINK_RELATIVE;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (strlen(schemes[i].name) == length &&
			strncasecmp(schemes[i].name, url.bytes, length) == 0) {
			*scheme = schemes[i].name;
			return schemes[i].kind;
		}
	}
	return LINK_DEAD;
}
