/* SPDX-License-Identifier: ISC */
#include "render.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "atom.h"
#include "html.h"
#include "order.h"

#define MOST_BYTES ((uint64_t)16 << 20) /* of a document: it is held in memory */
#define FEED_NAME  "atom.xml"

enum {
	OPTION_LANG = ORDER_OPTIONS,
	OPTION_FEED,
	OPTION_AGAIN,
	OPTION_COUNT
};

static const struct option_row rows[OPTION_COUNT] = {
	ORDER_ROWS,
	[OPTION_LANG] = {"lang", "a language, such as en or pt-BR", 'l'},
	[OPTION_FEED] = {"feed", "the URL of DIR", 'f'},
	[OPTION_AGAIN] = {"again", NULL, 'a'},
};

static const char help[] =
	"usage: sulid render DIR... [OPTION]...\n"
	"\n"
	"Makes pages for browsers of the documents of a Gemini capsule: beside about.gmi (or\n"
	"about.gemini) it makes about.html, with the same time, owner and permissions. Only what "
	"is\n"
	"missing or older or newer than its document is made. Hidden files and directories are "
	"left\n"
	"out, and symbolic links are not followed.\n"
	"\n"
	"What somebody else made is never removed, and replaced only with --replace:\n"
	".sulid-precompressed in each directory says which ones are ours.\n"
	"\n"
	"  -l, --lang LANG       the language of all documents, such as en or pt-BR\n"
	"  -f, --feed URL        also make atom.xml beside each index.gmi with links that begin "
	"with a\n"
	"                        date (YYYY-MM-DD); URL is where DIR is on the web\n"
	"  -a, --again           make all of ours again, say for another language\n"
	"  -j, --jobs N          files at once; as many as there are processors if it is not "
	"given\n"
	"  -w, --watch           then wait for changes and do the same with them, until Ctrl-C\n"
	"      --prune           remove ours whose document is gone\n"
	"      --replace         replace what is older or newer than its document, whoever made "
	"it\n"
	"  -n, --dry-run         only print what would be done\n"
	"  -q, --quiet           print nothing but errors\n"
	"  -h, --help            print this\n";

/* ---- from a document to its neighbours ---- */

/* A document, which is read to its end first: the title of a page comes before anything else. */
struct document {
	const struct encoder_original *original;
	size_t length;
	struct markup markup;
	char bytes[];
};

static void *document_open(const struct encoder_original *original, int level)
{
	struct document *document;

	(void)level;
	if (original->size > MOST_BYTES) {
		errno = EFBIG;
		return NULL;
	}
	document = malloc(sizeof(*document) + (size_t)original->size);
	if (document) {
		document->original = original;
		document->length = 0;
	}
	return document;
}

static bool document_add(struct document *document, const uint8_t *bytes, size_t length)
{
	if (length > document->original->size - document->length)
		return false;
	memcpy(document->bytes + document->length, bytes, length);
	document->length += length;
	return true;
}

/* May it have a feed? A directory has one at most. */
static bool is_log(const char *name)
{
	return strcmp(name, "index.gmi") == 0 || strcmp(name, "index.gemini") == 0;
}

static enum encoder_result page_feed(
	void *encoder, const uint8_t *bytes, size_t length, bool last, struct encoder_sink *sink)
{
	struct document *document = encoder;
	const struct render_wishes *wishes = document->original->wishes;
	struct html_page page = {.name = document->original->name, .lang = wishes->lang};

	if (!document_add(document, bytes, length))
		return ENCODER_FAILED;
	if (!last)
		return ENCODER_GOOD;
	if (wishes->base && is_log(page.name) &&
		atom_has_entries(document->bytes, document->length))
		page.feed = FEED_NAME;
	markup_begin(&document->markup, sink);
	html_write(&document->markup, &page, document->bytes, document->length);
	return markup_end(&document->markup) ? ENCODER_GOOD : ENCODER_ENDED;
}

