/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "access_log.h"
#include "contract/inherit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LOGS         3

/* ---- an image with three logs; vhost 3 has none ---- */

static struct counters counters;
static struct image_header header;
static struct image_vhost vhosts[4];
static struct image image = {.header = &header, .vhosts = vhosts, .text = "first\0second\0third"};

static void make_image(void)
{
	memset(&counters, 0, sizeof counters);
	memset(vhosts, 0, sizeof vhosts);
	header = (struct image_header){.logs = LOGS, .vhosts = {0, COUNT(vhosts)}};
	vhosts[0] = (struct image_vhost){.name = {0, 5}, .log = 1};
	vhosts[1] =
		(struct image_vhost){.name = {6, 6}, .log = 0, .log_format = LOG_FORMAT_COMBINED};
	vhosts[2] =
		(struct image_vhost){.name = {13, 5}, .log = 1, .log_clients = LOG_CLIENTS_NONE};
	vhosts[3] = (struct image_vhost){.name = {13, 5}, .log = IMAGE_NONE};
}

/* Put fd where log "number" is inherited. */
static void install(int fd, uint32_t number)
{
	assert_true(fd >= 0);
	assert_true(dup2(fd, inherit_log(&image, number)) >= 0);
	close(fd);
}

static int make_file(void)
{
	return memfd_create("log", 0);
}

static uint64_t lost(void)
{
	return counter_read(&counters, COUNTER_LOG_LINES_LOST);
}

static size_t read_log(uint32_t number, char *bytes, size_t size)
{
	ssize_t n = pread(inherit_log(&image, number), bytes, size - 1, 0);

	assert_true(n >= 0);
	bytes[n] = '\0';
	return (size_t)n;
}

/* ---- the line ---- */

static const uint8_t digest[DIGEST_SIZE] = {0x3f, 0x9a, [31] = 0x01};
#define DIGEST_HEX "3f9a000000000000000000000000000000000000000000000000000000000001"

#define SPAN(string) {string, sizeof(string) - 1}

static const struct address peer4 = {.bytes = {192, 0, 2, 77}, .port = 40000, .family = 4};
static const struct address peer6 = {
	.bytes = {0x20, 0x01, 0x0d, 0xb8, 0, 1, 0xff, 0xff, [15] = 7}, .port = 1, .family = 6};
static const struct address nobody;

static struct access_entry full_entry(void)
{
	return (struct access_entry){
		.vhost = "example.org",
		.protocol = PROTOCOL_HTTPS,
		.path = PATH_KERNEL,
		.version = TLS_1_3,
		.cipher = CIPHER_AES_128_GCM,
		.resumed = true,
		.peer = &peer4,
		.digest = digest,
		.time_ms = 784111777007,
		.duration_us = 123,
		.request = SPAN("GET /a\"b HTTP/1.1"),
		.referer = SPAN("https://r.org/\xc3\xa9"),
		.user_agent = SPAN("u\\1\x1b"),
		.groups = "staff",
		.status = 206,
		.bytes = UINT64_C(12345678901),
		.complete = true,
	};
}

static struct access_entry empty_entry(void)
{
	return (struct access_entry){
		.protocol = PROTOCOL_HTTP, .path = PATH_PLAIN, .peer = &nobody, .status = 400};
}

static char line[ACCESS_LOG_LINE + 1];

static size_t format(
	enum log_format style, enum log_clients clients, const struct access_entry *entry)
{
	struct text text = text_over(line, ACCESS_LOG_LINE);

	access_log_format(&text, style, clients, entry);
	assert_false(text.overflow);
	line[text.length] = '\0';
	return text.length;
}

