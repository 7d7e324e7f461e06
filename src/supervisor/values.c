/* SPDX-License-Identifier: ISC */
#include "values.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "forms.h"
#include "forms_site.h"
#include "value_kinds.h"

char *value_path(const struct value_source *source, const char *path)
{
	char *text =
		arena_format(source->arena, "%s/%s", path[0] == '/' ? "" : source->directory, path);
	char *to = text;

	for (const char *from = text; *from;) {
		size_t length;

		while (*from == '/')
			from++;
		length = strcspn(from, "/");
		if (length > 0 && !(length == 1 && *from == '.')) {
			*to++ = '/';
			memmove(to, from, length);
			to += length;
		}
		from += length;
	}
	if (to == text)
		*to++ = '/';
	*to = '\0';
	return text;
}

/* ---- one value ---- */

bool value_is_scalar(const struct value_source *source, enum key key, const struct node *node)
{
	if (node->kind == NODE_BAD)
		return false;
	if (node->kind != NODE_SCALAR || yaml_is_null(node)) {
		complain(source, node, "\"%s\" wants a value, and this is %s", key_rows[key].name,
			yaml_kind_name(node));
		return false;
	}
	if (form_has_control(node->text)) {
		complain(source, node, "a value has no control characters and no line breaks");
		return false;
	}
	return true;
}

uint16_t value_find_word(enum key key, const char *text)
{
	char word[KEY_WORD];

	for (uint16_t i = 1; *key_word(key, i, word); i++)
		if (strcmp(word, text) == 0)
			return i;
	return 0;
}

bool value_read_amount(const struct value_source *source, enum key key, enum key_kind kind,
	const struct node *node, uint64_t *number)
{
	static const struct {
		enum form_result (*read)(const char *text, uint64_t *number);
		const char *name;
	} kinds[] = {
		[KIND_NUMBER] = {form_number, "a number"},
		[KIND_SIZE] = {form_size, "a size; write 512, 8K, 256M or 4G"},
		[KIND_TIME] = {form_time, "a time; write 500ms, 5s, 10m, 12h, 30d or 1y"},
		[KIND_RATE] = {form_rate, "a rate; write 100/s or 1K/s"},
	};
	const struct key_row *row = &key_rows[key];
	enum form_result result = kinds[kind].read(node->text, number);
	char from[FORM_TEXT], to[FORM_TEXT];

	if (result == FORM_GOOD && *number >= row->minimum && *number <= row->maximum)
		return true;
	if (result == FORM_MALFORMED)
		complain(source, node, "\"%s\" is not %s%s%s", node->text, kinds[kind].name,
			row->words ? ", or " : "", row->words ? row->words : "");
	else
		complain(source, node, "\"%s\" is out of range; \"%s\" is from %s to %s",
			node->text, row->name, form_format(kind, row->minimum, from),
			form_format(kind, row->maximum, to));
	return false;
}

/* What clients are told in seconds. */
static bool read_age(
	const struct value_source *source, enum key key, const struct node *node, uint64_t *number)
{
	if (!value_read_amount(source, key, KIND_TIME, node, number))
		return false;
	if (*number % KEY_SECOND == 0)
		return true;
	complain(source, node, "\"%s\" is not a whole number of seconds", node->text);
	return false;
}

static bool read_choice(const struct value_source *source, enum key key, const struct node *node,
	struct value *value)
{
	char list[128] = "", word[KEY_WORD];
	size_t used = 0;

	if (value->word > 0) {
		value->number = value->word - 1u;
		return true;
	}
	if (key == KEY_ADMIN_LISTEN) {
		complain(source, node,
			"an address for \"admin\" is not supported yet; it is on admin.sock");
		return false;
	}
	for (unsigned i = 1; *key_word(key, i, word); i++)
		used += (size_t)snprintf(
			list + used, sizeof list - used, "%s%s", i > 1 ? ", " : "", word);
	complain(source, node, "\"%s\" is unknown here; \"%s\" is one of %s", node->text,
		key_rows[key].name, list);
	return false;
}

