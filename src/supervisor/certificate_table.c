/* SPDX-License-Identifier: ISC */
#include "certificate_table.h"

#include <string.h>

#include "base/date.h"
#include "base/text.h"

#include "certificates.h"
#include "expiry.h"
#include "name_list.h"

#define NAMES_WIDTH 44 /* with a key and what is left of its life, a line has 80 characters */

const char *certificate_digest(
	const struct control_certificate *facts, char text[static DIGEST_WORDS])
{
	struct text digest = text_over(text, DIGEST_WORDS);

	text_add(&digest, "sha256:");
	text_hex(&digest, facts->digest, sizeof facts->digest);
	return text_string(&digest);
}

static const char *names_of(const struct control_certificate *facts, char words[static NAME_LIST])
{
	if (facts->names_count == 0)
		return "(no names)";
	return name_list_shorten(facts->names, facts->names_count, NAMES_WIDTH, words);
}

static const char *colour_of(enum expiry expiry)
{
	return expiry == EXPIRY_FAR ? "" : expiry == EXPIRY_SOON ? "\033[1;33m" : "\033[1;31m";
}

/* Was it loaded? Of one that was not, nothing is known. */
static bool is_known(const struct control_certificate *facts)
{
	return facts->problem == CERTIFICATE_GOOD && facts->not_after != 0;
}

void certificate_table(const struct config *config, const struct control_certificate *facts,
	int64_t now, bool colour, FILE *to)
{
	char names[NAME_LIST], words[EXPIRY_WORDS], digest[DIGEST_WORDS];
	size_t name_width = 0, key_width = 0;

	for (size_t i = 0; i < config->certificate_count; i++) {
		size_t length = strlen(names_of(&facts[i], names));

		if (length <= NAMES_WIDTH && length > name_width)
			name_width = length;
		if (strlen(facts[i].key) > key_width)
			key_width = strlen(facts[i].key);
	}
	for (size_t i = 0; i < config->certificate_count; i++) {
		const struct control_certificate *one = &facts[i];
		const char *begin = colour_of(expiry_of(now, one->not_before, one->not_after));

		if (!is_known(one))
			continue;
		fprintf(to, "  %-*s  %-*s  %s%s%s\n    %s\n", (int)name_width, names_of(one, names),
			(int)key_width, one->key, colour ? begin : "",
			expiry_cell(now, one->not_before, one->not_after, words),
			colour && *begin ? "\033[0m" : "", certificate_digest(one, digest));
	}
}

static void count(FILE *to, size_t number, const char *what)
{
	fprintf(to, ", %zu %s%s", number, what, number == 1 ? "" : "s");
}

void certificate_verdict(const char *file, const struct config *config,
	const struct control_certificate *facts, FILE *to)
{
	int64_t first = facts ? certificates_first_expiry(config, facts) : INT64_MAX;
	char date[DATE_ISO];

	fprintf(to, "%s: ok", file);
	count(to, config->vhost_count, "vhost");
	count(to, config->certificate_count, "certificate");
	if (first != INT64_MAX) {
		date_iso(date, first, 0);
		fprintf(to, ", the first expires on %.10s", date);
	}
	fputc('\n', to);
}
