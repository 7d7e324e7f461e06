/* SPDX-License-Identifier: ISC */
#include "mime.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "forms_site.h"

#define TYPE_MAX 200

struct entry {
	struct mime_type type;
	size_t order; /* of two for one ending the earlier wins, as in the file */
};

struct list {
	struct arena *arena;
	struct entry *entries;
	size_t count;
};

/* Known without a file. Always first: Gemini is what most systems' files do not know. */
static const struct mime_type always[] = {
	{"gmi", "text/gemini"},
	{"gemini", "text/gemini"},
};

/* If there is no file. */
static const struct mime_type fallback[] = {
	{"avif", "image/avif"},
	{"bmp", "image/bmp"},
	{"css", "text/css"},
	{"csv", "text/csv"},
	{"epub", "application/epub+zip"},
	{"flac", "audio/flac"},
	{"gif", "image/gif"},
	{"gz", "application/gzip"},
	{"htm", "text/html"},
	{"html", "text/html"},
	{"ico", "image/vnd.microsoft.icon"},
	{"jpeg", "image/jpeg"},
	{"jpg", "image/jpeg"},
	{"js", "text/javascript"},
	{"json", "application/json"},
	{"m4a", "audio/mp4"},
	{"md", "text/markdown"},
	{"mjs", "text/javascript"},
	{"mp3", "audio/mpeg"},
	{"mp4", "video/mp4"},
	{"ogg", "audio/ogg"},
	{"opus", "audio/ogg"},
	{"otf", "font/otf"},
	{"pdf", "application/pdf"},
	{"png", "image/png"},
	{"svg", "image/svg+xml"},
	{"tar", "application/x-tar"},
	{"ttf", "font/ttf"},
	{"txt", "text/plain"},
	{"wasm", "application/wasm"},
	{"wav", "audio/x-wav"},
	{"webm", "video/webm"},
	{"webmanifest", "application/manifest+json"},
	{"webp", "image/webp"},
	{"woff", "font/woff"},
	{"woff2", "font/woff2"},
	{"xhtml", "application/xhtml+xml"},
	{"xml", "application/xml"},
	{"zip", "application/zip"},
};

static bool is_type(const char *text)
{
	return strlen(text) <= TYPE_MAX && !form_media_type(text);
}

/* JSON has none (RFC 8259 §11), XML says its own. */
bool mime_is_text(const char *type)
{
	return strncasecmp(type, "text/", 5) == 0 ||
	       strcasecmp(type, "application/javascript") == 0;
}

/* A pattern that ends in a star fits all that begin so. */
static bool fits(const char *type, const char *pattern)
{
	size_t length = strcspn(pattern, "*");

	return strncasecmp(type, pattern, length) == 0 &&
	       (pattern[length] == '*' || type[length] == '\0');
}

bool mime_is_compressible(const char *type)
{
	static const char *const exceptions[] = {"image/svg+xml", "image/bmp", "image/x-icon",
		"image/vnd.microsoft.icon", "audio/wav", "audio/x-wav", "audio/vnd.wave"};
	static const char *const compressed[] = {"image/*", "video/*", "audio/*", "font/woff",
		"font/woff2", "application/zip", "application/gzip", "application/x-gzip",
		"application/zstd", "application/x-bzip2", "application/x-xz",
		"application/x-7z-compressed", "application/vnd.rar",
		"application/x-rar-compressed", "application/java-archive", "application/epub+zip",
		"application/vnd.openxmlformats*", "application/vnd.oasis.opendocument*",
		"application/pdf"};

	for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++)
		if (fits(type, exceptions[i]))
			return true;
	for (size_t i = 0; i < sizeof compressed / sizeof *compressed; i++)
		if (fits(type, compressed[i]))
			return false;
	return true;
}

static void add(struct list *list, const char *ending, const char *type)
{
	char lower[FORM_ENDING + 1];
	size_t length = strlen(ending);

	if (!form_is_token(ending, length) || length > FORM_ENDING)
		return;
	for (size_t i = 0; i <= length; i++)
		lower[i] = ending[i] >= 'A' && ending[i] <= 'Z' ? (char)(ending[i] + ('a' - 'A'))
								: ending[i];
	list->entries = arena_grow(list->arena, list->entries, list->count, sizeof *list->entries);
	list->entries[list->count] = (struct entry){
		.type = {.ending = arena_text(list->arena, lower, length),
			.type = arena_text(list->arena, type, strlen(type))},
		.order = list->count,
	};
	list->count++;
}

static void read_types(struct list *list, FILE *file)
{
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, file) >= 0) {
		char *rest = line, *type, *ending;

		line[strcspn(line, "#")] = '\0';
		type = strsep(&rest, " \t\r\n");
		if (!type || !is_type(type))
			continue;
		while ((ending = strsep(&rest, " \t\r\n")))
			add(list, ending, type);
	}
	free(line);
}

static int compare(const void *left_item, const void *right_item)
{
	const struct entry *left = left_item, *right = right_item;
	int order = strcmp(left->type.ending, right->type.ending);

	return order ? order : (left->order > right->order) - (left->order < right->order);
}

struct mime mime_load(struct arena *arena, const char *path)
{
	struct list list = {.arena = arena};
	struct mime mime = {0};
	FILE *file = fopen(path, "re");

	for (size_t i = 0; i < sizeof always / sizeof *always; i++)
		add(&list, always[i].ending, always[i].type);
	if (file) {
		read_types(&list, file);
		fclose(file);
	}
	if (list.count == sizeof always / sizeof *always)
		for (size_t i = 0; i < sizeof fallback / sizeof *fallback; i++)
			add(&list, fallback[i].ending, fallback[i].type);
	qsort(list.entries, list.count, sizeof *list.entries, compare);
	mime.types = arena_array(arena, list.count, sizeof *mime.types);
	for (size_t i = 0; i < list.count; i++)
		if (i == 0 ||
			strcmp(list.entries[i - 1].type.ending, list.entries[i].type.ending) != 0)
			mime.types[mime.count++] = list.entries[i].type;
	return mime;
}
