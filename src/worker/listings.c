/* SPDX-License-Identifier: ISC */
#include "listings.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#include "crew.h"
#include "intake.h"
#include "serve.h"

struct listing_job {
	struct crew_job job;
	struct listing listing;
	int made; /* the memory file, or -1 */
	int error;
	char path[TARGET_MAX];
};

static struct listing_job *job_of(struct crew_job *job)
{
	return (struct listing_job *)(void *)job;
}

/* In a thread of the crew. */
static void make(struct crew_job *job, void *arena, size_t size)
{
	struct listing_job *wanted = job_of(job);

	wanted->made = listing_write(&wanted->listing, arena, size);
	wanted->error = errno;
	close(wanted->listing.directory);
}

static void say_failure(int error)
{
	static struct log_limit limit;
	unsigned long suppressed;

	errno = error;
	if (log_allowed(&limit, 60, &suppressed))
		log_warn("listing of a directory");
}

static void made_ready(struct source *source, uint32_t events)
{
	struct server *server = deadline_owner(source, struct server, made);
	struct crew_job *job;

	(void)events;
	while ((job = crew_collect(server->crew))) {
		struct conn *conn = job->owner;
		int made = job_of(job)->made;

		if (made < 0)
			say_failure(job_of(job)->error);
		crew_give(server->crew, job);
		if (conn)
			intake_listed(conn, made >= 0 ? made : LISTING_FAILED);
		else if (made >= 0)
			close(made);
	}
}

int listings_open(struct server *server)
{
	server->crew = crew_open(sizeof(struct listing_job), LISTING_ARENA);
	if (!server->crew)
		return -1;
	server->made = (struct source){.ready = made_ready, .fd = crew_event(server->crew)};
	return loop_add(&server->loop, &server->made, EPOLLIN);
}

static enum listed take(int *listing, struct answer *answer)
{
	struct stat status;

	if (fstat(*listing, &status) < 0)
		return LISTED_FAILED;
	answer->resource = (struct resource){
		.fd = *listing,
		.size = status.st_size,
		.mtime = resolve_time(&status.st_mtim),
		.ctime = resolve_time(&status.st_ctim),
		.links = (uint32_t)status.st_nlink,
		.type = listing_type(answer->format),
	};
	answer->listed = true;
	*listing = LISTING_NONE;
	return LISTED_READY;
}

enum listed listings_answer(
	int *listing, struct lookup *lookup, const struct target *target, struct answer *answer)
{
	if (*listing >= 0)
		return take(listing, answer);
	if (*listing == LISTING_FAILED)
		return LISTED_FAILED;
	if (*listing == LISTING_BUSY || target->length >= sizeof answer->location)
		return LISTED_BUSY;
	answer->settings = lookup->settings;
	answer->order = listing_parse_order(target->query);
	answer->directory = lookup->directory;
	lookup->directory = -1;
	memcpy(answer->location, target->path, target->length);
	answer->location_length = target->length;
	return LISTED_WAITS;
}

bool listings_begin(struct conn *conn, struct answer *answer)
{
	struct server *server = conn->server;
	struct crew_job *job = server->listings < LISTINGS_MOST ? crew_take(server->crew) : NULL;
	struct listing_job *wanted;

	if (!job)
		return false;
	wanted = job_of(job);
	memcpy(wanted->path, answer->location, answer->location_length);
	wanted->listing = (struct listing){
		.directory = answer->directory,
		.path = wanted->path,
		.path_length = answer->location_length,
		.format = answer->format,
		.order = answer->order,
		.dotfiles = answer->settings->dotfiles,
		.follow = answer->settings->symlinks != SYMLINKS_NEVER,
	};
	answer->directory = -1;
	job->run = make;
	job->owner = conn;
	conn->wait.job = job->index;
	conn_enter(conn, CONN_WAIT);
	crew_submit(server->crew, job);
	return true;
}

void listings_forget(struct conn *conn)
{
	crew_at(conn->server->crew, conn->wait.job)->owner = NULL;
}
