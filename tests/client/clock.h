/* SPDX-License-Identifier: ISC */
/*
 * Time, in microseconds of CLOCK_MONOTONIC. Deadlines of this program are such moments, not spans.
 */
#ifndef SULID_CLIENT_CLOCK_H
#define SULID_CLIENT_CLOCK_H

#include <stdint.h>

int64_t clock_us(void);
void clock_sleep_until(int64_t us);

#endif
