/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_CREW_H
#define SULID_WORKER_CREW_H

/*
 * Helper threads for what may block: a fixed number of them, a fixed table of jobs, and an eventfd
 * that wakes the loop. All is made at start; the crew owns no connection, and the process's exit
 * does not wait for a thread that is stuck on a dead disk.
 *
 * The loop's thread alone calls crew_take, crew_submit and crew_collect; a job's "run" is the only
 * thing that is called in a thread of the crew.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CREW_THREADS 4
#define CREW_JOBS    32

struct crew;

struct crew_job {
	void (*run)(struct crew_job *job, void *arena, size_t size); /* arena: the thread's own */
	void *owner;    /* the loop's; NULL once nobody waits any more */
	uint32_t index; /* in the table, for whoever keeps a number instead of a pointer */
};

/*
 * CREW_THREADS threads, each with an arena of arena_size bytes (mapped, not touched), and CREW_JOBS
 * jobs of job_size bytes each, which begin with a struct crew_job. NULL with errno.
 */
struct crew *crew_open(size_t job_size, size_t arena_size);

/* Readable when there is something to collect; for epoll, level-triggered. */
int crew_event(const struct crew *crew);

/* A free job, zeroed but for its index, the caller's until it is submitted; NULL: all are in use.
 */
struct crew_job *crew_take(struct crew *crew);
struct crew_job *crew_at(struct crew *crew, uint32_t index);

/* job->run is set. Done in the order of submission, as threads become free. */
void crew_submit(struct crew *crew, struct crew_job *job);

/* The next job that is done, or NULL. It is the caller's again, and goes back by crew_give. */
struct crew_job *crew_collect(struct crew *crew);
void crew_give(struct crew *crew, struct crew_job *job);

/* For tests: waits for all that was submitted, ends the threads, frees all. */
void crew_close(struct crew *crew);

#endif
