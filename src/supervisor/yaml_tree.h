/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_YAML_TREE_H
#define SULID_SUPERVISOR_YAML_TREE_H

/*
 * YAML → a tree of nodes that know where they stand. The part of YAML that a configuration
 * needs: one document of mappings, lists and scalars. Anchors, aliases, tags, further documents and
 * keys given twice are errors.
 */

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "diagnostics.h"

#define YAML_DEPTH 32                 /* mappings and lists within each other */
#define YAML_SIZE  (16 * 1024 * 1024) /* bytes of a file */

enum node_kind {
	NODE_SCALAR,
	NODE_LIST,
	NODE_MAPPING,
	NODE_BAD, /* something that was refused, and has its message */
};

struct node {
	enum node_kind kind;
	bool plain; /* a scalar without quotes */
	struct position position;
	const char *text;   /* of a scalar; no NUL within */
	struct node *key;   /* in a mapping: the scalar in front of it */
	struct node *first; /* of a mapping's values or a list's items */
	struct node *next;  /* in its list or mapping */
};

/*
 * file: the name for positions, which must live as long as they do. The tree is allocated from the
 * arena. NULL after an error that leaves no tree; others are in diagnostics only. An empty document
 * is an empty mapping.
 */
struct node *yaml_parse(struct arena *arena, const char *file, const char *bytes, size_t size,
	struct diagnostics *diagnostics);

/* A plain scalar that stands for nothing: "", "~" or "null". */
bool yaml_is_null(const struct node *node);

/* The node's kind for messages: "a list". */
const char *yaml_kind_name(const struct node *node);

#endif
