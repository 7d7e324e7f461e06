/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_FORMS_SITE_H
#define SULID_SUPERVISOR_FORMS_SITE_H

/*
 * The forms of what a site's settings are made of: paths, redirects, header lines, media types.
 * Those that judge return NULL, or what is wrong.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"

#define FORM_PATH   1024 /* bytes of a path, or of a redirect's target */
#define FORM_ENDING 64   /* of a file name ending without its dot, as image_find_type looks for */
#define FORM_VALUE  2048 /* of a header's value */

/* A token (RFC 9110 §5.6.2). */
bool form_is_token(const char *text, size_t length);

/* C0, DEL or C1: nothing that may get into a response, a log or a terminal. */
bool form_has_control(const char *text);

/* A path of a site as requests are compared with it: decoded and normalised. */
const char *form_site_path(const char *text);

/* Where a redirect leads: a path of the site or an absolute URI, with {rest}, {path}, {query} and
 * {host}. */
const char *form_target(const char *text);

/* What a client asks its user for (META of Gemini 10 and 11, at most 1024 bytes). */
const char *form_prompt(const char *text);

/* A header's name that a configuration may set. */
const char *form_header_name(const char *text);
const char *form_header_value(const char *text);

/* ".html" */
const char *form_try(const char *text);
/* ".HTML" → "html" */
const char *form_ending(const char *text, char ending[static FORM_ENDING + 1]);

/* "text/html", without parameters. */
const char *form_media_type(const char *text);
/* A language tag (RFC 5646), as far as it can be told without a list of languages. */
const char *form_language(const char *text);

/* "max-age=60", "no-cache", …; NULL for none. value: of kind AGE. */
#define FORM_CACHE 48
const char *form_cache(const struct value *value, char text[static FORM_CACHE]);

#endif
