/* SPDX-License-Identifier: ISC */
#include "send.h"

#include <errno.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "pace.h"
#include "parts.h"
#include "resolve.h"
#include "serve.h"

#define RECORD_BYTES 16384

/* The buffer that the head and the texts of the parts are in. */
static const char *buffer_of(const struct conn *conn)
{
	return conn->out ? conn->out : conn->server->answer;
}

static uint64_t parts_sent(const struct conn *conn)
{
	const struct parts *parts = parts_of(buffer_of(conn));
	uint64_t sent = 0;

	for (uint32_t i = 0; i <= conn->part && i < parts->count; i++) {
		const struct part *part = &parts->part[i];

		if (i < conn->part)
			sent += part->text_length + (uint64_t)(part->end - part->first);
		else if (conn->out_sent >= part->text)
			sent += (uint64_t)(conn->out_sent - part->text) +
				(uint64_t)(conn->file.offset - part->first);
	}
	return sent;
}

uint64_t conn_body_sent(const struct conn *conn)
{
	if (conn->parted)
		return parts_sent(conn);
	if (conn->file_fd >= 0)
		return (uint64_t)conn->file.offset;
	return conn->out_sent > conn->out_head ? (uint64_t)(conn->out_sent - conn->out_head) : 0;
}

static void count(struct conn *conn, size_t bytes)
{
	pace_add(conn, bytes);
	conn->records += (uint32_t)(bytes / RECORD_BYTES) + 1;
	counter_add(conn->server->counters, COUNTER_BYTES_SENT, bytes);
}

static enum sent failure(int error)
{
	switch (error) {
	case EAGAIN:
	case ENOMEM: /* no socket memory at the moment */
		return SENT_NONE;
	case EPIPE:
	case ECONNRESET:
	case ECONNABORTED:
	case ENOTCONN:
	case ETIMEDOUT:
	case EHOSTUNREACH:
	case ENETUNREACH:
		return SENT_GONE;
	default: /* EIO: the disk, or the file system is gone */
		return SENT_CUT;
	}
}

static enum sent send_memory(struct conn *conn, const char *bytes, bool more)
{
	size_t before = conn->out_sent;

	while (conn->out_sent < conn->out_length) {
		ssize_t n = send(conn->source.fd, bytes + conn->out_sent,
			(size_t)conn->out_length - conn->out_sent,
			MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			enum sent sent = failure(errno);

			return sent == SENT_NONE && conn->out_sent > before ? SENT_SOME : sent;
		}
		conn->out_sent = (uint16_t)(conn->out_sent + n);
		count(conn, (size_t)n);
	}
	return SENT_ALL;
}

/*
 * Is the file what it was when it was opened? A new status time alone means nothing if a link
 * was taken away: that is how a file is replaced by rename.
 */
static bool same_file(const struct conn *conn)
{
	struct stat status;

	if (fstat(conn->file_fd, &status) < 0 || status.st_size < conn->file.size)
		return false;
	if (status.st_size == conn->file.size && resolve_time(&status.st_mtim) == conn->file.mtime)
		return status.st_nlink != conn->links ||
		       resolve_time(&status.st_ctim) == conn->file.ctime;
	/* A log may grow: what we promised is still there. It also has a new time then. */
	return status.st_size > conn->file.size;
}

/*
 * "size" bytes of the file at most, of what is there up to "end". 0 from sendfile is never
 * progress: the file has become shorter.
 */
static enum sent send_piece(struct conn *conn, int64_t size, int64_t end)
{
	off_t offset = (off_t)conn->file.offset;
	ssize_t n;

	do {
		n = sendfile(conn->source.fd, conn->file_fd, &offset, (size_t)size);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return failure(errno);
	if (n == 0)
		return SENT_CUT;
	conn->file.offset += n;
	count(conn, (size_t)n);
	if (conn->file.offset == end)
		return SENT_ALL;
	return n < size ? SENT_SOME : SENT_SLICE;
}

/* The file from where it is up to "end". begins: nothing of it was sent so far. */
static enum sent send_file(struct conn *conn, int64_t end, bool begins)
{
	int64_t left = end - conn->file.offset;
	enum sent sent;

	/* Looked at before the last bytes go: who lacks them knows that something is wrong. */
	if (left <= SEND_SLICE && !conn->fresh && !same_file(conn))
		return SENT_CUT;
	if (!begins || left <= SEND_WHOLE)
		return send_piece(conn, left < SEND_SLICE ? left : SEND_SLICE, end);
	sent = send_piece(conn, SEND_FIRST, end);
	if (sent != SENT_SLICE)
		return sent;
	left -= SEND_FIRST;
	sent = send_piece(conn, left < SEND_SLICE ? left : SEND_SLICE, end);
	return sent == SENT_NONE ? SENT_SOME : sent;
}

/* What is in memory, then the file up to "end". */
static enum sent send_both(struct conn *conn, const char *bytes, int64_t first, int64_t end)
{
	bool file = conn->file_fd >= 0 && conn->file.offset < end;
	uint16_t before = conn->out_sent;
	enum sent sent = send_memory(conn, bytes, file);

	if (sent == SENT_ALL && file) {
		sent = send_file(conn, end, conn->file.offset == first);
		if (sent == SENT_NONE && conn->out_sent > before)
			sent = SENT_SOME;
	}
	return sent;
}

/* The first part's text follows the head; that of a later one is the next piece of memory. */
static void begin_part(struct conn *conn, const struct part *part)
{
	conn->file.offset = part->first;
	conn->out_sent = part->text;
	conn->out_length = (uint16_t)(part->text + part->text_length);
}

/* As many parts as make a slice. */
static enum sent send_parts(struct conn *conn, const char *bytes)
{
	const struct parts *parts = parts_of(bytes);
	uint32_t before = conn->window_sent;

	for (;;) {
		const struct part *part = &parts->part[conn->part];
		bool last = conn->part + 1u == parts->count;
		enum sent sent = send_both(conn, bytes, part->first, part->end);

		if (sent == SENT_NONE && conn->window_sent != before)
			return SENT_SOME;
		if (sent != SENT_ALL || last)
			return sent;
		conn->part++;
		begin_part(conn, &parts->part[conn->part]);
		if (conn->window_sent - before >= SEND_SLICE)
			return SENT_SLICE;
	}
}

enum sent send_step(struct conn *conn)
{
	const char *bytes = buffer_of(conn);
	enum sent sent =
		conn->parted ? send_parts(conn, bytes) : send_both(conn, bytes, 0, conn->file.size);

	conn->fresh = false;
	return sent;
}
