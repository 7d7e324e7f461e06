/* SPDX-License-Identifier: ISC */
#include "config_print_value.h"

#include "forms.h"
#include "forms_network.h"
#include "forms_site.h"
#include "idn.h"
#include "yaml_print.h"

/* ---- on one line ---- */

static void print_pairs(FILE *to, const struct config_pair *pairs, uint32_t count, unsigned columns)
{
	for (uint32_t i = 0; i < count; i++) {
		fputc('\n', to);
		yaml_print_indent(to, columns);
		fputs("- chain: ", to);
		yaml_print_text(to, pairs[i].chain);
		fputc('\n', to);
		yaml_print_indent(to, columns + CONFIG_PRINT_STEP);
		fputs("key: ", to);
		yaml_print_text(to, pairs[i].key);
	}
}

static void print_endpoint(FILE *to, const struct config_endpoint *endpoint)
{
	char text[CONFIG_ENDPOINT_TEXT], network[FORM_NETWORK];

	config_endpoint_format(
		endpoint->protocol, &endpoint->address, endpoint->address.port, text);
	if (endpoint->proxy_count == 0) {
		yaml_print_text(to, text);
		return;
	}
	fputs("{url: ", to);
	yaml_print_text(to, text);
	fputs(", proxy: [", to);
	for (uint32_t i = 0; i < endpoint->proxy_count; i++) {
		fputs(i > 0 ? ", " : "", to);
		yaml_print_text(to, form_network_format(&endpoint->proxy[i].network, network));
	}
	fputs("]}", to);
}

static void print_list(FILE *to, enum key key, const struct value *value)
{
	const struct config_text *texts = value->list;
	const struct config_endpoint *endpoints = value->list;
	const struct config_network *networks = value->list;
	char network[FORM_NETWORK];

	fputs("[", to);
	for (uint32_t i = 0; i < value->count; i++) {
		fputs(i > 0 ? ", " : "", to);
		if (key_rows[key].kind == KIND_LISTEN)
			print_endpoint(to, &endpoints[i]);
		else if (key_rows[key].kind == KIND_NETWORKS)
			yaml_print_text(to, form_network_format(&networks[i].network, network));
		else
			yaml_print_text(to, texts[i].text);
	}
	fputs("]", to);
}

static void print_hsts(FILE *to, const struct value *value)
{
	char text[FORM_TEXT];

	form_format(KIND_TIME, value->number, text);
	if (value->count == 0)
		fputs(text, to);
	else
		fprintf(to, "[%s%s%s]", text, value->count & HSTS_SUBDOMAINS ? ", subdomains" : "",
			value->count & HSTS_PRELOAD ? ", preload" : "");
}

static void print_pace(FILE *to, const struct config_pace *pace)
{
	fprintf(to, "{rate: %u/%s, burst: %u}", pace->requests, form_frequency_unit(pace->seconds),
		pace->burst);
}

/* What stands after "key:" if it is on one line. */
static void print_line(FILE *to, enum key key, const struct value *value)
{
	enum key_kind kind = key_rows[key].kind;
	char text[FORM_TEXT], word[KEY_WORD];

	if (kind == KIND_CHOICE)
		fputs(key_word(key, (unsigned)value->number + 1, word), to);
	else if (value->word > 0)
		fputs(key_word(key, value->word, word), to);
	else if (kind == KIND_BOOLEAN)
		fputs(value->number == 1 ? "true" : "false", to);
	else if (kind == KIND_HSTS)
		print_hsts(to, value);
	else if (kind == KIND_PACE)
		print_pace(to, value->list);
	else if (value->text)
		yaml_print_text(to, value->text);
	else if (kind == KIND_AGE || kind == KIND_TIME)
		fputs(form_format(KIND_TIME, value->number, text), to);
	else if (kind == KIND_NUMBER || kind == KIND_SIZE || kind == KIND_RATE)
		fputs(form_format(kind, value->number, text), to);
	else
		print_list(to, key, value);
}

