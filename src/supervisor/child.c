/* SPDX-License-Identifier: ISC */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/deadline.h"
#include "base/log.h"
#include "contract/inherit.h"

#include "memory_file.h"

static void hang_up(struct child *child)
{
	if (child->source.fd < 0)
		return;
	loop_forget(child->loop, &child->source);
	close(child->source.fd);
	child->source.fd = -1;
}

static void hear(struct source *source, uint32_t events)
{
	struct child *child = deadline_owner(source, struct child, source);
	struct control message;
	int fd, result;

	(void)events;
	while (child->source.fd >= 0 &&
		(result = control_receive(child->source.fd, &message, &fd)) != 0) {
		if (result < 0 && errno == EAGAIN)
			return;
		if (result < 0) {
			log_warn("%s[%d]: a message that cannot be read", role_program[child->role],
				(int)child->pid);
			continue;
		}
		child->said(child, &message, fd);
		if (fd >= 0)
			close(fd);
	}
	/* End of file: its death follows, and until then this would be ready in every turn. */
	hang_up(child);
}

/* All descriptors in order of their numbers. The caller frees the list. */
static int *arrange(const struct child_inheritance *given, int control, int counters, int null)
{
	int *fds = calloc((size_t)(INHERIT_FIRST + given->count), sizeof *fds);

	if (!fds)
		return NULL;
	fds[0] = fds[1] = null;
	fds[INHERIT_ERROR_LOG] = STDERR_FILENO;
	fds[INHERIT_IMAGE] = given->image;
	fds[INHERIT_CONTROL] = control;
	fds[INHERIT_COUNTERS] = counters;
	fds[INHERIT_HANDOFF] = given->handoff >= 0 ? given->handoff : null;
	fds[INHERIT_TICKETS] = given->tickets >= 0 ? given->tickets : null;
	for (int i = 0; i < given->count; i++)
		fds[INHERIT_FIRST + i] = given->fds[i] >= 0 ? given->fds[i] : null;
	return fds;
}

int child_start(struct child *child, const struct child_inheritance *given)
{
	int pair[2] = {-1, -1}, null = -1, counters = -1, reader = -1, *fds = NULL, error;
	const struct counters *mapped = NULL;
	pid_t pid = -1;

	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	counters = memory_file_counters(child->role, given->generation, &reader, &mapped);
	if (null < 0 || counters < 0 ||
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
		goto out;
	fds = arrange(given, pair[1], counters, null);
	if (!fds)
		goto out;
	child->source = (struct source){.fd = pair[0], .ready = hear};
	if (loop_add(child->loop, &child->source, EPOLLIN) < 0)
		goto out;
	pid = spawn(&(struct spawn){.program = given->program,
		.name = role_program[child->role],
		.account = given->account,
		.nice = given->nice,
		.fds = fds,
		.count = INHERIT_FIRST + given->count});
	if (pid < 0)
		loop_forget(child->loop, &child->source);
out:
	error = errno;
	free(fds);
	for (int i = 0; i < 3; i++) {
		int done = (int[]){null, counters, pair[1]}[i];

		if (done >= 0)
			close(done);
	}
	if (pid < 0) {
		child->source.fd = -1;
		if (pair[0] >= 0)
			close(pair[0]);
		if (mapped)
			munmap((void *)(uintptr_t)mapped, sizeof *mapped);
		if (counters >= 0)
			close(reader);
		errno = error;
		return -1;
	}
	child->pid = pid;
	child->ready = child->drained = child->outdated = false;
	child->started = child->loop->now;
	child->retry = 0;
	child->counters = mapped;
	child->counters_reader = reader;
	return 0;
}

int child_tell(const struct child *child, enum control_type type, uint32_t index, int fd)
{
	struct control message = control_make(type, index);

	if (child->source.fd < 0)
		return -1;
	return control_send(child->source.fd, &message, fd);
}

void child_gone(struct child *child, uint64_t *totals)
{
	/* What it said before it died is still in the socket, and may be the reason. */
	if (child->source.fd >= 0)
		hear(&child->source, 0);
	hang_up(child);
	if (child->counters) {
		for (int i = 0; i < COUNTER_COUNT; i++)
			if (counter_names[i].kind == COUNTER_KIND_TOTAL)
				totals[i] += counter_read(child->counters, (enum counter)i);
		munmap((void *)(uintptr_t)child->counters, sizeof *child->counters);
		child->counters = NULL;
		close(child->counters_reader);
		child->counters_reader = -1;
	}
	child->pid = 0;
	child->ready = child->drained = child->outdated = false;
}
