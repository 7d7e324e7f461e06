/* SPDX-License-Identifier: ISC */
#ifndef SULID_BASE_LOG_H
#define SULID_BASE_LOG_H

/*
 * The error log: standard error of every process, one line per message, one write per line.
 * Under systemd (JOURNAL_STREAM is set for the supervisor, which tells its children) lines begin
 * with "<N>" priorities. What failed comes first, what to do last; never a secret.
 *
 * log_error/log_warn add ": strerror(errno)"; the ones ending in x do not. errno is kept.
 */

#include <stdbool.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

/* name: of the program, in front of each line ("sulid-worker"); level: the last that is written. */
void log_open(const char *name, enum log_level level, bool journal);
void log_level(enum log_level level);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_errorx(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warnx(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Repeats: true at most once in "seconds" for this static state; *suppressed is how many were not
 * said meanwhile.
 */
struct log_limit {
	long long next; /* CLOCK_MONOTONIC seconds */
	unsigned long suppressed;
};
bool log_allowed(struct log_limit *limit, unsigned seconds, unsigned long *suppressed);

#endif
