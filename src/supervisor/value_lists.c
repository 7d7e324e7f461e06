/* SPDX-License-Identifier: ISC */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "forms.h"
#include "forms_network.h"
#include "forms_site.h"
#include "value_kinds.h"

/* One of a list, whichever it is of. */
union item {
	struct config_endpoint endpoint;
	struct config_pair pair;
	struct config_network network;
	struct config_text text;
};

/* ---- texts ---- */

/* A file's name, that is put after a directory's: index files. */
static const char *check_file(const char *text)
{
	if (text[0] == '\0' || strchr(text, '/') || strcmp(text, ".") == 0 ||
		strcmp(text, "..") == 0)
		return "this is not the name of a file; it has no slash and is not empty";
	if (strlen(text) > NAME_MAX)
		return "this is too long for the name of a file";
	return NULL;
}

static const char *check_plain_name(const char *text, char host[static FORM_HOST])
{
	if (text[0] == '*')
		return "* is for \"names\" only; here a name stands in full";
	return form_host(text, host);
}

static bool read_text(const struct value_source *source, enum key key, const struct node *node,
	struct config_text *item)
{
	char host[FORM_HOST];
	const char *problem = NULL, *text = node->text;

	if (!value_is_scalar(source, key, node))
		return false;
	switch (key_rows[key].kind) {
	case KIND_NAMES:
		problem = form_host(node->text, host);
		text = host;
		break;
	case KIND_PLAIN_NAMES:
		problem = check_plain_name(node->text, host);
		text = host;
		break;
	case KIND_FILES:
		problem = check_file(text);
		break;
	case KIND_ENDINGS:
		problem = form_try(text);
		break;
	case KIND_LANGUAGES:
		problem = form_language(text);
		break;
	case KIND_IDENTITIES:
		problem = text[0] == '\0' ? "a group has a name" : NULL;
		break;
	default:
		problem = text[0] == '\0' ? "this is not a path" : NULL;
	}
	if (problem) {
		complain(source, node, "\"%s\": %s", node->text, problem);
		return false;
	}
	*item = (struct config_text){
		.text = arena_text(source->arena, text, strlen(text)),
		.position = node->position,
	};
	return true;
}

/* ---- what is listened on ---- */

static bool read_url(const struct value_source *source, enum key key, const struct node *node,
	struct config_endpoint *item)
{
	const char *problem;

	if (!value_is_scalar(source, key, node))
		return false;
	problem = form_endpoint(node->text, item);
	if (problem)
		complain(source, node, "\"%s\": %s", node->text, problem);
	item->position = node->position;
	return !problem;
}

/* An address, or {url: ADDRESS, proxy: [10.0.0.0/8]} */
static bool read_endpoint(const struct value_source *source, enum key key, const struct node *node,
	struct config_endpoint *item)
{
	static const enum key keys[] = {KEY_URL, KEY_PROXY};
	struct value url = {0}, proxy = {0};

	if (node->kind != NODE_MAPPING || key != KEY_LISTEN)
		return read_url(source, key, node, item);
	if (!value_read_keys(
		    source, IN_ENDPOINT, node, keys, (struct value *const[]){&url, &proxy}))
		return false;
	if (url.count == 0) {
		complain(source, node, "what is listened on has a \"url\"");
		return false;
	}
	*item = *(const struct config_endpoint *)url.list;
	item->proxy = proxy.list;
	item->proxy_count = proxy.count;
	return true;
}

/* ---- certificates ---- */

/* {chain: FILE, key: FILE} */
static bool read_pair_files(
	const struct value_source *source, const struct node *node, struct config_pair *pair)
{
	static const enum key keys[] = {KEY_CHAIN, KEY_KEY};
	struct value chain = {0}, key = {0};
	bool good =
		value_read_keys(source, IN_PAIR, node, keys, (struct value *const[]){&chain, &key});

	*pair = (struct config_pair){chain.text, key.text, chain.position, key.position};
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
	if (!value_is_scalar(source, KEY_CERTIFICATE, node) ||
		!value_read_path(source, node, &directory))
		return false;
	/* Of "/" nothing but the slash that follows. */
	if (directory.text[1] == '\0')
		directory.text = "";
	pair->chain = arena_format(source->arena, "%s/fullchain.pem", directory.text);
	pair->key = arena_format(source->arena, "%s/privkey.pem", directory.text);
	pair->position = pair->key_position = node->position;
	return true;
}

