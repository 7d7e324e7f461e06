/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_COMMANDS_H
#define SULID_SUPERVISOR_COMMANDS_H

/* sulid's commands, one function each; the table in main.c tells what each takes. They return exit
 * statuses. */

#include <stdbool.h>

#include "options.h"

int cmd_serve(const struct arguments *arguments);
int cmd_run(const struct arguments *arguments);
int cmd_check(const struct arguments *arguments);
int cmd_config(const struct arguments *arguments);
int cmd_reload(const struct arguments *arguments);
int cmd_status(const struct arguments *arguments);
int cmd_doctor(const struct arguments *arguments);

/* Rows of the options, by command. */
enum serve_option {
	SERVE_HTTPS,
	SERVE_HTTP,
	SERVE_GEMINI,
	SERVE_PUBLIC,
	SERVE_NO_LISTING,
	SERVE_KERNEL
};
enum config_option {
	CONFIG_FILE,
	CHECK_SYNTAX,
	STATUS_JSON = CHECK_SYNTAX
};

/* Is standard output a terminal whose user has not set NO_COLOR? */
bool commands_colour(void);

/* The configuration file that is used without -c. */
const char *commands_default_config(void);

#endif
