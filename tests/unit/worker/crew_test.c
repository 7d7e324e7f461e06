/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crew.h"

#define ARENA 100000 /* not a number of pages */
#define LONG  10000  /* milliseconds: no machine is as slow */

/* What a job does is told by "what"; "number" and "seen" come back. */
struct task {
	struct crew_job job;
	int number;
	int seen;
	char *arena;
	size_t arena_size;
	sigset_t signals;
	char filler[1000];
};

static struct crew *crew;
static sem_t started, released;
static atomic_int sequence;

static struct task *task_of(struct crew_job *job)
{
	return (struct task *)(void *)job;
}

static int open_crew(void **state)
{
	(void)state;
	sem_init(&started, 0, 0);
	sem_init(&released, 0, 0);
	atomic_store(&sequence, 0);
	crew = crew_open(sizeof(struct task) + 1, ARENA); /* odd: the table has to align them */
	return crew ? 0 : -1;
}

static int close_crew(void **state)
{
	(void)state;
	crew_close(crew);
	sem_destroy(&started);
	sem_destroy(&released);
	return 0;
}

static void run_count(struct crew_job *job, void *arena, size_t size)
{
	struct task *task = task_of(job);

	task->seen = atomic_fetch_add(&sequence, 1);
	task->arena = arena;
	task->arena_size = size;
	memset(arena, task->number + 1, size);
}

/* Runs until it is released. */
static void run_held(struct crew_job *job, void *arena, size_t size)
{
	sem_post(&started);
	sem_wait(&released);
	run_count(job, arena, size);
}

static struct task *submit(int number, void (*run)(struct crew_job *, void *, size_t))
{
	struct crew_job *job = crew_take(crew);

	assert_non_null(job);
	task_of(job)->number = number;
	job->run = run;
	job->owner = &crew;
	crew_submit(crew, job);
	return task_of(job);
}

static bool readable(int milliseconds)
{
	struct pollfd event = {.fd = crew_event(crew), .events = POLLIN};

	return poll(&event, 1, milliseconds) == 1;
}

static struct task *collect(void)
{
	struct crew_job *job;

	assert_true(readable(LONG));
	job = crew_collect(crew);
	assert_non_null(job);
	return task_of(job);
}

static void wait_started(int count)
{
	struct timespec limit;

	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += LONG / 1000;
	while (count-- > 0)
		assert_int_equal(sem_timedwait(&started, &limit), 0);
}

static void hold_threads(int count)
{
	for (int i = 0; i < count; i++)
		submit(1000 + i, run_held);
	wait_started(count);
}

static void release(int count)
{
	while (count-- > 0)
		sem_post(&released);
}

static void drop(int count)
{
	while (count-- > 0)
		crew_give(crew, &collect()->job);
}

/* With one thread left, jobs end as they were submitted. */
static void test_order(void **state)
{
	(void)state;
	hold_threads(CREW_THREADS - 1);
	for (int i = 0; i < CREW_JOBS - CREW_THREADS + 1; i++)
		submit(i, run_count);
	for (int i = 0; i < CREW_JOBS - CREW_THREADS + 1; i++) {
		struct task *task = collect();

		assert_int_equal(task->number, i);
		assert_int_equal(task->seen, i);
		assert_ptr_equal(task->job.owner, &crew);
		crew_give(crew, &task->job);
	}
	assert_null(crew_collect(crew));
	release(CREW_THREADS - 1);
	drop(CREW_THREADS - 1);
}

static void test_all_busy(void **state)
{
	struct task *waiting;

	(void)state;
	hold_threads(CREW_THREADS);
	waiting = submit(7, run_count);
	assert_false(readable(50));
	assert_null(crew_collect(crew));
	release(1);
	assert_int_equal(collect()->number / 1000, 1);
	assert_ptr_equal(collect(), waiting);
	assert_false(readable(0));
	release(CREW_THREADS - 1);
	drop(CREW_THREADS - 1);
}

