/* SPDX-License-Identifier: ISC */
#include "gemtext.h"

#include <string.h>

#define BOM   "\xef\xbb\xbf"
#define FENCE "```"

struct gemtext gemtext_over(const char *bytes, size_t length)
{
	size_t mark = length >= 3 && memcmp(bytes, BOM, 3) == 0 ? 3 : 0;

	return (struct gemtext){.next = bytes + mark, .end = bytes + length};
}

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

static struct gemtext_part skip(struct gemtext_part part, size_t length)
{
	return (struct gemtext_part){part.bytes + length, part.length - length};
}

static struct gemtext_part trim(struct gemtext_part part)
{
	while (part.length > 0 && is_blank(part.bytes[0]))
		part = skip(part, 1);
	while (part.length > 0 && is_blank(part.bytes[part.length - 1]))
		part.length--;
	return part;
}

static bool begins(struct gemtext_part part, const char *prefix)
{
	size_t length = strlen(prefix);

	return part.length >= length && memcmp(part.bytes, prefix, length) == 0;
}

/* Without its end. */
static struct gemtext_part take_line(struct gemtext *gemtext)
{
	size_t left = (size_t)(gemtext->end - gemtext->next);
	const char *feed = memchr(gemtext->next, '\n', left);
	struct gemtext_part line = {gemtext->next, feed ? (size_t)(feed - gemtext->next) : left};

	gemtext->next += line.length + (feed != NULL);
	if (line.length > 0 && line.bytes[line.length - 1] == '\r')
		line.length--;
	return line;
}

/* false: there is no URL, so that it is a text like any other. */
static bool parse_link(struct gemtext_part whole, struct gemtext_line *line)
{
	struct gemtext_part rest = trim(skip(whole, 2));
	size_t length = 0;

	while (length < rest.length && !is_blank(rest.bytes[length]))
		length++;
	if (length == 0)
		return false;
	line->type = GEMTEXT_LINK;
	line->url = (struct gemtext_part){rest.bytes, length};
	line->text = trim(skip(rest, length));
	return true;
}

static void parse_heading(struct gemtext_part whole, struct gemtext_line *line)
{
	line->type = GEMTEXT_HEADING;
	line->level = begins(whole, "###") ? 3 : begins(whole, "##") ? 2 : 1;
	line->text = trim(skip(whole, line->level));
}

static void parse(struct gemtext_part whole, struct gemtext_line *line)
{
	*line = (struct gemtext_line){.type = GEMTEXT_TEXT, .text = whole};
	if (begins(whole, "=>") && parse_link(whole, line))
		return;
	if (begins(whole, "#")) {
		parse_heading(whole, line);
	} else if (begins(whole, "* ")) {
		line->type = GEMTEXT_ITEM;
		line->text = trim(skip(whole, 2));
	} else if (begins(whole, ">")) {
		line->type = GEMTEXT_QUOTE;
		line->text = trim(skip(whole, 1));
	}
}

bool gemtext_next(struct gemtext *gemtext, struct gemtext_line *line)
{
	struct gemtext_part whole;

	if (gemtext->next == gemtext->end)
		return false;
	whole = take_line(gemtext);
	if (begins(whole, FENCE)) {
		*line = (struct gemtext_line){
			.type = gemtext->preformatted ? GEMTEXT_CLOSE : GEMTEXT_OPEN,
			.text = trim(skip(whole, strlen(FENCE))),
		};
		gemtext->preformatted = !gemtext->preformatted;
	} else if (gemtext->preformatted) {
		*line = (struct gemtext_line){.type = GEMTEXT_PREFORMATTED, .text = whole};
	} else {
		parse(whole, line);
	}
	return true;
}

struct gemtext_part gemtext_title(const char *bytes, size_t length)
{
	struct gemtext gemtext = gemtext_over(bytes, length);
	struct gemtext_line line;

	while (gemtext_next(&gemtext, &line)) {
		if (line.type == GEMTEXT_HEADING && line.text.length > 0)
			return line.text;
	}
	return (struct gemtext_part){0};
}

static unsigned number(const char *digits, size_t count)
{
	unsigned value = 0;

	for (size_t i = 0; i < count; i++)
		value = value * 10 + (unsigned)(digits[i] - '0');
	return value;
}

static unsigned days_of(unsigned year, unsigned month)
{
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	if (month == 2)
		return leap ? 29 : 28;
	return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

size_t gemtext_date(struct gemtext_part text)
{
	static const char form[] = "dddd-dd-dd";
	unsigned year, month, day;

	if (text.length < strlen(form) || (text.length > strlen(form) && is_digit(text.bytes[10])))
		return 0;
	for (size_t i = 0; i < strlen(form); i++) {
		if (form[i] == 'd' ? !is_digit(text.bytes[i]) : text.bytes[i] != form[i])
			return 0;
	}
	year = number(text.bytes, 4);
	month = number(text.bytes + 5, 2);
	day = number(text.bytes + 8, 2);
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_of(year, month))
		return 0;
	return strlen(form);
}
