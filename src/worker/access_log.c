/* SPDX-License-Identifier: ISC */
#include "access_log.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/date.h"
#include "base/log.h"
#include "contract/inherit.h"

/* The longest that each part of a line may become, its escapes and the mark of a cut included. */
#define VHOST_MAX      256
#define REQUEST_MAX    1536
#define REFERER_MAX    768
#define USER_AGENT_MAX 512
#define REQUEST_ID_MAX 64
#define GROUPS_MAX     128
#define REST_MAX       1024 /* all else: names, groups, numbers, address, digest */

#define LOST_SECONDS 60 /* between two messages about lost lines of one log */

_Static_assert(VHOST_MAX + REQUEST_MAX + REFERER_MAX + USER_AGENT_MAX + REST_MAX <= ACCESS_LOG_LINE,
	"a line of the longest parts fits");
_Static_assert(ACCESS_LOG_LINE <= PIPE_BUF, "a pipe takes a line undivided");

static const char *const protocol_name[PROTOCOL_COUNT] = {"http", "https", "gemini", "admin"};
static const char *const path_name[] = {"plain", "kernel", "relayed"};

struct access_log {
	const struct image_vhost
		*vhost; /* the first that writes here: its name stands for the log */
	int fd;
	size_t piece;    /* longest write */
	size_t length;   /* bytes in the buffer */
	bool broken;     /* the buffer begins inside of a line */
	bool queued;     /* in the list of those with something to write */
	int error;       /* of the last write that failed */
	uint64_t unsaid; /* lines lost since the last message */
	struct log_limit limit;
	struct access_log *next; /* queued */
	char buffer[ACCESS_LOG_BUFFER];
};

struct access_logs {
	const struct image *image;
	struct counters *counters;
	struct access_log *queue;
	uint32_t count;
	struct access_log log[];
};

/* ---- the line ---- */

/* Escaped by "escape" into at most "most" bytes, of which the mark takes the last if it is cut. */
static void add_limited(struct text *text, void (*escape)(struct text *, const char *, size_t),
	struct span span, size_t most, const char *mark)
{
	size_t room = text->size - text->length;
	struct text part = text_over(text->bytes + text->length, most < room ? most : room);

	escape(&part, span.bytes, span.length);
	if (part.overflow) {
		part = text_over(part.bytes, part.size - strlen(mark));
		escape(&part, span.bytes, span.length);
		part.size += strlen(mark);
		part.overflow = false;
		text_add(&part, mark);
	}
	text->length += part.length;
}

static void add_client(struct text *text, enum log_clients clients, const struct address *peer)
{
	char bytes[ADDRESS_TEXT];
	struct address shown = {0};

	if (clients == LOG_CLIENTS_FULL)
		shown = *peer;
	else if (clients == LOG_CLIENTS_NETWORK)
		shown = address_network(peer, 24, 48);
	text_bytes(text, bytes, address_format(&shown, bytes));
}

static void add_seconds(struct text *text, uint64_t microseconds)
{
	text_number(text, microseconds / 1000000);
	text_byte(text, '.');
	text_padded(text, microseconds % 1000000, 6);
}

static void add_json_string(struct text *text, const char *key, struct span value, size_t most)
{
	text_add(text, key);
	if (value.bytes == NULL) {
		text_add(text, "null");
		return;
	}
	text_byte(text, '"');
	add_limited(text, text_json, value, most, "\xe2\x80\xa6");
	text_byte(text, '"');
}

static struct span span_of(const char *string)
{
	return (struct span){string, string != NULL ? strlen(string) : 0};
}

static void format_json(
	struct text *text, enum log_clients clients, const struct access_entry *entry)
{
	char date[DATE_ISO];

