/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_FORMS_H
#define SULID_SUPERVISOR_FORMS_H

/* The forms in which numbers, host names and addresses to listen on are written. Text in, values
 * out. */

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "keys.h"

enum form_result {
	FORM_GOOD,
	FORM_MALFORMED,
	FORM_OVERFLOW, /* does not fit 64 bits */
};

/* "64", "8K", "30s", "100/s" → as it is, bytes, milliseconds, per second. */
enum form_result form_number(const char *text, uint64_t *number);
enum form_result form_size(const char *text, uint64_t *bytes);
enum form_result form_time(const char *text, uint64_t *milliseconds);
enum form_result form_rate(const char *text, uint64_t *per_second);

/* "30/m" → 30 in 60 seconds; and the unit of so many seconds, "m". */
enum form_result form_frequency(const char *text, uint64_t *number, uint32_t *seconds);
const char *form_frequency_unit(uint32_t seconds);

/* The other way, with the largest unit that is exact. kind: KIND_NUMBER, SIZE, TIME, RATE. */
#define FORM_TEXT 32
const char *form_format(enum key_kind kind, uint64_t number, char text[static FORM_TEXT]);

/* true, false, yes, no, on and off: only booleans are written so. 1 or 0. */
bool form_boolean(const char *text, uint64_t *number);

/*
 * A host name as a vhost may have it: lower-cased into name, an international one in A-labels
 * ("xn--…") however it is written, IPv6 in brackets and in its shortest form.
 * "*" alone or as the first label. NULL, or what is wrong with it.
 */
#define FORM_HOST 256
const char *form_host(const char *text, char name[static FORM_HOST]);

/* "gemini://[::1]:1965" → endpoint without its position; the port may be missing. NULL, or what is
 * wrong with it. */
const char *form_endpoint(const char *text, struct config_endpoint *endpoint);

#endif
