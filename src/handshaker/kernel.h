/* SPDX-License-Identifier: ISC */
#ifndef SULID_HANDSHAKER_KERNEL_H
#define SULID_HANDSHAKER_KERNEL_H

/* What this kernel can encrypt, and what the configuration wants of it. Found out once, at start.
 */

#include <stdbool.h>

#include "base/ktls.h"
#include "contract/control.h"
#include "contract/image.h"

struct kernel {
	enum kernel_policy policy;
	int error; /* errno of a probe that could not be made; 0 if it was */
	struct ktls_probe probe;
};

void kernel_probe(struct kernel *kernel, enum kernel_policy policy);

/* Does the kernel take connections of this version and cipher, both ways, and shall it? */
bool kernel_takes(const struct kernel *kernel, enum tls_version version, enum tls_cipher cipher);

/* Is there any version and cipher that it takes? */
bool kernel_takes_any(const struct kernel *kernel);

/* May a connection of this version and cipher be agreed on at all? What the kernel does not take is
 * relayed, unless the configuration requires the kernel. */
bool kernel_permits(const struct kernel *kernel, enum tls_version version, enum tls_cipher cipher);

/* CONTROL_KERNEL. */
struct control kernel_report(const struct kernel *kernel);

/* CONTROL_FAILED for a kernel that is required and takes nothing: cause and remedy. */
struct control kernel_failure(const struct kernel *kernel);

#endif
