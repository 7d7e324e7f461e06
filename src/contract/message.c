/* SPDX-License-Identifier: ISC */
#include "contract/message.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Room for more than one descriptor, so that a second one is seen and closed, not cut off. */
#define DESCRIPTORS_MAX 4

union control_room {
	char bytes[CMSG_SPACE(sizeof(int) * DESCRIPTORS_MAX)];
	struct cmsghdr align;
};

int message_send(int channel, const void *bytes, size_t size, int fd)
{
	union control_room room;
	struct iovec vector = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
	ssize_t sent;

	if (fd >= 0) {
		struct cmsghdr *header;

		memset(&room, 0, sizeof room);
		message.msg_control = room.bytes;
		message.msg_controllen = CMSG_SPACE(sizeof fd);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(header), &fd, sizeof fd);
	}
	do
		sent = sendmsg(channel, &message, MSG_NOSIGNAL | MSG_EOR);
	while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)size ? 0 : -1;
}

/* All descriptors that came along; returns how many. */
static size_t take_descriptors(struct msghdr *message, int descriptors[static DESCRIPTORS_MAX])
{
	size_t count = 0;

	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
		header = CMSG_NXTHDR(message, header)) {
		size_t bytes;

		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		bytes = header->cmsg_len - CMSG_LEN(0);
		for (size_t at = 0; at + sizeof(int) <= bytes && count < DESCRIPTORS_MAX;
			at += sizeof(int))
			memcpy(&descriptors[count++], CMSG_DATA(header) + at, sizeof(int));
	}
	return count;
}

int message_receive(int channel, void *bytes, size_t size, int *fd)
{
	union control_room room;
	struct iovec vector = {.iov_base = bytes, .iov_len = size};
	struct msghdr message = {.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = room.bytes,
		.msg_controllen = sizeof room.bytes};
	int descriptors[DESCRIPTORS_MAX];
	size_t count;
	ssize_t received;

	*fd = -1;
	do
		received = recvmsg(channel, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	while (received < 0 && errno == EINTR);
	if (received < 0)
		return errno == ECONNRESET ? 0 : -1;
	count = take_descriptors(&message, descriptors);
	if (received == 0 && count == 0)
		return 0;
	if ((size_t)received != size || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) ||
		count > 1) {
		while (count > 0)
			close(descriptors[--count]);
		errno = EBADMSG;
		return -1;
	}
	if (count == 1)
		*fd = descriptors[0];
	return 1;
}
