/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "display.h"
#include "progress.h"

static const struct progress_state half = {
	.done = 12,
	.total = 40,
	.bytes_done = 1700000,
	.bytes_total = 3400000,
	.saves = true,
	.saved = 900000,
	.name = "css/style.css",
};

static void expect(const struct progress_state *shown, size_t columns, const char *expected)
{
	char buffer[512];
	struct text text = text_over(buffer, sizeof(buffer));

	progress_line(&text, shown, columns);
	assert_string_equal(text_string(&text), expected);
}

static void test_line(void **state)
{
	(void)state;
	expect(&half, 79,
		"[#######........]  50%  12/40 files  1.7 MB/3.4 MB  saved 900 KB  css/style.css");
	expect(&half, 75,
		"[#######........]  50%  12/40 files  1.7 MB/3.4 MB  saved 900 KB  ...le.css");
	expect(&half, 100,
		"[##########..........]  50%  12/40 files  1.7 MB/3.4 MB  saved 900 KB  "
		"css/style.css");
	expect(&half, 59, " 50%  12/40 files  1.7 MB/3.4 MB  saved 900 KB  ...tyle.css");
	expect(&half, 50, " 50%  12/40 files  1.7 MB/3.4 MB  saved 900 KB");
	expect(&half, 20, " 50%  12/40 files  1");
	expect(&half, 0, "");
}

static void test_part_done(void **state)
{
	struct progress_state shown = {.total = 4, .done = 1, .saves = true};

	(void)state;
	expect(&shown, 50, " 25%  1/4 files  0 B/0 B  saved 0 B");
	shown.done = 4;
	expect(&shown, 50, "100%  4/4 files  0 B/0 B  saved 0 B");
	shown.saves = false;
	expect(&shown, 50, "100%  4/4 files  0 B/0 B");
	shown.saves = true;
	/* A file that grew counts as what it was. */
	shown.bytes_total = 1000;
	shown.bytes_done = 1500;
	expect(&shown, 50, "100%  4/4 files  1.5 KB/1.0 KB  saved 0 B");
	shown.bytes_done = 999;
	expect(&shown, 50, " 99%  4/4 files  999 B/1.0 KB  saved 0 B");
}

/* Never wider than it may be, and nothing that moves the cursor. */
static void test_any_name_any_width(void **state)
{
	static const char *const names[] = {"", "a",
		"\xc3\xbcm/\xe6\x9c\xac\xe6\x9c\xac\xe6\x9c\xac", "evil\x1b[2J\n\r\xc2\x9b\xff",
		"0123456789012345678901234567890123456789"};
	struct progress_state shown = half;
	char longest[3000];

	(void)state;
	memset(longest, '\n', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	for (size_t i = 0; i <= sizeof(names) / sizeof(names[0]); i++) {
		shown.name = i < sizeof(names) / sizeof(names[0]) ? names[i] : longest;
		for (size_t columns = 0; columns < 300; columns++) {
			char buffer[1024];
			struct text text = text_over(buffer, sizeof(buffer));

			progress_line(&text, &shown, columns);
			assert_true(display_columns(buffer, text.length) <= columns);
			for (size_t j = 0; j < text.length; j++)
				assert_in_range((unsigned char)buffer[j], 0x20, 0xff);
			assert_true(text_is_utf8(buffer, text.length));
		}
	}
}

/* A terminal of 70 columns, and its other side. */
static int open_terminal(int *other)
{
	const struct winsize window = {.ws_row = 24, .ws_col = 70};
	char name[100];
	int terminal;

	*other = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(*other >= 0);
	assert_int_equal(grantpt(*other), 0);
	assert_int_equal(unlockpt(*other), 0);
	assert_int_equal(ptsname_r(*other, name, sizeof(name)), 0);
	terminal = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(terminal >= 0);
	assert_int_equal(ioctl(terminal, TIOCSWINSZ, &window), 0);
	assert_int_equal(fcntl(*other, F_SETFL, O_NONBLOCK), 0);
	return terminal;
}

static void expect_written(int other, const char *expected)
{
	char buffer[1024];
	ssize_t got = read(other, buffer, sizeof(buffer) - 1);

	buffer[got > 0 ? got : 0] = '\0';
	assert_string_equal(buffer, expected);
}

static void test_terminal(void **state)
{
	int other, terminal = open_terminal(&other);
	struct progress progress;

	(void)state;
	setenv("TERM", "xterm", 1);
	progress = progress_on(terminal);
	assert_int_equal(progress.fd, terminal);
	progress_clear(&progress); /* nothing is there */
	expect_written(other, "");
	progress_look(&progress, 12, 1000);
	expect_written(other, "\r\033[Klooking at 12 files");
	progress_draw(&progress, &half, 1099); /* too soon */
	expect_written(other, "");
	progress_draw(&progress, &half, 1100);
	expect_written(
		other, "\r\033[K[######.......]  50%  12/40 files  1.7 MB/3.4 MB  saved 900 KB");
	progress_clear(&progress);
	expect_written(other, "\r\033[K");
	progress_clear(&progress);
	expect_written(other, "");
	/* What was taken away is drawn again at once. */
	progress_draw(&progress, &half, 1101);
	expect_written(
		other, "\r\033[K[######.......]  50%  12/40 files  1.7 MB/3.4 MB  saved 900 KB");
	close(terminal);
	close(other);
}

static void test_no_terminal(void **state)
{
	int ends[2], other, terminal = open_terminal(&other);
	struct progress progress;
	char byte;

	(void)state;
	setenv("TERM", "dumb", 1);
	assert_int_equal(progress_on(terminal).fd, -1);
	unsetenv("TERM");
	assert_int_equal(progress_on(terminal).fd, -1);
	setenv("TERM", "xterm", 1);
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	progress = progress_on(ends[1]);
	assert_int_equal(progress.fd, -1);
	progress_look(&progress, 1, 1000);
	progress_draw(&progress, &half, 5000);
	progress_clear(&progress);
	assert_int_equal(read(ends[0], &byte, 1), -1);
	for (int i = 0; i < 2; i++)
		close(ends[i]);
	close(terminal);
	close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_part_done),
		cmocka_unit_test(test_any_name_any_width),
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_no_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
