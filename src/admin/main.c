/* SPDX-License-Identifier: ISC */

/*
 * sulid-admin: tells how the service is doing, and sees nothing but counters. It inherits
 * (contract/inherit.h):
 *
 *   2  error log    3  image    4  control socket    5  its own counters    8…  its listeners
 *
 * and over the control socket the counters of every other process, to read. When that socket ends,
 * so does this process.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "contract/control.h"
#include "contract/counters.h"
#include "contract/image.h"
#include "contract/inherit.h"
#include "serve.h"

static struct admin {
	struct image image;
	struct loop loop;
	struct source control;
	struct counters *counters;
	struct server server;
	bool draining;
	bool ended;
	int status;
} admin;

/* Tell the supervisor why this process cannot start. */
static int fail(const char *what)
{
	struct control message = control_make(CONTROL_FAILED, 0);

	log_error("%s", what);
	message.code = EXIT_SYSTEM;
	snprintf(message.text, sizeof(message.text), "%s: %s", what, strerror(errno));
	control_send(INHERIT_CONTROL, &message, -1); /* the exit status tells, too */
	return EXIT_SYSTEM;
}

static void take_counters(uint32_t slot, int fd)
{
	if (fd < 0)
		metrics_remove(&admin.server.metrics, slot);
	else if (metrics_add(&admin.server.metrics, slot, fd) != 0)
		log_warn("the counters of process %u are missing in /metrics", slot);
}

static void obey(const struct control *message, int fd)
{
	switch (message->type) {
	case CONTROL_COUNTERS:
		take_counters(message->index, fd);
		break;
	case CONTROL_READY:
		server_set_ready(&admin.server, message->index == 1, message->text);
		break;
	case CONTROL_DRAIN:
		admin.draining = true;
		server_drain(&admin.server);
		break;
	default:
		log_warnx("control message %u is not for this program", message->type);
	}
}

static void control_ready(struct source *source, uint32_t events)
{
	struct control message;
	int fd, result;

	(void)events;
	while ((result = control_receive(source->fd, &message, &fd)) == 1) {
		obey(&message, fd);
		if (fd >= 0)
			close(fd);
	}
	if (result < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (result < 0 && errno == EBADMSG) {
		log_warnx("a control message was malformed");
		return;
	}
	if (result < 0) {
		log_error("control socket");
		admin.status = EXIT_SYSTEM;
	}
	admin.ended = true;
}

static int start(void)
{
	struct control ready = control_make(CONTROL_READY, 0);
	int which;

	if (image_map(&admin.image, INHERIT_IMAGE, ROLE_ADMIN) != 0)
		return fail("the image cannot be used; this program is started by sulid");
	if (inherit_check(&admin.image, &which) != 0)
		return fail("the inherited descriptors are not what the image says");
	admin.counters = counters_map(INHERIT_COUNTERS);
	if (!admin.counters)
		return fail("its own counters");
	if (loop_open(&admin.loop) != 0)
		return fail("epoll");
	server_open(&admin.server, &admin.loop);
	for (uint32_t i = 0; i < inherit_listeners(&admin.image); i++) {
		if (server_listen(&admin.server, inherit_listener(&admin.image, i)) != 0)
			return fail("a listener");
	}
	admin.control = (struct source){.ready = control_ready, .fd = INHERIT_CONTROL};
	if (loop_add(&admin.loop, &admin.control, EPOLLIN) != 0)
		return fail("epoll");
	if (control_send(INHERIT_CONTROL, &ready, -1) != 0)
		return fail("the control socket");
	return EXIT_DONE;
}

int main(void)
{
	int status;

	inherit_begin(ROLE_ADMIN);
	log_open(role_program[ROLE_ADMIN], LOG_LEVEL_INFO,
		getenv("JOURNAL_STREAM") != NULL && !isatty(STDERR_FILENO));
	status = start();
	if (status != EXIT_DONE)
		return status;
	while (!admin.ended && !(admin.draining && admin.server.open == 0)) {
		counter_add(admin.counters, COUNTER_TURNS, 1);
		if (loop_turn(&admin.loop, server_deadline(&admin.server)) != 0) {
			log_error("epoll");
			return EXIT_FAILED;
		}
		server_expire(&admin.server);
	}
	return admin.status;
}
