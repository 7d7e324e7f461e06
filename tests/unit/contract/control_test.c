/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "contract/control.h"
#include "contract/message.h"

/* [0] sends, [1] receives. */
static int channel[2];

static int set_up(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, channel);
}

static int tear_down(void **state)
{
	(void)state;
	close(channel[0]);
	close(channel[1]);
	return 0;
}

/* Refused whether or not a descriptor comes along, which is closed. */
static void assert_refused(const void *bytes, size_t size, int error)
{
	struct control message;
	int ends[2], fd = 99;
	char byte;

	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(message_send(channel[0], bytes, size, ends[1]), 0);
	close(ends[1]);
	errno = 0;
	assert_int_equal(control_receive(channel[1], &message, &fd), -1);
	assert_int_equal(errno, error);
	assert_int_equal(fd, -1);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);

	assert_int_equal(message_send(channel[0], bytes, size, -1), 0);
	errno = 0;
	assert_int_equal(control_receive(channel[1], &message, &fd), -1);
	assert_int_equal(errno, error);
	assert_int_equal(fd, -1);
}

static void assert_taken(const struct control *sent)
{
	struct control message;
	int fd = 99;

	memset(&message, 0xa5, sizeof message);
	assert_int_equal(control_send(channel[0], sent, -1), 0);
	assert_int_equal(control_receive(channel[1], &message, &fd), 1);
	assert_int_equal(fd, -1);
	assert_memory_equal(&message, sent, sizeof message);
}

static void test_make(void **state)
{
	struct control message = control_make(CONTROL_LOG, IMAGE_NONE);
	struct control zero;

	(void)state;
	assert_memory_equal(message.build, build_id, BUILD_ID_SIZE);
	assert_int_equal(message.type, CONTROL_LOG);
	assert_int_equal(message.index, IMAGE_NONE);
	memset(&zero, 0, sizeof zero);
	memcpy(zero.build, build_id, BUILD_ID_SIZE);
	zero.type = CONTROL_LOG;
	zero.index = IMAGE_NONE;
	assert_memory_equal(&message, &zero, sizeof zero);
}

static void test_types(void **state)
{
	struct control message;

	(void)state;
	for (uint32_t type = CONTROL_DRAIN; type < CONTROL_TYPE_COUNT; type++) {
		message = control_make((enum control_type)type, type * 3);
		message.code = -(int32_t)type;
		assert_taken(&message);
	}
	message.type = 0;
	assert_refused(&message, sizeof message, EBADMSG);
	message.type = CONTROL_TYPE_COUNT;
	assert_refused(&message, sizeof message, EBADMSG);
	message.type = UINT32_MAX;
	assert_refused(&message, sizeof message, EBADMSG);
}

static void test_descriptor(void **state)
{
	struct control sent = control_make(CONTROL_ROOT, 1), message;
	char byte = 0;
	int ends[2], fd = -1;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(control_send(channel[0], &sent, ends[1]), 0);
	assert_int_equal(fcntl(ends[1], F_GETFD), FD_CLOEXEC); /* the caller's still */
	assert_int_equal(control_receive(channel[1], &message, &fd), 1);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_memory_equal(&message, &sent, sizeof sent);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(byte, 'x');
	close(fd);
	close(ends[0]);
	close(ends[1]);
}

