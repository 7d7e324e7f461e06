/* SPDX-License-Identifier: ISC */
#include "name_list.h"

#include <stdio.h>
#include <string.h>

static size_t more_length(uint32_t more, char words[static 24])
{
	if (more == 0)
		words[0] = '\0';
	else
		snprintf(words, 24, " and %u more", (unsigned)more);
	return strlen(words);
}

const char *name_list_shorten(
	const char *list, uint32_t count, size_t width, char words[static NAME_LIST])
{
	size_t kept = strcspn(list, ",");
	uint32_t names = *list ? 1 : 0;
	char more[24];

	/* With each name that is added the rest gets shorter, or is gone. */
	for (size_t end = kept; list[end] == ','; names++) {
		end += 2 + strcspn(list + end + 2, ",");
		if (end + more_length(count > names + 1 ? count - names - 1 : 0, more) > width)
			break;
		kept = end;
	}
	more_length(count > names ? count - names : 0, more);
	snprintf(words, NAME_LIST, "%.*s%s", (int)kept, list, more);
	return words;
}
