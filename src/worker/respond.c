/* SPDX-License-Identifier: ISC */
#include "respond.h"

#include <string.h>

#include "multipart.h"
#include "page.h"
#include "status.h"

#define LINK_MAX 512  /* bytes of a location that a page shows */
#define PAGE_MAX 7168 /* a page with a link of LINK_MAX bytes, each escaped, twice */

/* A response on its way into the buffer. */
struct response {
	struct text *text;
	const struct answer *answer;
	const struct respond_with *with;
	const struct multipart *parts; /* NULL: it is not in parts, or in a single one */
};

static void add_field(struct text *text, const char *name, const char *value, size_t length)
{
	text_add(text, name);
	text_add(text, ": ");
	text_bytes(text, value, length);
	text_add(text, "\r\n");
}

static void add_word(struct text *text, const char *name, const char *value)
{
	add_field(text, name, value, strlen(value));
}

static void add_text(struct text *text, const struct image *image, struct image_text lines)
{
	text_bytes(text, image_string(image, lines), lines.length);
}

static void add_number(struct text *text, const char *name, uint64_t number)
{
	text_add(text, name);
	text_add(text, ": ");
	text_number(text, number);
	text_add(text, "\r\n");
}

/* What is said of the body's form, whether it is sent or not. page: bytes of the built-in one. */
static void add_content(const struct response *response, size_t page)
{
	const struct answer *answer = response->answer;
	const struct resource *file = &answer->resource;
	struct text *text = response->text;
	const struct range *range = &answer->ranges[0];

	if (response->parts) {
		multipart_add_type(response->parts, text);
		add_number(text, "Content-Length", response->parts->length);
	} else if (answer->range_count == 1) {
		add_word(text, "Content-Type", file->type);
		add_number(text, "Content-Length", (uint64_t)(range->last - range->first + 1));
		text_add(text, "Content-Range: ");
		multipart_add_range(text, range, file->size);
		text_add(text, "\r\n");
	} else {
		add_word(text, "Content-Type", file->fd >= 0 ? file->type : PAGE_TYPE);
		add_number(text, "Content-Length", file->fd >= 0 ? (uint64_t)file->size : page);
	}
	if (answer->encoding != ENCODING_IDENTITY)
		add_word(text, "Content-Encoding", encoding_rows[answer->encoding].name);
}

/* Which version of what it is, and how long it may be kept. */
static void add_version(struct text *text, const struct answer *answer)
{
	const struct validator *validator = &answer->validator;
	char date[DATE_HTTP];

	if (answer->validated && validator->dated && answer->status != 304) {
		date_http(date, validator->modified);
		add_field(text, "Last-Modified", date, sizeof date);
	}
	if (answer->validated)
		add_field(text, "ETag", validator->etag, validator->etag_length);
	if (answer->vary)
		add_word(text, "Vary", answer->vary);
	if (answer->cache)
		add_word(text, "Cache-Control", answer->cache);
}

/* What belongs to a status. */
static void add_status_fields(struct text *text, const struct answer *answer)
{
	if (answer->location_length > 0)
		add_field(text, "Location", answer->location, answer->location_length);
	if (answer->status == 204 || answer->status == 405)
		add_word(text, "Allow", "GET, HEAD, OPTIONS");
	if (answer->status == 429 || answer->status == 503)
		add_number(text, "Retry-After", answer->wait);
	if (answer->sensitive)
		add_word(text, "Referrer-Policy", "no-referrer");
	if (answer->status == 416) {
		text_add(text, "Content-Range: bytes */");
		text_number(text, (uint64_t)answer->whole);
		text_add(text, "\r\n");
	}
	if (answer->close)
		add_word(text, "Connection", "close");
	else if (answer->say_keep_alive)
		add_word(text, "Connection", "keep-alive");
}

