/* SPDX-License-Identifier: ISC */
#include "diagnostics.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define KEPT        200 /* more help nobody */
#define SOURCE_LINE 240 /* bytes of a source line that are shown */

struct diagnostics_source {
	const char *file;
	const char *bytes;
	size_t size;
	size_t *lines; /* offset of each line, made when the first is asked for */
	size_t line_count;
};

void diagnostics_free(struct diagnostics *diagnostics)
{
	arena_free(&diagnostics->arena);
	*diagnostics = (struct diagnostics){0};
}

void diagnostics_source(
	struct diagnostics *diagnostics, const char *file, const char *bytes, size_t size)
{
	struct arena *arena = &diagnostics->arena;

	diagnostics->sources = arena_grow(arena, diagnostics->sources, diagnostics->source_count,
		sizeof *diagnostics->sources);
	diagnostics->sources[diagnostics->source_count++] = (struct diagnostics_source){
		.file = arena_text(arena, file, strlen(file)),
		.bytes = arena_text(arena, bytes, size),
		.size = size,
	};
}

/* Length of the line break at the start of the bytes, 0 if there is none: those that libyaml
 * counts. */
static size_t line_break(const char *bytes, size_t size)
{
	if (bytes[0] == '\r')
		return size > 1 && bytes[1] == '\n' ? 2 : 1;
	if (bytes[0] == '\n')
		return 1;
	if (size >= 2 && memcmp(bytes, "\xc2\x85", 2) == 0)
		return 2;
	if (size >= 3 &&
		(memcmp(bytes, "\xe2\x80\xa8", 3) == 0 || memcmp(bytes, "\xe2\x80\xa9", 3) == 0))
		return 3;
	return 0;
}

static void find_lines(struct arena *arena, struct diagnostics_source *source)
{
	size_t size;

	source->lines = arena_grow(arena, NULL, 0, sizeof *source->lines);
	source->line_count = 1;
	for (size_t i = 0; i < source->size; i += size > 0 ? size : 1) {
		size = line_break(source->bytes + i, source->size - i);
		if (size == 0)
			continue;
		source->lines =
			arena_grow(arena, source->lines, source->line_count, sizeof *source->lines);
		source->lines[source->line_count++] = i + size;
	}
}

/* Terminals obey control characters: those of C0 and C1 become "?", tabs a space. */
static void make_printable(char *text)
{
	for (unsigned char *byte = (unsigned char *)text; *byte; byte++) {
		if (*byte < 0x20 || *byte == 0x7f)
			*byte = *byte == '\t' ? ' ' : '?';
		else if (byte[0] == 0xc2 && byte[1] >= 0x80 && byte[1] < 0xa0)
			byte[0] = byte[1] = '?';
	}
}

static const char *source_line(
	struct arena *arena, struct diagnostics_source *source, uint32_t line)
{
	size_t start, length = 0;
	char *text;

	if (!source->lines)
		find_lines(arena, source);
	if (line > source->line_count)
		return NULL;
	start = source->lines[line - 1];
	while (start + length < source->size && length < SOURCE_LINE &&
		line_break(source->bytes + start + length, source->size - start - length) == 0)
		length++;
	/* Not cut within a character. */
	if (length == SOURCE_LINE)
		while (length > 0 && (source->bytes[start + length] & 0xc0) == 0x80)
			length--;
	text = arena_text(arena, source->bytes + start, length);
	/* Tabs stay: the caret's line repeats them. */
	for (char *part = text; *part; part += strcspn(part, "\t"), part += *part == '\t') {
		size_t until = strcspn(part, "\t");
		char byte = part[until];

		part[until] = '\0';
		make_printable(part);
		part[until] = byte;
	}
	return text;
}

static void __attribute__((format(printf, 4, 0))) add(struct diagnostics *diagnostics,
	const struct position *position, bool warning, const char *format, va_list arguments)
{
	struct arena *arena = &diagnostics->arena;
	struct diagnostic diagnostic = {.warning = warning};
	char *text;

	(*(warning ? &diagnostics->warnings : &diagnostics->errors))++;
	if (diagnostics->count >= KEPT || vasprintf(&text, format, arguments) < 0)
		return;
	make_printable(text);
	diagnostic.text = arena_text(arena, text, strlen(text));
	free(text);
	if (position && position->file) {
		diagnostic.file = arena_text(arena, position->file, strlen(position->file));
		diagnostic.line = position->line;
		diagnostic.column = position->column;
		for (size_t i = 0; i < diagnostics->source_count; i++) {
			struct diagnostics_source *source = &diagnostics->sources[i];

			if (strcmp(source->file, position->file) != 0)
				continue;
			diagnostic.file_order = i + 1;
			if (position->line > 0)
				diagnostic.source = source_line(arena, source, position->line);
			break;
		}
	}
	diagnostic.order = diagnostics->count;
	diagnostics->list =
		arena_grow(arena, diagnostics->list, diagnostics->count, sizeof *diagnostics->list);
	diagnostics->list[diagnostics->count++] = diagnostic;
}

void diagnostics_error(
	struct diagnostics *diagnostics, const struct position *position, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(diagnostics, position, false, format, arguments);
	va_end(arguments);
}

void diagnostics_warn(
	struct diagnostics *diagnostics, const struct position *position, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(diagnostics, position, true, format, arguments);
	va_end(arguments);
}

static int compare_sizes(size_t left, size_t right)
{
	return (left > right) - (left < right);
}

static int compare(const void *left_item, const void *right_item)
{
	const struct diagnostic *left = left_item, *right = right_item;
	int order = compare_sizes(left->file_order, right->file_order);

	if (order == 0)
		order = compare_sizes(left->line, right->line);
	if (order == 0)
		order = compare_sizes(left->column, right->column);
	return order ? order : compare_sizes(left->order, right->order);
}

void diagnostics_sort(struct diagnostics *diagnostics)
{
	if (diagnostics->count > 1)
		qsort(diagnostics->list, diagnostics->count, sizeof *diagnostics->list, compare);
}

static void print_caret(const struct diagnostic *diagnostic, FILE *to)
{
	const char *at = diagnostic->source;
	uint32_t column = 1;

	fprintf(to, "%s\n", diagnostic->source);
	for (; *at && column < diagnostic->column; at++) {
		if ((*at & 0xc0) == 0x80)
			continue;
		fputc(*at == '\t' ? '\t' : ' ', to);
		column++;
	}
	/* In the part of a long line that is not shown, or one past its end. */
	fputs(column < diagnostic->column ? "…\n" : "^\n", to);
}

void diagnostics_print(struct diagnostics *diagnostics, FILE *to)
{
	size_t all = (size_t)diagnostics->errors + diagnostics->warnings;

	diagnostics_sort(diagnostics);
	for (size_t i = 0; i < diagnostics->count; i++) {
		const struct diagnostic *diagnostic = &diagnostics->list[i];

		fputs(diagnostic->file ? diagnostic->file : "sulid", to);
		if (diagnostic->line > 0)
			fprintf(to, ":%u:%u", diagnostic->line, diagnostic->column);
		fprintf(to, ": %s%s\n", diagnostic->warning ? "warning: " : "", diagnostic->text);
		if (diagnostic->source)
			print_caret(diagnostic, to);
	}
	if (all > diagnostics->count)
		fprintf(to, "sulid: %zu more\n", all - diagnostics->count);
}

void diagnostics_said(struct diagnostics *diagnostics)
{
	diagnostics->count = 0;
	diagnostics->errors = diagnostics->warnings = 0;
}
