/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/ktls.h"
#include "contract/build.h"
#include "contract/handoff.h"

#include "commands.h"

struct paint {
	const char *good, *bad, *plain;
};

static struct paint choose_paint(void)
{
	if (!commands_colour())
		return (struct paint){"", "", ""};
	return (struct paint){"\033[32m", "\033[31m", "\033[0m"};
}

static void print_remedy(const char *remedy)
{
	printf("      to mend it: %s\n", remedy);
}

/* One cipher under one version; 0 if the kernel does both directions. */
static int judge(const struct ktls_probe *probe, struct paint paint, int version, int cipher)
{
	int send = probe->send[version - 2][cipher], receive = probe->receive[version - 2][cipher];
	int error = send ? send : receive;

	if (error == 0) {
		printf("  %syes%s  TLS 1.%d  %s\n", paint.good, paint.plain, version,
			tls_cipher_name[cipher]);
		return 0;
	}
	printf("  %sno%s   TLS 1.%d  %s: %s%s\n", paint.bad, paint.plain, version,
		tls_cipher_name[cipher],
		send && receive ? ""
		: send          ? "sending: "
				: "receiving: ",
		ktls_cause(cipher, error));
	return error;
}

static int check_kernel(struct paint paint)
{
	struct utsname system;
	struct ktls_probe probe;
	int failed = 0, error = 0, bad_cipher = 0;

	uname(&system);
	printf("Does the kernel encrypt? (Linux %s)\n", system.release);
	if (ktls_probe(&probe) < 0) {
		perror("sulid: no loopback connection could be made to find out");
		return 1;
	}
	if (probe.attach != 0) {
		printf("  %sno%s   %s\n", paint.bad, paint.plain, ktls_cause(0, probe.attach));
		print_remedy(ktls_remedy(0, probe.attach));
		puts("      until then: sulid works all the same; TLS is relayed through the "
		     "handshaker");
		return 1;
	}
	for (int version = 3; version >= 2; version--) {
		for (int cipher = CIPHER_AES_128_GCM; cipher <= CIPHER_CHACHA20_POLY1305;
			cipher++) {
			int result = judge(&probe, paint, version, cipher);

			if (result != 0) {
				failed++;
				error = result;
				bad_cipher = cipher;
			}
		}
	}
	if (failed > 0)
		print_remedy(ktls_remedy(bad_cipher, error));
	return failed;
}

static void tell_confinement(void)
{
	puts("\nWhat confines the processes?");
	if (geteuid() == 0)
		puts("  run as root, sulid gives each program an account of its own, without "
		     "capabilities");
	else
		puts("  run as this user, all programs share its account");
	puts("  no_new_privs is set for every child; seccomp, Landlock and SELinux are not used "
	     "yet");
}

int cmd_doctor(const struct arguments *arguments)
{
	int failed;

	(void)arguments;
	failed = check_kernel(choose_paint());
	tell_confinement();
	return failed > 0 ? EXIT_SYSTEM : EXIT_DONE;
}
