/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_IMAGE_BUILD_H
#define SULID_SUPERVISOR_IMAGE_BUILD_H

/* The configuration → the bytes of one role's image (contract/image.h). */

#include <stddef.h>
#include <stdint.h>

#include "contract/build.h"

#include "config.h"

struct image_bytes {
	void *bytes;
	size_t size;
};

/*
 * ports: of each of config's listeners the one really bound; NULL: nothing is listened on, no
 * listener has a socket. Roots are config's, then ACME's. -1 with errno (EFBIG: 4 GiB are not
 * enough). out is freed by the caller.
 */
int image_build(const struct config *config, enum role role, uint32_t generation,
	const uint16_t *ports, struct image_bytes *out);

void image_bytes_free(struct image_bytes *image);

#endif
