/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_IMAGE_TABLES_H
#define SULID_SUPERVISOR_IMAGE_TABLES_H

/*
 * One image in the making: its tables apart. Each grows as entries are added; image_build puts
 * them one behind the other.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "contract/build.h"
#include "contract/image.h"

#include "arena.h"
#include "config.h"
#include "mime.h"
#include "seen.h"

struct image_tables {
	const struct config *config;
	struct arena arena;
	enum role role;
	const uint16_t *ports;
	struct image_header header; /* counts of the tables; offsets in the end */
	struct image_listener *listeners;
	struct image_name *names;
	struct image_vhost *vhosts;
	struct image_certificate *certificates;
	struct image_type *types;
	struct image_settings *settings;
	struct image_path *paths;
	struct image_error_page *error_pages;
	struct image_network *networks;
	struct image_digest *digests;
	struct image_member *members;
	struct image_text *texts;
	char *text;
	size_t text_size;
	size_t text_room;
	bool overflow;
	struct mime mime;       /* loaded with the first vhost's types */
	struct seen known_text; /* what is in the tables already: offsets, or first entries */
	struct seen known_error_pages;
	struct seen known_networks;
	struct seen known_digests;
	struct seen known_texts;
	struct seen known_types; /* by what is said of them: numbers of "type_ranges" */
	struct image_range *type_ranges;
	uint32_t type_range_count;
	struct seen known_identities; /* by the names of the groups: numbers of "digest_ranges" */
	struct image_range *digest_ranges;
	uint32_t digest_range_count;
};

/* Room for one more entry of a table, zeroed. The pointer is good until the next one of the same.
 */
#define image_tables_add(tables, table)                                  \
	((tables)->table = arena_grow(&(tables)->arena, (tables)->table, \
		 (tables)->header.table.count, sizeof *(tables)->table), \
		&(tables)->table[(tables)->header.table.count++])

/* NULL is the text of length 0. The same text is there once. */
struct image_text image_tables_text(struct image_tables *tables, const char *string);

/* Entries of a table, all of them, and where they are: those that are the same as others before are
 * shared. */
#define image_tables_share(tables, table, entries, number, range)                                 \
	((tables)->table = image_tables_append(tables, &(tables)->known_##table, (tables)->table, \
		 &(tables)->header.table.count, sizeof *(tables)->table, entries, number, range))

/* Returns where the table is now. */
void *image_tables_append(struct image_tables *tables, struct seen *known, void *table,
	uint32_t *count, size_t size, const void *entries, uint32_t number,
	struct image_range *range);

#endif
