/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdio.h>

#include "base/date.h"
#include "contract/build.h"

#include "accounts.h"
#include "certificates.h"
#include "commands.h"
#include "config_groups.h"
#include "rehearsal.h"

static void count(FILE *to, size_t number, const char *what)
{
	fprintf(to, ", %zu %s%s", number, what, number == 1 ? "" : "s");
}

static void print_verdict(const char *file, const struct config *config, int64_t first_expiry)
{
	char date[DATE_ISO];

	printf("%s: ok", file);
	count(stdout, config->vhost_count, "vhost");
	count(stdout, config->certificate_count, "certificate");
	if (first_expiry != INT64_MAX) {
		date_iso(date, first_expiry, 0);
		printf(", the first expires on %.10s", date);
	}
	putchar('\n');
}

int cmd_check(const struct arguments *arguments)
{
	const char *file = arguments->value[CONFIG_FILE] ? arguments->value[CONFIG_FILE]
							 : commands_default_config();
	struct diagnostics diagnostics = {0};
	struct account accounts[ROLE_COUNT];
	struct config *config = config_load(file, &diagnostics);
	int64_t first_expiry = INT64_MAX;
	bool good = config != NULL;

	if (config && !arguments->value[CHECK_SYNTAX])
		good = config_groups_load(config, &diagnostics) == 0 &&
		       accounts_of_config(config, accounts, &diagnostics) == 0 &&
		       certificates_make_missing(config, &diagnostics) == 0 &&
		       rehearse(config, accounts, &diagnostics, &first_expiry) == 0;
	diagnostics_print(&diagnostics, stderr);
	if (good)
		print_verdict(file, config, first_expiry);
	config_free(config);
	diagnostics_free(&diagnostics);
	return good ? EXIT_DONE : EXIT_REFUSED;
}
