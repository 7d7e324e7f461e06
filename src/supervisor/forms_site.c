/* SPDX-License-Identifier: ISC */
#include "forms_site.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "forms.h"
#include "keys.h"

bool form_is_token(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z') ||
			    (text[i] >= '0' && text[i] <= '9') ||
			    (text[i] && strchr("!#$%&'*+-.^_`|~", text[i]))))
			return false;
	return length > 0;
}

bool form_has_control(const char *text)
{
	for (const unsigned char *byte = (const unsigned char *)text; *byte; byte++)
		if (*byte < 0x20 || *byte == 0x7f ||
			(byte[0] == 0xc2 && byte[1] >= 0x80 && byte[1] < 0xa0))
			return true;
	return false;
}

/* ---- paths and redirects ---- */

static bool is_dots(const char *segment, size_t length)
{
	return (length == 1 && segment[0] == '.') ||
	       (length == 2 && segment[0] == '.' && segment[1] == '.');
}

const char *form_site_path(const char *text)
{
	if (text[0] != '/')
		return "a path begins with a slash";
	if (strlen(text) > FORM_PATH)
		return "a path has at most 1024 bytes";
	if (form_has_control(text))
		return "a path has no control characters";
	if (strpbrk(text, "?#"))
		return "a path has no query and no fragment";
	for (const char *segment = text + 1; *segment;) {
		size_t length = strcspn(segment, "/");

		if (length == 0)
			return "a path has no two slashes in a row";
		if (is_dots(segment, length))
			return "a path has no segment \".\" or \"..\"";
		segment += length + (segment[length] == '/' ? 1 : 0);
	}
	return NULL;
}

