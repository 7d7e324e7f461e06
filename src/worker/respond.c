/* SPDX-License-Identifier: ISC */
#include "respond.h"

#include <string.h>

#include "page.h"
#include "status.h"

#define LINK_MAX    512  /* bytes of a location that a page shows */
#define PAGE_MAX    7168 /* a page with a link of LINK_MAX bytes, each escaped, twice */
#define RETRY_AFTER "1"  /* seconds */

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

static void add_date(struct text *text, const char *name, int64_t seconds)
{
	char date[DATE_HTTP];

	date_http(date, seconds);
	add_field(text, name, date, sizeof date);
}

/* What is said of the body, whether it is sent or not. */
static void add_representation(
	struct text *text, const struct answer *answer, const struct text *page)
{
	const struct resource *file = &answer->resource;

	if (answer->status == 204)
		return;
	add_word(text, "Content-Type", file->fd >= 0 ? file->type : PAGE_TYPE);
	text_add(text, "Content-Length: ");
	text_number(text, file->fd >= 0 ? (uint64_t)file->size : page->length);
	text_add(text, "\r\n");
	/* A date from before 1970 is a file without one. */
	if (file->fd >= 0 && file->mtime >= 0)
		add_date(text, "Last-Modified", file->mtime / 1000000000);
}

static void add_status_fields(struct text *text, const struct answer *answer)
{
	if (answer->location_length > 0)
		add_field(text, "Location", answer->location, answer->location_length);
	if (answer->status == 204 || answer->status == 405)
		add_word(text, "Allow", "GET, HEAD, OPTIONS");
	if (answer->status == 503)
		add_word(text, "Retry-After", RETRY_AFTER);
	if (answer->close)
		add_word(text, "Connection", "close");
	else if (answer->say_keep_alive)
		add_word(text, "Connection", "keep-alive");
}

size_t respond_http(struct text *text, const struct answer *answer, const char *date)
{
	const struct status *status = status_find(answer->status);
	char bytes[PAGE_MAX];
	struct text page = text_over(bytes, sizeof bytes);
	bool link = answer->location_length > 0 && answer->location_length <= LINK_MAX;
	size_t head;

	if (answer->resource.fd < 0)
		page_add(&page, answer->status, link ? answer->location : NULL,
			answer->location_length);
	text_add(text, "HTTP/1.1 ");
	text_number(text, answer->status);
	text_byte(text, ' ');
	text_add(text, status->phrase);
	text_add(text, "\r\n");
	add_word(text, "Server", "sulid");
	add_field(text, "Date", date, DATE_HTTP);
	add_representation(text, answer, &page);
	add_status_fields(text, answer);
	text_add(text, "\r\n");
	head = text->length;
	if (!answer->bodyless)
		text_bytes(text, page.bytes, page.length);
	return head;
}

size_t respond_gemini(struct text *text, const struct answer *answer)
{
	text_number(text, answer->status);
	text_byte(text, ' ');
	if (answer->resource.fd >= 0)
		text_add(text, answer->resource.type);
	else if (answer->location_length > 0)
		text_bytes(text, answer->location, answer->location_length);
	else
		text_add(text,
			answer->reason ? answer->reason : status_find(answer->status)->phrase);
	text_add(text, "\r\n");
	return text->length;
}
