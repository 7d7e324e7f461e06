/* SPDX-License-Identifier: ISC */
#ifndef SULID_TESTS_TOOL_SITE_H
#define SULID_TESTS_TOOL_SITE_H

/* A directory of its own for each test, which is the working directory, and files in it. To be
 * included after cmocka.h, by one source of a program. */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SITE_OUTPUT 4096

static inline int site_setup(void **state)
{
	char *directory = strdup("/tmp/sulid-tool-XXXXXX");

	if (!directory || !mkdtemp(directory) || chdir(directory) != 0)
		return -1;
	umask(022);
	*state = directory;
	return 0;
}

static inline int site_teardown(void **state)
{
	char command[200];

	snprintf(command, sizeof(command), "rm -rf -- '%s'", (const char *)*state);
	free(*state);
	return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

/* A time long past, so that nobody takes a file for one that is being written. */
static inline void site_touch(const char *path, long seconds, long nanoseconds)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {seconds, nanoseconds}};

	assert_int_equal(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

static inline void site_write(const char *path, const void *bytes, size_t length)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
	site_touch(path, 1700000000, 123456789);
}

static inline unsigned site_random(unsigned long long *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*state >> 33);
}

/* Bytes that compress well, or not at all. */
static inline unsigned char *site_bytes(size_t length, bool text)
{
	static const char *const words[16] = {"the", "quick", "brown", "fox", "jumps", "over",
		"lazy", "dogs", "<div class=", "</div>", "href=\"", "\">", "function", "return",
		"margin:", "px;"};
	unsigned char *bytes = malloc(length + 1);
	unsigned long long state = length;

	assert_non_null(bytes);
	for (size_t i = 0; i < length; i++) {
		const char *word = words[site_random(&state) % 16];

		if (!text)
			bytes[i] = (unsigned char)site_random(&state);
		for (; text && *word && i < length; word++)
			bytes[i++] = (unsigned char)*word;
		if (text && i < length)
			bytes[i] = (unsigned char)"\n 0123456789 "[site_random(&state) % 13];
	}
	return bytes;
}

static inline void site_fill(const char *path, size_t length, bool text)
{
	unsigned char *bytes = site_bytes(length, text);

	site_write(path, bytes, length);
	free(bytes);
}

static inline void site_text(const char *path, size_t length)
{
	site_fill(path, length, true);
}

static inline bool site_has(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0;
}

static inline struct stat site_stat(const char *path)
{
	struct stat status;

	if (lstat(path, &status) != 0)
		fail_msg("%s: %s", path, strerror(errno));
	return status;
}

/* All of a file; the caller frees it. */
static inline unsigned char *site_read(const char *path, size_t *length)
{
	FILE *file = fopen(path, "re");
	struct stat status = site_stat(path);
	unsigned char *bytes = malloc((size_t)status.st_size + 1);

	assert_non_null(file);
	assert_non_null(bytes);
	*length = fread(bytes, 1, (size_t)status.st_size, file);
	bytes[*length] = '\0';
	fclose(file);
	return bytes;
}

static inline void site_same(const char *left, const char *right)
{
	size_t left_length, right_length;
	unsigned char *a = site_read(left, &left_length), *b = site_read(right, &right_length);

	assert_int_equal(left_length, right_length);
	assert_memory_equal(a, b, left_length);
	free(a);
	free(b);
}

/* Run a command; its output and its messages go into text. */
static inline int site_run(
	int (*command)(char *const *), char *const *arguments, char text[static SITE_OUTPUT])
{
	int output = memfd_create("output", MFD_CLOEXEC), saved[2], status;
	ssize_t length;

	assert_true(output >= 0);
	fflush(stdout);
	for (int i = 0; i < 2; i++) {
		saved[i] = dup(i + 1);
		assert_int_equal(dup2(output, i + 1), i + 1);
	}
	status = command(arguments);
	fflush(stdout);
	for (int i = 0; i < 2; i++) {
		dup2(saved[i], i + 1);
		close(saved[i]);
	}
	length = pread(output, text, SITE_OUTPUT - 1, 0);
	close(output);
	assert_true(length >= 0);
	text[length] = '\0';
	return status;
}

#endif
