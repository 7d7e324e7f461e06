/* SPDX-License-Identifier: ISC */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static struct {
	const char *name;
	enum log_level level;
	bool journal;
} context = {"sulid", LOG_LEVEL_INFO, false};

void log_open(const char *name, enum log_level level, bool journal)
{
	context.name = name;
	context.level = level;
	context.journal = journal;
}

void log_level(enum log_level level)
{
	context.level = level;
}

/* Control characters in what a client or a file sent must not reach a terminal. */
static size_t make_printable(char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)bytes[i] < ' ' || bytes[i] == 0x7f)
			bytes[i] = '?';
	return length;
}

__attribute__((format(printf, 2, 0))) static void write_line(
	enum log_level level, const char *format, va_list arguments, int error)
{
	static const char priority[][4] = {"<3>", "<4>", "<6>", "<7>"};
	char line[LINE_MAX_BYTES];
	size_t length = 0;
	int n;

	if (level > context.level)
		return;
	n = snprintf(
		line, sizeof line, "%s%s: ", context.journal ? priority[level] : "", context.name);
	if (n > 0)
		length = (size_t)n < sizeof line ? (size_t)n : sizeof line - 1;
	n = vsnprintf(line + length, sizeof line - length, format, arguments);
	if (n > 0) {
		size_t room = sizeof line - length - 1;
		length += make_printable(line + length, (size_t)n < room ? (size_t)n : room);
	}
	if (error != 0) {
		n = snprintf(line + length, sizeof line - length, ": %s", strerror(error));
		if (n > 0)
			length += (size_t)n < sizeof line - length ? (size_t)n
								   : sizeof line - length - 1;
	}
	if (length > sizeof line - 1)
		length = sizeof line - 1;
	line[length++] = '\n';
	/* Nothing can be done about an error log that cannot be written. */
	if (write(STDERR_FILENO, line, length) < 0)
		return;
}

#define LOG_FUNCTION(function, level, error)                 \
	void function(const char *format, ...)               \
	{                                                    \
		int saved = errno;                           \
		va_list arguments;                           \
		va_start(arguments, format);                 \
		write_line(level, format, arguments, error); \
		va_end(arguments);                           \
		errno = saved;                               \
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR, saved)
LOG_FUNCTION(log_errorx, LOG_LEVEL_ERROR, 0)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARN, saved)
LOG_FUNCTION(log_warnx, LOG_LEVEL_WARN, 0)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO, 0)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG, 0)

bool log_allowed(struct log_limit *limit, unsigned seconds, unsigned long *suppressed)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (limit->next != 0 && now.tv_sec < limit->next) {
		limit->suppressed++;
		return false;
	}
	*suppressed = limit->suppressed;
	limit->suppressed = 0;
	limit->next = now.tv_sec + (long long)seconds;
	return true;
}