	date_iso(date, entry->time_ms / 1000, (unsigned)(entry->time_ms % 1000));
	text_add(text, "{\"time\":\"");
	text_bytes(text, date, sizeof date);
	text_add(text, "\",\"client\":\"");
	add_client(text, clients, entry->peer);
	add_json_string(text, "\",\"vhost\":", span_of(entry->vhost), VHOST_MAX);
	text_add(text, ",\"protocol\":\"");
	text_add(text, protocol_name[entry->protocol]);
	add_json_string(text, "\",\"request\":", entry->request, REQUEST_MAX);
	text_add(text, ",\"status\":");
	text_number(text, entry->status);
	text_add(text, ",\"bytes\":");
	text_number(text, entry->bytes);
	text_add(text, ",\"seconds\":");
	add_seconds(text, entry->duration_us);
	add_json_string(text, ",\"tls\":", span_of(tls_version_name[entry->version]), VHOST_MAX);
	add_json_string(text, ",\"cipher\":", span_of(tls_cipher_name[entry->cipher]), VHOST_MAX);
	text_add(text, ",\"path\":\"");
	text_add(text, path_name[entry->path]);
	text_add(text, "\",\"resumed\":");
	if (entry->version == TLS_NONE)
		text_add(text, "null");
	else
		text_add(text, entry->resumed ? "true" : "false");
	text_add(text, ",\"certificate\":");
	if (entry->digest != NULL) {
		text_add(text, "\"sha256:");
		text_hex(text, entry->digest, DIGEST_SIZE);
		text_byte(text, '"');
	} else {
		text_add(text, "null");
	}
	add_json_string(text, ",\"group\":", span_of(entry->groups), GROUPS_MAX);
	add_json_string(text, ",\"referer\":", entry->referer, REFERER_MAX);
	add_json_string(text, ",\"user_agent\":", entry->user_agent, USER_AGENT_MAX);
	if (entry->request_id.bytes)
		add_json_string(text, ",\"request_id\":", entry->request_id, REQUEST_ID_MAX);
	text_add(text, ",\"complete\":");
	text_add(text, entry->complete ? "true}\n" : "false}\n");
}

static void add_quoted(struct text *text, struct span value, size_t most)
{
	text_add(text, " \"");
	if (value.bytes != NULL)
		add_limited(text, text_log, value, most, "...");
	else
		text_byte(text, '-');
	text_byte(text, '"');
}

static void add_word(struct text *text, const char *word)
{
	text_byte(text, ' ');
	if (word != NULL)
		add_limited(text, text_log, span_of(word), VHOST_MAX, "...");
	else
		text_byte(text, '-');
}

static void format_combined(
	struct text *text, enum log_clients clients, const struct access_entry *entry)
{
	char date[DATE_CLF];

	date_clf(date, entry->time_ms / 1000);
	add_client(text, clients, entry->peer);
	text_add(text, " - - [");
	text_bytes(text, date, sizeof date);
	text_byte(text, ']');
	add_quoted(text, entry->request, REQUEST_MAX);
	text_byte(text, ' ');
	text_number(text, entry->status);
	text_byte(text, ' ');
	text_number(text, entry->bytes);
	add_quoted(text, entry->referer, REFERER_MAX);
	add_quoted(text, entry->user_agent, USER_AGENT_MAX);
	add_word(text, entry->vhost);
	add_word(text, tls_version_name[entry->version]);
	add_word(text, tls_cipher_name[entry->cipher]);
	add_word(text, path_name[entry->path]);
	if (entry->digest != NULL) {
		text_add(text, " sha256:");
		text_hex(text, entry->digest, DIGEST_SIZE);
	} else {
		text_add(text, " -");
	}
	add_quoted(text, span_of(entry->groups), GROUPS_MAX);
	text_byte(text, ' ');
	add_seconds(text, entry->duration_us);
	text_add(text, entry->complete ? " complete" : " cut");
	if (entry->request_id.bytes) {
		text_byte(text, ' ');
		add_limited(text, text_log, entry->request_id, REQUEST_ID_MAX, "...");
	}
	text_byte(text, '\n');
}

void access_log_format(struct text *text, enum log_format format, enum log_clients clients,
	const struct access_entry *entry)
{
	if (format == LOG_FORMAT_JSON)
		format_json(text, clients, entry);
	else
		format_combined(text, clients, entry);
}

/* ---- the writing ---- */

/* A file takes any length undivided; a pipe or socket less, and may be full. */
static void look_at(struct access_log *log)
{
	struct stat status;
	bool file = fstat(log->fd, &status) == 0 && S_ISREG(status.st_mode);

	log->piece = file ? ACCESS_LOG_BUFFER : PIPE_BUF;
}

struct access_logs *access_log_open(const struct image *image, struct counters *counters)
{
	const struct image_header *header = image->header;
	struct access_logs *logs;
	size_t size = sizeof *logs + header->logs * sizeof logs->log[0];

	logs = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (logs == MAP_FAILED)
		return NULL;
	logs->image = image;
	logs->counters = counters;
	logs->count = header->logs;
	for (uint32_t i = 0; i < header->logs; i++) {
		logs->log[i].fd = inherit_log(image, i);
		look_at(&logs->log[i]);
	}
	for (uint32_t i = header->vhosts.count; i-- > 0;)
		if (image->vhosts[i].log != IMAGE_NONE)
			logs->log[image->vhosts[i].log].vhost = &image->vhosts[i];
	return logs;
}

