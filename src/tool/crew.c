/* SPDX-License-Identifier: ISC */
#include "crew.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/loop.h"
#include "record.h"
#include "tally.h"
#include "walk.h"

#define PAUSE     100 /* milliseconds between two looks at the progress */
#define NOWHERE   SIZE_MAX
#define NO_RESULT SIZE_MAX

struct result {
	bool done;
	struct neighbour_outcome outcome;
};

/* A thread; "fd" and "record" are of the directory where it was last. */
struct hand {
	struct crew *crew;
	pthread_t thread;
	struct neighbour_bench *bench;
	struct neighbour_control control;
	size_t directory;
	int fd;
	struct record record;
};

struct crew {
	const struct crew_order *order;
	struct hand *hands;
	size_t hand_count;
	struct result *results; /* by the number of the file */
	int event;              /* readable when one was done */
	atomic_bool stop;
	/* Under the lock: */
	pthread_mutex_t lock;
	size_t next; /* the first that nobody has taken */
	size_t running;
	struct progress_state state;
	/* Of the thread that called only: */
	size_t reported;
};

static void wake(const struct crew *crew)
{
	uint64_t one = 1;
	ssize_t written = write(crew->event, &one, sizeof(one));

	(void)written; /* full is readable, too */
}

static void leave(struct hand *hand)
{
	if (hand->fd >= 0)
		close(hand->fd);
	record_free(&hand->record);
	hand->fd = -1;
	hand->directory = NOWHERE;
}

/* The directory of a file, unless it is the same as before. -1 with errno. */
static int enter(struct hand *hand, size_t directory)
{
	const struct crew_order *order = hand->crew->order;

	if (hand->directory == directory)
		return 0;
	leave(hand);
	hand->fd = walk_open(order->root, order->plan->directories[directory].path, O_PATH);
	if (hand->fd < 0)
		return -1;
	record_read(&hand->record, hand->fd);
	hand->directory = directory;
	return 0;
}

static void work(struct hand *hand, const struct plan_file *file, struct result *result)
{
	struct neighbour_place place = {
		.record = &hand->record,
		.name = file->name,
		.path = hand->crew->order->plan->directories[file->directory].path,
	};

	result->outcome = (struct neighbour_outcome){0};
	if (enter(hand, file->directory) != 0) {
		/* The directory, too, may go away or become something else. */
		if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
			result->outcome.problem = strdup(strerror(errno));
		return;
	}
	place.directory = hand->fd;
	neighbour_make(
		hand->bench, &place, hand->crew->order->rules, &hand->control, &result->outcome);
}

/* The number of the next file, NO_RESULT if there is none. */
static size_t take_one(struct crew *crew)
{
	const struct plan *plan = crew->order->plan;
	size_t taken = NO_RESULT;

	pthread_mutex_lock(&crew->lock);
	if (crew->next < plan->count && !atomic_load(&crew->stop)) {
		taken = crew->next++;
		crew->state.name = plan->files[taken].name;
	}
	pthread_mutex_unlock(&crew->lock);
	return taken;
}

static void give_back(struct hand *hand, size_t number)
{
	struct crew *crew = hand->crew;
	struct result *result = &crew->results[number];

	pthread_mutex_lock(&crew->lock);
	result->done = true;
	crew->state.done++;
	crew->state.bytes_done += crew->order->plan->files[number].size;
	if (crew->state.saves)
		crew->state.saved += tally_saved(&result->outcome);
	atomic_store(&hand->control.read, 0);
	pthread_mutex_unlock(&crew->lock);
	wake(crew);
}

static void *hand_main(void *context)
{
	struct hand *hand = context;
	struct crew *crew = hand->crew;
	size_t number;

	while ((number = take_one(crew)) != NO_RESULT) {
		work(hand, &crew->order->plan->files[number], &crew->results[number]);
		give_back(hand, number);
	}
	leave(hand);
	pthread_mutex_lock(&crew->lock);
	crew->running--;
	pthread_mutex_unlock(&crew->lock);
	wake(crew);
	return NULL;
}

