/* SPDX-License-Identifier: ISC */
#ifndef SULID_TESTS_TOOL_SINK_H
#define SULID_TESTS_TOOL_SINK_H

/* Where markup goes in a test: into a string. To be included after cmocka.h. */

#include <string.h>

#include "markup.h"

struct sink {
	struct encoder_sink sink; /* first */
	char text[16384];
	size_t length;
};

static inline bool sink_take(struct encoder_sink *sink, const uint8_t *bytes, size_t length)
{
	struct sink *to = (struct sink *)sink;

	assert_true(length < sizeof(to->text) - to->length);
	memcpy(to->text + to->length, bytes, length);
	to->length += length;
	to->text[to->length] = '\0';
	return true;
}

/* An empty one, and markup that goes there. */
static inline void sink_begin(struct sink *sink, struct markup *markup)
{
	sink->sink.take = sink_take;
	sink->length = 0;
	sink->text[0] = '\0';
	markup_begin(markup, &sink->sink);
}

#endif
