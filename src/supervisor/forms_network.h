/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_FORMS_NETWORK_H
#define SULID_SUPERVISOR_FORMS_NETWORK_H

/* The forms in which those are written who may: networks, and digests of client certificates. */

#include <stdbool.h>

#include "contract/image.h"

/* "10.0.0.0/8", "::1". NULL, or what is wrong with it, which may be written to "problem". */
#define FORM_NETWORK_PROBLEM 160
const char *form_network(
	const char *text, struct image_network *network, char problem[static FORM_NETWORK_PROBLEM]);

/* The other way; all bits are not written. */
#define FORM_NETWORK (ADDRESS_TEXT + 4)
const char *form_network_format(
	const struct image_network *network, char text[static FORM_NETWORK]);

/* 64 hexadecimal digits, with "sha256:" in front or not. */
bool form_digest(const char *text, struct image_digest *digest);

/* The other way, with "sha256:". */
#define FORM_DIGEST 72
const char *form_digest_format(const struct image_digest *digest, char text[static FORM_DIGEST]);

#endif
