/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_PRECOMPRESS_H
#define SULID_TOOL_PRECOMPRESS_H

/*
 * sulid precompress DIR...: compressed neighbours for the files of document roots, which a server
 * sends to clients that understand them.
 */

#include "craft.h"

extern const struct craft precompress_craft;

/* The command; arguments without its name, NULL-terminated. Returns the exit status. */
int precompress_command(char *const *arguments);

#endif