bool value_read_path(
	const struct value_source *source, const struct node *node, struct value *value)
{
	if (value->word > 0)
		return true;
	if (node->text[0] == '\0' || form_boolean(node->text, &value->number)) {
		complain(source, node, "\"%s\" is not a path", node->text);
		return false;
	}
	value->text = value_path(source, node->text);
	if (strlen(value->text) >= PATH_MAX) {
		complain(source, node, "a path has less than %d letters", PATH_MAX);
		return false;
	}
	return true;
}

static bool read_account(
	const struct value_source *source, const struct node *node, struct value *value)
{
	const char *text = node->text;
	size_t length = strlen(text);

	if (length == 0 || length > 32 || text[0] == '-' || (text[0] >= '0' && text[0] <= '9') ||
		text[strspn(text,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] !=
			'\0') {
		complain(source, node, "\"%s\" is not the name of an account", text);
		return false;
	}
	value->text = arena_text(source->arena, text, length);
	return true;
}

static bool read_boolean(
	const struct value_source *source, const struct node *node, struct value *value)
{
	if (form_boolean(node->text, &value->number))
		return true;
	complain(source, node, "\"%s\" is neither true nor false", node->text);
	return false;
}

/* A text that is kept as it is if it is good. */
static bool read_formed(const struct value_source *source, enum key key, const struct node *node,
	struct value *value)
{
	const char *text = node->text, *problem = NULL;

	switch (key_rows[key].kind) {
	case KIND_SITE_PATH:
		problem = form_site_path(text);
		break;
	case KIND_TARGET:
		problem = form_target(text);
		break;
	case KIND_PROMPT:
		problem = form_prompt(text);
		break;
	case KIND_MEDIA_TYPE:
		problem = form_media_type(text);
		break;
	default:
		if (!form_is_token(text, strlen(text)) || strlen(text) > 40)
			problem = "a charset is written as utf-8 or iso-8859-1";
	}
	if (problem)
		complain(source, node, "\"%s\": %s", text, problem);
	else
		value->text = arena_text(source->arena, text, strlen(text));
	return !problem;
}

/* One of the list that "hsts" is: a time, or a word. */
static bool read_hsts_item(const struct value_source *source, const struct node *node,
	struct value *value, bool *timed)
{
	static const uint32_t flags[] = {0, 0, HSTS_SUBDOMAINS, HSTS_PRELOAD};
	uint16_t word;

	if (!value_is_scalar(source, KEY_HSTS, node))
		return false;
	word = value_find_word(KEY_HSTS, node->text);
	if (word == 1) {
		complain(source, node, "\"none\" stands alone, not in a list");
		return false;
	}
	if (word > 1 ? (value->count & flags[word]) != 0 : *timed) {
		complain(source, node,
			word > 1 ? "\"%s\" is given twice"
				 : "\"%s\" is a second value; one is a time",
			node->text);
		return false;
	}
	value->count |= flags[word];
	if (word > 1)
		return true;
	*timed = true;
	return read_age(source, KEY_HSTS, node, &value->number);
}

static bool read_hsts(
	const struct value_source *source, const struct node *node, struct value *value)
{
	const struct node *item = node->kind == NODE_LIST ? node->first : node;
	bool good = true, timed = false;

	if (value->word == 1) {
		value->number = CONFIG_NONE;
		return true;
	}
	value->word = 0;
	for (; item; item = node->kind == NODE_LIST ? item->next : NULL)
		good &= read_hsts_item(source, item, value, &timed);
	if (good && !timed) {
		complain(source, node, "\"hsts\" wants a time: [1y, subdomains]");
		good = false;
	}
	return good;
}

/* ---- how often ---- */

static bool read_frequency(const struct value_source *source, enum key key, const struct node *node,
	struct value *value)
{
	const struct key_row *row = &key_rows[key];

	enum form_result result = form_frequency(node->text, &value->number, &value->count);

	if (result == FORM_MALFORMED) {
		complain(source, node,
			"\"%s\" is not how often a client may ask; write 5/s, 30/m or 100/h",
			node->text);
		return false;
	}
	if (result == FORM_GOOD && value->number >= row->minimum && value->number <= row->maximum)
		return true;
	complain(source, node, "\"%s\" is out of range; \"%s\" is from %llu to %llu requests",
		node->text, row->name, (unsigned long long)row->minimum,
		(unsigned long long)row->maximum);
	return false;
}

bool value_read_pace(
	const struct value_source *source, const struct node *node, struct value *value)
{
	static const enum key keys[] = {KEY_PACE_RATE, KEY_PACE_BURST};
	struct value rate = {0}, burst = {0};
	struct config_pace *pace;

	if (node->kind == NODE_MAPPING) {
		if (!value_read_keys(
			    source, IN_PACE, node, keys, (struct value *const[]){&rate, &burst}))
			return false;
		if (rate.count == 0) {
			complain(source, node, "\"slow_down\" has a \"rate\"");
			return false;
		}
	} else if (!value_is_scalar(source, KEY_SLOW_DOWN, node) ||
		   !read_frequency(source, KEY_PACE_RATE, node, &rate)) {
		return false;
	}
	pace = arena_take(source->arena, sizeof *pace);
	*pace = (struct config_pace){
		.requests = (uint32_t)rate.number,
		.seconds = rate.count,
		.burst = (uint32_t)(burst.number > 0 ? burst.number : rate.number),
	};
	value->list = pace;
	value->count = 1;
	return true;
}

/* ---- all of them ---- */

static bool is_list(enum key_kind kind)
{
	switch (kind) {
	case KIND_NAMES:
	case KIND_PLAIN_NAMES:
	case KIND_FILES:
	case KIND_ENDINGS:
	case KIND_LANGUAGES:
	case KIND_PATTERNS:
	case KIND_IDENTITIES:
	case KIND_LISTEN:
	case KIND_CERTIFICATE:
	case KIND_NETWORKS:
		return true;
	default:
		return false;
	}
}

static bool read_number(const struct value_source *source, enum key key, const struct node *node,
	struct value *value)
{
	enum key_kind kind = key_rows[key].kind;

	if (value->word > 0) {
		value->number = CONFIG_NONE;
		return true;
	}
	return kind == KIND_AGE ? read_age(source, key, node, &value->number)
				: value_read_amount(source, key, kind, node, &value->number);
}

bool value_read(const struct value_source *source, enum key key, const struct node *node,
	struct value *value)
{
	enum key_kind kind = key_rows[key].kind;

	value->position = node->position;
	if (node->kind == NODE_SCALAR)
		value->word = value_find_word(key, node->text);
	if (kind == KIND_HEADERS || kind == KIND_PAGES || kind == KIND_TYPES)
		return value_read_map(source, key, node, value);
	if (kind == KIND_HSTS)
		return read_hsts(source, node, value);
	if (kind == KIND_PACE && value->word == 0)
		return value_read_pace(source, node, value);
	if (is_list(kind) && value->word == 0)
		return value_read_list(source, key, node, value);
	if (!value_is_scalar(source, key, node))
		return false;
	switch (kind) {
	case KIND_CHOICE:
		return read_choice(source, key, node, value);
	case KIND_BOOLEAN:
		return read_boolean(source, node, value);
	case KIND_PATH:
		return value_read_path(source, node, value);
	case KIND_ACCOUNT:
		return read_account(source, node, value);
	case KIND_SITE_PATH:
	case KIND_TARGET:
	case KIND_PROMPT:
	case KIND_MEDIA_TYPE:
	case KIND_CHARSET:
		return value->word > 0 || read_formed(source, key, node, value);
	case KIND_URL:
		return value_read_list(source, key, node, value);
	case KIND_FREQUENCY:
		return read_frequency(source, key, node, value);
	case KIND_NUMBER:
	case KIND_SIZE:
	case KIND_TIME:
	case KIND_RATE:
	case KIND_AGE:
		return read_number(source, key, node, value);
	default: /* a list's word */
		return true;
	}
}
