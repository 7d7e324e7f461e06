/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_ENDINGS_H
#define SULID_TOOL_ENDINGS_H

/* Which files may gain by compression, by the ending of their names. */

#include <stdbool.h>

/* false: the format of such a file is compressed in itself. Case does not matter. */
bool endings_gain(const char *name);

#endif
