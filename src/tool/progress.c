/* SPDX-License-Identifier: ISC */
#include "progress.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "display.h"

#define PAUSE       100 /* milliseconds between two drawings */
#define BAR         5   /* a bar takes a part of so many of the columns */
#define MOST_BAR    40
#define COLUMNS     80 /* of a terminal that does not say */
#define LINE_BYTES  2048
#define NAME_BYTES  500 /* of a name, at its end */
#define CLEAR       "\r\033[K"
#define LEAST_NAME  8  /* columns; a name that is cut to less tells nothing */
#define BAR_COLUMNS 60 /* narrower ones have none */

struct progress progress_on(int fd)
{
	const char *kind = getenv("TERM");
	bool able = isatty(fd) && kind && *kind && strcmp(kind, "dumb") != 0;

	return (struct progress){.fd = able ? fd : -1};
}

/* By bytes, as files differ; by files if all of them are empty. */
static unsigned part_done(const struct progress_state *state, unsigned whole)
{
	double done = (double)state->bytes_done, total = (double)state->bytes_total;

	if (state->bytes_total == 0) {
		done = (double)state->done;
		total = (double)state->total;
	}
	if (done >= total)
		return whole;
	return (unsigned)(done / total * whole);
}

static void add_bar(struct text *text, const struct progress_state *state, size_t columns)
{
	unsigned whole = columns / BAR < MOST_BAR ? (unsigned)columns / BAR : MOST_BAR;
	unsigned done = part_done(state, whole);

	text_byte(text, '[');
	for (unsigned i = 0; i < whole; i++)
		text_byte(text, i < done ? '#' : '.');
	text_add(text, "] ");
}

/* The end of a name tells more than its beginning. */
static void add_name(struct text *text, const char *name, size_t columns)
{
	char bytes[4 * NAME_BYTES]; /* each may be written as \xHH */
	struct text whole = text_over(bytes, sizeof(bytes));
	size_t length = strlen(name);

	display_name(&whole, length > NAME_BYTES ? name + length - NAME_BYTES : name);
	length = whole.length;
	text_add(text, "  ");
	if (display_columns(bytes, length) <= columns) {
		text_bytes(text, bytes, length);
		return;
	}
	text_add(text, "...");
	const char *tail = display_tail(bytes, length, columns - 3);

	text_bytes(text, tail, (size_t)(bytes + length - tail));
}

/* Leave out what begins beyond the width: all that comes before a name is ASCII. */
static void cut(struct text *text, size_t columns)
{
	if (text->length > columns)
		text->length = columns;
}

void progress_line(struct text *text, const struct progress_state *state, size_t columns)
{
	if (columns >= BAR_COLUMNS)
		add_bar(text, state, columns);
	text_format(text, "%3u%%  ", part_done(state, 100));
	text_number(text, state->done);
	text_byte(text, '/');
	text_number(text, state->total);
	text_add(text, " files  ");
	display_size(text, state->bytes_done);
	text_byte(text, '/');
	display_size(text, state->bytes_total);
	if (state->saves) {
		text_add(text, "  saved ");
		display_size(text, state->saved);
	}
	cut(text, columns);
	if (state->name && text->length + 2 + LEAST_NAME <= columns)
		add_name(text, state->name, columns - text->length - 2);
}

/* One column is left free: some terminals go to the next line after the last one. */
static size_t columns_of(int fd)
{
	struct winsize window;

	if (ioctl(fd, TIOCGWINSZ, &window) != 0 || window.ws_col == 0)
		return COLUMNS - 1;
	return (size_t)window.ws_col - 1;
}

/* A terminal that takes nothing is no reason to stop. */
static void show(struct progress *progress, const struct text *text)
{
	ssize_t written = write(progress->fd, text->bytes, text->length);

	(void)written;
	progress->shown = true;
}

static bool is_time(struct progress *progress, int64_t now)
{
	if (progress->fd < 0 || (progress->drawn != 0 && now - progress->drawn < PAUSE))
		return false;
	progress->drawn = now;
	return true;
}

void progress_draw(struct progress *progress, const struct progress_state *state, int64_t now)
{
	char line[LINE_BYTES], bytes[LINE_BYTES + sizeof(CLEAR)];
	struct text drawn = text_over(line, sizeof(line)), text = text_over(bytes, sizeof(bytes));

	if (!is_time(progress, now))
		return;
	progress_line(&drawn, state, columns_of(progress->fd));
	text_add(&text, CLEAR);
	text_bytes(&text, line, drawn.length);
	show(progress, &text);
}

void progress_look(struct progress *progress, size_t files, int64_t now)
{
	char bytes[128];
	struct text text = text_over(bytes, sizeof(bytes));

	if (!is_time(progress, now))
		return;
	text_format(&text, CLEAR "looking at %zu files", files);
	show(progress, &text);
}

void progress_clear(struct progress *progress)
{
	struct text text = text_over((char[]){CLEAR}, sizeof(CLEAR) - 1);

	if (!progress->shown)
		return;
	text.length = text.size;
	show(progress, &text);
	progress->shown = false;
	progress->drawn = 0;
}
