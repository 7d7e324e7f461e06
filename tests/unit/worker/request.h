/* SPDX-License-Identifier: ISC */
#ifndef SULID_TESTS_UNIT_WORKER_REQUEST_H
#define SULID_TESTS_UNIT_WORKER_REQUEST_H

/* Heads for tests of what is made of their fields. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_head.h"

/*
 * A request with these field lines, "\n" between them; each begins with "prefix" ("Accept: ", or
 * ""). NULL: no lines. Valid until the next. The head ends where its memory does, so that a
 * sanitizer sees a read beyond it.
 */
static inline const struct http_head *request_with(const char *prefix, const char *lines)
{
	static struct http_head head;
	static char *bytes;
	size_t length;
	FILE *file;

	free(bytes);
	file = open_memstream(&bytes, &length);
	assert_non_null(file);
	fputs("GET / HTTP/1.1\r\nHost: a\r\n", file);
	while (lines) {
		const char *end = strchrnul(lines, '\n');

		fprintf(file, "%s%.*s\r\n", prefix, (int)(end - lines), lines);
		lines = *end ? end + 1 : NULL;
	}
	fputs("X-Last: yes\r\n\r\n", file);
	assert_int_equal(fclose(file), 0);
	bytes = realloc(bytes, length);
	assert_int_equal(http_head_parse(bytes, length, length, &head), 0);
	return &head;
}

#endif
