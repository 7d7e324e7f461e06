/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_YAML_PRINT_H
#define SULID_SUPERVISOR_YAML_PRINT_H

/* Texts and keys as YAML that reads as the same. */

#include <stdbool.h>
#include <stdio.h>

void yaml_print_indent(FILE *to, unsigned columns);

/* Without quotes where nobody could take it for anything else. The text has no control characters.
 */
void yaml_print_text(FILE *to, const char *text);

/* On a line of its own up to the colon. */
void yaml_print_key(FILE *to, const char *text, unsigned columns);

#endif
