/* SPDX-License-Identifier: ISC */
#include "yaml_syntax.h"

#include <string.h>

#include "base/text.h"

struct position yaml_position(const struct yaml_reader *reader, const yaml_mark_t *mark)
{
	return (struct position){
		.file = reader->file,
		.line = (uint32_t)mark->line + 1,
		.column = (uint32_t)mark->column + 1,
	};
}

/* ---- the bytes, before libyaml sees them ---- */

static bool is_control(char byte)
{
	return ((unsigned char)byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') ||
	       byte == 0x7f;
}

/* Length of the character at the bytes, 0 if it is none. */
static size_t character(const char *bytes, size_t size)
{
	for (size_t length = 1; length <= 4 && length <= size; length++)
		if (text_is_utf8(bytes, length))
			return length;
	return 0;
}

bool yaml_bytes_are_text(const struct yaml_reader *reader)
{
	struct position position = {.file = reader->file, .line = 1, .column = 1};
	size_t length;

	for (size_t i = 0; i < reader->size; i += length) {
		char byte = reader->bytes[i];

		length = (unsigned char)byte < 0x80
				 ? 1
				 : character(reader->bytes + i, reader->size - i);
		if (length == 0) {
			diagnostics_error(reader->diagnostics, &position, "this is not UTF-8");
			return false;
		}
		if (is_control(byte)) {
			diagnostics_error(reader->diagnostics, &position,
				"control character 0x%02x", (unsigned)byte);
			return false;
		}
		position.column++;
		if (byte == '\n') {
			position.line++;
			position.column = 1;
		}
	}
	return true;
}

/* ---- errors of libyaml in our words ---- */

/* libyaml counts characters. */
static size_t offset_of(const struct yaml_reader *reader, size_t characters)
{
	size_t offset = 0;

	while (offset < reader->size && characters-- > 0)
		do
			offset++;
		while (offset < reader->size &&
			((unsigned char)reader->bytes[offset] & 0xc0) == 0x80);
	return offset;
}

void yaml_say_needs_quotes(const struct yaml_reader *reader, const yaml_mark_t *mark)
{
	struct position position = yaml_position(reader, mark);
	size_t start = offset_of(reader, mark->index), end = start;

	while (end < reader->size && !strchr(" \t\r\n,]}", reader->bytes[end]) && end - start < 80)
		end++;
	diagnostics_error(reader->diagnostics, &position,
		"\"%.*s\" needs quotes, because * begins an alias in YAML", (int)(end - start),
		reader->bytes + start);
}

/* Is there a tab in the white space at the start of the line at "mark"? Then that is where it
 * begins. */
static bool indented_with_tab(
	const struct yaml_reader *reader, const yaml_mark_t *mark, struct position *at)
{
	size_t offset = offset_of(reader, mark->index - mark->column);
	uint32_t column = 1;

	while (offset < reader->size && reader->bytes[offset] == ' ') {
		offset++;
		column++;
	}
	if (offset == reader->size || reader->bytes[offset] != '\t')
		return false;
	*at = yaml_position(reader, mark);
	at->column = column;
	return true;
}

/* [https://[::1]:443]: the inner bracket is YAML's, too. */
static bool is_bare_ipv6(const struct yaml_reader *reader, const yaml_mark_t *mark)
{
	size_t offset = offset_of(reader, mark->index);

	return offset >= 2 && offset < reader->size &&
	       memcmp(reader->bytes + offset - 2, "//[", 3) == 0;
}

static const char *explain(const char *problem)
{
	static const struct {
		const char *problem;
		const char *words;
	} table[] = {
		{"mapping values are not allowed in this context",
			"\": \" is not expected here; check the indentation, and quote a value "
			"that holds it"},
		{"could not find expected ':'", "this key has no \":\""},
		{"did not find expected key", "this line does not line up with those above it"},
		{"did not find expected '-' indicator",
			"this line does not line up with the list above it"},
		{"block sequence entries are not allowed in this context",
			"a list is not expected here"},
		{"did not find expected ',' or ']'",
			"a \"[\" is not closed, or a comma is missing"},
		{"did not find expected ',' or '}'",
			"a \"{\" is not closed, or a comma is missing"},
		{"found unexpected end of stream", "a quote is not closed"},
		{"found unexpected document indicator", "a quote is not closed"},
		{"found character that cannot start any token",
			"this character cannot begin a value; quote the value"},
		{"found unknown escape character",
			"unknown escape; between single quotes a backslash is itself"},
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (strcmp(problem, table[i].problem) == 0)
			return table[i].words;
	return problem;
}

void yaml_say_syntax(const struct yaml_reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	const char *context = parser->context ? parser->context : "";
	const char *words = explain(parser->problem ? parser->problem : "this cannot be read");
	struct position position = yaml_position(reader, &parser->problem_mark);

	if (parser->error == YAML_READER_ERROR) {
		/* A character that YAML has no place for; it tells its offset alone. */
		position = (struct position){.file = reader->file, .line = 1, .column = 1};
		for (size_t i = 0; i < parser->problem_offset && i < reader->size; i++) {
			position.column += (reader->bytes[i] & 0xc0) != 0x80;
			if (reader->bytes[i] == '\n') {
				position.line++;
				position.column = 1;
			}
		}
		diagnostics_error(reader->diagnostics, &position, "%s", words);
	} else if (parser->error == YAML_MEMORY_ERROR) {
		diagnostics_error(reader->diagnostics, NULL, "no memory to read %s", reader->file);
	} else if (strcmp(context, "while scanning an alias") == 0) {
		yaml_say_needs_quotes(reader, &parser->context_mark);
	} else if (indented_with_tab(reader, &parser->problem_mark, &position)) {
		diagnostics_error(
			reader->diagnostics, &position, "indented with a tab; YAML wants spaces");
	} else if (is_bare_ipv6(reader, &parser->problem_mark)) {
		diagnostics_error(reader->diagnostics, &position,
			"an address with brackets needs quotes within a list in brackets");
	} else if (context[0] && parser->context_mark.line < parser->problem_mark.line) {
		diagnostics_error(reader->diagnostics, &position,
			"%s; what is meant began in line %zu", words,
			parser->context_mark.line + 1);
	} else {
		diagnostics_error(reader->diagnostics, &position, "%s", words);
	}
}