static void test_table_full(void **state)
{
	struct crew_job *jobs[CREW_JOBS];
	bool seen[CREW_JOBS] = {false};

	(void)state;
	for (size_t i = 0; i < CREW_JOBS; i++) {
		jobs[i] = crew_take(crew);
		assert_non_null(jobs[i]);
		assert_int_equal((uintptr_t)jobs[i] % _Alignof(max_align_t), 0);
		assert_ptr_equal(crew_at(crew, jobs[i]->index), jobs[i]);
		assert_false(seen[jobs[i]->index]);
		seen[jobs[i]->index] = true;
		/* A neighbour would lose its index. */
		memset((char *)jobs[i] + sizeof *jobs[i], 0xff,
			sizeof(struct task) - sizeof *jobs[i]);
		jobs[i]->owner = &crew;
		jobs[i]->run = run_count;
	}
	assert_null(crew_take(crew));
	crew_give(crew, jobs[5]);
	assert_ptr_equal(crew_take(crew), jobs[5]);
	assert_null(jobs[5]->owner);
	assert_true(jobs[5]->run == NULL);
	assert_int_equal(task_of(jobs[5])->number, 0);
	assert_int_equal(task_of(jobs[5])->filler[999], 0);
	assert_null(crew_take(crew));
	for (size_t i = 0; i < CREW_JOBS; i++) {
		assert_true(jobs[i]->index < CREW_JOBS);
		crew_give(crew, jobs[i]);
	}
}

/* Nobody waits any more, before it begins and while it runs. */
static void test_owner_gone(void **state)
{
	struct task *running, *waiting;

	(void)state;
	hold_threads(CREW_THREADS - 1);
	running = submit(1, run_held);
	wait_started(1);
	waiting = submit(2, run_count);
	crew_at(crew, running->job.index)->owner = NULL;
	crew_at(crew, waiting->job.index)->owner = NULL;
	release(CREW_THREADS);
	for (int i = 0; i < CREW_THREADS + 1; i++) {
		struct task *task = collect();

		assert_true((task->job.owner == NULL) == (task->number == 1 || task->number == 2));
		crew_give(crew, &task->job);
	}
}

static void test_event(void **state)
{
	(void)state;
	assert_false(readable(0));
	assert_null(crew_collect(crew));
	hold_threads(3);
	release(3);
	for (int i = 0; i < 3; i++) {
		assert_true(readable(LONG));
		assert_true(readable(0)); /* level-triggered */
		drop(1);
	}
	assert_false(readable(0));
	assert_null(crew_collect(crew));
}

/* Each thread has its own, all of it. */
static void test_arenas(void **state)
{
	struct task *tasks[CREW_THREADS];

	(void)state;
	hold_threads(CREW_THREADS);
	release(CREW_THREADS);
	for (int i = 0; i < CREW_THREADS; i++) {
		tasks[i] = collect();
		assert_int_equal(tasks[i]->arena_size, ARENA);
		assert_int_equal((uintptr_t)tasks[i]->arena % 4096, 0);
		for (int k = 0; k < i; k++)
			assert_true(tasks[k]->arena + ARENA <= tasks[i]->arena ||
				    tasks[i]->arena + ARENA <= tasks[k]->arena);
	}
	for (int i = 0; i < CREW_THREADS; i++)
		crew_give(crew, &tasks[i]->job);
}

/* An idle thread keeps no memory. */
static void test_arena_goes_back(void **state)
{
	struct task *task;
	unsigned char resident[ARENA / 4096 + 1];

	(void)state;
	submit(1, run_count);
	task = collect();
	for (int tries = 0;; tries++) {
		size_t count = 0;

		assert_int_equal(mincore(task->arena, ARENA, resident), 0);
		for (size_t i = 0; i < sizeof resident; i++)
			count += resident[i] & 1;
		if (count == 0)
			break;
		assert_true(tries < LONG);
		usleep(1000);
	}
	crew_give(crew, &task->job);
}

