/* SPDX-License-Identifier: ISC */
#include "http_file.h"

#include <string.h>

#include "accept.h"
#include "listings.h"
#include "precondition.h"

#define NANOSECONDS 1000000000

/*
 * The encoding that the client likes best and that is there. False: it takes none that we have.
 */
static bool choose_encoding(struct http_request *request, struct answer *answer)
{
	struct encoding_choice choice;

	if (!request->lookup.compressible)
		return true;
	answer->vary = answer->vary ? "Accept, Accept-Encoding" : "Accept-Encoding";
	encoding_choose(request->head, &choice);
	for (unsigned i = 0; i < choice.count; i++) {
		if (choice.order[i] != ENCODING_IDENTITY &&
			!lookup_neighbour(&request->lookup, encoding_rows[choice.order[i]].ending))
			continue;
		answer->encoding = choice.order[i];
		return true;
	}
	return false;
}

/*
 * Gemtext is for Gemini's clients; who would rather have HTML gets what it was rendered to, if that
 * is there.
 */
static void choose_rendered(struct http_request *request, struct answer *answer)
{
	static const char gemtext[] = "text/gemini";

	if (strncmp(request->lookup.resource.type, gemtext, sizeof gemtext - 1) != 0)
		return;
	answer->vary = "Accept";
	if (accept_prefers(request->head, "text/html", gemtext) &&
		lookup_rendered(&request->lookup))
		answer->settings = request->lookup.settings;
}

/* The lookup's file becomes the answer's. */
static void take_file(struct http_request *request, struct answer *answer)
{
	answer->resource = request->lookup.resource;
	request->lookup.resource.fd = -1;
}

static unsigned choose_ranges(const struct http_request *request, struct answer *answer)
{
	const struct http_head *head = request->head;
	int64_t size = answer->resource.size;

	/* RFC 9110 §14.2: only GET has ranges. */
	if (head->method != METHOD_GET || !head->range.bytes ||
		!precondition_range(head, &answer->validator, request->now / NANOSECONDS))
		return 200;
	switch (range_parse(head->range, size, request->image->header->limits.ranges,
		answer->ranges, &answer->range_count)) {
	case RANGES_GOOD:
		return 206;
	case RANGES_UNSATISFIABLE:
		answer->whole = size;
		answer->range_count = 0;
		return 416;
	case RANGES_IGNORED:
		break;
	}
	answer->range_count = 0;
	return 200;
}

unsigned http_file_answer(struct http_request *request, struct answer *answer)
{
	unsigned status = 406;
	bool good;

	choose_rendered(request, answer);
	good = choose_encoding(request, answer);
	take_file(request, answer);
	if (good) {
		answer->validated = true;
		answer->cache = request->lookup.cache;
		validator_make(
			&answer->validator, &answer->resource, answer->encoding, request->now);
		switch (precondition_check(
			request->head, &answer->validator, request->now / NANOSECONDS)) {
		case PRECONDITION_UNCHANGED:
			status = 304;
			break;
		case PRECONDITION_FAILED:
			status = 412;
			break;
		case PRECONDITION_HOLDS:
			status = choose_ranges(request, answer);
			break;
		}
	}
	if (status == 200 || status == 206)
		return status;
	answer_drop(answer);
	answer->encoding = ENCODING_IDENTITY;
	if (status != 304) {
		answer->validated = false;
		answer->cache = NULL;
	}
	return status;
}

/* ---- listings ---- */

unsigned http_listing_answer(struct http_request *request, struct answer *answer)
{
	answer->vary = "Accept";
	answer->format = accept_prefers(request->head, "application/json", "text/html")
				 ? LISTING_JSON
				 : LISTING_HTML;
	switch (listings_answer(&request->listing, &request->lookup, &request->target, answer)) {
	case LISTED_READY:
		return 200;
	case LISTED_WAITS:
		return 0;
	case LISTED_BUSY:
		return 503;
	case LISTED_FAILED:
		break;
	}
	return 500;
}

/* ---- error pages ---- */

void http_error_page(struct http_request *request, struct answer *answer)
{
	const struct image *image = request->image;
	const struct image_settings *settings = answer->settings;
	struct image_range pages = settings->error_pages;

	for (uint32_t i = pages.first; i < pages.first + pages.count; i++) {
		if (image->error_pages[i].status != answer->status)
			continue;
		lookup_close(&request->lookup);
		/* As anybody may see it: who lacks what the page needs gets the built-in one. */
		if (lookup_file(&request->lookup, image->error_pages[i].path) == FOUND_FILE)
			take_file(request, answer);
		return;
	}
}