static enum encoder_result feed_feed(
	void *encoder, const uint8_t *bytes, size_t length, bool last, struct encoder_sink *sink)
{
	struct document *document = encoder;
	const struct render_wishes *wishes = document->original->wishes;
	const struct atom_feed feed = {wishes->base, document->original->directory, FEED_NAME};

	if (!document_add(document, bytes, length))
		return ENCODER_FAILED;
	if (!last)
		return ENCODER_GOOD;
	if (!atom_has_entries(document->bytes, document->length))
		return ENCODER_VAIN;
	markup_begin(&document->markup, sink);
	atom_write(&document->markup, &feed, document->bytes, document->length);
	return markup_end(&document->markup) ? ENCODER_GOOD : ENCODER_ENDED;
}

static const struct encoder_row kinds[RENDER_COUNT] = {
	[RENDER_PAGE] = {"html", ".html", {0}, document_open, page_feed, free},
	[RENDER_FEED] = {"atom", FEED_NAME, {0}, document_open, feed_feed, free},
};

/* ---- the craft ---- */

static const char *const endings[] = {".gmi", ".gemini"};

#define ENDINGS (sizeof(endings) / sizeof(endings[0]))

/* Bytes of a name before that ending, 0 if it has not. */
static size_t stem(const char *name, const char *ending)
{
	size_t length = strlen(name), cut = strlen(ending);

	return length > cut && strcmp(name + length - cut, ending) == 0 ? length - cut : 0;
}

static size_t document_stem(const char *name)
{
	size_t length = 0;

	for (size_t i = 0; length == 0 && i < ENDINGS; i++)
		length = stem(name, endings[i]);
	return length;
}

static bool takes(const char *name)
{
	return document_stem(name) > 0;
}

static bool neighbour_name(const char *original, unsigned kind, char name[static CRAFT_NAME])
{
	if (kind == RENDER_FEED) {
		snprintf(name, CRAFT_NAME, "%s", FEED_NAME);
		return is_log(original);
	}
	snprintf(name, CRAFT_NAME, "%.*s.html", (int)document_stem(original), original);
	return true;
}

static bool original_name(
	const char *neighbour, unsigned kind, unsigned number, char name[static CRAFT_NAME])
{
	size_t length = stem(neighbour, ".html");

	if (kind == RENDER_FEED) {
		length = strlen("index");
		if (strcmp(neighbour, FEED_NAME) != 0)
			return false;
		neighbour = "index";
	}
	if (length == 0 || number >= ENDINGS)
		return false;
	snprintf(name, CRAFT_NAME, "%.*s%s", (int)length, neighbour, endings[number]);
	return true;
}

const struct craft render_craft = {
	.command = "render",
	.done = "rendered",
	.foreign = "made by somebody else",
	.rows = kinds,
	.count = RENDER_COUNT,
	.takes = takes,
	.name = neighbour_name,
	.original = original_name,
};

/* ---- the command line ---- */

/* RFC 5646 §2.1: words of at most eight letters, after the first also digits. */
static bool is_language(const char *text)
{
	size_t word = 0;
	bool first = true;

	for (; *text; text++) {
		bool letter = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z');
		bool digit = *text >= '0' && *text <= '9';

		if (*text == '-' && word > 0) {
			word = 0;
			first = false;
		} else if (++word > 8 || !(letter || (digit && !first))) {
			return false;
		}
	}
	return word > 0;
}

struct render_order {
	struct order order;
	struct render_wishes wishes;
};

static const char *take(struct order *order, int option, const char *value)
{
	struct render_wishes *wishes = &((struct render_order *)order)->wishes;

	switch (option) {
	case OPTION_LANG:
		wishes->lang = value;
		return is_language(value) ? NULL : "--lang wants a language, such as en or pt-BR";
	case OPTION_FEED:
		wishes->base = value;
		order->rules.kinds |= 1U << RENDER_FEED;
		return atom_judge_base(value);
	default:
		order->rules.again = true;
		return NULL;
	}
}

int render_command(char *const *arguments)
{
	struct render_order whole = {
		.order = {.help = help,
			.rows = rows,
			.row_count = OPTION_COUNT,
			.take = take,
			.rules = {.craft = &render_craft, .kinds = 1U << RENDER_PAGE}},
	};

	whole.order.rules.wishes = &whole.wishes;
	return order_run(&whole.order, arguments);
}
