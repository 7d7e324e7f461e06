/* SPDX-License-Identifier: ISC */

/*
 * sulid-worker: requests in, files out. It gets connections whose TLS is the kernel's or a relay's
 * affair, holds no key and links no TLS library. What it received from the supervisor is by number
 * (contract/inherit.h); it opens nothing else but /dev/null and files below its roots.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "contract/control.h"
#include "contract/inherit.h"

#include "admit.h"
#include "orders.h"
#include "serve.h"

/* Besides what is inherited and what connections have: epoll, the crew's event, /dev/null, a file
 * just opened; and the directory of each listing that is being made. */
#define SPARE_FDS (16 + CREW_JOBS)

static struct server server;

/* A child that cannot start says why and exits. */
static int fail(int code, const char *what)
{
	struct control message = control_make(CONTROL_FAILED, 0);

	message.code = code;
	snprintf(message.text, sizeof message.text, "%s: %s", what, strerror(errno));
	log_error("%s", what);
	control_send(INHERIT_CONTROL, &message, -1);
	return code;
}

/* As many connections as the image says, or as there are descriptors for: one each, and a file. */
static uint32_t connection_limit(const struct image *image)
{
	uint32_t wanted = image->header->limits.connections;
	rlim_t fixed = (rlim_t)inherit_end(image) + SPARE_FDS;
	rlim_t need = fixed + 2 * ((rlim_t)wanted + RESERVE);
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return wanted;
	if (files.rlim_cur < need) {
		files.rlim_cur = need < files.rlim_max ? need : files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
		getrlimit(RLIMIT_NOFILE, &files);
	}
	if (files.rlim_cur >= need)
		return wanted;
	wanted = files.rlim_cur > fixed + 2 * (RESERVE + 1)
			 ? (uint32_t)((files.rlim_cur - fixed) / 2) - RESERVE
			 : 1;
	log_warnx("at most %u connections: raise the limit of open files (LimitNOFILE=) to %llu",
		wanted, (unsigned long long)need);
	return wanted;
}

static int start(void)
{
	struct control ready = control_make(CONTROL_READY, 0);
	int which;

	if (image_map(&server.image, INHERIT_IMAGE, ROLE_WORKER) < 0)
		return fail(EXIT_SYSTEM, "image");
	log_open(role_program[ROLE_WORKER], server.image.header->log_level,
		getenv("JOURNAL_STREAM") != NULL);
	if (inherit_check(&server.image, &which) < 0)
		return fail(EXIT_FAILED, "inherited descriptors");
	server.counters = counters_map(INHERIT_COUNTERS);
	if (!server.counters)
		return fail(EXIT_SYSTEM, "counters");
	server.logs = access_log_open(&server.image, server.counters);
	if (!server.logs)
		return fail(EXIT_FAILED, "access logs");
	server.null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (server.null < 0)
		return fail(EXIT_FAILED, "/dev/null");
	server.limit = connection_limit(&server.image);
	if (serve_open(&server) < 0 || admit_open(&server) < 0 || orders_open(&server) < 0)
		return fail(EXIT_FAILED, "memory, epoll");
	if (control_send(INHERIT_CONTROL, &ready, -1) < 0)
		return fail(EXIT_FAILED, "control");
	return EXIT_DONE;
}

int main(void)
{
	int status;

	log_open(role_program[ROLE_WORKER], LOG_LEVEL_INFO, getenv("JOURNAL_STREAM") != NULL);
	inherit_begin(ROLE_WORKER);
	status = start();
	return status == EXIT_DONE ? serve_run(&server) : status;
}
