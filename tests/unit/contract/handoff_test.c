/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "contract/handoff.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct image_listener listeners[] = {
	{.protocol = PROTOCOL_HTTPS},
	{.protocol = PROTOCOL_GEMINI},
	{.protocol = PROTOCOL_HTTP},
};
static const struct image_header header = {
	.generation = 5, .listeners = {0, COUNT(listeners)}, .vhosts = {0, 4}};
static const struct image image = {.header = &header, .listeners = listeners};

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

static struct handoff make_record(void)
{
	struct handoff record;

	memset(&record, 0, sizeof record);
	memcpy(record.build, build_id, BUILD_ID_SIZE);
	record.generation = 5;
	record.listener = 0;
	record.vhost = 3;
	record.protocol = PROTOCOL_HTTPS;
	record.path = PATH_KERNEL;
	record.version = TLS_1_3;
	record.cipher = CIPHER_AES_128_GCM;
	record.handshake_us = 1234;
	record.not_after = INT64_MAX;
	record.peer.family = 4;
	record.local.family = 6;
	return record;
}

static int first_free(void)
{
	int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);

	close(fd);
	return fd;
}

/* A message with count descriptors, all of them one end of the pipe whose other end is returned. */
static int send_raw(const void *bytes, size_t size, size_t count)
{
	union {
		char bytes[CMSG_SPACE(8 * sizeof(int))];
		struct cmsghdr align;
	} room;
	struct iovec vector = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
	int ends[2], fds[8];

	assert_true(count <= COUNT(fds));
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	for (size_t i = 0; i < count; i++)
		fds[i] = ends[1];
	if (count > 0) {
		memset(&room, 0, sizeof room);
		message.msg_control = room.bytes;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		struct cmsghdr *control = CMSG_FIRSTHDR(&message);
		control->cmsg_level = SOL_SOCKET;
		control->cmsg_type = SCM_RIGHTS;
		control->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(control), fds, count * sizeof(int));
	}
	assert_int_equal(sendmsg(channel[0], &message, MSG_NOSIGNAL), size);
	close(ends[1]);
	return ends[0];
}

