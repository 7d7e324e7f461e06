/* SPDX-License-Identifier: ISC */
#include "crew.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#define STACK 131072 /* bytes per thread, its guard page among them */

/* Numbers of jobs, first in first out; there is room for all of them. */
struct queue {
	uint32_t index[CREW_JOBS];
	uint32_t first;
	uint32_t count;
};

struct hand {
	struct crew *crew;
	pthread_t thread;
	char *arena;
};

struct crew {
	pthread_mutex_t lock; /* of the two queues and "ending"; what else there is never changes
				 or is the loop's */
	pthread_cond_t wanted;
	struct queue submitted;
	struct queue done; /* the event is readable if and only if it is not empty */
	bool ending;

	int event;
	size_t mapped; /* bytes of all, from here on */
	size_t job_size;
	size_t arena_size;
	char *jobs;
	uint32_t free[CREW_JOBS];
	uint32_t free_count;
	uint32_t started; /* threads */
	struct hand hands[CREW_THREADS];
};

static void put(struct queue *queue, uint32_t index)
{
	queue->index[(queue->first + queue->count++) % CREW_JOBS] = index;
}

static uint32_t take(struct queue *queue)
{
	uint32_t index = queue->index[queue->first];

	queue->first = (queue->first + 1) % CREW_JOBS;
	queue->count--;
	return index;
}

static void finish(struct crew *crew, uint32_t index)
{
	if (crew->done.count == 0)
		eventfd_write(crew->event, 1);
	put(&crew->done, index);
}

static void *work(void *argument)
{
	struct hand *hand = argument;
	struct crew *crew = hand->crew;

	pthread_mutex_lock(&crew->lock);
	for (;;) {
		struct crew_job *job;

		while (crew->submitted.count == 0 && !crew->ending)
			pthread_cond_wait(&crew->wanted, &crew->lock);
		if (crew->submitted.count == 0)
			break;
		job = crew_at(crew, take(&crew->submitted));
		pthread_mutex_unlock(&crew->lock);
		job->run(job, hand->arena, crew->arena_size);
		pthread_mutex_lock(&crew->lock);
		finish(crew, job->index);
		if (crew->submitted.count > 0)
			continue;
		/* Nothing to do: the arena's memory goes back, its addresses stay. */
		pthread_mutex_unlock(&crew->lock);
		madvise(hand->arena, crew->arena_size, MADV_DONTNEED);
		pthread_mutex_lock(&crew->lock);
	}
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

/* All signals stay with the loop's thread: threads inherit the mask. Returns an errno. */
static int start(struct crew *crew)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	int error = pthread_attr_init(&attributes);

	if (error != 0)
		return error;
	error = pthread_attr_setstacksize(&attributes, STACK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (error == 0 && crew->started < CREW_THREADS) {
		struct hand *hand = &crew->hands[crew->started];

		error = pthread_create(&hand->thread, &attributes, work, hand);
		crew->started += error == 0;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return error;
}

static size_t round_up(size_t size, size_t unit)
{
	return (size + unit - 1) / unit * unit;
}

struct crew *crew_open(size_t job_size, size_t arena_size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t own = round_up(sizeof(struct crew), _Alignof(max_align_t));
	size_t job = round_up(job_size, _Alignof(max_align_t));
	size_t arena = round_up(arena_size, page);
	size_t before = round_up(own + CREW_JOBS * job, page); /* the arenas */
	size_t mapped = before + CREW_THREADS * arena;
	struct crew *crew = mmap(NULL, mapped, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int error;

	if (crew == MAP_FAILED)
		return NULL;
	crew->mapped = mapped;
	crew->job_size = job;
	crew->arena_size = arena_size;
	crew->jobs = (char *)crew + own;
	for (uint32_t i = 0; i < CREW_JOBS; i++) {
		crew_at(crew, i)->index = i;
		crew->free[crew->free_count++] = i;
	}
	for (uint32_t i = 0; i < CREW_THREADS; i++)
		crew->hands[i] =
			(struct hand){.crew = crew, .arena = (char *)crew + before + i * arena};
	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->wanted, NULL);
	crew->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	error = crew->event < 0 ? errno : start(crew);
	if (error != 0) {
		crew_close(crew);
		errno = error;
		return NULL;
	}
	return crew;
}

int crew_event(const struct crew *crew)
{
	return crew->event;
}

struct crew_job *crew_at(struct crew *crew, uint32_t index)
{
	return (struct crew_job *)(void *)(crew->jobs + index * crew->job_size);
}

struct crew_job *crew_take(struct crew *crew)
{
	struct crew_job *job;
	uint32_t index;

	if (crew->free_count == 0)
		return NULL;
	index = crew->free[--crew->free_count];
	job = crew_at(crew, index);
	memset(job, 0, crew->job_size);
	job->index = index;
	return job;
}

void crew_submit(struct crew *crew, struct crew_job *job)
{
	pthread_mutex_lock(&crew->lock);
	put(&crew->submitted, job->index);
	pthread_cond_signal(&crew->wanted);
	pthread_mutex_unlock(&crew->lock);
}

struct crew_job *crew_collect(struct crew *crew)
{
	struct crew_job *job = NULL;
	eventfd_t ignored;

	pthread_mutex_lock(&crew->lock);
	if (crew->done.count > 0) {
		job = crew_at(crew, take(&crew->done));
		if (crew->done.count == 0)
			eventfd_read(crew->event, &ignored);
	}
	pthread_mutex_unlock(&crew->lock);
	return job;
}

void crew_give(struct crew *crew, struct crew_job *job)
{
	crew->free[crew->free_count++] = job->index;
}

void crew_close(struct crew *crew)
{
	pthread_mutex_lock(&crew->lock);
	crew->ending = true;
	pthread_cond_broadcast(&crew->wanted);
	pthread_mutex_unlock(&crew->lock);
	for (uint32_t i = 0; i < crew->started; i++)
		pthread_join(crew->hands[i].thread, NULL);
	if (crew->event >= 0)
		close(crew->event);
	pthread_cond_destroy(&crew->wanted);
	pthread_mutex_destroy(&crew->lock);
	munmap(crew, crew->mapped);
}
