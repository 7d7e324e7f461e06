/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_IMAGE_MEMBERS_H
#define SULID_SUPERVISOR_IMAGE_MEMBERS_H

/* Groups → the image's table of who is in which, for the access log. */

#include "image_tables.h"

/* The members of all groups of the configuration, each digest once, with the names of its groups.
 */
void image_members_put(struct image_tables *tables);

#endif
