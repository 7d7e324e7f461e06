/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_CONFIG_PRINT_H
#define SULID_SUPERVISOR_CONFIG_PRINT_H

/* A finished configuration as one YAML without includes and defaults, that reads as the same. */

#include <stdio.h>

#include "config.h"

void config_print(const struct config *config, FILE *to);

#endif