static void test_json(void **state)
{
	struct access_entry entry = full_entry();

	(void)state;
	format(LOG_FORMAT_JSON, LOG_CLIENTS_FULL, &entry);
	assert_string_equal(line,
		"{\"time\":\"1994-11-06T08:49:37.007Z\",\"client\":\"192.0.2.77\","
		"\"vhost\":\"example.org\",\"protocol\":\"https\","
		"\"request\":\"GET /a\\\"b HTTP/1.1\",\"status\":206,\"bytes\":12345678901,"
		"\"seconds\":0.000123,\"tls\":\"TLSv1.3\",\"cipher\":\"AES-128-GCM\","
		"\"path\":\"kernel\",\"resumed\":true,\"certificate\":\"sha256:" DIGEST_HEX
		"\",\"group\":\"staff\","
		"\"referer\":\"https://r.org/\xc3\xa9\",\"user_agent\":\"u\\\\1\\u001b\","
		"\"complete\":true}\n");

	entry = empty_entry();
	format(LOG_FORMAT_JSON, LOG_CLIENTS_FULL, &entry);
	assert_string_equal(line,
		"{\"time\":\"1970-01-01T00:00:00.000Z\",\"client\":\"-\",\"vhost\":null,"
		"\"protocol\":\"http\",\"request\":null,\"status\":400,\"bytes\":0,"
		"\"seconds\":0.000000,\"tls\":null,\"cipher\":null,\"path\":\"plain\","
		"\"resumed\":null,\"certificate\":null,\"group\":null,\"referer\":null,"
		"\"user_agent\":null,"
		"\"complete\":false}\n");

	entry = full_entry();
	entry.protocol = PROTOCOL_GEMINI;
	entry.path = PATH_RELAYED;
	entry.version = TLS_1_2;
	entry.cipher = CIPHER_OTHER;
	entry.resumed = false;
	entry.duration_us = 61000001;
	entry.referer.length = 0; /* there, and empty */
	format(LOG_FORMAT_JSON, LOG_CLIENTS_FULL, &entry);
	assert_non_null(strstr(line, "\"protocol\":\"gemini\""));
	assert_non_null(strstr(line, "\"seconds\":61.000001,\"tls\":\"TLSv1.2\",\"cipher\":\""));
	assert_non_null(strstr(line, "\"path\":\"relayed\",\"resumed\":false,"));
	assert_non_null(strstr(line, "\"referer\":\"\","));
}

static void test_combined(void **state)
{
	struct access_entry entry = full_entry();

	(void)state;
	format(LOG_FORMAT_COMBINED, LOG_CLIENTS_FULL, &entry);
	assert_string_equal(line,
		"192.0.2.77 - - [06/Nov/1994:08:49:37 +0000] \"GET /a\\x22b HTTP/1.1\" 206 "
		"12345678901 \"https://r.org/\\xc3\\xa9\" \"u\\x5c1\\x1b\" example.org TLSv1.3 "
		"AES-128-GCM kernel sha256:" DIGEST_HEX " \"staff\" 0.000123 complete\n");
	entry = empty_entry();
	format(LOG_FORMAT_COMBINED, LOG_CLIENTS_FULL, &entry);
	assert_string_equal(line,
		"- - - [01/Jan/1970:00:00:00 +0000] \"-\" 400 0 \"-\" \"-\" - - - "
		"plain - \"-\" 0.000000 cut\n");
}

static void test_clients(void **state)
{
	static const struct {
		const struct address *peer;
		enum log_clients clients;
		const char *shown;
	} rows[] = {
		{&peer4, LOG_CLIENTS_FULL, "192.0.2.77"},
		{&peer4, LOG_CLIENTS_NETWORK, "192.0.2.0"},
		{&peer4, LOG_CLIENTS_NONE, "-"},
		{&peer6, LOG_CLIENTS_FULL, "2001:db8:1:ffff::7"},
		{&peer6, LOG_CLIENTS_NETWORK, "2001:db8:1::"},
		{&peer6, LOG_CLIENTS_NONE, "-"},
		{&nobody, LOG_CLIENTS_FULL, "-"},
		{&nobody, LOG_CLIENTS_NETWORK, "-"},
	};
	char wanted[64];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct access_entry entry = empty_entry();

		entry.peer = rows[i].peer;
		format(LOG_FORMAT_COMBINED, rows[i].clients, &entry);
		snprintf(wanted, sizeof wanted, "%s - - [", rows[i].shown);
		assert_memory_equal(line, wanted, strlen(wanted));
		format(LOG_FORMAT_JSON, rows[i].clients, &entry);
		snprintf(wanted, sizeof wanted, "\"client\":\"%s\",", rows[i].shown);
		assert_non_null(strstr(line, wanted));
	}
}

