/* SPDX-License-Identifier: ISC */

/*
 * sulid-handshaker: accepts TLS connections, does the handshake, gives the keys to the kernel and
 * the connection to a worker. It has private keys, and neither reads a request nor opens a file.
 *
 * What it is given, by number (contract/inherit.h): the error log, its image, the control socket
 * to the supervisor, its counters, the write end of the handoff, ticket keys, the listening
 * sockets, and each certificate's chain and key. All certificates are loaded and the kernel is
 * probed before it is ready; an image without listeners ends there, and waits to be dismissed
 * ("sulid check").
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "contract/control.h"
#include "contract/counters.h"
#include "contract/image.h"
#include "contract/inherit.h"

#include "accept.h"
#include "certificates.h"
#include "contexts.h"
#include "handshake.h"
#include "kernel.h"
#include "relay.h"
#include "tickets.h"
#include "transfer.h"

struct handshaker {
	struct image image;
	struct counters *counters;
	struct loop loop;
	struct source control;
	struct kernel kernel;
	struct tickets tickets;
	struct contexts contexts;
	struct relays relays;
	struct transfer transfer;
	struct handshakes handshakes;
	struct acceptor acceptor;
	bool draining; /* nothing is accepted any more */
	bool drained;  /* and nothing is left to be handed over */
	bool ends;     /* with the next turn */
};

/* ---- the supervisor ------------------------------------------------------------------------- */

/* At start there may be more certificates than the socket holds messages: wait for the reader. */
static void tell(const struct control *message)
{
	struct pollfd writable = {.fd = INHERIT_CONTROL, .events = POLLOUT};

	while (control_send(INHERIT_CONTROL, message, -1) < 0) {
		if (errno != EAGAIN && errno != ENOBUFS)
			exit(EXIT_DONE); /* nobody is there to be told */
		if (poll(&writable, 1, -1) < 0 && errno != EINTR)
			exit(EXIT_FAILED);
	}
}

static void drain(struct handshaker *handshaker)
{
	if (!handshaker->draining)
		acceptor_close(&handshaker->acceptor);
	handshaker->draining = true;
}

static void obey(struct handshaker *handshaker, const struct control *message, int fd)
{
	switch (message->type) {
	case CONTROL_DRAIN:
		drain(handshaker);
		break;
	case CONTROL_TICKETS:
		if (fd < 0 || tickets_load(&handshaker->tickets, fd) < 0)
			log_warn("new ticket keys cannot be read; the old ones stay in use");
		break;
	default:
		log_warnx("the supervisor sent a message of type %u, which is none for us",
			message->type);
	}
}

static void hear(struct source *source, uint32_t events)
{
	struct handshaker *handshaker = deadline_owner(source, struct handshaker, control);
	struct control message;
	int fd, result;

	(void)events;
	while ((result = control_receive(source->fd, &message, &fd)) > 0) {
		obey(handshaker, &message, fd);
		if (fd >= 0)
			close(fd);
	}
	if (result < 0 && errno == EAGAIN)
		return;
	if (result < 0)
		log_warn("a message from the supervisor cannot be read");
	else
		handshaker->ends = true;
}

/* ---- becoming ready ------------------------------------------------------------------------- */

/* One descriptor for each handshake, two more for each relay: as many as there may be. */
static void raise_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

static _Noreturn void refuse_inheritance(const char *what)
{
	if (errno == EPROTO)
		log_errorx("%s was made by another build of sulid than this one (%s); install all "
			   "of it anew",
			what, build_id_text);
	else
		log_error("%s; sulid-handshaker is started by sulid, not by hand", what);
	exit(EXIT_SYSTEM);
}

static void take_inheritance(struct handshaker *handshaker)
{
	int which;

	if (image_map(&handshaker->image, INHERIT_IMAGE, ROLE_HANDSHAKER) < 0)
		refuse_inheritance("the image");
	log_open(role_program[ROLE_HANDSHAKER], (enum log_level)handshaker->image.header->log_level,
		getenv("JOURNAL_STREAM") != NULL);
	if (inherit_check(&handshaker->image, &which) < 0) {
		log_errorx(
			"descriptor %d is %s", which, errno == EBADF ? "missing" : "one too many");
		exit(EXIT_SYSTEM);
	}
	handshaker->counters = counters_map(INHERIT_COUNTERS);
	if (!handshaker->counters)
		refuse_inheritance("the counters");
	handshaker->counters->pid = getpid();
	if (!tickets_open(&handshaker->tickets)) {
		log_errorx("OpenSSL has no AES-256-CBC for session tickets");
		exit(EXIT_SYSTEM);
	}
	/* "check" has none. */
	if (inherit_listeners(&handshaker->image) > 0 &&
		tickets_load(&handshaker->tickets, INHERIT_TICKETS) < 0)
		refuse_inheritance("the ticket keys");
	close(INHERIT_IMAGE);
	close(INHERIT_COUNTERS);
	close(INHERIT_TICKETS);
}

static _Noreturn void give_up(const struct control *why)
{
	tell(why);
	exit(why->code);
}

/* All are looked at and reported, also after one that is bad: a person wants to know them all. */
static struct certificate *load_certificates(const struct image *image)
{
	uint32_t count = image->header->certificates.count;
	struct certificate *certificates = calloc(count + 1, sizeof *certificates);
	struct control failed = control_make(CONTROL_FAILED, 0);

