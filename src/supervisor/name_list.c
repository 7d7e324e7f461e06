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

	/* One that does not fit is no reason to stop: after the last nothing follows. */
	for (size_t end = kept, seen = 1; list[end] == ',';) {
		end += 2 + strcspn(list + end + 2, ",");
		seen++;
		if (end + more_length(count > seen ? count - (uint32_t)seen : 0, more) > width)
			continue;
		kept = end;
		names = (uint32_t)seen;
	}
	more_length(count > names ? count - names : 0, more);
	snprintf(words, NAME_LIST, "%.*s%s", (int)kept, list, more);
	return words;
}
