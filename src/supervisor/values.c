/* SPDX-License-Identifier: ISC */
#include "values.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "forms.h"

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

/* ---- nodes by kind ---- */

#define complain(source, node, ...) \
	diagnostics_error((source)->diagnostics, &(node)->position, __VA_ARGS__)

/* C0, DEL and C1: what is read here may get into a response, a log or a terminal. */
static bool has_control(const char *text)
{
	for (const unsigned char *byte = (const unsigned char *)text; *byte; byte++)
		if (*byte < 0x20 || *byte == 0x7f ||
			(byte[0] == 0xc2 && byte[1] >= 0x80 && byte[1] < 0xa0))
			return true;
	return false;
}

static bool want_scalar(const struct value_source *source, enum key key, const struct node *node)
{
	if (node->kind == NODE_BAD)
		return false;
	if (node->kind != NODE_SCALAR || yaml_is_null(node)) {
		complain(source, node, "\"%s\" wants a value, and this is %s", key_rows[key].name,
			yaml_kind_name(node));
		return false;
	}
	if (has_control(node->text)) {
		complain(source, node, "a value has no control characters and no line breaks");
		return false;
	}
	return true;
}

/* Which of the key's words it is, from 1, or 0. */
static uint16_t find_word(enum key key, const char *text)
{
	char word[KEY_WORD];

	for (uint16_t i = 1; *key_word(key, i, word); i++)
		if (strcmp(word, text) == 0)
			return i;
	return 0;
}

static bool read_amount(const struct value_source *source, enum key key, const struct node *node,
	struct value *value)
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
	enum form_result result = kinds[row->kind].read(node->text, &value->number);
	char from[FORM_TEXT], to[FORM_TEXT];

	if (result == FORM_GOOD && value->number >= row->minimum && value->number <= row->maximum)
		return true;
	if (result == FORM_MALFORMED)
		complain(source, node, "\"%s\" is not %s%s%s", node->text, kinds[row->kind].name,
			row->words ? ", or " : "", row->words ? row->words : "");
	else
		complain(source, node, "\"%s\" is out of range; \"%s\" is from %s to %s",
			node->text, row->name, form_format(row->kind, row->minimum, from),
			form_format(row->kind, row->maximum, to));
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

