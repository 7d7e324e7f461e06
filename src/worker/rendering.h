/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_RENDERING_H
#define SULID_WORKER_RENDERING_H

/* The names of gemtext and of its rendering for browsers: "NAME.gmi" or "NAME.gemini", and
 * "NAME.html" beside it, as "sulid render" makes it. */

#include <stdbool.h>
#include <stddef.h>

#define RENDERING_LONGER 8 /* bytes by which a name can become longer, and a NUL */

/* The rendering's name of a gemtext's, in its place; it is not longer than size with its NUL.
 * False: it is no gemtext's name, or there is no room. */
bool rendering_name(char *name, size_t *length, size_t size);

/*
 * The i-th name of what a page could be the rendering of, into "source", which has room for
 * RENDERING_LONGER more bytes; false: there are no more. The first one goes before the others. In
 * any case: some file systems know none.
 */
bool rendering_source(const char *page, unsigned i, char *source);

#endif
