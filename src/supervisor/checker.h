/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_CHECKER_H
#define SULID_SUPERVISOR_CHECKER_H

/* For config_check.c: what it checks with, and what it leaves to others. */

#include "config.h"

struct checker {
	const struct config *config;
	struct diagnostics *diagnostics;
	struct arena scratch;
	struct position *said; /* that have been complained about */
	size_t said_count;
};

/* Once for each place, however many listeners or vhosts it concerns. */
bool checker_says_once(struct checker *checker, const struct position *position);

/* What holds for a vhost and its paths: groups, who may, symbolic links, headers. */
void checker_settings(struct checker *checker, const struct config_vhost *vhost);

/* Groups among themselves. */
void checker_groups(struct checker *checker);

#endif
