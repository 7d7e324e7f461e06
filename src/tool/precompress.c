/* SPDX-License-Identifier: ISC */
#include "precompress.h"

#include <stdio.h>
#include <string.h>

#include "endings.h"
#include "order.h"

#define LEAST 256 /* bytes of an original; less fits into a packet anyway */

enum {
	OPTION_ENCODINGS = ORDER_OPTIONS,
	OPTION_LEVEL,
	OPTION_COUNT
};

static const struct option_row rows[OPTION_COUNT] = {
	ORDER_ROWS,
	[OPTION_ENCODINGS] = {"encodings", "a list of br, zstd and gzip", 'e'},
	[OPTION_LEVEL] = {"level", "fast, normal or best", 'l'},
};

static const char help[] =
	"usage: sulid precompress DIR... [OPTION]...\n"
	"\n"
	"Compresses the files of a document root once, so that the server need not do it for each\n"
	"request: beside style.css it makes style.css.br, style.css.zst and style.css.gz, with "
	"the\n"
	"same time, owner and permissions. Only what is missing or older or newer than its file "
	"is\n"
	"made, and only what saves at least 5 %. Left out are files of less than 256 bytes, "
	"hidden\n"
	"ones, and formats that are compressed in themselves, such as images, videos and "
	"archives.\n"
	"Symbolic links are not followed.\n"
	"\n"
	"What somebody else made is never removed, and replaced only with --replace:\n"
	".sulid-precompressed in each directory says which ones are ours.\n"
	"\n"
	"  -e, --encodings LIST  of br, zstd and gzip, with commas between; all if it is not "
	"given\n"
	"  -l, --level LEVEL     fast, normal (if it is not given) or best, which takes minutes "
	"for\n"
	"                        what normal does in seconds, and saves some percent more\n"
	"  -j, --jobs N          files at once; as many as there are processors if it is not "
	"given\n"
	"  -w, --watch           then wait for changes and do the same with them, until Ctrl-C\n"
	"      --prune           remove ours whose file is gone\n"
	"      --replace         replace what is older or newer than its file, whoever made it\n"
	"  -n, --dry-run         only print what would be done\n"
	"  -q, --quiet           print nothing but errors\n"
	"  -h, --help            print this\n";

/* ---- the craft ---- */

static bool neighbour_name(const char *original, unsigned kind, char name[static CRAFT_NAME])
{
	snprintf(name, CRAFT_NAME, "%s%s", original, encoder_rows[kind].ending);
	return true;
}

static bool original_name(
	const char *neighbour, unsigned kind, unsigned number, char name[static CRAFT_NAME])
{
	size_t length = strlen(neighbour), ending = strlen(encoder_rows[kind].ending);

	if (number > 0 || length <= ending ||
		strcmp(neighbour + length - ending, encoder_rows[kind].ending) != 0)
		return false;
	snprintf(name, CRAFT_NAME, "%.*s", (int)(length - ending), neighbour);
	return true;
}

const struct craft precompress_craft = {
	.command = "precompress",
	.done = "compressed",
	.foreign = "stale but not ours",
	.least = LEAST,
	.saves = true,
	.rows = encoder_rows,
	.count = ENCODING_COUNT,
	.takes = endings_gain,
	.name = neighbour_name,
	.original = original_name,
};

/* ---- the command line ---- */

static bool parse_encodings(const char *text, unsigned *kinds)
{
	*kinds = 0;
	for (;;) {
		size_t length = strcspn(text, ",");
		unsigned found = 0;

		for (unsigned i = 0; i < ENCODING_COUNT; i++) {
			const char *name = encoder_rows[i].name;

			if (strlen(name) == length && memcmp(name, text, length) == 0)
				found = 1U << i;
		}
		if (!found)
			return false;
		*kinds |= found;
		if (text[length] == '\0')
			return true;
		text += length + 1;
	}
}

static bool parse_level(const char *text, enum encoder_level *level)
{
	for (int i = 0; i < LEVEL_COUNT; i++) {
		if (strcmp(text, encoder_levels[i]) == 0) {
			*level = (enum encoder_level)i;
			return true;
		}
	}
	return false;
}

static const char *take(struct order *order, int option, const char *value)
{
	if (option == OPTION_ENCODINGS && !parse_encodings(value, &order->rules.kinds))
		return "--encodings wants a list of br, zstd and gzip";
	if (option == OPTION_LEVEL && !parse_level(value, &order->rules.level))
		return "--level wants fast, normal or best";
	return NULL;
}

int precompress_command(char *const *arguments)
{
	struct order order = {
		.help = help,
		.rows = rows,
		.row_count = OPTION_COUNT,
		.take = take,
		.rules = {.craft = &precompress_craft,
			.kinds = (1U << ENCODING_COUNT) - 1,
			.level = LEVEL_NORMAL},
	};

	return order_run(&order, arguments);
}
