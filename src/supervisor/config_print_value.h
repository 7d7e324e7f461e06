/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_CONFIG_PRINT_VALUE_H
#define SULID_SUPERVISOR_CONFIG_PRINT_VALUE_H

/* The value of one key, as one would write it. For config_print.c. */

#include <stdio.h>

#include "config.h"

#define CONFIG_PRINT_STEP 2 /* columns of indentation */

/* "key: value" with its line breaks, each line indented. */
void config_print_value(FILE *to, enum key key, const struct value *value, unsigned columns);

#endif
