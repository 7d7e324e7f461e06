/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_CONFIG_READ_H
#define SULID_SUPERVISOR_CONFIG_READ_H

/* The tree of a file → the configuration's values as they were said. */

#include "config.h"
#include "values.h"
#include "yaml_tree.h"

struct config_reader {
	struct config *config;
	struct value_source source; /* of the file that is being read */
};

/* A whole file: scope is IN_TOP or IN_INCLUDED. */
void config_read(struct config_reader *reader, const struct node *root, enum key_scope scope);

/* A mapping of keys and values: each that is there into values[key]. */
void config_read_mapping(struct config_reader *reader, const struct node *mapping,
	enum key_scope scope, struct value *values, enum config_origin origin);

/* For config_read.c: "paths". */
void config_read_paths(
	struct config_reader *reader, const struct node *mapping, struct value *value);

/* For config_read.c: "groups". */
void config_read_groups(struct config_reader *reader, const struct node *mapping);

#endif
