/* SPDX-License-Identifier: ISC */
#include "tally.h"

#include "display.h"

void tally_add(struct tally *tally, const struct neighbour_outcome *outcome)
{
	bool made = false;

	for (unsigned i = 0; i < CRAFT_KINDS; i++) {
		switch (outcome->of[i].fate) {
		case NEIGHBOUR_MADE:
			made = true;
			tally->of[i].made++;
			tally->of[i].before += outcome->size;
			tally->of[i].after += outcome->of[i].bytes;
			break;
		case NEIGHBOUR_REMOVED:
			tally->removed++;
			break;
		case NEIGHBOUR_FOREIGN:
			tally->foreign++;
			break;
		case NEIGHBOUR_LEFT:
		case NEIGHBOUR_VAIN:
			break;
		}
	}
	tally->done += made;
	tally->failed += outcome->problem != NULL;
}

uint64_t tally_saved(const struct neighbour_outcome *outcome)
{
	uint64_t least = outcome->size;

	for (unsigned i = 0; i < CRAFT_KINDS; i++) {
		if (outcome->of[i].fate == NEIGHBOUR_MADE && outcome->of[i].bytes < least)
			least = outcome->of[i].bytes;
	}
	return outcome->size - least;
}

static void add_kinds(
	struct text *text, const struct tally *tally, const struct craft *craft, bool dry)
{
	const char *separator = ": ";

	for (unsigned i = 0; i < craft->count; i++) {
		if (tally->of[i].made == 0)
			continue;
		text_add(text, separator);
		separator = ", ";
		if (!craft->saves) {
			text_number(text, tally->of[i].made);
			text_format(text, " %s", craft->rows[i].name);
			continue;
		}
		display_size(text, tally->of[i].before);
		if (!dry) {
			text_add(text, " → ");
			display_size(text, tally->of[i].after);
		}
		text_format(text, " (%s)", craft->rows[i].name);
	}
}

static void add_count(struct text *text, uint64_t count, const char *what)
{
	if (count == 0)
		return;
	text_add(text, ", ");
	text_number(text, count);
	text_byte(text, ' ');
	text_add(text, what);
}

void tally_line(struct text *text, const struct tally *tally, const struct craft *craft, bool dry,
	int64_t milliseconds)
{
	int64_t tenths = (milliseconds + 50) / 100;

	text_number(text, tally->done);
	text_add(text, " of ");
	text_number(text, tally->files);
	text_add(text, tally->files == 1 ? " file " : " files ");
	text_add(text, dry ? "to be " : "");
	text_add(text, craft->done);
	add_kinds(text, tally, craft, dry);
	add_count(text, tally->removed, dry ? "to be removed" : "removed");
	add_count(text, tally->foreign, craft->foreign);
	add_count(text, tally->failed, "failed");
	text_add(text, ", ");
	text_signed(text, tenths / 10);
	text_byte(text, '.');
	text_signed(text, tenths % 10);
	text_add(text, " s");
}
