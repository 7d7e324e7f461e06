/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_NAMES_H
#define SULID_TOOL_NAMES_H

/*
 * The names a certificate is for: host names, "*.example.org", and addresses. "*" stands for
 * "whatever this machine is called": localhost and the host's own name.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"

#define NAME_SIZE  254 /* RFC 1035 §2.3.4: 253 characters, and a NUL */
#define NAMES_MOST 128
#define NAMES_ANY  "sulid" /* what a certificate for "*" is called */

struct name {
	char text[NAME_SIZE];   /* lower case, without a final dot */
	struct address address; /* family 0 if it is a host name */
};

struct names {
	struct name list[NAMES_MOST];
	size_t count;
	char common[NAME_SIZE]; /* the first as it was given ("*.example.org"); NAMES_ANY if that
				   was "*" */
};

/* Fill in name. Returns NULL, or what is wrong with it. */
const char *name_parse(const char *text, struct name *name);

/*
 * Add one from the command line; one that is there already is not added again. Start with all zero.
 * Returns NULL, or what is wrong with it.
 */
const char *names_add(struct names *names, const char *text);

#endif
