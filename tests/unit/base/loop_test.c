/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/loop.h"

/* A pipe that is watched; what its callback does is up to the test. */
struct watched {
	struct source source;
	int writer;
	int calls;
	uint32_t events;
	struct watched *forgets;
};

static struct loop loop;

static void ready(struct source *source, uint32_t events)
{
	struct watched *watched = (struct watched *)(void *)source;

	watched->calls++;
	watched->events = events;
	if (watched->forgets)
		loop_forget(&loop, &watched->forgets->source);
}

static void watch(struct watched *watched)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	*watched = (struct watched){.source = {.ready = ready, .fd = ends[0]}, .writer = ends[1]};
	assert_int_equal(loop_add(&loop, &watched->source, EPOLLIN), 0);
}

static void unwatch(struct watched *watched)
{
	close(watched->source.fd);
	close(watched->writer);
}

static int set_up(void **state)
{
	(void)state;
	return loop_open(&loop);
}

static int tear_down(void **state)
{
	(void)state;
	loop_close(&loop);
	return loop.epoll == -1 ? 0 : -1;
}

static void test_turn(void **state)
{
	struct watched a, b;
	char byte;

	(void)state;
	watch(&a);
	watch(&b);
	assert_int_equal(loop_turn(&loop, 0), 0);
	assert_int_equal(a.calls + b.calls, 0);
	assert_int_equal(write(a.writer, "x", 1), 1);
	assert_int_equal(loop_turn(&loop, INT64_MAX), 0);
	assert_int_equal(a.calls, 1);
	assert_int_equal(a.events, EPOLLIN);
	assert_int_equal(b.calls, 0);
	/* Level-triggered. */
	assert_int_equal(loop_turn(&loop, INT64_MAX), 0);
	assert_int_equal(a.calls, 2);
	assert_int_equal(loop_change(&loop, &a.source, 0), 0);
	assert_int_equal(loop_turn(&loop, 0), 0);
	assert_int_equal(a.calls, 2);
	assert_int_equal(loop_change(&loop, &a.source, EPOLLIN), 0);
	assert_int_equal(read(a.source.fd, &byte, 1), 1);
	assert_int_equal(loop_turn(&loop, 0), 0);
	assert_int_equal(a.calls, 2);
	close(a.writer);
	a.writer = -1;
	assert_int_equal(loop_turn(&loop, INT64_MAX), 0);
	assert_int_equal(a.calls, 3);
	assert_int_equal(a.events, EPOLLHUP);
	unwatch(&a);
	unwatch(&b);
}

static void test_deadline(void **state)
{
	int64_t start = loop_clock();

	(void)state;
	assert_int_equal(loop_turn(&loop, start - 1000), 0); /* past: at once */
	assert_true(loop.now >= start);
	assert_int_equal(loop_turn(&loop, start + 50), 0);
	assert_true(loop_clock() >= start + 49);
	assert_true(loop.now >= start + 49);
}

/* Whichever is called first forgets the other, which therefore is not called. */
static void test_forget(void **state)
{
	struct watched a, b;

	(void)state;
	watch(&a);
	watch(&b);
	a.forgets = &b;
	b.forgets = &a;
	assert_int_equal(write(a.writer, "x", 1), 1);
	assert_int_equal(write(b.writer, "x", 1), 1);
	assert_int_equal(loop_turn(&loop, INT64_MAX), 0);
	assert_int_equal(a.calls + b.calls, 1);
	assert_int_equal(loop_turn(&loop, INT64_MAX), 0);
	assert_int_equal(a.calls + b.calls, 2);
	assert_true(a.calls == 0 || b.calls == 0);
	/* The descriptor stays open. */
	assert_int_equal(fcntl(a.source.fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(b.source.fd, F_GETFD), FD_CLOEXEC);
	unwatch(&a);
	unwatch(&b);
}

static void test_forget_itself(void **state)
{
	struct watched a, b;

	(void)state;
	watch(&a);
	watch(&b);
	a.forgets = &a;
	b.forgets = &b;
	assert_int_equal(write(a.writer, "x", 1), 1);
	assert_int_equal(write(b.writer, "x", 1), 1);
	assert_int_equal(loop_turn(&loop, INT64_MAX), 0);
	assert_int_equal(loop_turn(&loop, 0), 0);
	assert_int_equal(a.calls, 1);
	assert_int_equal(b.calls, 1);
	unwatch(&a);
	unwatch(&b);
}

/* More than one turn takes: nobody is left out. */
static void test_many(void **state)
{
	static struct watched many[LOOP_EVENTS + 10];
	unsigned called = 0;

	(void)state;
	for (size_t i = 0; i < LOOP_EVENTS + 10; i++) {
		watch(&many[i]);
		many[i].forgets = &many[i];
		assert_int_equal(write(many[i].writer, "x", 1), 1);
	}
	assert_int_equal(loop_turn(&loop, INT64_MAX), 0);
	for (size_t i = 0; i < LOOP_EVENTS + 10; i++)
		called += (unsigned)many[i].calls;
	assert_int_equal(called, LOOP_EVENTS);
	assert_int_equal(loop_turn(&loop, INT64_MAX), 0);
	for (size_t i = 0; i < LOOP_EVENTS + 10; i++) {
		assert_int_equal(many[i].calls, 1);
		unwatch(&many[i]);
	}
}

static volatile sig_atomic_t alarms;

static void on_alarm(int number)
{
	(void)number;
	alarms = alarms + 1;
}

static void test_interrupted(void **state)
{
	struct sigaction action = {.sa_handler = on_alarm};
	const struct itimerval soon = {.it_interval = {0, 10000}, .it_value = {0, 10000}};
	const struct itimerval never = {{0, 0}, {0, 0}};

	(void)state;
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	alarms = 0;
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	assert_int_equal(loop_turn(&loop, INT64_MAX), 0); /* else it would never end */
	setitimer(ITIMER_REAL, &never, NULL);
	assert_true(alarms > 0);
	assert_int_equal(loop.count, 0);
}

static void test_errors(void **state)
{
	struct source source = {.ready = ready, .fd = -1};
	struct watched a;

	(void)state;
	assert_int_equal(loop_add(&loop, &source, EPOLLIN), -1);
	assert_int_equal(errno, EBADF);
	watch(&a);
	assert_int_equal(loop_add(&loop, &a.source, EPOLLIN), -1);
	assert_int_equal(errno, EEXIST);
	loop_forget(&loop, &a.source);
	loop_forget(&loop, &a.source);
	assert_int_equal(loop_change(&loop, &a.source, EPOLLIN), -1);
	assert_int_equal(errno, ENOENT);
	unwatch(&a);
	loop_close(&loop);
	loop_close(&loop);
	assert_int_equal(loop_turn(&loop, 0), -1);
	assert_int_equal(errno, EBADF);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_turn),
		TEST(test_deadline),
		TEST(test_forget),
		TEST(test_forget_itself),
		TEST(test_many),
		TEST(test_interrupted),
		TEST(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
