/* SPDX-License-Identifier: ISC */
#ifndef SULID_FUZZ_MUST_H
#define SULID_FUZZ_MUST_H

/* A property of a fuzz target: libFuzzer reports the input for which it does not hold. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define must(property)                                                                    \
	do {                                                                              \
		if (!(property)) {                                                        \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, \
				#property);                                               \
			abort();                                                          \
		}                                                                         \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
