/* SPDX-License-Identifier: ISC */
/* links: worker */

/*
 * Any field lines, "\n" between them, as those of a request: what is made of Range,
 * Accept-Encoding, Accept and the preconditions can be sent, and means what it says. The input as a
 * whole is also a value of Range, for bytes that no head lets through.
 */

#include <string.h>

#include "accept.h"
#include "encoding.h"
#include "must.h"
#include "precondition.h"
#include "range.h"

#define LIMIT 16384
#define JSON  "application/json"
#define HTML  "text/html"
#define DATE  INT64_C(784111777) /* 1994-11-06T08:49:37Z */
#define NOW   (DATE + 1000)

/* ---- ranges ---- */

static void check_good(const struct range *ranges, uint32_t count, int64_t size, uint32_t limit)
{
	must(count >= 1 && count <= limit);
	for (uint32_t i = 0; i < count; i++) {
		must(ranges[i].first >= 0 && ranges[i].first <= ranges[i].last);
		must(ranges[i].last < size);
		/* Neither overlap nor touch. */
		for (uint32_t k = 0; k < i; k++)
			must(ranges[k].last < ranges[i].first - 1 ||
				ranges[i].last < ranges[k].first - 1);
	}
}

/* Written out and read again they are the same. */
static void check_again(const struct range *ranges, uint32_t count, int64_t size)
{
	struct range again[RANGES_MAX];
	char text[RANGES_MAX * 42 + 8] = "bytes=";
	uint32_t agains;

	for (uint32_t i = 0; i < count; i++)
		sprintf(text + strlen(text), i > 0 ? ",%jd-%jd" : "%jd-%jd",
			(intmax_t)ranges[i].first, (intmax_t)ranges[i].last);
	must(range_parse((struct span){text, strlen(text)}, size, RANGES_MAX, again, &agains) ==
		RANGES_GOOD);
	must(agains == count && memcmp(again, ranges, count * sizeof *ranges) == 0);
}

/* The limit decides whether, and not what. */
static void check_limits(struct span value, int64_t size)
{
	static const uint32_t limits[] = {0, 1, 2, 5};
	struct range most[RANGES_MAX], ranges[RANGES_MAX];
	uint32_t most_count, count;
	enum ranges result = range_parse(value, size, RANGES_MAX, most, &most_count);

	if (result == RANGES_GOOD) {
		check_good(most, most_count, size, RANGES_MAX);
		check_again(most, most_count, size);
	} else {
		must(most_count == 0);
	}
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		enum ranges limited = range_parse(value, size, limits[i], ranges, &count);

		must(limited == RANGES_IGNORED || limited == result);
		if (limited == RANGES_GOOD)
			must(count == most_count && count <= limits[i] &&
				memcmp(ranges, most, count * sizeof *ranges) == 0);
		else
			must(count == 0);
		must(limits[i] > 0 || limited == RANGES_IGNORED);
	}
}

static void check_ranges(struct span value)
{
	static const int64_t sizes[] = {0, 1, 2, 10, 100, 10240, INT64_MAX - 1, INT64_MAX};

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		check_limits(value, sizes[i]);
}

/* ---- a request with these lines ---- */

struct request {
	struct http_head head;
	char bytes[LIMIT];
};

/* The lines, and one more. False: no such request. */
static bool make(struct request *request, const char *lines, size_t size, const char *more)
{
	static const char begin[] = "GET / HTTP/1.1\r\nHost: a\r\n";
	size_t length = sizeof begin - 1;

	memcpy(request->bytes, begin, length);
	for (size_t i = 0; i < size; i++) {
		if (length + strlen(more) + 10 > sizeof request->bytes)
			return false;
		if (lines[i] == '\n')
			request->bytes[length++] = '\r';
		request->bytes[length++] = lines[i];
	}
	if (size > 0 && lines[size - 1] != '\n')
		length += (size_t)sprintf(request->bytes + length, "\r\n");
	length += (size_t)sprintf(request->bytes + length, "%s\r\n", more);
	/* An empty line would end the head before its last line. */
	return http_head_parse(request->bytes, length, LIMIT, &request->head) == 0 &&
	       request->head.length == length;
}

static bool has(struct span value, const char *text)
{
	return memmem(value.bytes, value.length, text, strlen(text)) != NULL;
}

/* ---- encodings ---- */

static bool takes(const struct encoding_choice *choice, enum encoding encoding)
{
	for (unsigned i = 0; i < choice->count; i++)
		if (choice->order[i] == encoding)
			return true;
	return false;
}

