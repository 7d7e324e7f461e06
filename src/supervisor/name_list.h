/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_NAME_LIST_H
#define SULID_SUPERVISOR_NAME_LIST_H

/* Names for a person: the first ones, and how many more there are. */

#include <stddef.h>
#include <stdint.h>

#define NAME_LIST 320 /* room for one name of any length and the rest of the words */

/*
 * "a.example, b.example and 7 more" from "a.example, b.example, c.example…": whole names, as many
 * as fit into "width" characters, and the first in any case. count: of all, also those that the
 * list has no room for. Returns words.
 */
const char *name_list_shorten(
	const char *list, uint32_t count, size_t width, char words[static NAME_LIST]);

#endif
