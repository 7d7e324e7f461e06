/* SPDX-License-Identifier: ISC */
#include "contract/inherit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

void inherit_begin(enum role role)
{
	static const int ignored[] = {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
	const struct rlimit no_core = {0, 0};
	struct pollfd supervisor = {.fd = INHERIT_CONTROL};

	for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
		signal(ignored[i], SIG_IGN);
	prctl(PR_SET_NAME, role_program[role]);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0);
	setrlimit(RLIMIT_CORE, &no_core);
	if (poll(&supervisor, 1, 0) == 1 && (supervisor.revents & POLLHUP))
		exit(EXIT_DONE);
}

uint32_t inherit_listeners(const struct image *image)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < image->header->listeners.count; i++)
		if (image->listeners[i].socket != IMAGE_NONE)
			count++;
	return count;
}

int inherit_listener(const struct image *image, uint32_t socket)
{
	(void)image;
	return INHERIT_FIRST + (int)socket;
}

static int after_listeners(const struct image *image)
{
	return INHERIT_FIRST + (int)inherit_listeners(image);
}

int inherit_root(const struct image *image, uint32_t root)
{
	return after_listeners(image) + (int)root;
}

int inherit_log(const struct image *image, uint32_t log)
{
	return after_listeners(image) + (int)(image->header->roots + log);
}

int inherit_chain(const struct image *image, uint32_t certificate)
{
	return after_listeners(image) + (int)(2 * certificate);
}

int inherit_key(const struct image *image, uint32_t certificate)
{
	return inherit_chain(image, certificate) + 1;
}

int inherit_end(const struct image *image)
{
	const struct image_header *header = image->header;

	return after_listeners(image) +
	       (int)(header->roots + header->logs + 2 * header->certificates.count);
}

int inherit_check(const struct image *image, int *which)
{
	int end = inherit_end(image);

	for (*which = INHERIT_ERROR_LOG; *which < end; ++*which)
		if (fcntl(*which, F_GETFD) < 0)
			return -1;
	/* Descriptors are handed out lowest first: what a dup gets is the first that is free. */
	*which = fcntl(INHERIT_ERROR_LOG, F_DUPFD_CLOEXEC, 0);
	if (*which < 0)
		return -1;
	close(*which);
	if (*which == end)
		return 0;
	errno = EMFILE;
	return -1;
}
