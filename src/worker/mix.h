/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_MIX_H
#define SULID_WORKER_MIX_H

#include <stdint.h>

/* The finaliser of splitmix64: every bit of the input counts for every bit of the result, and no
 * two inputs have the same one. */
static inline uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

#endif
