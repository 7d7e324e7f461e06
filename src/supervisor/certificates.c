/* SPDX-License-Identifier: ISC */
#include "certificates.h"

#include <stdio.h>

#include "base/log.h"

#include "expiry.h"
#include "name_list.h"
#include "own_certificates.h"

#define NAMES_WIDTH 40

static void judge_problem(const struct config_certificate *pair,
	const struct control_certificate *facts, struct diagnostics *diagnostics)
{
	switch ((enum certificate_problem)facts->problem) {
	case CERTIFICATE_MISMATCH:
		diagnostics_error(diagnostics, &pair->key_position,
			"the key %s is not that of the certificate %s: %s", pair->key, pair->chain,
			facts->reason);
		break;
	case CERTIFICATE_KEY_UNREADABLE:
		diagnostics_error(diagnostics, &pair->key_position, "%s holds no usable key: %s",
			pair->key, facts->reason);
		break;
	case CERTIFICATE_WEAK:
		diagnostics_error(diagnostics, &pair->position,
			"the certificate %s is too weak: %s", pair->chain, facts->reason);
		break;
	case CERTIFICATE_UNREADABLE:
	case CERTIFICATE_GOOD:
	default:
		diagnostics_error(diagnostics, &pair->position,
			"%s holds no usable certificate: %s", pair->chain, facts->reason);
		break;
	}
}

/* What to do about one of our own that is not as it should be, and what about it is as it should.
 */
static void keep_words(const struct config_certificate *pair, char *words, size_t size)
{
	char directory[OWN_DIRECTORY];

	words[0] = '\0';
	if (pair->made_by_us)
		snprintf(words, size,
			"; Gemini clients have pinned it, so it is kept; delete %s to have a new "
			"one made",
			own_certificates_directory(pair, directory));
}

static void judge_names(const struct config_certificate *pair,
	const struct control_certificate *facts, struct diagnostics *diagnostics)
{
	char keep[OWN_DIRECTORY + 128], more[40] = "";

	if (facts->names_missing == 0)
		return;
	keep_words(pair, keep, sizeof keep);
	if (facts->names_missing == facts->names_wanted && facts->names_wanted > 1) {
		diagnostics_warn(diagnostics, &pair->position,
			"the certificate %s covers none of the names%s", pair->chain, keep);
		return;
	}
	if (facts->names_missing > 1)
		snprintf(more, sizeof more, ", nor %u more", (unsigned)facts->names_missing - 1);
	diagnostics_warn(diagnostics, &pair->position,
		"the certificate %s does not cover the name \"%s\"%s%s", pair->chain,
		facts->missing, more, keep);
}

static void judge_life(const struct config_certificate *pair,
	const struct control_certificate *facts, int64_t now, struct diagnostics *diagnostics)
{
	char words[EXPIRY_WORDS], keep[OWN_DIRECTORY + 128];

	if (expiry_of(now, facts->not_before, facts->not_after) == EXPIRY_FAR)
		return;
	keep_words(pair, keep, sizeof keep);
	diagnostics_warn(diagnostics, &pair->position, "the certificate %s %s%s", pair->chain,
		expiry_words(now, facts->not_before, facts->not_after, words), keep);
}

void certificates_judge(const struct config *config, const struct control_certificate *facts,
	int64_t now, struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < config->certificate_count; i++) {
		const struct config_certificate *pair = &config->certificates[i];

		if (facts[i].problem != CERTIFICATE_GOOD) {
			judge_problem(pair, &facts[i], diagnostics);
			continue;
		}
		if (facts[i].not_after == 0)
			continue; /* nothing was reported */
		judge_life(pair, &facts[i], now, diagnostics);
		judge_names(pair, &facts[i], diagnostics);
	}
}

void certificates_remind(const struct config *config, const struct control_certificate *facts,
	int64_t now, int64_t *said, bool quiet)
{
	for (size_t i = 0; i < config->certificate_count; i++) {
		const struct control_certificate *one = &facts[i];
		enum expiry expiry = expiry_of(now, one->not_before, one->not_after);
		char words[EXPIRY_WORDS], names[NAME_LIST];

		if (one->not_after == 0 || (expiry != EXPIRY_SOON && expiry != EXPIRY_OVER) ||
			!expiry_is_due(now, &said[i]) || quiet)
			continue;
		log_warnx("the certificate for %s %s: %s",
			one->names_count == 0 ? "no name"
					      : name_list_shorten(one->names, one->names_count,
							NAMES_WIDTH, names),
			expiry_words(now, one->not_before, one->not_after, words),
			config->certificates[i].chain);
	}
}

int64_t certificates_first_expiry(
	const struct config *config, const struct control_certificate *facts)
{
	int64_t first = INT64_MAX;

	for (size_t i = 0; i < config->certificate_count; i++)
		if (facts[i].not_after != 0 && facts[i].not_after < first)
			first = facts[i].not_after;
	return first;
}
