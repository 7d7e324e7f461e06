/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_STATUS_H
#define SULID_SUPERVISOR_STATUS_H

/* What the service is doing, for people and for programs. Reads counters; waits for nobody. */

#include <stdbool.h>
#include <stdio.h>

#include "generation.h"

/* Is there a generation that serves, with all its children? */
bool status_is_ready(const struct supervision *supervision);

void status_text(const struct supervision *supervision, FILE *to);
void status_json(const struct supervision *supervision, FILE *to);

/* "the kernel encrypts", "relayed: …" or "" if there is no TLS: how this generation's TLS
 * connections are served. */
const char *status_path_name(const struct generation *generation);

/* Ciphers that the kernel takes in both directions under TLS 1.3 and 1.2: 0 to 6. */
unsigned status_kernel_ciphers(const struct control_kernel *kernel);

#endif