/* As many as can be had. 0 or an error's number, if there is not even one. */
static int start(struct crew *crew)
{
	const struct crew_order *order = crew->order;
	size_t wanted = order->jobs < order->plan->count ? order->jobs : order->plan->count;
	int error = ENOMEM;

	while (crew->hand_count < wanted) {
		struct hand *hand = &crew->hands[crew->hand_count];

		*hand = (struct hand){.crew = crew, .fd = -1, .directory = NOWHERE};
		hand->control.stop = &crew->stop;
		hand->bench = neighbour_bench_new();
		if (!hand->bench)
			break;
		pthread_mutex_lock(&crew->lock);
		error = pthread_create(&hand->thread, NULL, hand_main, hand);
		crew->running += error == 0;
		pthread_mutex_unlock(&crew->lock);
		if (error) {
			neighbour_bench_free(hand->bench);
			break;
		}
		crew->hand_count++;
	}
	return crew->hand_count > 0 ? 0 : error;
}

/* What is done up to the first file that is not. */
static void report(struct crew *crew, bool all)
{
	const struct crew_order *order = crew->order;

	while (crew->reported < order->plan->count) {
		struct result *result = &crew->results[crew->reported];
		bool done;

		pthread_mutex_lock(&crew->lock);
		done = result->done;
		pthread_mutex_unlock(&crew->lock);
		if (!done && !all)
			return;
		if (done)
			order->report(order->context, &order->plan->files[crew->reported],
				&result->outcome);
		free(result->outcome.problem);
		result->outcome.problem = NULL;
		crew->reported++;
	}
}

static void draw(struct crew *crew)
{
	struct progress_state state;

	pthread_mutex_lock(&crew->lock);
	state = crew->state;
	for (size_t i = 0; i < crew->hand_count; i++)
		state.bytes_done += atomic_load(&crew->hands[i].control.read);
	pthread_mutex_unlock(&crew->lock);
	progress_draw(crew->order->progress, &state, loop_clock());
}

static bool is_running(struct crew *crew)
{
	bool running;

	pthread_mutex_lock(&crew->lock);
	running = crew->running > 0;
	pthread_mutex_unlock(&crew->lock);
	return running;
}

static void wait_for_all(struct crew *crew)
{
	struct interrupt *interrupt = crew->order->interrupt;
	struct pollfd polled[2] = {
		{.fd = crew->event, .events = POLLIN},
		{.fd = interrupt->fd, .events = POLLIN},
	};

	while (is_running(crew)) {
		uint64_t count;

		if (poll(polled, 2, crew->order->progress->fd >= 0 ? PAUSE : -1) < 0 &&
			errno != EINTR)
			break; /* joining them waits as well */
		if (interrupt_came(interrupt)) {
			atomic_store(&crew->stop, true);
			polled[1].fd = -1;
		}
		ssize_t got = read(crew->event, &count, sizeof(count));

		(void)got;
		report(crew, false);
		draw(crew);
	}
}

int crew_run(const struct crew_order *order)
{
	struct crew crew = {
		.order = order,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.state = {.total = order->plan->count,
			.bytes_total = order->plan->bytes,
			.saves = order->rules->craft->saves},
	};
	int error = ENOMEM;

	if (order->plan->count == 0)
		return 0;
	crew.event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (crew.event < 0)
		return -1;
	crew.hands = calloc(order->jobs, sizeof(*crew.hands));
	crew.results = calloc(order->plan->count, sizeof(*crew.results));
	if (crew.hands && crew.results)
		error = start(&crew);
	if (error == 0)
		wait_for_all(&crew);
	for (size_t i = 0; i < crew.hand_count; i++) {
		pthread_join(crew.hands[i].thread, NULL);
		neighbour_bench_free(crew.hands[i].bench);
	}
	if (error == 0)
		report(&crew, true);
	progress_clear(order->progress);
	free(crew.results);
	free(crew.hands);
	close(crew.event);
	errno = error;
	return error ? -1 : 0;
}
