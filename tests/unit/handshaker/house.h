/* SPDX-License-Identifier: ISC */
#ifndef SULID_TESTS_HANDSHAKER_HOUSE_H
#define SULID_TESTS_HANDSHAKER_HOUSE_H

/* All of a handshaker but its main, in the test's own process: listening, and handing over to the
 * test. */

#include "site.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>

#include "accept.h"
#include "contract/handoff.h"
#include "contract/inherit.h"
#include "handshake.h"
#include "relay.h"
#include "transfer.h"

#define TIMEOUT 20000 /* ms, for a flight of a client; a test of it sets a shorter one */

static struct site site;
static struct loop loop;
static struct counters counters;
static struct relays relays;
static struct transfer transfer;
static struct handshakes handshakes;
static struct acceptor acceptor;
static int queue[2]; /* workers' end, handshakers' end */
static uint16_t ports[SITE_LISTENERS];

static inline uint64_t count(enum counter counter)
{
	return counter_read(&counters, counter);
}

static inline void turn(void)
{
	int64_t deadline = loop.now + 2;

	deadline = acceptor_deadline(&acceptor, deadline);
	deadline = handshakes_deadline(&handshakes, deadline);
	assert_int_equal(loop_turn(&loop, relays_deadline(&relays, deadline)), 0);
	handshakes_work(&handshakes);
	relays_expire(&relays);
	acceptor_work(&acceptor);
}

#define TURN_UNTIL(condition)                             \
	do {                                              \
		int64_t end_ = loop_clock() + 20000;      \
		while (!(condition)) {                    \
			assert_true(loop_clock() < end_); \
			turn();                           \
		}                                         \
	} while (0)

/* from: an address of this machine, host order. */
static inline int dial_from(in_addr_t from, int listener)
{
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr = {htonl(from)}};
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_addr = {htonl(INADDR_LOOPBACK)},
		.sin_port = htons(ports[listener])};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof own), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static inline int dial(int listener)
{
	return dial_from(INADDR_LOOPBACK, listener);
}

/* A client that has dialled; its handshake goes on with each knock. */
static inline void visit_over(struct visit *visit, int fd)
{
	visit->sockets[0] = fd;
	visit->sockets[1] = -1;
	SSL_set_fd(visit_client(visit), fd);
}

static inline void visit_dial(struct visit *visit)
{
	visit_over(visit, dial((int)visit->listener));
}

/* true when it is done. */
static inline bool knock(struct visit *visit)
{
	ERR_clear_error();
	return SSL_do_handshake(visit->ssl) == 1;
}

/* Did the server end it? */
static inline bool gone(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, 0);

	return n == 0 || (n < 0 && errno != EAGAIN);
}

static inline int take(struct handoff *record)
{
	int fd = -1;

	TURN_UNTIL((fd = handoff_receive(queue[0], &site.image, record)) >= 0 || errno != EAGAIN);
	assert_true(fd >= 0);
	return fd;
}

/* Forget all connections: what a test leaves behind must not count in the next. */
static inline void settle(void)
{
	TURN_UNTIL(relays.open == 0 && handshakes.open == 0);
	memset(counters.value, 0, sizeof counters.value);
	handshakes.waiting.length = TIMEOUT;
}

static inline void open_all(enum kernel_policy policy)
{
	site.kernel.policy = policy;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, queue), 0);
	assert_int_equal(loop_open(&loop), 0);
	for (int i = 0; i < SITE_LISTENERS; i++) {
		struct sockaddr_in address = {
			.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
		socklen_t length = sizeof address;
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
		assert_int_equal(listen(fd, 128), 0);
		getsockname(fd, (struct sockaddr *)&address, &length);
		ports[i] = ntohs(address.sin_port);
		dup2(fd, inherit_listener(&site.image, (uint32_t)i));
		if (fd != inherit_listener(&site.image, (uint32_t)i))
			close(fd);
	}
	relays_init(&relays, &loop, &counters, site.image.header->limits.relayed, 300);
	transfer = (struct transfer){.channel = queue[1],
		.image = &site.image,
		.counters = &counters,
		.kernel = &site.kernel,
		.relays = &relays};
	handshakes_init(&handshakes, &loop, &counters, &site.contexts, &transfer, TIMEOUT);
	assert_int_equal(acceptor_open(&acceptor, &loop, &counters, &handshakes, &site.image,
				 kernel_takes_any(&site.kernel)),
		0);
	acceptor_work(&acceptor);
}

static inline void close_all(void)
{
	acceptor_close(&acceptor);
	settle();
	loop_close(&loop);
	close(queue[0]);
	close(queue[1]);
}

#endif
