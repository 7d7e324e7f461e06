/* SPDX-License-Identifier: ISC */
#include "listing.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "listing_form.h"
#include "listing_order.h"
#include "listing_read.h"

/* The arena: what is being written, what is being read, and the rest for entries. */
#define OUT  65536
#define READ 32768

/* A listing that is being made. */
struct making {
	const struct listing *listing;
	const struct listing_form *form;
	struct listing_reader reader;
	struct listing_items items;
	struct listing_summary summary;
	struct text text;
	size_t written; /* bytes in the memory file */
	int file;
};

static bool is_word(struct span span, const char *word)
{
	return span.length == strlen(word) && memcmp(span.bytes, word, span.length) == 0;
}

struct listing_order listing_parse_order(struct span query)
{
	struct listing_order order = {LISTING_NAME, false};
	struct span word = {query.bytes, 0};

	for (size_t i = 0; i <= query.length && query.bytes; i++) {
		if (i < query.length && query.bytes[i] != '&') {
			word.length++;
			continue;
		}
		if (is_word(word, "sort=name"))
			order.column = LISTING_NAME;
		else if (is_word(word, "sort=size"))
			order.column = LISTING_SIZE;
		else if (is_word(word, "sort=date"))
			order.column = LISTING_DATE;
		else if (is_word(word, "order=asc"))
			order.descending = false;
		else if (is_word(word, "order=desc"))
			order.descending = true;
		word = (struct span){query.bytes + i + 1, 0};
	}
	return order;
}

static const struct listing_form *form_of(enum listing_format format)
{
	switch (format) {
	case LISTING_JSON:
		return &listing_json;
	case LISTING_GEMTEXT:
		return &listing_gemtext;
	case LISTING_HTML:
		break;
	}
	return &listing_page;
}

const char *listing_type(enum listing_format format)
{
	return form_of(format)->type;
}

static bool flush(struct making *making)
{
	struct text *text = &making->text;

	for (size_t done = 0; done < text->length;) {
		ssize_t n = write(making->file, text->bytes + done, text->length - done);

		if (n < 0)
			return false;
		done += (size_t)n;
	}
	making->written += text->length;
	text->length = 0;
	return true;
}

static void count(struct listing_summary *summary, const struct listing_entry *entry)
{
	summary->directories += entry->directory;
	summary->files += !entry->directory;
	/* Sparse files can be larger together than anything. */
	if (summary->bytes > INT64_MAX - entry->size)
		summary->bytes = INT64_MAX;
	else
		summary->bytes += entry->size;
}

/* The entry as a whole, or summary.complete is false. */
static bool put(struct making *making, const struct listing_entry *entry)
{
	struct listing_summary *summary = &making->summary;
	struct text *text = &making->text;
	bool first = summary->directories + summary->files == 0;
	size_t before = text->length;

	making->form->entry(text, entry, first);
	if (text->overflow) {
		text->length = before;
		text->overflow = false;
		if (!flush(making))
			return false;
		before = 0;
		making->form->entry(text, entry, first);
	}
	if (text->overflow || making->written + text->length > LISTING_MOST - LISTING_END) {
		text->length = before;
		text->overflow = false;
		summary->complete = false;
		return true;
	}
	count(summary, entry);
	return true;
}

/*
 * What was gathered, and then what did not fit: *entry and all that is still to be read. got: of
 * listing_read.
 */
static bool put_all(struct making *making, struct listing_entry *entry, int got)
{
	const struct listing_item *item = making->items.first;

	for (; item && making->summary.complete; item = item->next) {
		struct listing_entry gathered = listing_entry(item);

		if (!put(making, &gathered))
			return false;
	}
	while (got > 0 && making->summary.complete) {
		if (!put(making, entry))
			return false;
		got = listing_read(&making->reader, entry);
	}
	return got >= 0;
}

static bool make(struct making *making)
{
	struct listing_entry entry;
	int got;

	do
		got = listing_read(&making->reader, &entry);
	while (got > 0 && listing_keep(&making->items, &entry));
	if (got < 0)
		return false;
	making->summary.sorted = got == 0;
	if (making->summary.sorted)
		listing_sort(&making->items, making->listing->order);
	making->form->begin(&making->text, making->listing, &making->summary);
	if (making->text.overflow) {
		errno = ENAMETOOLONG;
		return false;
	}
	if (!put_all(making, &entry, got))
		return false;
	/* There is room for the end in the file, and now in the buffer too. */
	if (!flush(making))
		return false;
	making->form->end(&making->text, &making->summary);
	return flush(making);
}

int listing_write(const struct listing *listing, void *arena, size_t size)
{
	struct making making = {
		.listing = listing,
		.form = form_of(listing->format),
		.summary = {.complete = true},
	};

	if (size < OUT + READ) {
		errno = ENOMEM;
		return -1;
	}
	making.text = text_over(arena, OUT);
	making.reader = listing_reader(listing, (char *)arena + OUT, READ);
	making.items.bytes = (char *)arena + OUT + READ;
	making.items.size = size - OUT - READ;
	making.file = memfd_create("sulid-listing", MFD_CLOEXEC);
	if (making.file < 0)
		return -1;
	if (!make(&making)) {
		int error = errno;

		close(making.file);
		errno = error;
		return -1;
	}
	return making.file;
}