static void run_signals(struct crew_job *job, void *arena, size_t size)
{
	(void)arena;
	(void)size;
	pthread_sigmask(SIG_BLOCK, NULL, &task_of(job)->signals);
}

static void test_signals(void **state)
{
	sigset_t mine;
	struct task *task;

	(void)state;
	submit(0, run_signals);
	task = collect();
	for (int i = 1; i <= SIGRTMAX; i++)
		if (i != SIGKILL && i != SIGSTOP && (i < 32 || i >= SIGRTMIN))
			assert_true(sigismember(&task->signals, i));
	crew_give(crew, &task->job);
	pthread_sigmask(SIG_BLOCK, NULL, &mine);
	assert_false(sigismember(&mine, SIGTERM));
}

static void test_many(void **state)
{
	int submitted = 0, collected = 0;
	int64_t sum = 0;

	(void)state;
	while (collected < 20000) {
		struct crew_job *job;

		while (submitted < 20000 && (job = crew_take(crew))) {
			task_of(job)->number = submitted++;
			job->run = run_signals;
			crew_submit(crew, job);
		}
		assert_true(readable(LONG));
		while ((job = crew_collect(crew))) {
			sum += task_of(job)->number;
			collected++;
			crew_give(crew, job);
		}
	}
	assert_int_equal(sum, INT64_C(20000) * 19999 / 2);
}

/* crew_close waits for what was submitted. */
static void test_close_waits(void **state)
{
	(void)state;
	for (int i = 0; i < CREW_JOBS; i++)
		submit(i, run_count);
	close_crew(NULL);
	assert_int_equal(atomic_load(&sequence), CREW_JOBS);
	open_crew(NULL);
}

/* In a process of its own; returns its exit status. */
static int in_child(void (*body)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		alarm(LONG / 1000);
		body();
		_exit(99);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void exit_while_stuck(void)
{
	crew = crew_open(sizeof(struct task), ARENA);
	hold_threads(1);
	exit(3);
}

static void test_exit_while_stuck(void **state)
{
	(void)state;
	assert_int_equal(in_child(exit_while_stuck), 3);
}

static void open_without_descriptors(void)
{
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){3, 3});
	_exit(!crew_open(sizeof(struct task), ARENA) && errno == EMFILE ? 0 : 1);
}

static void open_without_memory(void)
{
	_exit(!crew_open(sizeof(struct task), (size_t)1 << 60) && errno == ENOMEM ? 0 : 1);
}

/* A sanitizer wants more addresses than any limit. */
#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
	__has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED true
#else
#define SANITIZED false
#endif

/* Room for the crew and two of its threads; the third fails. */
static void open_without_stacks(void)
{
	char statm[64] = "";
	FILE *file = fopen("/proc/self/statm", "r");
	rlim_t pages;

	if (!file || !fgets(statm, sizeof statm, file))
		_exit(2);
	fclose(file);
	pages = strtoul(statm, NULL, 10) + (CREW_THREADS * (ARENA / 4096 + 1)) + 16 + 2 * 33 + 10;
	setrlimit(RLIMIT_AS, &(struct rlimit){pages * 4096, pages * 4096});
	_exit(!crew_open(sizeof(struct task), ARENA) && errno == EAGAIN ? 0 : 1);
}

static void test_open_fails(void **state)
{
	(void)state;
	assert_int_equal(in_child(open_without_descriptors), 0);
	assert_int_equal(in_child(open_without_memory), 0);
	if (!SANITIZED)
		assert_int_equal(in_child(open_without_stacks), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_crew, close_crew)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open_fails), /* before there are stacks to be used again */
		TEST(test_order),
		TEST(test_all_busy),
		TEST(test_table_full),
		TEST(test_owner_gone),
		TEST(test_event),
		TEST(test_arenas),
		TEST(test_arena_goes_back),
		TEST(test_signals),
		TEST(test_many),
		TEST(test_close_waits),
		cmocka_unit_test(test_exit_while_stuck),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
