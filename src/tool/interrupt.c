/* SPDX-License-Identifier: ISC */
#include "interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* nohup asks for hangups to be ignored. A shell ignores SIGINT for what runs in its background, but
 * whoever sends it to us means us. */
static sigset_t signals(void)
{
	struct sigaction action;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigaction(SIGHUP, NULL, &action) == 0 && action.sa_handler != SIG_IGN)
		sigaddset(&set, SIGHUP);
	return set;
}

int interrupt_open(struct interrupt *interrupt)
{
	sigset_t set = signals();

	interrupt->signal = 0;
	interrupt->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (interrupt->fd < 0)
		return -1;
	return sigprocmask(SIG_BLOCK, &set, NULL);
}

void interrupt_close(struct interrupt *interrupt)
{
	sigset_t set = signals();

	close(interrupt->fd);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

bool interrupt_came(struct interrupt *interrupt)
{
	struct signalfd_siginfo info;
	sigset_t set = signals();

	if (interrupt->signal != 0)
		return true;
	if (read(interrupt->fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return false;
	interrupt->signal = (int)info.ssi_signo;
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	return true;
}

void interrupt_die(const struct interrupt *interrupt)
{
	signal(interrupt->signal, SIG_DFL);
	raise(interrupt->signal);
	_exit(128 + interrupt->signal);
}
