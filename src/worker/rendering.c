/* SPDX-License-Identifier: ISC */
#include "rendering.h"

#include <string.h>
#include <strings.h>

#define PAGE ".html"

static const char *const gemtext[] = {".gmi", ".gemini"};

static bool ends_with(const char *name, size_t length, const char *ending)
{
	size_t size = strlen(ending);

	return length > size && strcasecmp(name + length - size, ending) == 0;
}

bool rendering_name(char *name, size_t *length, size_t size)
{
	for (size_t i = 0; i < sizeof gemtext / sizeof *gemtext; i++) {
		size_t stem = *length - strlen(gemtext[i]);

		if (!ends_with(name, *length, gemtext[i]) || stem + strlen(PAGE) >= size)
			continue;
		strcpy(name + stem, PAGE);
		*length = stem + strlen(PAGE);
		return true;
	}
	return false;
}

bool rendering_source(const char *page, unsigned i, char *source)
{
	size_t length = strlen(page), stem = length - strlen(PAGE);

	if (i >= sizeof gemtext / sizeof *gemtext || !ends_with(page, length, PAGE))
		return false;
	memcpy(source, page, stem);
	strcpy(source + stem, gemtext[i]);
	return true;
}
