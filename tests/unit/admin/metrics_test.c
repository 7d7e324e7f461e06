/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "metrics.h"

static struct metrics metrics;

static int setup(void **state)
{
	(void)state;
	memset(&metrics, 0, sizeof(metrics));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	while (metrics.count > 0)
		metrics_remove(&metrics, metrics.processes[0].slot);
	return 0;
}

/* Counters as the supervisor makes them. The descriptor is the caller's. */
static int make_counters(uint32_t role)
{
	struct counters counters = {.role = role};
	int fd = memfd_create("counters", MFD_CLOEXEC);

	memcpy(counters.build, build_id, BUILD_ID_SIZE);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, &counters, sizeof(counters)), sizeof(counters));
	return fd;
}

/* Let a process appear; returns its own view of its counters. */
static struct counters *process(uint32_t slot, uint32_t role)
{
	int fd = make_counters(role);
	struct counters *counters = counters_map(fd);

	assert_non_null(counters);
	assert_int_equal(metrics_add(&metrics, slot, fd), 0);
	close(fd);
	return counters;
}

static const char *text_of(bool ready)
{
	static char bytes[METRICS_TEXT + 1];
	struct text text = text_over(bytes, METRICS_TEXT);

	metrics_write(&metrics, ready, &text);
	assert_false(text.overflow);
	bytes[text.length] = '\0';
	return bytes;
}

/* The line is there, once, as a whole line. */
static void expect_line(const char *line)
{
	const char *text = text_of(true);
	char whole[300];

	snprintf(whole, sizeof(whole), "\n%s\n", line);

	const char *found = strstr(text, whole);

	if (!found)
		fail_msg("no line \"%s\"", line);
	assert_null(strstr(found + 1, whole));
}

/* The whole text but for the build. Later rows are looked at one by one elsewhere. */
static void test_exact(void **state)
{
	char expected[2048];
	struct counters *worker = process(7, ROLE_WORKER);
	struct counters *handshaker = process(900000, ROLE_HANDSHAKER);

	(void)state;
	process(8, ROLE_WORKER);
	counter_add(worker, COUNTER_CONNECTIONS_KERNEL, 41);
	counter_add(worker, COUNTER_CONNECTIONS_OPEN, 3);
	counter_add(handshaker, COUNTER_CONNECTIONS_KERNEL, 1);
	counter_add(handshaker, COUNTER_HANDSHAKES_FULL, UINT64_MAX);
	snprintf(expected, sizeof(expected),
		"# HELP sulid_build_info The version and build of sulid\n"
		"# TYPE sulid_build_info gauge\n"
		"sulid_build_info{version=\"%s\",build=\"%s\"} 1\n"
		"# HELP sulid_ready Whether every process that should serve does\n"
		"# TYPE sulid_ready gauge\n"
		"sulid_ready 0\n"
		"# HELP sulid_processes Processes by role, of all generations\n"
		"# TYPE sulid_processes gauge\n"
		"sulid_processes{role=\"handshaker\"} 1\n"
		"sulid_processes{role=\"worker\"} 2\n"
		"# HELP sulid_connections_total Connections served\n"
		"# TYPE sulid_connections_total counter\n"
		"sulid_connections_total{path=\"kernel\"} 42\n"
		"sulid_connections_total{path=\"relayed\"} 0\n"
		"sulid_connections_total{path=\"plain\"} 0\n"
		"# HELP sulid_connections_open Connections open in workers\n"
		"# TYPE sulid_connections_open gauge\n"
		"sulid_connections_open 3\n"
		"# HELP sulid_handshakes_total TLS handshakes by outcome\n"
		"# TYPE sulid_handshakes_total counter\n"
		"sulid_handshakes_total{result=\"full\"} 18446744073709551615\n",
		build_version, build_id_text);

	const char *text = text_of(false);

	assert_true(strlen(text) > strlen(expected));
	assert_int_equal(text[strlen(text) - 1], '\n');
	if (strncmp(text, expected, strlen(expected)) != 0)
		assert_string_equal(text, expected); /* shows both */
	expect_line("sulid_ready 1");
}

