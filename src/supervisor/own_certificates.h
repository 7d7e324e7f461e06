/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_OWN_CERTIFICATES_H
#define SULID_SUPERVISOR_OWN_CERTIFICATES_H

/* Those of `certificate: auto`: self-signed, made once, and then kept whatever happens, because
 * clients of Gemini remember them. */

#include "config.h"
#include "diagnostics.h"

/*
 * Make each that is not there yet, by running sulid-tool and waiting for it, and log what was made.
 * Each is in the directory of its vhost's first name, to which links with its other names lead: so
 * names can change their order, go away and move, and what clients know stays. -1 after errors in
 * diagnostics.
 */
int own_certificates_make(struct config *config, struct diagnostics *diagnostics);

/* The directory that a certificate is kept in, into "directory", which is returned. */
#define OWN_DIRECTORY 4096
const char *own_certificates_directory(
	const struct config_certificate *pair, char directory[static OWN_DIRECTORY]);

#endif
