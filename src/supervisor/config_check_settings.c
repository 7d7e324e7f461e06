/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/suggest.h"

#include "checker.h"
#include "config_groups.h"
#include "config_merge.h"
#include "config_settings.h"

#define complain(checker, place, ...)                                                  \
	do {                                                                           \
		if (checker_says_once(checker, place))                                 \
			diagnostics_error((checker)->diagnostics, place, __VA_ARGS__); \
	} while (0)

static const char *name_of(const struct config_vhost *vhost)
{
	return vhost->name ? vhost->name : "";
}

/* ---- groups ---- */

void checker_groups(struct checker *checker)
{
	const struct config *config = checker->config;

	for (size_t i = 1; i < config->group_count; i++) {
		const struct config_group *first = &config->groups[i - 1],
					  *group = &config->groups[i];

		/* In one file YAML has complained. */
		if (strcmp(first->name, group->name) != 0 ||
			strcmp(first->position.file, group->position.file) == 0)
			continue;
		complain(checker, &group->position, "there is a group \"%s\" already, at %s:%u:%u",
			group->name, first->position.file, first->position.line,
			first->position.column);
	}
}

static void refuse_group(struct checker *checker, const struct config_text *name)
{
	const struct config *config = checker->config;
	struct suggestion nearest = suggest_begin(name->text);
	const char *meant;

	for (size_t i = 0; i < config->group_count; i++)
		suggest_consider(&nearest, config->groups[i].name);
	meant = suggest_end(&nearest);
	if (meant)
		complain(checker, &name->position,
			"there is no group \"%.64s\"; did you mean \"%s\"?", name->text, meant);
	else
		complain(checker, &name->position,
			"there is no group \"%.64s\"; groups are named in \"groups\" at the top",
			name->text);
}

/* ---- who may ---- */

static void check_identities(
	struct checker *checker, const struct config_vhost *vhost, const struct value *value)
{
	const struct config_text *names = value->list;

	for (uint32_t i = 0; i < value->count; i++)
		if (!config_groups_find(checker->config, names[i].text))
			refuse_group(checker, &names[i]);
	if (value->count == 0)
		return;
	if (vhost->values[KEY_CLIENT_CERTIFICATES].number == CLIENT_NONE)
		complain(checker, &value->position,
			"\"identities\" lets nobody in: the vhost \"%s\" never asks for a "
			"certificate (\"client_certificates: none\")",
			name_of(vhost));
	else if (vhost->http == HTTP_SERVE && config_listens(vhost, PROTOCOL_HTTP))
		complain(checker, &value->position,
			"\"identities\" needs TLS, and the vhost \"%s\" is served on http, too, "
			"where nobody shows a certificate; say \"http: redirect\" or \"http: "
			"none\"",
			name_of(vhost));
}

/* Of a vhost whose parts are not for the same people. */
static void check_symlinks(
	struct checker *checker, const struct config_vhost *vhost, const struct value *value)
{
	char word[KEY_WORD];

	if (value->word == 0 || value->number == SYMLINKS_NEVER)
		return;
	complain(checker, &value->position,
		"\"symlinks: %s\" would lead around \"allow\", \"deny\" and \"identities\", which "
		"are not the same everywhere in the vhost \"%s\"; there, none is followed",
		key_word(KEY_SYMLINKS, value->word, word), name_of(vhost));
}

/* ---- headers ---- */

/* Of the vhost, or of a path that says some. */
static void check_headers(struct checker *checker, const struct config_vhost *vhost,
	const struct config_location *location, const struct value *value)
{
	struct arena scratch = {0};
	struct config_settings settings;
	const struct config_header *headers;
	size_t size = 0;

	config_settings_of(vhost, location, &scratch, &settings);
	headers = settings.values[KEY_HEADERS].list;
	for (uint32_t i = 0; i < settings.values[KEY_HEADERS].count; i++)
		if (headers[i].value)
			size += strlen(headers[i].name) + strlen(headers[i].value) +
				strlen(": \r\n");
	arena_free(&scratch);
	if (size > CONFIG_HEADERS)
		complain(checker, &value->position,
			"these headers and those that are inherited have %zu bytes; %d are room "
			"for all",
			size, CONFIG_HEADERS);
}

/* ---- all of a vhost ---- */

void checker_settings(struct checker *checker, const struct config_vhost *vhost)
{
	bool restricted, uniform = config_is_uniform(vhost, &restricted);
	const struct value *symlinks = &vhost->values[KEY_SYMLINKS];

	check_identities(checker, vhost, &vhost->values[KEY_IDENTITIES]);
	if (vhost->values[KEY_HEADERS].count > 0)
		check_headers(checker, vhost, NULL, &vhost->values[KEY_HEADERS]);
	if (restricted && !uniform && symlinks->origin == ORIGIN_VHOST)
		check_symlinks(checker, vhost, symlinks);
	for (size_t i = 0; i < vhost->location_count; i++) {
		const struct config_location *location = &vhost->locations[i];
		const struct value *identities = config_said(location, KEY_IDENTITIES);
		const struct value *headers = config_said(location, KEY_HEADERS);

		symlinks = config_said(location, KEY_SYMLINKS);
		if (identities)
			check_identities(checker, vhost, identities);
		if (headers && headers->count > 0)
			check_headers(checker, vhost, location, headers);
		if (restricted && !uniform && symlinks)
			check_symlinks(checker, vhost, symlinks);
	}
}
