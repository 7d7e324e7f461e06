/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "contract/build.h"

#include "accounts.h"
#include "certificate_table.h"
#include "commands.h"
#include "config_groups.h"
#include "own_certificates.h"
#include "rehearsal.h"

/* All that run would do before it listens. The facts are the caller's to free; NULL after an error.
 */
static struct control_certificate *try_all(struct config *config, struct diagnostics *diagnostics)
{
	struct account accounts[ROLE_COUNT];
	struct control_certificate *facts = calloc(config->certificate_count + 1, sizeof *facts);

	if (facts && config_groups_load(config, diagnostics) == 0 &&
		accounts_of_config(config, accounts, diagnostics) == 0 &&
		own_certificates_make(config, diagnostics) == 0 &&
		rehearse(config, accounts, diagnostics, facts) == 0)
		return facts;
	free(facts);
	return NULL;
}

int cmd_check(const struct arguments *arguments)
{
	const char *file = arguments->value[CONFIG_FILE] ? arguments->value[CONFIG_FILE]
							 : commands_default_config();
	struct diagnostics diagnostics = {0};
	struct config *config = config_load(file, &diagnostics);
	struct control_certificate *facts = NULL;
	bool good = config != NULL;

	if (config && !arguments->value[CHECK_SYNTAX]) {
		facts = try_all(config, &diagnostics);
		good = facts != NULL;
	}
	diagnostics_print(&diagnostics, stderr);
	if (facts)
		certificate_table(config, facts, (int64_t)time(NULL), commands_colour(), stdout);
	if (good)
		certificate_verdict(file, config, facts, stdout);
	free(facts);
	config_free(config);
	diagnostics_free(&diagnostics);
	return good ? EXIT_DONE : EXIT_REFUSED;
}
