/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_PERMISSION_H
#define SULID_WORKER_PERMISSION_H

/*
 * Who may have what: by address, by the client's certificate, and by no way around them: another
 * spelling, or what was made of a file. Everything here is asked anew for each name that is tried.
 */

#include "lookup.h"

/* FOUND_FILE: this client may have what has these settings. */
enum found permission_by(const struct lookup *lookup, const struct image_settings *settings);

/*
 * Is the name another spelling of one that is guarded, on a file system that takes both for the
 * same? Guarded vhosts do not follow links; so the others are spared the search.
 */
bool permission_evaded(const struct lookup *lookup, const char *name);

/*
 * lookup->name without ".gz" is what it is a neighbour of, and ".gmi" in the place of ".html" what
 * that was made from: who may not have that may not have this either. FOUND_FILE: it may.
 */
enum found permission_of_original(const struct lookup *lookup);

#endif
