/* SPDX-License-Identifier: ISC */
#include "yaml_print.h"

#include <stdint.h>
#include <string.h>

#define KEY_NEAR 500 /* bytes; a parser looks 1024 characters ahead for the colon */

void yaml_print_indent(FILE *to, unsigned columns)
{
	fprintf(to, "%*s", (int)columns, "");
}

/* Characters that YAML reads as line breaks or not at all, though they are no control characters.
 */
static uint32_t must_escape(const char *text)
{
	static const struct {
		const char *bytes;
		uint32_t code;
	} table[] = {{"\xe2\x80\xa8", 0x2028}, {"\xe2\x80\xa9", 0x2029}, {"\xef\xbb\xbf", 0xfeff},
		{"\xef\xbf\xbe", 0xfffe}, {"\xef\xbf\xbf", 0xffff}};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (strncmp(text, table[i].bytes, 3) == 0)
			return table[i].code;
	return 0;
}

void yaml_print_text(FILE *to, const char *text)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/-";
	uint32_t code;

	if (text[0] && text[0] != '-' && text[strspn(text, plain)] == '\0' &&
		strcmp(text, "null") != 0) {
		fputs(text, to);
		return;
	}
	fputc('"', to);
	for (; *text; text++) {
		code = must_escape(text);
		if (code > 0) {
			fprintf(to, "\\u%04X", code);
			text += 2;
			continue;
		}
		if (*text == '"' || *text == '\\')
			fputc('\\', to);
		fputc(*text, to);
	}
	fputc('"', to);
}

void yaml_print_key(FILE *to, const char *text, unsigned columns)
{
	bool far = strlen(text) > KEY_NEAR;

	yaml_print_indent(to, columns);
	fputs(far ? "? " : "", to);
	yaml_print_text(to, text);
	if (far) {
		fputc('\n', to);
		yaml_print_indent(to, columns);
	}
	fputc(':', to);
}