static void lose_line(struct access_logs *logs, struct access_log *log)
{
	counter_add(logs->counters, COUNTER_LOG_LINES_LOST, 1);
	log->unsaid++;
}

static void say_lost(const struct access_logs *logs, struct access_log *log)
{
	unsigned long suppressed;

	if (log->unsaid == 0 || !log_allowed(&log->limit, LOST_SECONDS, &suppressed))
		return;
	errno = log->error;
	log_warn("access log of %s: %llu line%s lost",
		log->vhost != NULL ? image_string(logs->image, log->vhost->name) : "nobody",
		(unsigned long long)log->unsaid, log->unsaid == 1 ? "" : "s");
	log->unsaid = 0;
}

/* How much of the buffer from "from" on goes into one write: whole lines. */
static size_t next_piece(const struct access_log *log, size_t from)
{
	const char *start = log->buffer + from, *end;
	size_t size = log->length - from;

	if (size <= log->piece)
		return size;
	end = memrchr(start, '\n', log->piece);
	return end != NULL ? (size_t)(end - start) + 1 : log->piece;
}

/*
 * One write. The descriptor's flags are shared with whoever started us, so it cannot be made
 * non-blocking: whether a pipe takes a piece is asked first.
 */
static ssize_t write_piece(const struct access_log *log, size_t from)
{
	struct pollfd ready = {.fd = log->fd, .events = POLLOUT};
	ssize_t n;

	if (log->piece != ACCESS_LOG_BUFFER && poll(&ready, 1, 0) == 0) {
		errno = EAGAIN;
		return -1;
	}
	do {
		n = write(log->fd, log->buffer + from, next_piece(log, from));
	} while (n < 0 && errno == EINTR);
	return n;
}

/* What a write leaves over stays at the buffer's beginning, to be completed by the next. */
static void write_out(struct access_log *log)
{
	size_t written = 0;
	ssize_t n = 0;

	while (written < log->length) {
		n = write_piece(log, written);
		if (n <= 0)
			break;
		written += (size_t)n;
	}
	if (n < 0)
		log->error = errno;
	if (written == 0)
		return;
	log->broken = log->buffer[written - 1] != '\n';
	log->length -= written;
	memmove(log->buffer, log->buffer + written, log->length);
}

void access_log_line(struct access_logs *logs, uint32_t vhost, const struct access_entry *entry)
{
	uint32_t number = vhost == ACCESS_LOG_NO_VHOST ? 0 : logs->image->vhosts[vhost].log;
	const struct image_vhost *style;
	struct access_log *log;
	struct text line;

	if (number >= logs->count)
		return;
	log = &logs->log[number];
	style = vhost == ACCESS_LOG_NO_VHOST ? log->vhost : &logs->image->vhosts[vhost];
	if (style == NULL)
		return;
	if (log->length > ACCESS_LOG_BUFFER / 2)
		write_out(log);
	if (!log->queued) {
		log->queued = true;
		log->next = logs->queue;
		logs->queue = log;
	}
	if (log->length + ACCESS_LOG_LINE > ACCESS_LOG_BUFFER) {
		lose_line(logs, log);
		return;
	}
	line = text_over(log->buffer + log->length, ACCESS_LOG_LINE);
	access_log_format(&line, style->log_format, style->log_clients, entry);
	log->length += line.length;
}

void access_log_flush(struct access_logs *logs)
{
	struct access_log **link = &logs->queue;

	while (*link != NULL) {
		struct access_log *log = *link;

		write_out(log);
		say_lost(logs, log);
		if (log->length > 0 || log->unsaid > 0) {
			link = &log->next;
			continue;
		}
		log->queued = false;
		*link = log->next;
	}
}

int access_log_replace(struct access_logs *logs, uint32_t number, int fd)
{
	struct access_log *log = &logs->log[number];
	const char *end;
	size_t rest;

	write_out(log);
	if (dup2(fd, log->fd) < 0)
		return -1;
	look_at(log);
	if (!log->broken)
		return 0;
	end = memchr(log->buffer, '\n', log->length);
	rest = end != NULL ? (size_t)(end - log->buffer) + 1 : log->length;
	log->length -= rest;
	memmove(log->buffer, log->buffer + rest, log->length);
	log->broken = false;
	lose_line(logs, log);
	return 0;
}
