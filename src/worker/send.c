/* SPDX-License-Identifier: ISC */
#include "send.h"

#include <errno.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "pace.h"
#include "resolve.h"
#include "serve.h"

#define RECORD_BYTES 16384

uint64_t conn_body_sent(const struct conn *conn)
{
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

/* "size" bytes of the file at most. 0 from sendfile is never progress: the file has become shorter.
 */
static enum sent send_piece(struct conn *conn, int64_t size)
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
	if (conn->file.offset == conn->file.size)
		return SENT_ALL;
	return n < size ? SENT_SOME : SENT_SLICE;
}

static enum sent send_file(struct conn *conn)
{
	int64_t left = conn->file.size - conn->file.offset;
	enum sent sent;

	/* Looked at before the last bytes go: who lacks them knows that something is wrong. */
	if (left <= SEND_SLICE && !conn->fresh && !same_file(conn))
		return SENT_CUT;
	if (conn->file.offset > 0 || left <= SEND_WHOLE)
		return send_piece(conn, left < SEND_SLICE ? left : SEND_SLICE);
	sent = send_piece(conn, SEND_FIRST);
	if (sent != SENT_SLICE)
		return sent;
	left -= SEND_FIRST;
	sent = send_piece(conn, left < SEND_SLICE ? left : SEND_SLICE);
	return sent == SENT_NONE ? SENT_SOME : sent;
}

enum sent send_step(struct conn *conn, const char *bytes)
{
	bool file = conn->file_fd >= 0 && conn->file.size > 0;
	uint16_t before = conn->out_sent;
	enum sent sent = send_memory(conn, bytes, file);

	if (sent == SENT_ALL && file) {
		sent = send_file(conn);
		if (sent == SENT_NONE && conn->out_sent > before)
			sent = SENT_SOME;
	}
	conn->fresh = false;
	return sent;
}
