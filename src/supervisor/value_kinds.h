/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_VALUE_KINDS_H
#define SULID_SUPERVISOR_VALUE_KINDS_H

/* How values.c reads lists and mappings, and what it reads them with. Each false has its message.
 */

#include "values.h"

#define complain(source, node, ...) \
	diagnostics_error((source)->diagnostics, &(node)->position, __VA_ARGS__)

/* Is it one value, without control characters? */
bool value_is_scalar(const struct value_source *source, enum key key, const struct node *node);

/* Which of the key's words it is, from 1, or 0. */
uint16_t value_find_word(enum key key, const char *text);

bool value_read_path(
	const struct value_source *source, const struct node *node, struct value *value);
/* A number with its unit within the row's bounds; kind: of the row, or what it is built on. */
bool value_read_amount(const struct value_source *source, enum key key, enum key_kind kind,
	const struct node *node, uint64_t *number);

/* One value may stand for a list of one. */
bool value_read_list(const struct value_source *source, enum key key, const struct node *node,
	struct value *value);

/* "5/s" or {rate: 5/s, burst: 20}: a list of one struct config_pace. */
bool value_read_pace(
	const struct value_source *source, const struct node *node, struct value *value);

/* Of kind HEADERS, PAGES or TYPES; nothing is an empty one. */
bool value_read_map(const struct value_source *source, enum key key, const struct node *node,
	struct value *value);

/* A mapping with the keys of a scope, which are these: the value of keys[i] into values[i], which
 * has ORIGIN_VHOST if it was said. */
bool value_read_keys(const struct value_source *source, enum key_scope scope,
	const struct node *node, const enum key keys[], struct value *const values[]);

#endif