static bool read_path(
	const struct value_source *source, const struct node *node, struct value *value)
{
	if (value->word > 0)
		return true;
	if (node->text[0] == '\0' || form_is_boolean(node->text)) {
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

/* A file's name, that is put after a directory's: index files. */
static const char *check_file(const char *text)
{
	if (text[0] == '\0' || strchr(text, '/') || strcmp(text, ".") == 0 ||
		strcmp(text, "..") == 0)
		return "is not the name of a file; it has no slash and is not empty";
	if (strlen(text) > NAME_MAX)
		return "is too long for the name of a file";
	return NULL;
}

static bool read_text(const struct value_source *source, enum key key, const struct node *node,
	struct config_text *item)
{
	char host[FORM_HOST];
	const char *problem = NULL, *text = node->text;

	if (!want_scalar(source, key, node))
		return false;
	if (key_rows[key].kind == KIND_NAMES) {
		problem = form_host(node->text, host);
		text = host;
		if (problem)
			complain(source, node, "\"%s\": %s", node->text, problem);
	} else {
		problem = key_rows[key].kind == KIND_FILES ? check_file(text)
			  : text[0] == '\0'                ? "is not a path"
							   : NULL;
		if (problem)
			complain(source, node, "\"%s\" %s", text, problem);
	}
	if (problem)
		return false;
	*item = (struct config_text){
		.text = arena_text(source->arena, text, strlen(text)),
		.position = node->position,
	};
	return true;
}

static bool read_listen(const struct value_source *source, enum key key, const struct node *node,
	struct config_endpoint *item)
{
	const char *problem;

	if (!want_scalar(source, key, node))
		return false;
	problem = form_endpoint(node->text, item);
	if (problem)
		complain(source, node, "\"%s\": %s", node->text, problem);
	item->position = node->position;
	return !problem;
}

/* {chain: FILE, key: FILE} */
static bool read_pair_files(
	const struct value_source *source, const struct node *node, struct config_pair *pair)
{
	char complaint[KEY_COMPLAINT];
	bool good = true;

	for (const struct node *child = node->first; child; child = child->next) {
		struct value value = {0};
		enum key key;

		if (child->key->kind != NODE_SCALAR) {
			good = false;
			continue;
		}
		key = key_find(IN_PAIR, child->key->text);
		if (key == KEY_COUNT) {
			key_complain(IN_PAIR, child->key->text, complaint);
			complain(source, child->key, "%s", complaint);
		}
		if (key == KEY_COUNT || !value_read(source, key, child, &value)) {
			good = false;
			continue;
		}
		*(key == KEY_CHAIN ? &pair->chain : &pair->key) = value.text;
		*(key == KEY_CHAIN ? &pair->position : &pair->key_position) = child->position;
	}
	if (good && (!pair->chain || !pair->key)) {
		complain(source, node, "a certificate has a \"chain\" and a \"key\"");
		good = false;
	}
	return good;
}

static bool read_pair(
	const struct value_source *source, const struct node *node, struct config_pair *pair)
{
	struct value directory = {0};

	if (node->kind == NODE_MAPPING)
		return read_pair_files(source, node, pair);
	if (!want_scalar(source, KEY_CERTIFICATE, node))
		return false;
	if (find_word(KEY_CERTIFICATE, node->text) > 0) {
		complain(source, node, "\"%s\" stands alone, not in a list", node->text);
		return false;
	}
	if (!read_path(source, node, &directory))
		return false;
	/* Of "/" nothing but the slash that follows. */
	if (directory.text[1] == '\0')
		directory.text = "";
	pair->chain = arena_format(source->arena, "%s/fullchain.pem", directory.text);
	pair->key = arena_format(source->arena, "%s/privkey.pem", directory.text);
	pair->position = pair->key_position = node->position;
	return true;
}

/* One value may stand for a list of one. */
static bool read_list(const struct value_source *source, enum key key, const struct node *node,
	struct value *value)
{
	enum key_kind kind = key_rows[key].kind;
	const struct node *node_of = node->kind == NODE_LIST ? node->first : node;
	union {
		struct config_endpoint endpoint;
		struct config_pair pair;
		struct config_text text;
	} item;
	size_t size = kind == KIND_LISTEN        ? sizeof item.endpoint
		      : kind == KIND_CERTIFICATE ? sizeof item.pair
						 : sizeof item.text;
	bool good = true;
	char *items = NULL;

	for (; node_of; node_of = node->kind == NODE_LIST ? node_of->next : NULL) {
		memset(&item, 0, sizeof item);
		if (!(kind == KIND_LISTEN ? read_listen(source, key, node_of, &item.endpoint)
			    : kind == KIND_CERTIFICATE
				    ? read_pair(source, node_of, &item.pair)
				    : read_text(source, key, node_of, &item.text))) {
			good = false;
			continue;
		}
		items = arena_grow(source->arena, items, value->count, size);
		memcpy(items + value->count++ * size, &item, size);
	}
	/* A vhost without any index is one without listing and start page, and may be meant so. */
	if (good && value->count == 0 && kind != KIND_FILES && kind != KIND_PATTERNS) {
		complain(source, node, "\"%s\" is empty", key_rows[key].name);
		good = false;
	}
	value->list = items;
	return good;
}

bool value_read(const struct value_source *source, enum key key, const struct node *node,
	struct value *value)
{
	enum key_kind kind = key_rows[key].kind;
	bool list = kind == KIND_NAMES || kind == KIND_FILES || kind == KIND_PATTERNS ||
		    kind == KIND_LISTEN || kind == KIND_CERTIFICATE;

	value->position = node->position;
	if (node->kind == NODE_SCALAR)
		value->word = find_word(key, node->text);
	if (list && value->word == 0)
		return read_list(source, key, node, value);
	if (!want_scalar(source, key, node))
		return false;
	switch (kind) {
	case KIND_CHOICE:
		return read_choice(source, key, node, value);
	case KIND_PATH:
		return read_path(source, node, value);
	case KIND_ACCOUNT:
		return read_account(source, node, value);
	case KIND_NUMBER:
	case KIND_SIZE:
	case KIND_TIME:
	case KIND_RATE:
		if (value->word == 0)
			return read_amount(source, key, node, value);
		value->number = CONFIG_NONE;
		return true;
	default: /* a list's word */
		return true;
	}
}
