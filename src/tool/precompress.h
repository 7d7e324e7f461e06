/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_PRECOMPRESS_H
#define SULID_TOOL_PRECOMPRESS_H

/*
 * sulid precompress DIR...: compressed neighbours for the files of document roots, which a server
 * sends to clients that understand them.
 */

/* The command; arguments without its name, NULL-terminated. Returns the exit status. */
int precompress_command(char *const *arguments);

#endif
