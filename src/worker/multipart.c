/* SPDX-License-Identifier: ISC */
#include "multipart.h"

#include <string.h>

static void add_boundary(struct text *text, uint64_t number)
{
	text_add(text, "sulid-");
	for (int shift = 60; shift >= 0; shift -= 4)
		text_byte(text, "0123456789abcdef"[number >> shift & 15]);
}

void multipart_add_type(const struct multipart *multipart, struct text *text)
{
	text_add(text, "Content-Type: multipart/byteranges; boundary=");
	add_boundary(text, multipart->number);
	text_add(text, "\r\n");
}

void multipart_add_range(struct text *text, const struct range *range, int64_t size)
{
	text_add(text, "bytes ");
	text_number(text, (uint64_t)range->first);
	text_byte(text, '-');
	text_number(text, (uint64_t)range->last);
	text_byte(text, '/');
	text_number(text, (uint64_t)size);
}

void multipart_make(struct multipart *multipart, const struct answer *answer, uint64_t number)
{
	struct text text = text_over(multipart->bytes, sizeof multipart->bytes);

	multipart->number = number;
	multipart->length = 0;
	multipart->count = answer->range_count + 1;
	for (uint32_t i = 0; i < answer->range_count; i++) {
		const struct range *range = &answer->ranges[i];

		text_add(&text, i > 0 ? "\r\n--" : "--");
		add_boundary(&text, number);
		text_add(&text, "\r\nContent-Type: ");
		text_add(&text, answer->resource.type);
		text_add(&text, "\r\nContent-Range: ");
		multipart_add_range(&text, range, answer->resource.size);
		text_add(&text, "\r\n\r\n");
		multipart->end[i] = (uint16_t)text.length;
		multipart->length += (uint64_t)(range->last - range->first + 1);
	}
	text_add(&text, "\r\n--");
	add_boundary(&text, number);
	text_add(&text, "--\r\n");
	multipart->end[answer->range_count] = (uint16_t)text.length;
	multipart->length += text.length;
	multipart->overflow = text.overflow;
}

void multipart_lay(
	const struct multipart *multipart, const struct answer *answer, struct text *text)
{
	struct parts *parts = parts_in(text->bytes);
	uint16_t begin = (uint16_t)text->length, from = 0;

	parts->count = multipart ? multipart->count : answer->range_count;
	for (uint32_t i = 0; i < parts->count; i++) {
		struct part *part = &parts->part[i];
		uint16_t to = multipart ? multipart->end[i] : 0;

		*part = (struct part){
			.text = (uint16_t)(begin + from),
			.text_length = (uint16_t)(to - from),
		};
		if (i < answer->range_count) {
			part->first = answer->ranges[i].first;
			part->end = answer->ranges[i].last + 1;
		}
		from = to;
	}
	if (multipart) {
		text_bytes(text, multipart->bytes, from);
		text->overflow |= multipart->overflow;
	}
}
