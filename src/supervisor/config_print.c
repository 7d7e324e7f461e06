/* SPDX-License-Identifier: ISC */
#include "config_print.h"

#include <string.h>

#include "forms.h"

#define STEP 2 /* columns of indentation */

static void indent(FILE *to, unsigned columns)
{
	fprintf(to, "%*s", (int)columns, "");
}

/* Characters that YAML reads as line breaks or not at all, though they are no control characters.
 */
static uint32_t must_escape(const unsigned char *bytes)
{
	static const struct {
		unsigned char bytes[4];
		uint32_t code;
	} table[] = {{"\xe2\x80\xa8", 0x2028}, {"\xe2\x80\xa9", 0x2029}, {"\xef\xbb\xbf", 0xfeff},
		{"\xef\xbf\xbe", 0xfffe}, {"\xef\xbf\xbf", 0xffff}};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (memcmp(bytes, table[i].bytes, 3) == 0)
			return table[i].code;
	return 0;
}

/* Without quotes where nobody could take it for anything else. */
static void print_text(FILE *to, const char *text)
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
		code = strlen(text) >= 3 ? must_escape((const unsigned char *)text) : 0;
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

static void print_pairs(FILE *to, const struct config_pair *pairs, uint32_t count, unsigned columns)
{
	for (uint32_t i = 0; i < count; i++) {
		fputc('\n', to);
		indent(to, columns);
		fputs("- chain: ", to);
		print_text(to, pairs[i].chain);
		fputc('\n', to);
		indent(to, columns + STEP);
		fputs("key: ", to);
		print_text(to, pairs[i].key);
	}
}

static void print_list(FILE *to, enum key key, const struct value *value)
{
	const struct config_text *texts = value->list;
	const struct config_endpoint *endpoints = value->list;
	char text[CONFIG_ENDPOINT_TEXT];

	fputs("[", to);
	for (uint32_t i = 0; i < value->count; i++) {
		fputs(i > 0 ? ", " : "", to);
		if (key_rows[key].kind == KIND_LISTEN)
			print_text(to,
				config_endpoint_format(endpoints[i].protocol, &endpoints[i].address,
					endpoints[i].address.port, text));
		else
			print_text(to, texts[i].text);
	}
	fputs("]", to);
}

/* What stands after "key:". */
static void print_value(FILE *to, enum key key, const struct value *value, unsigned columns)
{
	enum key_kind kind = key_rows[key].kind;
	char text[FORM_TEXT], word[KEY_WORD];

	if (kind == KIND_CERTIFICATE && value->count > 0) {
		print_pairs(to, value->list, value->count, columns + STEP);
		return;
	}
	fputc(' ', to);
	if (kind == KIND_CHOICE)
		fputs(key_word(key, (unsigned)value->number + 1, word), to);
	else if (value->word > 0)
		fputs(key_word(key, value->word, word), to);
	else if (kind == KIND_NAMES || kind == KIND_FILES || kind == KIND_LISTEN)
		print_list(to, key, value);
	else if (kind == KIND_PATH || kind == KIND_ACCOUNT)
		print_text(to, value->text);
	else
		fputs(form_format(kind, value->number, text), to);
}

/* The keys of a scope. first: the dash of the list item they begin is printed already. */
static void print_scope(
	FILE *to, enum key_scope scope, const struct value *values, unsigned columns, bool first)
{
	for (enum key key = 0; key < KEY_COUNT; key++) {
		const struct key_row *row = &key_rows[key];

		if (!(row->scopes & scope) || row->kind == KIND_LATER || row->kind == KIND_VHOSTS ||
			row->kind == KIND_DEFAULTS || row->kind == KIND_PATTERNS)
			continue;
		/* Without a default that fits here there is nothing to print. */
		if (key == KEY_RUN && !values[key].text)
			continue;
		indent(to, first ? 0 : columns);
		first = false;
		fprintf(to, "%s:", row->name);
		if (row->kind == KIND_MAP) {
			fputc('\n', to);
			print_scope(to, row->inside, values, columns + STEP, false);
		} else {
			print_value(to, key, &values[key], columns);
			fputc('\n', to);
		}
	}
}

void config_print(const struct config *config, FILE *to)
{
	print_scope(to, IN_TOP, config->values, 0, false);
	fputs("vhosts:\n", to);
	for (size_t i = 0; i < config->vhost_count; i++) {
		fputs("  - ", to);
		print_scope(to, IN_VHOST, config->vhosts[i]->values, 2 * STEP, true);
	}
}