/* The receiver refuses it, and keeps none of its descriptors: the pipe has no writer any more. */
static void assert_refused(
	const void *bytes, size_t size, size_t count, int error, const char *what)
{
	struct handoff record;
	int before = first_free();
	int end = send_raw(bytes, size, count);
	char byte;

	errno = 0;
	if (handoff_receive(channel[1], &image, &record) != -1)
		fail_msg("taken: %s", what);
	if (errno != error)
		fail_msg("%s: errno %d instead of %d", what, errno, error);
	assert_int_equal(fcntl(end, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(read(end, &byte, 1), 0);
	close(end);
	assert_int_equal(first_free(), before);
}

static void test_good(void **state)
{
	struct handoff sent = make_record(), received;
	char byte = 0;
	int ends[2], fd;

	(void)state;
	memset(sent.digest, 0x5a, sizeof sent.digest);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(handoff_send(channel[0], &sent, ends[1]), 0);
	assert_int_equal(write(ends[1], "s", 1), 1); /* the caller's still */
	fd = handoff_receive(channel[1], &image, &received);
	assert_true(fd >= 0);
	assert_int_not_equal(fd, ends[1]);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_memory_equal(&received, &sent, sizeof sent);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(write(fd, "r", 1), 1);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(byte, 'r');
	close(fd);
	close(ends[0]);
	close(ends[1]);
}

struct change {
	size_t offset, size;
	uint32_t value;
	const char *what;
};

#define CHANGE(member, to)                                                                        \
	{offsetof(struct handoff, member), sizeof(((struct handoff *)0)->member), (uint32_t)(to), \
		#member " = " #to}

static struct handoff changed(const struct change *change)
{
	struct handoff record = make_record();

	if (change->size == 1)
		*((uint8_t *)&record + change->offset) = (uint8_t)change->value;
	else if (change->size == 4)
		memcpy((char *)&record + change->offset, &change->value, 4);
	else
		fail_msg("%s: a field of %zu bytes", change->what, change->size);
	return record;
}

static const struct change refused[] = {
	CHANGE(generation, 4),
	CHANGE(generation, 6),
	CHANGE(listener, 3),
	CHANGE(listener, IMAGE_NONE),
	CHANGE(listener, 1), /* that one is Gemini's */
	CHANGE(listener, 2),
	CHANGE(vhost, 4),
	CHANGE(vhost, IMAGE_NONE),
	CHANGE(protocol, PROTOCOL_HTTP),
	CHANGE(protocol, PROTOCOL_GEMINI), /* the listener is HTTPS */
	CHANGE(protocol, PROTOCOL_ADMIN),
	CHANGE(protocol, 255),
	CHANGE(path, PATH_PLAIN),
	CHANGE(path, PATH_RELAYED + 1),
	CHANGE(path, 255),
	CHANGE(version, TLS_NONE),
	CHANGE(version, TLS_VERSION_COUNT),
	CHANGE(version, 255),
	CHANGE(cipher, CIPHER_NONE),
	CHANGE(cipher, CIPHER_OTHER), /* by the kernel */
	CHANGE(cipher, CIPHER_COUNT),
	CHANGE(cipher, 255),
	CHANGE(resumed, 2),
	CHANGE(named, 2),
	CHANGE(identified, 2),
	CHANGE(identified, 255),
	CHANGE(peer.family, 0),
	CHANGE(peer.family, 5),
	CHANGE(peer.family, 255),
	CHANGE(local.family, 0),
	CHANGE(local.family, 10),
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct handoff record = changed(&refused[i]);

		assert_refused(&record, sizeof record, 1, EBADMSG, refused[i].what);
	}
	/* Plain http is no handoff, even where the listener is. */
	struct handoff record = make_record();
	record.listener = 2;
	record.protocol = PROTOCOL_HTTP;
	assert_refused(&record, sizeof record, 1, EBADMSG, "plain http");
}

static const struct change taken[] = {
	CHANGE(vhost, 0),
	CHANGE(path, PATH_RELAYED),
	CHANGE(version, TLS_1_2),
	CHANGE(cipher, CIPHER_CHACHA20_POLY1305),
	CHANGE(resumed, 1),
	CHANGE(named, 1),
	CHANGE(identified, 1),
	CHANGE(peer.family, 6),
	CHANGE(local.family, 4),
};

static void assert_taken(const struct handoff *sent, const char *what)
{
	struct handoff record;
	int end = send_raw(sent, sizeof *sent, 1);
	int fd = handoff_receive(channel[1], &image, &record);

	if (fd < 0)
		fail_msg("refused: %s", what);
	close(fd);
	close(end);
}

static void test_taken(void **state)
{
	struct handoff record;

	(void)state;
	for (size_t i = 0; i < COUNT(taken); i++) {
		record = changed(&taken[i]);
		assert_taken(&record, taken[i].what);
	}
	record = make_record();
	record.path = PATH_RELAYED;
	record.cipher = CIPHER_OTHER;
	assert_taken(&record, "another cipher, relayed");
	record = make_record();
	record.listener = 1;
	record.protocol = PROTOCOL_GEMINI;
	assert_taken(&record, "Gemini");
}

static void test_shape(void **state)
{
	char room[sizeof(struct handoff) + 1] = {0};
	struct handoff record = make_record();

	(void)state;
	memcpy(room, &record, sizeof record);
	assert_refused(room, sizeof record, 0, EBADMSG, "no descriptor");
	assert_refused(room, sizeof record, 2, EBADMSG, "two descriptors");
	assert_refused(room, sizeof record, 4, EBADMSG, "four descriptors");
	assert_refused(room, sizeof record, 8, EBADMSG, "eight descriptors");
	assert_refused(room, sizeof record - 1, 1, EBADMSG, "too short");
	assert_refused(room, 1, 1, EBADMSG, "one byte");
	assert_refused(room, sizeof record + 1, 1, EBADMSG, "too long");
	assert_refused(room, 8, 0, EBADMSG, "short, without a descriptor");
	for (size_t i = 0; i < BUILD_ID_SIZE; i++) {
		record = make_record();
		record.build[i] ^= 0x10;
		assert_refused(&record, sizeof record, 1, EPROTO, "another build");
		assert_refused(&record, sizeof record, 0, EPROTO, "another build's, without fd");
	}
	/* A refused one does not spoil the next. */
	record = make_record();
	assert_taken(&record, "the next");
}

static void test_queue(void **state)
{
	struct handoff record = make_record();
	unsigned sent = 0, received = 0;
	int fd;

	(void)state;
	errno = 0;
	assert_int_equal(handoff_receive(channel[1], &image, &record), -1);
	assert_int_equal(errno, EAGAIN);
	record = make_record();
	while (handoff_send(channel[0], &record, STDERR_FILENO) == 0) {
		record.vhost = ++sent % 4;
		assert_true(sent < 100000);
	}
	assert_int_equal(errno, EAGAIN);
	assert_true(sent > 0);
	/* All senders gone: what is queued comes first, in order. */
	close(channel[0]);
	while ((fd = handoff_receive(channel[1], &image, &record)) >= 0) {
		assert_int_equal(record.vhost, received == 0 ? 3 : received % 4);
		close(fd);
		received++;
	}
	assert_int_equal(errno, ENOLINK);
	assert_int_equal(received, sent);
	errno = 0;
	assert_int_equal(handoff_receive(channel[1], &image, &record), -1);
	assert_int_equal(errno, ENOLINK);
	channel[0] = -1;
}

static void test_no_receiver(void **state)
{
	struct handoff record = make_record();

	(void)state;
	close(channel[1]);
	channel[1] = -1;
	/* And no SIGPIPE. */
	assert_int_equal(handoff_send(channel[0], &record, STDERR_FILENO), -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(handoff_receive(-1, &image, &record), -1);
	assert_int_equal(errno, EBADF);
}

static void test_names(void **state)
{
	(void)state;
	assert_null(tls_version_name[TLS_NONE]);
	assert_string_equal(tls_version_name[TLS_1_2], "TLSv1.2");
	assert_string_equal(tls_version_name[TLS_1_3], "TLSv1.3");
	assert_null(tls_cipher_name[CIPHER_NONE]);
	assert_string_equal(tls_cipher_name[CIPHER_AES_128_GCM], "AES-128-GCM");
	assert_string_equal(tls_cipher_name[CIPHER_AES_256_GCM], "AES-256-GCM");
	assert_string_equal(tls_cipher_name[CIPHER_CHACHA20_POLY1305], "CHACHA20-POLY1305");
	assert_string_equal(tls_cipher_name[CIPHER_OTHER], "other");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_good, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_taken, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_shape, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_queue, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_receiver, set_up, tear_down),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
