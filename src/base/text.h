/* SPDX-License-Identifier: ISC */
#ifndef SULID_BASE_TEXT_H
#define SULID_BASE_TEXT_H

/*
 * Text appended to a buffer of fixed size. From the first byte that does not fit, all is left out:
 * what is there is always a beginning of the whole, and never ends inside of an escape. Look at
 * "overflow" once at the end. The buffer is the caller's and is never reallocated.
 * It is not NUL-terminated unless text_string is called.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *bytes;
	size_t size;   /* capacity */
	size_t length; /* used */
	bool overflow; /* something did not fit; length stays <= size */
};

struct text text_over(char *bytes, size_t size);

void text_byte(struct text *text, char byte);
void text_bytes(struct text *text, const char *bytes, size_t length);
void text_add(struct text *text, const char *string);
void text_number(struct text *text, uint64_t number);
void text_signed(struct text *text, int64_t number);
/* Decimal with leading zeros up to "width" digits. */
void text_padded(struct text *text, uint64_t number, unsigned width);
void text_hex(struct text *text, const uint8_t *bytes, size_t length);
/* Wants room for one byte more than it adds. */
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Escaped for the inside of a JSON string (RFC 8259 §7), DEL too. Bytes that are not UTF-8 become
 * U+FFFD, one per maximal bad part. */
void text_json(struct text *text, const char *bytes, size_t length);
/* Escaped for HTML text and quoted attribute values: & < > " ' */
void text_html(struct text *text, const char *bytes, size_t length);
/* Percent-encoded as a path (RFC 3986 §3.3): unreserved, sub-delims, ":" "@" "/" stay. */
void text_url(struct text *text, const char *bytes, size_t length);
/* For combined logs: bytes below 0x20, 0x7f and above, '"' and '\\' as \xHH. */
void text_log(struct text *text, const char *bytes, size_t length);

/* Terminate with NUL, cutting the last byte if it is full, and return the bytes. */
const char *text_string(struct text *text);

/* Is this valid UTF-8 (no surrogates, nothing overlong, up to U+10FFFF)? RFC 3629 §4. */
bool text_is_utf8(const char *bytes, size_t length);

#endif
