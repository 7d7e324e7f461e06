/* SPDX-License-Identifier: ISC */
/* links: worker */

/* Any bytes as a target and as an authority: whatever comes out can be given to openat2 and
 * compared. */

#include <stdbool.h>
#include <string.h>

#include "authority.h"
#include "base/text.h"
#include "must.h"
#include "target.h"

static bool ends_with(const struct target *target, const char *end)
{
	size_t length = strlen(end);

	return target->length >= length &&
	       memcmp(target->path + target->length - length, end, length) == 0;
}

static bool is_hidden(const struct target *target)
{
	const char *dot = strstr(target->path, "/.");

	if (dot == target->path &&
		(strcmp(dot, "/.well-known") == 0 || strncmp(dot, "/.well-known/", 13) == 0))
		dot = strstr(dot + 1, "/.");
	return dot != NULL;
}

static void check_path(const struct target *target)
{
	must(target->length >= 1 && target->length < TARGET_MAX);
	must(target->path[0] == '/' && target->path[target->length] == '\0');
	must(strlen(target->path) == target->length);
	must(strstr(target->path, "//") == NULL);
	must(strstr(target->path, "/./") == NULL && !ends_with(target, "/."));
	must(strstr(target->path, "/../") == NULL && !ends_with(target, "/.."));
	must(target->directory == ends_with(target, "/"));
	must(target->hidden == is_hidden(target));
	must(text_is_utf8(target->path, target->length));
	for (size_t i = 0; i < target->length; i++)
		must((unsigned char)target->path[i] >= ' ' && target->path[i] != 0x7f);
}

/* Escaped, as a listing or a redirect does, it leads to the same place. */
static void check_again(const struct target *target)
{
	static char bytes[3 * TARGET_MAX + 2];
	static struct target again;
	struct text url = text_over(bytes, sizeof bytes);

	text_url(&url, target->path, target->length);
	text_add(&url, "?q");
	must(!url.overflow);
	must(target_parse(bytes, url.length, &again) == TARGET_GOOD);
	must(again.length == target->length);
	must(memcmp(again.path, target->path, target->length + 1) == 0);
	must(again.query.length == 1 && again.query.bytes[0] == 'q');
	must(again.hidden == target->hidden && again.directory == target->directory);
}

static void check_authority(const char *bytes, size_t size)
{
	struct authority authority, again;
	char text[AUTHORITY_MAX + 2];
	bool v6;

	if (!authority_parse(bytes, size, &authority))
		return;
	must(authority.length > 0 && authority.length < AUTHORITY_MAX);
	must(strlen(authority.name) == authority.length);
	must(strpbrk(authority.name, "/@%?#[]\\ \"<>") == NULL);
	must(authority.name[0] != '.' && strstr(authority.name, "..") == NULL);
	must(authority.name[authority.length - 1] != '.');
	for (size_t i = 0; i < authority.length; i++)
		must((unsigned char)authority.name[i] < 0x80 &&
			(authority.name[i] < 'A' || authority.name[i] > 'Z'));
	v6 = strchr(authority.name, ':') != NULL;
	must(!v6 || authority.literal);
	snprintf(text, sizeof text, v6 ? "[%s]" : "%s", authority.name);
	must(authority_parse(text, strlen(text), &again));
	must(strcmp(again.name, authority.name) == 0);
	must(again.literal == authority.literal && again.port == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct target target;
	const char *bytes = (const char *)data;

	memset(&target, 0xa5, sizeof target);
	if (target_parse(bytes, size, &target) == TARGET_GOOD) {
		check_path(&target);
		check_again(&target);
		must(target.raw.bytes == bytes && target.raw.length <= size);
		must(target.query.bytes == NULL
				? target.raw.length == size
				: target.raw.length + 1 + target.query.length == size);
		must(target.query.bytes == NULL ||
			target.query.bytes == bytes + target.raw.length + 1);
	}
	check_authority(bytes, size);
	return 0;
}