/* "{rest}" at the text? Its length, or 0. */
static size_t placeholder(const char *text)
{
	static const char *const words[] = {"{rest}", "{path}", "{query}", "{host}"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strncmp(text, words[i], strlen(words[i])) == 0)
			return strlen(words[i]);
	return 0;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Whatever the request is, what begins with one slash must not become "//host". */
static const char *check_own(const char *text)
{
	text++;
	while (begins(text, "{rest}") || begins(text, "{host}"))
		text += placeholder(text);
	if (*text == '/' || begins(text, "{path}") || begins(text, "{query}"))
		return "this can begin with two slashes, and would lead to another host";
	return NULL;
}

/* Nor may the request choose the host: that ends at the first slash, and {path} begins with one. */
static const char *check_host(const char *text)
{
	size_t length = 0;

	while (text[length] && !strchr("/?#", text[length]) && !begins(text + length, "{path}")) {
		if (begins(text + length, "{rest}") || begins(text + length, "{query}"))
			return "the host must not depend on what was requested; a slash is missing";
		length++;
	}
	return length > 0 ? NULL : "there is no host after the two slashes";
}

const char *form_target(const char *text)
{
	static const char *const schemes[] = {"https://", "http://", "gemini://"};
	const char *problem = "this is neither a path that begins with a slash nor a URI that "
			      "begins with https://, http:// or gemini://";
	size_t length;

	if (text[0] == '/')
		problem = check_own(text);
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (begins(text, schemes[i]))
			problem = check_host(text + strlen(schemes[i]));
	if (strlen(text) > FORM_PATH)
		problem = "this is longer than 1024 bytes";
	for (; !problem && *text; text += length) {
		length = placeholder(text);
		if (length == 0 && (*text == '{' || *text == '}'))
			problem = "braces stand around rest, path, query or host only";
		if (*text <= ' ' || *text >= 0x7f)
			problem = "here are printable ASCII characters without spaces only; "
				  "others are percent-encoded";
		length += length == 0 ? 1 : 0;
	}
	return problem;
}

/* ---- headers ---- */

const char *form_prompt(const char *text)
{
	if (text[0] == '\0')
		return "a prompt says what is asked for";
	return strlen(text) > FORM_PATH ? "a prompt has at most 1024 bytes" : NULL;
}

const char *form_header_name(const char *text)
{
	static const char own[] = "sulid makes this field itself";
	static const struct {
		const char *name;
		const char *reason;
	} refused[] = {
		{"Accept-Ranges", own},
		{"Allow", own},
		{"Cache-Control", "use \"cache\" for this field"},
		{"Connection", own},
		{"Content-Encoding", own},
		{"Content-Length", own},
		{"Content-Range", own},
		{"Content-Type", "use \"types\" for this field"},
		{"Date", own},
		{"ETag", own},
		{"Keep-Alive", own},
		{"Last-Modified", own},
		{"Location", own},
		{"Retry-After", own},
		{"Strict-Transport-Security", "use \"hsts\" for this field"},
		{"TE", own},
		{"Trailer", own},
		{"Transfer-Encoding", own},
		{"Upgrade", own},
		{"X-Request-Id", own},
	};

	if (!form_is_token(text, strlen(text)))
		return "the name of a header has letters, digits and !#$%&'*+-.^_`|~ only";
	if (strlen(text) > FORM_VALUE)
		return "the name of a header has at most 2048 bytes";
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (strcasecmp(text, refused[i].name) == 0)
			return refused[i].reason;
	return NULL;
}

const char *form_header_value(const char *text)
{
	if (form_has_control(text))
		return "the value of a header has no control characters and no line breaks";
	return strlen(text) > FORM_VALUE ? "the value of a header has at most 2048 bytes" : NULL;
}

/* ---- file name endings, types ---- */

const char *form_try(const char *text)
{
	if (text[0] != '.' || text[1] == '\0')
		return "an ending begins with a dot: .html";
	if (strchr(text, '/'))
		return "an ending has no slash";
	return strlen(text) > FORM_ENDING ? "an ending has at most 64 letters" : NULL;
}

const char *form_ending(const char *text, char ending[static FORM_ENDING + 1])
{
	size_t length = strlen(text);

	if (text[0] != '.' || length < 2)
		return "an ending begins with a dot: .html";
	if (!form_is_token(text, length))
		return "an ending has letters, digits and !#$%&'*+-.^_`|~ only";
	if (length - 1 > FORM_ENDING)
		return "an ending has at most 64 letters";
	for (size_t i = 0; i < length; i++) {
		char byte = text[1 + i];

		ending[i] = byte >= 'A' && byte <= 'Z' ? (char)(byte + ('a' - 'A')) : byte;
	}
	return NULL;
}

const char *form_media_type(const char *text)
{
	const char *slash = strchr(text, '/');

	if (strchr(text, ';'))
		return "a media type stands here without parameters; there are \"charset\" and "
		       "\"lang\"";
	if (!slash || !form_is_token(text, (size_t)(slash - text)) ||
		!form_is_token(slash + 1, strlen(slash + 1)))
		return "a media type is written as text/html";
	return strlen(text) > 200 ? "a media type has at most 200 letters" : NULL;
}

const char *form_language(const char *text)
{
	static const char problem[] = "a language is written as en or pt-BR";
	size_t length = 0, all = strlen(text);

	for (size_t i = 0; i <= all; i++) {
		char byte = text[i];

		if (byte == '-' || byte == '\0') {
			if (length == 0 || length > 8)
				return problem;
			length = 0;
		} else if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
			   (i > 0 && byte >= '0' && byte <= '9')) {
			length++;
		} else {
			return problem;
		}
	}
	return all > 64 ? problem : NULL;
}

const char *form_cache(const struct value *value, char text[static FORM_CACHE])
{
	static const char *const words[] = {
		NULL, "no-cache", "no-store", "public, max-age=31536000, immutable"};

	if (value->word > 0)
		return words[value->word - 1];
	if (value->number == 0)
		return "no-cache";
	snprintf(text, FORM_CACHE, "max-age=%llu", (unsigned long long)value->number / KEY_SECOND);
	return text;
}