void respond_id(char id[static RESPOND_ID], const uint64_t number[static 2])
{
	for (unsigned i = 0; i < RESPOND_ID; i++)
		id[i] = "0123456789abcdef"[number[i / 16] >> (60 - 4 * (i % 16)) & 15];
}

/* What the configuration says. */
static void add_configured(const struct response *response)
{
	const struct answer *answer = response->answer;
	const struct image *image = response->with->image;
	struct text *text = response->text;
	char id[RESPOND_ID];

	if (answer->settings) {
		add_text(text, image, answer->settings->headers);
		if (response->with->secure)
			add_text(text, image, answer->settings->hsts);
	}
	if (!answer->with_id)
		return;
	if (answer->request_id.bytes) {
		add_field(
			text, "X-Request-Id", answer->request_id.bytes, answer->request_id.length);
	} else {
		respond_id(id, response->with->number);
		add_field(text, "X-Request-Id", id, sizeof id);
	}
}

static size_t add_head(const struct response *response, size_t page)
{
	const struct answer *answer = response->answer;
	struct text *text = response->text;

	text_add(text, "HTTP/1.1 ");
	text_number(text, answer->status);
	text_byte(text, ' ');
	text_add(text, status_find(answer->status)->phrase);
	text_add(text, "\r\n");
	if (!answer->settings || answer->settings->server)
		add_word(text, "Server", "sulid");
	add_field(text, "Date", response->with->date, DATE_HTTP);
	if (answer->status != 204 && answer->status != 304)
		add_content(response, page);
	if (answer->status == 200 && answer->validated &&
		response->with->image->header->limits.ranges > 0)
		add_word(text, "Accept-Ranges", "bytes");
	add_version(text, answer);
	add_status_fields(text, answer);
	add_configured(response);
	text_add(text, "\r\n");
	return text->length;
}

/* A built-in page, if there is room for it beside the head. */
static size_t add_with_page(const struct response *response)
{
	const struct answer *answer = response->answer;
	struct text empty = *response->text;
	char bytes[PAGE_MAX];
	struct text page = text_over(bytes, sizeof bytes);
	bool link = answer->location_length > 0 && answer->location_length <= LINK_MAX;
	size_t head;

	if (answer->prompt)
		page_ask(&page, answer->prompt, answer->sensitive);
	else if (answer->resource.fd < 0)
		page_add(&page, answer->status, link ? answer->location : NULL,
			answer->location_length);
	head = add_head(response, page.length);
	if (page.length > response->text->size - head) {
		page.length = 0;
		*response->text = empty;
		head = add_head(response, 0);
	}
	if (!answer->bodyless)
		text_bytes(response->text, page.bytes, page.length);
	return head;
}

size_t respond_http(struct text *text, struct answer *answer, const struct respond_with *with)
{
	struct response response = {.text = text, .answer = answer, .with = with};
	struct text empty = *text;
	struct multipart parts;
	size_t head;

	if (answer->range_count == 0)
		return add_with_page(&response);
	if (answer->range_count > 1) {
		multipart_make(&parts, answer, with->number[1]);
		response.parts = &parts;
	}
	text->size = PARTS_TEXT;
	head = add_head(&response, 0);
	multipart_lay(response.parts, answer, text);
	text->size = empty.size;
	if (!text->overflow)
		return head;
	*text = empty;
	answer->range_count = 0;
	answer->status = 200;
	response.parts = NULL;
	return add_with_page(&response);
}

size_t respond_gemini(struct text *text, const struct answer *answer)
{
	text_number(text, answer->status);
	text_byte(text, ' ');
	if (answer->resource.fd >= 0)
		text_add(text, answer->resource.type);
	else if (answer->location_length > 0)
		text_bytes(text, answer->location, answer->location_length);
	else if (answer->prompt)
		text_add(text, answer->prompt);
	else if (answer->status == 44)
		text_number(text, answer->wait);
	else
		text_add(text,
			answer->reason ? answer->reason : status_find(answer->status)->phrase);
	text_add(text, "\r\n");
	return text->length;
}