	if (!certificates)
		exit(EXIT_SYSTEM);
	for (uint32_t i = 0; i < count; i++) {
		struct control message = control_make(CONTROL_CERTIFICATE, i);
		struct control_certificate *facts = &message.certificate;
		int chain = inherit_chain(image, i), key = inherit_key(image, i);

		certificate_load(&certificates[i], chain, key, facts);
		close(chain);
		close(key);
		if (facts->problem == CERTIFICATE_GOOD)
			certificate_compare_names(&certificates[i], image, i, facts);
		else
			failed.code = EXIT_REFUSED;
		tell(&message);
	}
	if (failed.code != 0) {
		strcpy(failed.text, "a certificate cannot be used");
		give_up(&failed);
	}
	return certificates;
}

static void examine_kernel(struct handshaker *handshaker)
{
	const struct image_header *header = handshaker->image.header;
	struct kernel *kernel = &handshaker->kernel;
	struct control report;

	kernel_probe(kernel, (enum kernel_policy)header->kernel);
	report = kernel_report(kernel);
	tell(&report);
	if (kernel->policy == KERNEL_REQUIRE && !kernel_takes_any(kernel)) {
		struct control failure = kernel_failure(kernel);

		give_up(&failure);
	}
}

static void become_ready(struct handshaker *handshaker)
{
	const struct image *image = &handshaker->image;
	struct certificate *certificates = load_certificates(image);
	struct control ready = control_make(CONTROL_READY, 0);

	examine_kernel(handshaker);
	if (!contexts_open(&handshaker->contexts, image, &handshaker->kernel, &handshaker->tickets,
		    certificates)) {
		struct control failed = control_make(CONTROL_FAILED, 0);

		failed.code = EXIT_SYSTEM;
		strcpy(failed.text, "TLS cannot be set up; the line before says why");
		give_up(&failed);
	}
	for (uint32_t i = 0; i < image->header->certificates.count; i++)
		certificate_free(&certificates[i]);
	free(certificates);
	handshaker->control = (struct source){.ready = hear, .fd = INHERIT_CONTROL};
	relays_init(&handshaker->relays, &handshaker->loop, handshaker->counters,
		image->header->limits.relayed, image->header->timeouts.send);
	handshaker->transfer = (struct transfer){
		.channel = INHERIT_HANDOFF,
		.image = image,
		.counters = handshaker->counters,
		.kernel = &handshaker->kernel,
		.relays = &handshaker->relays,
	};
	if (loop_open(&handshaker->loop) < 0 ||
		loop_add(&handshaker->loop, &handshaker->control, EPOLLIN) < 0 ||
		acceptor_open(&handshaker->acceptor, &handshaker->loop, handshaker->counters,
			&handshaker->handshakes, image,
			kernel_takes_any(&handshaker->kernel)) < 0) {
		log_error("the event loop cannot be set up");
		exit(EXIT_SYSTEM);
	}
	handshakes_init(&handshaker->handshakes, &handshaker->loop, handshaker->counters,
		&handshaker->contexts, &handshaker->transfer, image->header->timeouts.handshake);
	/* Listens from now on: the first turn waits for events. */
	acceptor_work(&handshaker->acceptor);
	tell(&ready);
}

/* ---- serving -------------------------------------------------------------------------------- */

/* A draining handshaker goes in two steps: nothing more to hand over, then nothing more to relay.
 */
static void go_on_draining(struct handshaker *handshaker)
{
	if (!handshaker->draining)
		return;
	if (!handshaker->drained && handshaker->handshakes.open == 0) {
		struct control drained = control_make(CONTROL_DRAINED, 0);

		handshaker->drained = true;
		/* The workers see the end of the queue when the last of us has closed it. */
		close(INHERIT_HANDOFF);
		tell(&drained);
	}
	if (handshaker->drained && handshaker->relays.open == 0)
		handshaker->ends = true;
}

static int serve(struct handshaker *handshaker)
{
	while (!handshaker->ends) {
		int64_t deadline = acceptor_deadline(&handshaker->acceptor, INT64_MAX);

		deadline = handshakes_deadline(&handshaker->handshakes, deadline);
		deadline = relays_deadline(&handshaker->relays, deadline);
		if (loop_turn(&handshaker->loop, deadline) < 0) {
			log_error("epoll_wait");
			return EXIT_FAILED;
		}
		counter_add(handshaker->counters, COUNTER_TURNS, 1);
		handshakes_work(&handshaker->handshakes);
		relays_expire(&handshaker->relays);
		acceptor_work(&handshaker->acceptor);
		go_on_draining(handshaker);
	}
	return EXIT_DONE;
}

int main(void)
{
	static struct handshaker handshaker;
	int status;

	log_open(role_program[ROLE_HANDSHAKER], LOG_LEVEL_INFO, getenv("JOURNAL_STREAM") != NULL);
	inherit_begin(ROLE_HANDSHAKER);
	raise_limit();
	take_inheritance(&handshaker);
	become_ready(&handshaker);
	status = serve(&handshaker);
	contexts_close(&handshaker.contexts);
	tickets_close(&handshaker.tickets);
	return status;
}
