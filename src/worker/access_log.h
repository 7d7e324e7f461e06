/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_ACCESS_LOG_H
#define SULID_WORKER_ACCESS_LOG_H

/*
 * The access log: one line per request, JSON (one object per line) or combined with sulid's fields
 * after it. Lines are gathered in one buffer per log and written at the end of a turn, or when the
 * buffer is half full; O_APPEND lets workers share a file. To a pipe they go in pieces of whole
 * lines that it takes undivided. What cannot be written (disk full, reader gone) stays in the
 * buffer; what does not fit there is dropped and counted (COUNTER_LOG_LINES_LOST), and said in the
 * error log once a minute. Nothing is allocated after access_log_open.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/text.h"
#include "contract/counters.h"
#include "contract/handoff.h"
#include "contract/image.h"

#include "span.h"

/* No line is longer, its '\n' included: what a pipe takes undivided (PIPE_BUF). */
#define ACCESS_LOG_LINE 4096

/* What one worker may hold back of each log. */
#define ACCESS_LOG_BUFFER 65536

struct access_logs; /* all of one worker's */

/* What one line tells. Spans may be absent, and may hold anything. */
struct access_entry {
	const char *vhost; /* its first name, or NULL */
	enum protocol protocol;
	enum path path;
	enum tls_version version;
	enum tls_cipher cipher;
	bool resumed;
	const struct address *peer;
	const uint8_t *digest; /* of the client's certificate, or NULL */
	const char *groups;    /* that it is in, with commas, or NULL */
	int64_t time_ms;       /* Unix time in milliseconds at which the request was complete */
	uint64_t duration_us;  /* from the request's first byte to the last given to the kernel */
	struct span request;   /* the request line as received */
	struct span referer;
	struct span user_agent;
	struct span request_id; /* at most 64 bytes; absent: the vhost has none */
	unsigned status;        /* HTTP or Gemini */
	uint64_t bytes;         /* of the body, as sent */
	bool complete;          /* false: the response was cut short */
};

/* Buffers for image->header->logs logs, mapped once; image and counters stay the caller's and have
 * to live as long. NULL with errno. */
struct access_logs *access_log_open(const struct image *image, struct counters *counters);

/* Write a line for this vhost (index) as its log, format and "clients" say; no log: nothing. */
void access_log_line(struct access_logs *logs, uint32_t vhost, const struct access_entry *entry);

/* Same without a vhost (the request named none of ours): goes to the first log there is. */
#define ACCESS_LOG_NO_VHOST IMAGE_NONE

/* At the end of a turn, and before the process ends. */
void access_log_flush(struct access_logs *logs);

/*
 * Write what there is, then put fd (the caller's) in the place of log number "log". What could not
 * be written goes to the new one, but for the rest of a line that begins in the old one. -1 with
 * errno.
 */
int access_log_replace(struct access_logs *logs, uint32_t log, int fd);

/*
 * The line itself, ending in '\n', into ACCESS_LOG_LINE bytes of text: it always fits. Overlong
 * parts are cut and end in "…" (combined: "..."). clients decides how much of the address is shown.
 */
void access_log_format(struct text *text, enum log_format format, enum log_clients clients,
	const struct access_entry *entry);

#endif
