/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_IMAGE_TYPES_H
#define SULID_SUPERVISOR_IMAGE_TYPES_H

/* The media types of a vhost as entries of the image. For image_build.c. */

#include "image_tables.h"

struct image_range image_types_put(struct image_tables *tables, const struct config_vhost *vhost);

#endif
