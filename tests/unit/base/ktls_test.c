/* SPDX-License-Identifier: ISC */

/* What can be said of kernel TLS on any kernel, with it or without. */

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/ktls.h"

static void unknown_ciphers_are_refused(void **state)
{
	struct ktls_keys keys = {.sequence = 0};

	(void)state;
	for (int version = 0; version < 6; version++)
		for (int cipher = -1; cipher < 6; cipher++) {
			if ((version == 2 || version == 3) && cipher >= 1 && cipher <= 3)
				continue;
			errno = 0;
			assert_int_equal(ktls_set(-1, KTLS_SEND, version, cipher, &keys), -1);
			assert_int_equal(errno, ENOTSUP);
		}
	/* Ours go to the kernel, which sees that this is no socket. */
	assert_int_equal(ktls_set(-1, KTLS_RECEIVE, 3, 1, &keys), -1);
	assert_int_equal(errno, EBADF);
}

static void only_connected_tcp_can_be_attached(void **state)
{
	int tcp = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP), udp = socket(AF_INET, SOCK_DGRAM, 0);

	(void)state;
	assert_int_equal(ktls_attach(tcp), -1);
	assert_true(errno == ENOTCONN || errno == ENOENT || errno == ENOPROTOOPT);
	assert_int_equal(ktls_attach(udp), -1);
	close(tcp);
	close(udp);
}

/* Whatever this kernel can: the findings agree with each other and leave no descriptor behind. */
static void the_probe_is_consistent(void **state)
{
	struct ktls_probe probe;
	int before = dup(0), after;

	(void)state;
	close(before);
	assert_int_equal(ktls_probe(&probe), 0);
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
	for (int version = 0; version < 2; version++)
		for (int cipher = 1; cipher < 4; cipher++) {
			if (probe.attach != 0) {
				assert_int_equal(probe.send[version][cipher], probe.attach);
				assert_int_equal(probe.receive[version][cipher], probe.attach);
			} else {
				assert_int_equal(probe.send[version][cipher],
					probe.receive[version][cipher]);
			}
		}
}

static void every_errno_has_words(void **state)
{
	(void)state;
	for (int cipher = 0; cipher < 4; cipher++)
		for (int error = 0; error < 134; error++) {
			assert_true(strlen(ktls_cause(cipher, error)) > 10);
			assert_true(strlen(ktls_remedy(cipher, error)) > 10);
		}
	assert_string_equal(ktls_cause(0, ENOENT), "the kernel module \"tls\" is not loaded");
	assert_non_null(strstr(ktls_remedy(0, ENOENT), "modprobe tls"));
	assert_non_null(strstr(ktls_remedy(0, ENOENT), "/etc/modules-load.d/sulid.conf"));
	assert_non_null(strstr(ktls_cause(1, ENOENT), "gcm(aes)"));
	assert_non_null(strstr(ktls_cause(3, ENOENT), "rfc7539(chacha20,poly1305)"));
	assert_non_null(strstr(ktls_remedy(3, ENOENT), "chacha20poly1305"));
	assert_non_null(strstr(ktls_remedy(0, EACCES), "SELinux"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_ciphers_are_refused),
		cmocka_unit_test(only_connected_tcp_can_be_attached),
		cmocka_unit_test(the_probe_is_consistent),
		cmocka_unit_test(every_errno_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
