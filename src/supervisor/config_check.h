/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_CONFIG_CHECK_H
#define SULID_SUPERVISOR_CONFIG_CHECK_H

/* What crosses keys, in a resolved configuration. Neither file system nor network is asked. */

#include "config.h"

void config_check(const struct config *config, struct diagnostics *diagnostics);

#endif
