/* SPDX-License-Identifier: ISC */
#include "accounts.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

int accounts_of_config(const struct config *config, struct account accounts[static ROLE_COUNT],
	struct diagnostics *diagnostics)
{
	static const enum key keys[ROLE_COUNT] = {
		[ROLE_WORKER] = KEY_USER_WORKER,
		[ROLE_HANDSHAKER] = KEY_USER_HANDSHAKER,
		[ROLE_ADMIN] = KEY_USER_ADMIN,
	};
	unsigned before = diagnostics->errors;

	memset(accounts, 0, ROLE_COUNT * sizeof *accounts);
	for (int role = ROLE_HANDSHAKER; role < ROLE_COUNT && geteuid() == 0; role++) {
		const char *name = config_text(config, keys[role]);

		if (!account_find(name, &accounts[role]))
			diagnostics_error(diagnostics, &config->values[keys[role]].position,
				"there is no account \"%s\": make it with \"useradd --system "
				"--shell /usr/sbin/nologin %s\", or name another under \"user:\"",
				name, name);
		else if (accounts[role].uid == 0)
			diagnostics_error(diagnostics, &config->values[keys[role]].position,
				"\"%s\" is root: name an account without rights under \"user:\"",
				name);
	}
	return diagnostics->errors > before ? -1 : 0;
}

int accounts_of_directory(
	const char *directory, struct account accounts[static ROLE_COUNT], const char **name)
{
	static char text[64];
	struct account account = {0};
	const struct passwd *entry;
	struct stat status;

	*name = NULL;
	memset(accounts, 0, ROLE_COUNT * sizeof *accounts);
	if (geteuid() != 0)
		return 0;
	if (stat(directory, &status) < 0) {
		log_error("%s", directory);
		return -1;
	}
	account = (struct account){.change = true, .uid = status.st_uid, .gid = status.st_gid};
	if (account.uid == 0 && !account_find("nobody", &account)) {
		log_errorx("there is no account \"nobody\" to serve as; give %s to another user "
			   "than root",
			directory);
		return -1;
	}
	entry = getpwuid(account.uid);
	if (entry)
		snprintf(text, sizeof text, "%s", entry->pw_name);
	else
		snprintf(text, sizeof text, "user %u", (unsigned)account.uid);
	*name = text;
	for (int role = 0; role < ROLE_COUNT; role++)
		accounts[role] = account;
	return 0;
}