/* All parts as long as they come, of bytes whose escapes are the longest. */
static void test_longest(void **state)
{
	static const char fillers[] = {'x', '\x01', '"', '\xc3', '\xff', '\\'};
	static char long_bytes[9000], name[1000];
	struct access_entry entry = full_entry();

	(void)state;
	for (size_t i = 0; i < sizeof fillers; i++) {
		memset(long_bytes, fillers[i], sizeof long_bytes);
		memset(name, fillers[i], sizeof name - 1);
		entry.peer = &peer6;
		entry.vhost = name;
		entry.time_ms = INT64_MAX;
		entry.duration_us = UINT64_MAX;
		entry.bytes = UINT64_MAX;
		entry.status = UINT_MAX;
		entry.cipher = CIPHER_CHACHA20_POLY1305;
		entry.path = PATH_RELAYED;
		entry.complete = false;
		entry.request = (struct span){long_bytes, sizeof long_bytes};
		entry.referer = entry.user_agent = entry.request;
		assert_true(format(LOG_FORMAT_JSON, LOG_CLIENTS_FULL, &entry) > 3000);
		assert_memory_equal(line + strlen(line) - 20, "\",\"complete\":false}\n", 20);
		assert_non_null(strstr(line, "\xe2\x80\xa6\",\"status\":4294967295,"));
		assert_non_null(strstr(line, "\xe2\x80\xa6\",\"user_agent\":\""));
		assert_non_null(strstr(line, "\xe2\x80\xa6\",\"complete\":false}\n"));
		assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
		assert_true(text_is_utf8(line, strlen(line)));
		assert_true(format(LOG_FORMAT_COMBINED, LOG_CLIENTS_FULL, &entry) > 3000);
		assert_memory_equal(line + strlen(line) - 5, " cut\n", 5);
		assert_non_null(strstr(line, "...\" 4294967295 18446744073709551615 \""));
		assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	}
}

/* A part is cut only if it has to be, and between characters. */
static void test_cut(void **state)
{
	static char bytes[2000];
	struct access_entry entry = empty_entry();

	(void)state;
	memset(bytes, 'x', sizeof bytes);
	entry.user_agent = (struct span){bytes, 512};
	format(LOG_FORMAT_JSON, LOG_CLIENTS_FULL, &entry);
	assert_non_null(strstr(line, "xx\",\"complete\""));
	entry.user_agent.length = 513;
	format(LOG_FORMAT_JSON, LOG_CLIENTS_FULL, &entry);
	assert_non_null(strstr(line, "x\xe2\x80\xa6\",\"complete\""));
	assert_int_equal(strstr(line, "\xe2\x80\xa6") - strstr(line, "xxx"), 509);
	memcpy(bytes + 507, "\xf0\x9f\x90\xa6", 4);
	format(LOG_FORMAT_JSON, LOG_CLIENTS_FULL, &entry);
	assert_int_equal(strstr(line, "\xe2\x80\xa6") - strstr(line, "xxx"), 507);
}

/* ---- the writing ---- */

static void test_flush(void **state)
{
	struct access_entry entry = empty_entry();
	struct access_logs *logs;
	char bytes[4096];

	(void)state;
	make_image();
	for (uint32_t i = 0; i < LOGS; i++)
		install(make_file(), i);
	logs = access_log_open(&image, &counters);
	assert_non_null(logs);
	entry.peer = &peer4;

	access_log_line(logs, 0, &entry);
	access_log_line(logs, 1, &entry);
	access_log_line(logs, 2, &entry);
	access_log_line(logs, 3, &entry); /* has no log */
	access_log_line(logs, ACCESS_LOG_NO_VHOST, &entry);
	assert_int_equal(read_log(0, bytes, sizeof bytes), 0); /* gathered */
	access_log_flush(logs);

	/* log 0: vhost 1's style for both */
	format(LOG_FORMAT_COMBINED, LOG_CLIENTS_FULL, &entry);
	assert_int_equal(read_log(0, bytes, sizeof bytes), 2 * strlen(line));
	assert_memory_equal(bytes, line, strlen(line));
	assert_string_equal(bytes + strlen(line), line);
	/* log 1: vhost 0 and 2, each in its own */
	format(LOG_FORMAT_JSON, LOG_CLIENTS_FULL, &entry);
	read_log(1, bytes, sizeof bytes);
	assert_memory_equal(bytes, line, strlen(line));
	assert_non_null(strstr(bytes + strlen(line), "\"client\":\"-\""));
	assert_int_equal(read_log(2, bytes, sizeof bytes), 0);

	access_log_flush(logs); /* nothing twice */
	assert_int_equal(read_log(2, bytes, sizeof bytes), 0);
	format(LOG_FORMAT_COMBINED, LOG_CLIENTS_FULL, &entry);
	assert_int_equal(read_log(0, bytes, sizeof bytes), 2 * strlen(line));
	assert_int_equal(lost(), 0);
}

static void test_no_logs(void **state)
{
	struct access_entry entry = empty_entry();
	struct access_logs *logs;

	(void)state;
	make_image();
	header.logs = 0;
	for (size_t i = 0; i < COUNT(vhosts); i++)
		vhosts[i].log = IMAGE_NONE;
	logs = access_log_open(&image, &counters);
	assert_non_null(logs);
	access_log_line(logs, ACCESS_LOG_NO_VHOST, &entry);
	access_log_line(logs, 0, &entry);
	access_log_flush(logs);
	assert_int_equal(lost(), 0);
}