/* HELP and TYPE stand once per name, before its rows, and help is not empty. */
static void test_families(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTER_COUNT; i++) {
		const struct counter_name *row = &counter_names[i];
		bool first = i == 0 || strcmp(counter_names[i - 1].name, row->name) != 0;
		char line[200];

		if (first) {
			assert_int_not_equal(row->help[0], '\0');
			snprintf(line, sizeof(line), "# HELP sulid_%s %s", row->name, row->help);
			expect_line(line);
			snprintf(line, sizeof(line), "# TYPE sulid_%s %s", row->name,
				row->kind == COUNTER_KIND_TOTAL ? "counter" : "gauge");
			expect_line(line);
		}
		snprintf(line, sizeof(line), row->label[0] ? "sulid_%s{%s} 0" : "sulid_%s%s 0",
			row->name, row->label);
		expect_line(line);
		for (size_t j = 0; first && j < i; j++)
			assert_string_not_equal(counter_names[j].name, row->name);
	}
}

static void test_gone(void **state)
{
	struct counters *first = process(1, ROLE_WORKER), *second = process(2, ROLE_WORKER);

	(void)state;
	counter_add(first, COUNTER_REQUESTS_HTTPS, 10);
	counter_add(second, COUNTER_REQUESTS_HTTPS, 5);
	counter_add(first, COUNTER_CONNECTIONS_OPEN, 4);
	counter_add(second, COUNTER_CONNECTIONS_OPEN, 2);
	expect_line("sulid_requests_total{protocol=\"https\"} 15");
	expect_line("sulid_connections_open 6");

	/* Totals stay, gauges do not. */
	metrics_remove(&metrics, 1);
	metrics_remove(&metrics, 1);
	metrics_remove(&metrics, 77);
	expect_line("sulid_requests_total{protocol=\"https\"} 15");
	expect_line("sulid_connections_open 2");
	expect_line("sulid_processes{role=\"worker\"} 1");
	counter_add(second, COUNTER_REQUESTS_HTTPS, 1);
	expect_line("sulid_requests_total{protocol=\"https\"} 16");

	/* Told a second time of a process that is there, it counts it once. */
	int again = make_counters(ROLE_WORKER);

	assert_int_equal(metrics_add(&metrics, 2, again), 0);
	close(again);
	expect_line("sulid_requests_total{protocol=\"https\"} 16");
	expect_line("sulid_connections_open 2");
	expect_line("sulid_processes{role=\"worker\"} 1");
}

/* What was gone before this process started comes as a slot that is no process. */
static void test_earlier_totals(void **state)
{
	(void)state;
	counter_add(process(0, ROLE_SUPERVISOR), COUNTER_BYTES_SENT, 1000);
	expect_line("sulid_bytes_sent_total 1000");
	expect_line("sulid_processes{role=\"worker\"} 0");
	expect_line("sulid_processes{role=\"handshaker\"} 0");
}

static void test_refused(void **state)
{
	int fd = make_counters(ROLE_WORKER);

	(void)state;
	assert_int_equal(pwrite(fd, "otherbld", BUILD_ID_SIZE, 0), BUILD_ID_SIZE);
	assert_int_equal(metrics_add(&metrics, 1, fd), -1);
	assert_int_equal(errno, EPROTO);
	close(fd);
	assert_int_equal(metrics.count, 0);
	process(2, 77); /* a role that cannot be is counted nowhere */
	expect_line("sulid_processes{role=\"worker\"} 0");
}

static void test_full(void **state)
{
	int fd = make_counters(ROLE_WORKER);

	(void)state;
	for (uint32_t i = 0; i < METRICS_PROCESSES; i++)
		assert_int_equal(metrics_add(&metrics, i, fd), 0);
	assert_int_equal(metrics_add(&metrics, METRICS_PROCESSES, fd), -1);
	assert_int_equal(errno, ENOSPC);
	expect_line("sulid_processes{role=\"worker\"} 4096");
	metrics_remove(&metrics, 17);
	assert_int_equal(metrics_add(&metrics, METRICS_PROCESSES, fd), 0);
	close(fd);
}

/* The longest numbers fit, with room for some more rows. */
static void test_fits(void **state)
{
	struct counters *worker = process(1, ROLE_WORKER);

	(void)state;
	for (size_t i = 0; i < COUNTER_COUNT; i++)
		counter_add(worker, (enum counter)i, UINT64_MAX);
	assert_true(strlen(text_of(false)) < METRICS_TEXT * 3 / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_exact, setup, teardown),
		cmocka_unit_test_setup_teardown(test_families, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_earlier_totals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fits, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
