/* SPDX-License-Identifier: ISC */
#include "kernel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "contract/handoff.h"

/* ktls.h counts TLS 1.x by x, and ciphers as the handoff record does. */
#define KTLS_INDEX(version) ((int)(version) - (int)TLS_1_2)
_Static_assert(KTLS_INDEX(TLS_1_3) == 1, "struct ktls_probe");
_Static_assert(CIPHER_AES_128_GCM == 1 && CIPHER_AES_256_GCM == 2 && CIPHER_CHACHA20_POLY1305 == 3,
	"base/ktls.c's table");

void kernel_probe(struct kernel *kernel, enum kernel_policy policy)
{
	memset(kernel, 0, sizeof *kernel);
	kernel->policy = policy;
	if (ktls_probe(&kernel->probe) < 0)
		kernel->error = errno;
}

static int error_of(const struct kernel *kernel, int version, int cipher)
{
	int send = kernel->probe.send[version][cipher];

	if (kernel->error != 0)
		return kernel->error;
	return send != 0 ? send : kernel->probe.receive[version][cipher];
}

bool kernel_takes(const struct kernel *kernel, enum tls_version version, enum tls_cipher cipher)
{
	if (kernel->policy == KERNEL_NEVER || version == TLS_NONE || cipher == CIPHER_NONE ||
		cipher >= CIPHER_OTHER)
		return false;
	return error_of(kernel, KTLS_INDEX(version), (int)cipher) == 0;
}

bool kernel_takes_any(const struct kernel *kernel)
{
	for (int version = TLS_1_2; version < TLS_VERSION_COUNT; version++)
		for (int cipher = CIPHER_AES_128_GCM; cipher < CIPHER_OTHER; cipher++)
			if (kernel_takes(
				    kernel, (enum tls_version)version, (enum tls_cipher)cipher))
				return true;
	return false;
}

bool kernel_permits(const struct kernel *kernel, enum tls_version version, enum tls_cipher cipher)
{
	return kernel->policy != KERNEL_REQUIRE || kernel_takes(kernel, version, cipher);
}

struct control kernel_report(const struct kernel *kernel)
{
	struct control message = control_make(CONTROL_KERNEL, 0);

	message.kernel.ulp = kernel->error != 0 ? kernel->error : kernel->probe.attach;
	for (int version = TLS_1_2; version < TLS_VERSION_COUNT; version++)
		for (int cipher = CIPHER_AES_128_GCM; cipher < CIPHER_OTHER; cipher++) {
			int index = KTLS_INDEX(version);

			message.kernel.tx[version][cipher] =
				kernel->error != 0 ? kernel->error
						   : kernel->probe.send[index][cipher];
			message.kernel.rx[version][cipher] =
				kernel->error != 0 ? kernel->error
						   : kernel->probe.receive[index][cipher];
		}
	return message;
}

/* Why it takes nothing: one cause and one remedy for a person. */
static void explain(const struct kernel *kernel, char *text, size_t size)
{
	int cipher = 0, error = kernel->probe.attach;

	if (kernel->error != 0) {
		snprintf(text, size,
			"no connection over the loopback could be made to find out (%s); is the "
			"interface lo up?",
			strerror(kernel->error));
		return;
	}
	if (error == 0) {
		cipher = CIPHER_AES_128_GCM;
		error = error_of(kernel, KTLS_INDEX(TLS_1_3), cipher);
	}
	snprintf(text, size, "%s (%s). To mend it, %s", ktls_cause(cipher, error), strerror(error),
		ktls_remedy(cipher, error));
}

struct control kernel_failure(const struct kernel *kernel)
{
	struct control message = control_make(CONTROL_FAILED, 0);
	char why[400];

	explain(kernel, why, sizeof why);
	message.code = EXIT_SYSTEM;
	snprintf(message.text, sizeof message.text,
		"tls.kernel is \"require\", but this kernel encrypts nothing: %s", why);
	return message;
}