/* Written without a flush when the buffer is half full. */
static void test_half_full(void **state)
{
	struct access_entry entry = empty_entry();
	struct access_logs *logs;
	size_t length, lines = 0;
	char bytes[16];

	(void)state;
	make_image();
	for (uint32_t i = 0; i < LOGS; i++)
		install(make_file(), i);
	logs = access_log_open(&image, &counters);
	length = format(LOG_FORMAT_JSON, LOG_CLIENTS_FULL, &entry);
	while (lines * length <= ACCESS_LOG_BUFFER / 2) {
		access_log_line(logs, 0, &entry);
		lines++;
	}
	assert_int_equal(read_log(1, bytes, sizeof bytes), 0);
	access_log_line(logs, 0, &entry);
	assert_int_equal(lseek(inherit_log(&image, 1), 0, SEEK_END), (off_t)(lines * length));
	access_log_flush(logs);
	assert_int_equal(lseek(inherit_log(&image, 1), 0, SEEK_END), (off_t)((lines + 1) * length));
}

/* bytes are "whole" so many times. */
static void assert_lines(const char *bytes, const char *whole, size_t count)
{
	size_t length = strlen(whole), lines = 0;

	for (; *bytes != '\0'; bytes += length, lines++)
		assert_memory_equal(bytes, whole, length);
	assert_int_equal(lines, count);
}

static char *read_all(uint32_t number)
{
	static char *bytes;
	off_t size = lseek(inherit_log(&image, number), 0, SEEK_END);

	free(bytes);
	bytes = calloc(1, (size_t)size + 1);
	assert_int_equal(pread(inherit_log(&image, number), bytes, (size_t)size, 0), size);
	return bytes;
}

static void limit_files(rlim_t size)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/*
 * A disk that is full in the middle of a line (here: a limit on the file's size). Lines wait as far
 * as there is room, the rest is counted, and when there is space again no line is cut.
 */
static void test_disk_full(void **state)
{
	struct access_entry entry = empty_entry();
	struct access_logs *logs;
	size_t length, kept, lines = 0;
	char template[] = "/tmp/access_log_test.XXXXXX";

	(void)state;
	make_image();
	for (uint32_t i = 0; i < LOGS; i++)
		install(make_file(), i);
	install(mkostemp(template, O_APPEND), 1);
	unlink(template);
	signal(SIGXFSZ, SIG_IGN);
	logs = access_log_open(&image, &counters);
	length = format(LOG_FORMAT_JSON, LOG_CLIENTS_FULL, &entry);

	limit_files(length + length / 2);
	access_log_line(logs, 0, &entry);
	access_log_line(logs, 0, &entry);
	access_log_line(logs, 0, &entry);
	access_log_flush(logs);
	assert_int_equal(strlen(read_all(1)), length + length / 2);
	assert_int_equal(lost(), 0);

	for (lines = 3; lost() == 0; lines++)
		access_log_line(logs, 0, &entry);
	lines--;
	/* What is written already, and what the buffer holds. */
	kept = (length + length / 2 + ACCESS_LOG_BUFFER) / length;
	assert_true(lines <= kept && lines + ACCESS_LOG_LINE / length + 2 >= kept);
	for (unsigned i = 0; i < 9; i++)
		access_log_line(logs, 0, &entry);
	access_log_flush(logs);
	assert_int_equal(lost(), 10);
	assert_int_equal(strlen(read_all(1)), length + length / 2);

	limit_files(RLIM_INFINITY);
	access_log_flush(logs);
	assert_lines(read_all(1), line, lines);
	access_log_line(logs, 0, &entry);
	access_log_flush(logs);
	assert_lines(read_all(1), line, lines + 1);
	assert_int_equal(lost(), 10);
}