static void check_encodings(const struct http_head *head, const struct http_head *without_gzip)
{
	struct encoding_choice choice, without;
	unsigned left = 0;

	encoding_choose(head, &choice);
	must(choice.count <= ENCODING_COUNT);
	for (unsigned i = 0; i < choice.count; i++) {
		must(choice.order[i] < ENCODING_COUNT);
		for (unsigned k = 0; k < i; k++)
			must(choice.order[i] != choice.order[k]);
	}
	if (!head->accept_encoding.bytes)
		must(choice.count == 1 && choice.order[0] == ENCODING_IDENTITY);

	/* Refusing one leaves the others as they are. */
	encoding_choose(without_gzip, &without);
	must(!takes(&without, ENCODING_GZIP));
	for (unsigned i = 0; i < choice.count; i++)
		if (choice.order[i] != ENCODING_GZIP)
			must(left < without.count && without.order[left++] == choice.order[i]);
	must(left == without.count);
}

/* ---- types ---- */

static void check_types(const struct http_head *head, const struct http_head *without_json)
{
	must(!accept_prefers(head, JSON, JSON));
	must(!accept_prefers(head, JSON, HTML) || !accept_prefers(head, HTML, JSON));
	must(!accept_prefers(without_json, JSON, HTML));
	if (!head->accept.bytes)
		must(!accept_prefers(head, JSON, HTML) && !accept_prefers(head, HTML, JSON));
}

/* ---- preconditions ---- */

/* Does the field name this opaque tag anywhere, or is it "*"? */
static bool names(const struct http_head *head, const char *field, const char *opaque)
{
	struct span value;

	for (size_t at = 0; http_head_next(head, field, &at, &value);)
		if (has(value, opaque) || (value.length == 1 && value.bytes[0] == '*'))
			return true;
	return false;
}

static void check_condition(const struct http_head *head, const struct validator *validator)
{
	enum precondition result = precondition_check(head, validator, NOW);
	bool dates = validator->dated &&
		     (head->if_modified_since.length > 0 || head->if_unmodified_since.length > 0);
	bool date = validator->dated && !head->if_none_match.bytes;

	must(result == PRECONDITION_HOLDS || result == PRECONDITION_UNCHANGED ||
		result == PRECONDITION_FAILED);
	if (!head->if_match.bytes && !head->if_none_match.bytes && !dates)
		must(result == PRECONDITION_HOLDS);
	if (head->if_match.bytes && result != PRECONDITION_FAILED)
		must(names(head, "if-match", validator->weak ? "*" : "\"v1\""));
	if (result == PRECONDITION_UNCHANGED)
		must(date || names(head, "if-none-match", "\"v1\""));
	if (result == PRECONDITION_FAILED)
		must(head->if_match.bytes || dates);
}

static void check_range_condition(const struct http_head *head, const struct validator *validator)
{
	struct span value = head->if_range;
	bool good = precondition_range(head, validator, NOW);

	if (!value.bytes) {
		must(good);
		return;
	}
	if (!good)
		return;
	must(!validator->weak);
	if (value.length > 0 && value.bytes[0] == '"')
		must(value.length == 4 && memcmp(value.bytes, "\"v1\"", 4) == 0);
	else
		must(validator->dated && has(value, "08:49:37") && has(value, "Nov"));
	/* By then the date is no strong validator. */
	if (value.bytes[0] != '"')
		must(!precondition_range(head, validator, DATE));
}

static void check_conditions(const struct http_head *head)
{
	static const struct validator validators[] = {
		{.etag = "\"v1\"", .etag_length = 4, .dated = true, .modified = DATE},
		{.etag = "W/\"v1\"",
			.etag_length = 6,
			.weak = true,
			.dated = true,
			.modified = DATE},
		{.etag = "\"v1\"", .etag_length = 4},
	};

	for (size_t i = 0; i < sizeof validators / sizeof validators[0]; i++) {
		check_condition(head, &validators[i]);
		check_range_condition(head, &validators[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct request request, without;
	const char *lines = (const char *)data;

	check_ranges((struct span){lines, size});
	if (!make(&request, lines, size, ""))
		return 0;
	check_ranges(request.head.range);
	check_conditions(&request.head);
	if (make(&without, lines, size, "Accept-Encoding: gzip;q=0\r\n"))
		check_encodings(&request.head, &without.head);
	if (make(&without, lines, size, "Accept: " JSON ";charset=utf-8;q=0\r\n"))
		check_types(&request.head, &without.head);
	return 0;
}
