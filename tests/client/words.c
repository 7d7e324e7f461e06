/* SPDX-License-Identifier: ISC */
#include "words.h"

#include <inttypes.h>
#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Reads the escape after a backslash at *from into *byte and moves *from behind it. */
static bool unescape(const char **from, char *byte)
{
	static const char letters[] = "rnt\\\"", bytes[] = "\r\n\t\\\"";
	const char *p = *from;
	const char *letter = *p ? strchr(letters, *p) : NULL;
	int high, low;

	if (letter) {
		*byte = bytes[letter - letters];
		*from = p + 1;
		return true;
	}
	if (*p != 'x' || (high = hex_digit(p[1])) < 0 || (low = hex_digit(p[2])) < 0)
		return false;
	*byte = (char)(high << 4 | low);
	*from = p + 3;
	return true;
}

/* Decodes the value at *at over itself; *at ends up behind it. */
static const char *value_cut(char **at, struct word *word)
{
	const char *from = *at;
	char *to = *at;
	const bool quoted = *from == '"';

	word->value = to;
	if (quoted)
		from++;
	for (;;) {
		if (quoted ? *from == '"' : !*from || *from == ' ')
			break;
		if (!*from)
			return "a quote is not closed";
		if (quoted && *from == '\\') {
			from++;
			if (!unescape(&from, to))
				return "unknown escape; there are \\r \\n \\t \\\\ \\\" \\xNN";
			to++;
		} else {
			*to++ = *from++;
		}
	}
	word->len = (size_t)(to - word->value);
	if (quoted)
		from++;
	if (*from && *from != ' ')
		return "no blank after a closing quote";
	*at += from - *at + (*from == ' ');
	*to = '\0';
	return NULL;
}

const char *words_cut(char *line, const char **verb, struct word words[WORDS_MAX], int *count)
{
	char *at = line + strspn(line, " ");

	*count = 0;
	*verb = at;
	at += strcspn(at, " ");
	if (*at)
		*at++ = '\0';
	for (at += strspn(at, " "); *at; at += strspn(at, " ")) {
		char *equals = at + strcspn(at, "= ");
		const char *error;

		if (*equals != '=' || equals == at)
			return "a word is not of the form key=value";
		if (*count == WORDS_MAX)
			return "too many words";
		words[*count].key = at;
		*equals = '\0';
		at = equals + 1;
		error = value_cut(&at, &words[*count]);
		if (error)
			return error;
		++*count;
	}
	return NULL;
}

static bool is_bare(const unsigned char *value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (value[i] <= ' ' || value[i] >= 127 || value[i] == '"' || value[i] == '\\')
			return false;
	return true;
}

static void key_put(struct answer *a, const char *key)
{
	fprintf(a->out, "%s%s=", a->begun ? " " : "", key);
	a->begun = true;
}

void answer_bytes(struct answer *a, const char *key, const void *value, size_t len)
{
	static const char escapes[] = "\r\n\t\\\"", letters[] = "rnt\\\"";
	const unsigned char *bytes = value;

	key_put(a, key);
	if (is_bare(bytes, len)) {
		fwrite(bytes, 1, len, a->out);
		return;
	}
	putc('"', a->out);
	for (size_t i = 0; i < len; i++) {
		const char *escape = bytes[i] ? strchr(escapes, bytes[i]) : NULL;

		if (escape)
			fprintf(a->out, "\\%c", letters[escape - escapes]);
		else if (bytes[i] < ' ' || bytes[i] >= 127)
			fprintf(a->out, "\\x%02x", bytes[i]);
		else
			putc(bytes[i], a->out);
	}
	putc('"', a->out);
}

void answer_text(struct answer *a, const char *key, const char *value)
{
	answer_bytes(a, key, value, strlen(value));
}

void answer_number(struct answer *a, const char *key, int64_t value)
{
	key_put(a, key);
	fprintf(a->out, "%" PRId64, value);
}

void answer_yes(struct answer *a, const char *key, bool value)
{
	key_put(a, key);
	fputs(value ? "yes" : "no", a->out);
}

void answer_end(struct answer *a)
{
	putc('\n', a->out);
	fflush(a->out);
	a->begun = false;
}