/* ---- networks ---- */

static bool read_network(const struct value_source *source, enum key key, const struct node *node,
	struct config_network *item)
{
	char room[FORM_NETWORK_PROBLEM];
	const char *problem;

	if (!value_is_scalar(source, key, node))
		return false;
	problem = form_network(node->text, &item->network, room);
	if (problem)
		complain(source, node, "\"%s\": %s", node->text, problem);
	item->position = node->position;
	return !problem;
}

static int compare_networks(const void *left_item, const void *right_item)
{
	const struct config_network *left = left_item, *right = right_item;
	int order = left->network.family - right->network.family;

	if (order == 0)
		order = memcmp(
			left->network.bytes, right->network.bytes, sizeof left->network.bytes);
	return order ? order : left->network.bits - right->network.bits;
}

static int compare_texts(const void *left_item, const void *right_item)
{
	const struct config_text *left = left_item, *right = right_item;

	return strcmp(left->text, right->text);
}

/* What has no order of its own gets one, and what is said twice is said once. */
static void sort(struct value *value, char *items, size_t size,
	int (*compare)(const void *left, const void *right))
{
	uint32_t count = 0;

	if (value->count > 1)
		qsort(items, value->count, size, compare);
	for (uint32_t i = 0; i < value->count; i++) {
		if (count > 0 && compare(items + (count - 1) * size, items + i * size) == 0)
			continue;
		if (count < i)
			memcpy(items + count * size, items + i * size, size);
		count++;
	}
	value->count = count;
}

/* ---- all of them ---- */

static size_t size_of(enum key_kind kind)
{
	switch (kind) {
	case KIND_LISTEN:
	case KIND_URL:
		return sizeof(struct config_endpoint);
	case KIND_CERTIFICATE:
		return sizeof(struct config_pair);
	case KIND_NETWORKS:
		return sizeof(struct config_network);
	default:
		return sizeof(struct config_text);
	}
}

static bool read_item(const struct value_source *source, enum key key, const struct node *node,
	bool listed, union item *item)
{
	if (listed && node->kind == NODE_SCALAR && value_find_word(key, node->text) > 0) {
		complain(source, node, "\"%s\" stands alone, not in a list", node->text);
		return false;
	}
	switch (key_rows[key].kind) {
	case KIND_LISTEN:
	case KIND_URL:
		return read_endpoint(source, key, node, &item->endpoint);
	case KIND_CERTIFICATE:
		return read_pair(source, node, &item->pair);
	case KIND_NETWORKS:
		return read_network(source, key, node, &item->network);
	default:
		return read_text(source, key, node, &item->text);
	}
}

/* Nothing at all may be meant: a vhost without any index is one without start page. */
static bool may_be_empty(enum key_kind kind)
{
	return kind == KIND_FILES || kind == KIND_PATTERNS || kind == KIND_ENDINGS;
}

bool value_read_list(const struct value_source *source, enum key key, const struct node *node,
	struct value *value)
{
	enum key_kind kind = key_rows[key].kind;
	bool listed = node->kind == NODE_LIST, good = true;
	size_t size = size_of(kind);
	char *items = NULL;

	for (const struct node *at = listed ? node->first : node; at;
		at = listed ? at->next : NULL) {
		union item item = {0};

		if (!read_item(source, key, at, listed, &item)) {
			good = false;
			continue;
		}
		items = arena_grow(source->arena, items, value->count, size);
		memcpy(items + value->count++ * size, &item, size);
	}
	if (good && value->count == 0 && !may_be_empty(kind)) {
		complain(source, node, "\"%s\" is empty", key_rows[key].name);
		good = false;
	}
	if (kind == KIND_NETWORKS)
		sort(value, items, size, compare_networks);
	if (kind == KIND_IDENTITIES)
		sort(value, items, size, compare_texts);
	value->list = items;
	return good;
}
