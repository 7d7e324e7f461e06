/* SPDX-License-Identifier: ISC */
#include "orders.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "contract/control.h"
#include "contract/inherit.h"

/* The directory by that number is another one from now on, or none. */
static void take_root(struct server *server, uint32_t root, int fd)
{
	if (root >= server->image.header->roots)
		log_warnx("control: there is no root %u", root);
	else if (dup3(fd >= 0 ? fd : server->null, inherit_root(&server->image, root), O_CLOEXEC) <
		 0)
		log_warn("control: root %u", root);
}

static void take_log(struct server *server, uint32_t log, int fd)
{
	struct control logged = control_make(CONTROL_LOGGED, log);

	if (log >= server->image.header->logs || fd < 0)
		log_warnx("control: there is no access log %u", log);
	else if (access_log_replace(server->logs, log, fd) < 0)
		log_warn("control: access log %u", log);
	else if (control_send(INHERIT_CONTROL, &logged, -1) < 0)
		log_warn("control");
}

static void drain(struct server *server, bool outdated)
{
	struct control message = control_make(CONTROL_OUTDATED, 0);

	serve_drain(server, outdated);
	if (outdated && control_send(INHERIT_CONTROL, &message, -1) < 0)
		log_warn("control");
}

static void obey(struct server *server, const struct control *message, int fd)
{
	switch ((enum control_type)message->type) {
	case CONTROL_DRAIN:
		drain(server, message->index == 1);
		break;
	case CONTROL_ROOT:
		take_root(server, message->index, fd);
		break;
	case CONTROL_LOG:
		take_log(server, message->index, fd);
		break;
	default:
		log_warnx("control: message %u is not for a worker", message->type);
	}
}

static void control_ready(struct source *source, uint32_t events)
{
	struct server *server = deadline_owner(source, struct server, control);
	struct control message;
	int fd = -1;
	int result = control_receive(source->fd, &message, &fd);

	(void)events;
	if (result > 0) {
		obey(server, &message, fd);
	} else if (result == 0) {
		server->ended = true;
	} else if (errno == EBADMSG) {
		log_warnx("control: a message that makes no sense");
	} else if (errno != EAGAIN && errno != EINTR) {
		log_error("control");
		server->ended = true;
		server->status = errno == EPROTO ? EXIT_SYSTEM : EXIT_FAILED;
	}
	if (fd >= 0)
		close(fd);
}

int orders_open(struct server *server)
{
	server->control = (struct source){.ready = control_ready, .fd = INHERIT_CONTROL};
	return loop_add(&server->loop, &server->control, EPOLLIN);
}