/* The file is replaced while its last line is half written: the rest of it is not the new one's. */
static void test_replace(void **state)
{
	struct access_entry entry = empty_entry();
	struct access_logs *logs;
	size_t length;
	char template[] = "/tmp/access_log_test.XXXXXX";
	int fd;

	(void)state;
	make_image();
	for (uint32_t i = 0; i < LOGS; i++)
		install(make_file(), i);
	install(mkostemp(template, O_APPEND), 1);
	unlink(template);
	signal(SIGXFSZ, SIG_IGN);
	logs = access_log_open(&image, &counters);
	length = format(LOG_FORMAT_JSON, LOG_CLIENTS_FULL, &entry);

	/* What is gathered goes to the old one. */
	access_log_line(logs, 1, &entry);
	fd = make_file();
	assert_int_equal(access_log_replace(logs, 0, fd), 0);
	assert_int_equal(strlen(read_all(0)), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(lost(), 0);

	limit_files(length / 2);
	for (unsigned i = 0; i < 3; i++)
		access_log_line(logs, 0, &entry);
	fd = make_file();
	assert_int_equal(access_log_replace(logs, 1, fd), 0);
	close(fd);
	limit_files(RLIM_INFINITY);
	assert_int_equal(lost(), 1);
	access_log_flush(logs);
	assert_lines(read_all(1), line, 2);

	errno = 0;
	assert_int_equal(access_log_replace(logs, 1, -1), -1);
	assert_int_equal(errno, EBADF);
	access_log_line(logs, 0, &entry);
	access_log_flush(logs);
	assert_lines(read_all(1), line, 3);
}

/* A pipe nobody reads does not hold the worker up; when it is read, there are whole lines in it. */
static void test_slow_pipe(void **state)
{
	struct access_entry entry = empty_entry();
	static char bytes[4 * ACCESS_LOG_BUFFER];
	struct access_logs *logs;
	size_t length, lines, have = 0;
	int ends[2];
	ssize_t n;

	(void)state;
	make_image();
	for (uint32_t i = 0; i < LOGS; i++)
		install(make_file(), i);
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_DIRECT), 0); /* a read is one write */
	assert_true(fcntl(ends[1], F_SETPIPE_SZ, 8192) >= 0);
	install(ends[1], 1);
	logs = access_log_open(&image, &counters);
	length = format(LOG_FORMAT_JSON, LOG_CLIENTS_FULL, &entry);

	for (lines = 0; lost() == 0; lines++) {
		access_log_line(logs, 0, &entry);
		access_log_flush(logs); /* would hang if it blocked */
	}
	lines--;
	assert_int_equal(lost(), 1);
	assert_true(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
	for (;;) {
		n = read(ends[0], bytes + have, sizeof bytes - 1 - have);
		if (n < 0)
			break;
		have += (size_t)n;
		assert_int_equal(bytes[have - 1], '\n');
		access_log_flush(logs);
	}
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(have, lines * length);
	bytes[have] = '\0';
	assert_lines(bytes, line, lines);
	close(ends[0]);
}

/* A reader that is gone for good, then a file again. */
static void test_gone_reader(void **state)
{
	struct access_entry entry = empty_entry();
	struct access_logs *logs;
	int ends[2], fd;
	size_t lines;

	(void)state;
	make_image();
	for (uint32_t i = 0; i < LOGS; i++)
		install(make_file(), i);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	install(ends[1], 1);
	close(ends[0]);
	logs = access_log_open(&image, &counters);
	format(LOG_FORMAT_JSON, LOG_CLIENTS_FULL, &entry);
	for (lines = 0; lost() < 3; lines++) {
		access_log_line(logs, 0, &entry);
		access_log_flush(logs);
	}
	fd = make_file();
	assert_int_equal(access_log_replace(logs, 1, fd), 0);
	close(fd);
	access_log_line(logs, 0, &entry);
	access_log_flush(logs);
	assert_lines(read_all(1), line, lines - 3 + 1);
	assert_int_equal(lost(), 3);
}

/* Said with its cause and the number, and not again within the minute. */
static void test_said(void **state)
{
	struct access_entry entry = empty_entry();
	struct access_logs *logs;
	char said[512] = "";
	int fd = make_file(), kept = dup(STDERR_FILENO);

	(void)state;
	make_image();
	for (uint32_t i = 0; i < LOGS; i++)
		install(make_file(), i);
	install(open("/dev/full", O_WRONLY), 1);
	logs = access_log_open(&image, &counters);
	while (lost() < 2)
		access_log_line(logs, 0, &entry);
	dup2(fd, STDERR_FILENO);
	access_log_flush(logs);
	access_log_line(logs, 0, &entry);
	access_log_flush(logs);
	dup2(kept, STDERR_FILENO);
	close(kept);
	assert_true(pread(fd, said, sizeof said - 1, 0) > 0);
	close(fd);
	assert_non_null(
		strstr(said, ": access log of first: 2 lines lost: No space left on device\n"));
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
	assert_int_equal(lost(), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_combined),
		cmocka_unit_test(test_clients),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_flush),
		cmocka_unit_test(test_no_logs),
		cmocka_unit_test(test_half_full),
		cmocka_unit_test(test_disk_full),
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_slow_pipe),
		cmocka_unit_test(test_gone_reader),
		cmocka_unit_test(test_said),
	};

	return cmocka_run_group_tests_name("access_log", tests, NULL, NULL);
}
