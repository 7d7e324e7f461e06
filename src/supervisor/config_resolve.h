/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_CONFIG_RESOLVE_H
#define SULID_SUPERVISOR_CONFIG_RESOLVE_H

/*
 * What config_finish makes of values: each vhost gets what it did not say itself, and the lists of
 * roots, logs, certificates and listeners are gathered, each entry once. It decides nothing: what
 * is wrong is found by config_check, to which errors are left.
 */

#include "config.h"

void config_resolve(struct config *config);

/* Where `certificate: auto` of a vhost with this first name is kept; the configuration's memory. */
const char *config_own_directory(struct config *config, const char *name);

#endif