/* What the A-labels of names stand for, as a comment. */
static void print_unicode(FILE *to, const struct value *value)
{
	const struct config_text *names = value->list;
	const char *between = " # ";
	char text[FORM_HOST];

	for (uint32_t i = 0; i < value->count; i++) {
		if (!idn_to_unicode(names[i].text, text))
			continue;
		fprintf(to, "%s%s", between, text);
		between = ", ";
	}
}

/* ---- an entry in a line ---- */

static void print_headers(FILE *to, const struct value *value, unsigned columns)
{
	const struct config_header *headers = value->list;

	for (uint32_t i = 0; i < value->count; i++) {
		yaml_print_key(to, headers[i].name, columns);
		fputc(' ', to);
		if (headers[i].value)
			yaml_print_text(to, headers[i].value);
		else
			fputs("null", to);
		fputc('\n', to);
	}
}

static void print_pages(FILE *to, const struct value *value, unsigned columns)
{
	const struct config_page *pages = value->list;

	for (uint32_t i = 0; i < value->count; i++) {
		yaml_print_indent(to, columns);
		fprintf(to, "%u: ", pages[i].status);
		yaml_print_text(to, pages[i].path);
		fputc('\n', to);
	}
}

static void print_type(FILE *to, const struct config_type *type, unsigned columns)
{
	const struct {
		enum key key;
		const struct value *value;
	} rows[] = {{KEY_TYPE, &type->type}, {KEY_LANG, &type->lang}, {KEY_CHARSET, &type->charset},
		{KEY_CACHE, &type->cache}};
	char key[FORM_ENDING + 2];
	const char *between = "";

	snprintf(key, sizeof key, ".%s", type->ending);
	yaml_print_key(to, key, columns);
	fputs(" {", to);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].value->origin == ORIGIN_NONE)
			continue;
		fprintf(to, "%s%s: ", between, key_rows[rows[i].key].name);
		print_line(to, rows[i].key, rows[i].value);
		between = ", ";
	}
	fputs("}\n", to);
}

static void print_location(FILE *to, const struct config_location *location, unsigned columns)
{
	yaml_print_key(to, location->path, columns);
	fputs(location->said_count > 0 ? "\n" : " {}\n", to);
	for (size_t i = 0; i < location->said_count; i++)
		config_print_value(to, location->said[i].key, &location->said[i].value,
			columns + CONFIG_PRINT_STEP);
}

static void print_map(FILE *to, enum key_kind kind, const struct value *value, unsigned columns)
{
	const struct config_type *types = value->list;
	const struct config_location *locations = value->list;

	if (kind == KIND_HEADERS)
		print_headers(to, value, columns);
	else if (kind == KIND_PAGES)
		print_pages(to, value, columns);
	else if (kind == KIND_TYPES)
		for (uint32_t i = 0; i < value->count; i++)
			print_type(to, &types[i], columns);
	else
		for (uint32_t i = 0; i < value->count; i++)
			print_location(to, &locations[i], columns);
}

void config_print_value(FILE *to, enum key key, const struct value *value, unsigned columns)
{
	enum key_kind kind = key_rows[key].kind;
	unsigned deeper = columns + CONFIG_PRINT_STEP;

	yaml_print_indent(to, columns);
	fprintf(to, "%s:", key_rows[key].name);
	if (kind == KIND_CERTIFICATE && value->count > 0) {
		print_pairs(to, value->list, value->count, deeper);
		fputc('\n', to);
	} else if (kind == KIND_HEADERS || kind == KIND_PAGES || kind == KIND_TYPES ||
		   kind == KIND_PATHS) {
		fputs(value->count > 0 ? "\n" : " {}\n", to);
		print_map(to, kind, value, deeper);
	} else {
		fputc(' ', to);
		print_line(to, key, value);
		if (kind == KIND_NAMES || kind == KIND_PLAIN_NAMES)
			print_unicode(to, value);
		fputc('\n', to);
	}
}
