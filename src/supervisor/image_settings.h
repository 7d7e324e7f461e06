/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_IMAGE_SETTINGS_H
#define SULID_SUPERVISOR_IMAGE_SETTINGS_H

/* What holds for a vhost and its paths as entries of the image. For image_build.c. */

#include "image_tables.h"

/* The settings and the paths of one vhost. */
void image_settings_put(
	struct image_tables *tables, const struct config_vhost *from, struct image_vhost *to);

/* A value that is a list of texts, in "texts". */
struct image_range image_settings_texts(struct image_tables *tables, const struct value *value);

#endif
