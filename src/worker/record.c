/* SPDX-License-Identifier: ISC */
#include "record.h"

#include <errno.h>
#include <linux/tls.h>
#include <string.h>
#include <sys/socket.h>

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

/* RFC 8446 §5.1, §6 */
enum {
	TYPE_ALERT = 21,
	TYPE_HANDSHAKE = 22,
	TYPE_DATA = 23,
	ALERT_WARNING = 1,
	ALERT_CLOSE_NOTIFY = 0,
	ALERT_USER_CANCELED = 90,
};

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(unsigned char))];
};

static enum received failure(int error)
{
	switch (error) {
	case EAGAIN:
	case EINTR:
		return RECEIVED_NOTHING;
	case EKEYEXPIRED: /* 6.14 and later: the record before was a KeyUpdate */
		return RECEIVED_REKEY;
	default: /* EBADMSG, EMSGSIZE, ECONNRESET, … */
		return RECEIVED_BROKEN;
	}
}

static int record_type(struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
		if (c->cmsg_level == SOL_TLS && c->cmsg_type == TLS_GET_RECORD_TYPE)
			return *CMSG_DATA(c);
	return -1;
}

static enum received alert(const char *bytes, ssize_t length)
{
	if (length != 2)
		return RECEIVED_BROKEN;
	if (bytes[1] == ALERT_CLOSE_NOTIFY)
		return RECEIVED_END;
	/* Precedes a close_notify (RFC 8446 §6.1). */
	if (bytes[1] == ALERT_USER_CANCELED)
		return RECEIVED_NOTHING;
	return RECEIVED_BROKEN;
}

/* The record that recv would not give. Data comes here only if it arrived in between. */
static enum received receive_record(int fd, char *bytes, size_t size, size_t *length)
{
	union control control;
	struct iovec part = {.iov_base = bytes, .iov_len = size};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control,
	};
	ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT);
	int type;

	if (n < 0)
		return errno == EIO ? RECEIVED_BROKEN : failure(errno);
	type = record_type(&message);
	switch (type) {
	case -1:
		return n == 0 ? RECEIVED_END : RECEIVED_BROKEN;
	case TYPE_DATA:
		*length = (size_t)n;
		return n > 0 ? RECEIVED_BYTES : RECEIVED_NOTHING;
	case TYPE_ALERT:
		return alert(bytes, n);
	case TYPE_HANDSHAKE:
		return RECEIVED_REKEY;
	default:
		return RECEIVED_BROKEN;
	}
}

enum received record_receive(int fd, enum path path, char *bytes, size_t size, size_t *length)
{
	ssize_t n = recv(fd, bytes, size, MSG_DONTWAIT);

	if (n > 0) {
		*length = (size_t)n;
		return RECEIVED_BYTES;
	}
	if (n == 0)
		return RECEIVED_END;
	if (errno == EIO && path == PATH_KERNEL)
		return receive_record(fd, bytes, size, length);
	return failure(errno);
}

int record_close_notify(int fd)
{
	char notify[2] = {ALERT_WARNING, ALERT_CLOSE_NOTIFY};
	union control control;
	struct iovec part = {.iov_base = notify, .iov_len = sizeof notify};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control,
	};
	struct cmsghdr *header = &control.header;

	memset(&control, 0, sizeof control);
	header->cmsg_level = SOL_TLS;
	header->cmsg_type = TLS_SET_RECORD_TYPE;
	header->cmsg_len = CMSG_LEN(sizeof(unsigned char));
	*CMSG_DATA(header) = TYPE_ALERT;
	return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -1 : 0;
}