static void test_two_descriptors(void **state)
{
	struct control sent = control_make(CONTROL_ROOT, 1), message;
	union {
		char bytes[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} room;
	struct iovec vector = {.iov_base = &sent, .iov_len = sizeof sent};
	struct msghdr raw = {.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = room.bytes,
		.msg_controllen = sizeof room.bytes};
	struct cmsghdr *header;
	int ends[2], fds[2], fd = 99;
	char byte;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	memset(&room, 0, sizeof room);
	header = CMSG_FIRSTHDR(&raw);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof fds);
	fds[0] = fds[1] = ends[1];
	memcpy(CMSG_DATA(header), fds, sizeof fds);
	assert_int_equal(sendmsg(channel[0], &raw, MSG_NOSIGNAL), sizeof sent);
	close(ends[1]);
	assert_int_equal(control_receive(channel[1], &message, &fd), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(fd, -1);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
}

static void test_size(void **state)
{
	char bytes[sizeof(struct control) + 1] = {0};
	struct control message = control_make(CONTROL_DRAIN, 0);

	(void)state;
	memcpy(bytes, &message, sizeof message);
	assert_refused(bytes, sizeof message - 1, EBADMSG);
	assert_refused(bytes, sizeof message + 1, EBADMSG);
	assert_refused(bytes, BUILD_ID_SIZE, EBADMSG);
	assert_refused(bytes, 1, EBADMSG);
	assert_taken(&message);
}

static void test_build(void **state)
{
	(void)state;
	for (size_t i = 0; i < BUILD_ID_SIZE; i++) {
		struct control message = control_make(CONTROL_DRAIN, 0);

		message.build[i] ^= 0x40;
		assert_refused(&message, sizeof message, EPROTO);
		message.type = 0; /* whatever else is wrong */
		assert_refused(&message, sizeof message, EPROTO);
	}
}

/* Full to its last byte it is refused; one byte less is good. */
static void check_text(struct control *message, char *text, size_t size)
{
	memset(text, 'x', size);
	assert_refused(message, sizeof *message, EBADMSG);
	text[size - 1] = '\0';
	assert_taken(message);
}

static void test_texts(void **state)
{
	struct control message = control_make(CONTROL_FAILED, 0);

	(void)state;
	check_text(&message, message.text, sizeof message.text);
	message = control_make(CONTROL_READY, 1);
	check_text(&message, message.text, sizeof message.text);
	message = control_make(CONTROL_CERTIFICATE, 0);
	check_text(&message, message.certificate.key, sizeof message.certificate.key);
	message = control_make(CONTROL_CERTIFICATE, 0);
	check_text(&message, message.certificate.names, sizeof message.certificate.names);
	message = control_make(CONTROL_CERTIFICATE, 0);
	check_text(&message, message.certificate.reason, sizeof message.certificate.reason);
	message = control_make(CONTROL_CERTIFICATE, 0);
	check_text(&message, message.certificate.missing, sizeof message.certificate.missing);
	/* No text in these. */
	message = control_make(CONTROL_KERNEL, 0);
	memset(message.text, 'x', sizeof message.text);
	assert_taken(&message);
}

static void test_ends(void **state)
{
	struct control message = control_make(CONTROL_DRAIN, 0);
	int fd = 99;

	(void)state;
	errno = 0;
	assert_int_equal(control_receive(channel[1], &message, &fd), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(fd, -1);
	message = control_make(CONTROL_DRAINED, 0);
	assert_int_equal(control_send(channel[0], &message, -1), 0);
	close(channel[0]);
	channel[0] = -1;
	/* What was said before the end is heard. */
	assert_int_equal(control_receive(channel[1], &message, &fd), 1);
	assert_int_equal(message.type, CONTROL_DRAINED);
	fd = 99;
	assert_int_equal(control_receive(channel[1], &message, &fd), 0);
	assert_int_equal(fd, -1);
	assert_int_equal(control_send(channel[1], &message, -1), -1);
	assert_int_equal(errno, EPIPE);
}

/* A peer that ends with something unread resets the connection: that is its end, not an error. */
static void test_reset(void **state)
{
	struct control message = control_make(CONTROL_DRAIN, 0);
	int fd = 99;

	(void)state;
	assert_int_equal(control_send(channel[1], &message, -1), 0);
	close(channel[0]);
	channel[0] = -1;
	assert_int_equal(control_receive(channel[1], &message, &fd), 0);
	assert_int_equal(fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_make),
		cmocka_unit_test_setup_teardown(test_types, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_descriptor, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_two_descriptors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_size, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_build, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_texts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reset, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
