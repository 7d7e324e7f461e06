/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_LISTING_ICON_H
#define SULID_WORKER_LISTING_ICON_H

/* The picture beside a name: told by the name's ending only. */

#include "listing_entry.h"

/* The id of one of the symbols of listing_look: "dir", "text", "image", … or "file". */
const char *listing_icon(const struct listing_entry *entry);

#endif
