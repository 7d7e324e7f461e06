/* SPDX-License-Identifier: ISC */
#include "neighbour.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "making.h"
#include "temporary.h"

#define INPUT_BYTES ((size_t)256 << 10)
#define TRIES       3                             /* for a file that changes */
#define TICK        ((int64_t)20 * 1000 * 1000)   /* ns, of a file system's clock */
#define COARSE_TICK ((int64_t)1000 * 1000 * 1000) /* where times are whole seconds */
#define OPEN_FLAGS  (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* What is there under a neighbour's name. */
enum standing {
	STANDING_FRESH,
	STANDING_MISSING,
	STANDING_STALE,
	STANDING_FOREIGN, /* stale, and not ours; or no regular file */
};

/* One neighbour of the file that is being worked on. */
struct candidate {
	char name[CRAFT_NAME];
	enum standing standing;
	struct stat old; /* what is there, if anything is */
	struct making making;
};

struct neighbour_bench {
	uint8_t input[INPUT_BYTES];
	struct candidate candidates[CRAFT_KINDS];
	EVP_MD_CTX *digest;
};

enum attempt {
	ATTEMPT_DONE,
	ATTEMPT_CHANGED,
};

/* What all functions here work on. */
struct work {
	struct neighbour_bench *bench;
	const struct neighbour_place *place;
	const struct neighbour_rules *rules;
	struct neighbour_control *control;
	struct neighbour_outcome *outcome;
	struct stat original;
	struct encoder_original known; /* the same, for encoders */
	int file;                      /* it, open */
};

struct neighbour_bench *neighbour_bench_new(void)
{
	struct neighbour_bench *bench = calloc(1, sizeof(*bench));
	bool good = bench != NULL;

	for (unsigned i = 0; good && i < CRAFT_KINDS; i++)
		good = making_create(&bench->candidates[i].making, i);
	if (good)
		bench->digest = EVP_MD_CTX_new();
	if (good && bench->digest)
		return bench;
	neighbour_bench_free(bench);
	return NULL;
}

void neighbour_bench_free(struct neighbour_bench *bench)
{
	if (!bench)
		return;
	for (unsigned i = 0; i < CRAFT_KINDS; i++)
		making_destroy(&bench->candidates[i].making);
	EVP_MD_CTX_free(bench->digest);
	free(bench);
}

/* The first is told: what follows is often its consequence. */
__attribute__((format(printf, 2, 3))) static void tell(
	struct neighbour_outcome *outcome, const char *format, ...)
{
	va_list arguments;

	if (outcome->problem)
		return;
	va_start(arguments, format);
	if (vasprintf(&outcome->problem, format, arguments) < 0)
		outcome->problem = NULL;
	va_end(arguments);
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* The same file, and nothing was done to it. */
static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       same_time(&a->st_mtim, &b->st_mtim) && same_time(&a->st_ctim, &b->st_ctim);
}

static bool is_stopped(const struct work *work)
{
	return atomic_load(work->control->stop);
}

/* Is there to be a neighbour of that kind? Then its name, which may be too long. */
static bool chosen(const struct neighbour_rules *rules, const char *original, unsigned kind,
	char name[static CRAFT_NAME])
{
	return (rules->kinds & (1U << kind)) != 0 && rules->craft->name(original, kind, name);
}

static const char *ending(const struct work *work, unsigned kind)
{
	return work->rules->craft->rows[kind].ending;
}

/* What stands there, as far as can be told without reading it: STALE may turn out to be foreign. */
static enum standing stand(const struct neighbour_place *place, const struct neighbour_rules *rules,
	const struct stat *original, const char *name, struct stat *found)
{
	if (fstatat(place->directory, name, found, AT_SYMLINK_NOFOLLOW) != 0)
		return STANDING_MISSING;
	if (!S_ISREG(found->st_mode))
		return STANDING_FOREIGN;
	if (same_time(&found->st_mtim, &original->st_mtim) &&
		!(rules->again && record_lists(place->record, name)))
		return STANDING_FRESH;
	return rules->replace || record_lists(place->record, name) ? STANDING_STALE
								   : STANDING_FOREIGN;
}

bool neighbour_is_due(const struct neighbour_place *place, const struct neighbour_rules *rules,
	const struct stat *original, struct neighbour_outcome *outcome)
{
	bool large = (uint64_t)original->st_size >= rules->craft->least, due = false;

	outcome->size = (uint64_t)original->st_size;
	for (unsigned i = 0; i < rules->craft->count; i++) {
		char name[CRAFT_NAME];
		struct stat found;
		enum standing standing;

		if (!chosen(rules, place->name, i, name))
			continue;
		if (strlen(name) > NAME_MAX) {
			due = due || large; /* which tells why it cannot be done */
			continue;
		}
		standing = stand(place, rules, original, name, &found);
		if (standing == STANDING_FOREIGN && large)
			outcome->of[i].fate = NEIGHBOUR_FOREIGN;
		due = due || standing == STANDING_STALE ||
		      (standing == STANDING_MISSING && large &&
			      !record_vain(place->record, name, original, rules->level));
	}
	return due;
}

/* As many bytes as there are room for: what comes out must not depend on how they came in. -1 with
 * errno. */
static ssize_t fill(int file, uint8_t *buffer, size_t size)
{
	size_t length = 0;

	while (length < size) {
		ssize_t got = read(file, buffer + length, size - length);

		if (got == 0)
			break;
		if (got < 0 && errno != EINTR)
			return -1;
		if (got > 0)
			length += (size_t)got;
	}
	return (ssize_t)length;
}

/* Whether a neighbour has the bytes that we made; what was looked at is remembered in "old". */
static bool is_ours(struct work *work, struct candidate *candidate)
{
	int file = openat(work->place->directory, candidate->name, OPEN_FLAGS);
	struct neighbour_bench *bench = work->bench;
	uint8_t digest[RECORD_DIGEST];
	ssize_t got = -1;
	bool good = file >= 0 && fstat(file, &candidate->old) == 0 &&
		    S_ISREG(candidate->old.st_mode) &&
		    EVP_DigestInit_ex(bench->digest, EVP_sha256(), NULL);

	while (good && (got = fill(file, bench->input, INPUT_BYTES)) > 0)
		good = !is_stopped(work) &&
		       EVP_DigestUpdate(bench->digest, bench->input, (size_t)got);
	good = good && got == 0 && EVP_DigestFinal_ex(bench->digest, digest, NULL) &&
	       record_made(work->place->record, candidate->name, digest);
	if (file >= 0)
		close(file);
	return good;
}

/* Just before it is replaced or removed: it is still what was looked at. */
static bool is_still(const struct work *work, const struct candidate *candidate)
{
	struct stat now;

	return fstatat(work->place->directory, candidate->name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	       same_file(&now, &candidate->old);
}

/* Ours, as was just found. */
static void remove_ours(struct work *work, const struct candidate *candidate)
{
	unsigned kind = candidate->making.kind;

	if (!work->rules->dry) {
		if (!is_still(work, candidate))
			return;
		if (unlinkat(work->place->directory, candidate->name, 0) != 0) {
			tell(work->outcome, "%s cannot be removed: %s", ending(work, kind),
				strerror(errno));
			return;
		}
	}
	work->outcome->of[kind].fate = NEIGHBOUR_REMOVED;
}

static void prune(struct work *work)
{
	for (unsigned i = 0; work->rules->prune && i < work->rules->craft->count; i++) {
		struct candidate *candidate = &work->bench->candidates[i];

		if (chosen(work->rules, work->place->name, i, candidate->name) &&
			strlen(candidate->name) <= NAME_MAX &&
			record_lists(work->place->record, candidate->name) &&
			is_ours(work, candidate))
			remove_ours(work, candidate);
	}
}

/* ---- making ---- */

/* The file through all encoders at once; it is read to its end as long as one is interested. */
static enum attempt encode(struct work *work)
{
	uint64_t left = (uint64_t)work->original.st_size;
	bool wanted = true;

	while (wanted) {
		ssize_t got = fill(work->file, work->bench->input, INPUT_BYTES);

		if (got < 0) {
			tell(work->outcome, "%s", strerror(errno));
			return ATTEMPT_DONE;
		}
		if ((got == 0 && left > 0) || (uint64_t)got > left)
			return ATTEMPT_CHANGED;
		left -= (uint64_t)got;
		atomic_fetch_add(&work->control->read, (unsigned long long)got);
		wanted = false;
		for (unsigned i = 0; i < CRAFT_KINDS; i++) {
			struct making *making = &work->bench->candidates[i].making;

			if (is_stopped(work))
				return ATTEMPT_DONE;
			if (making->encoder)
				making_feed(making, work->bench->input, (size_t)got, left == 0);
			wanted = wanted || making->encoder;
		}
	}
	return ATTEMPT_DONE;
}

/* The record is first: what is there without being ours could never be replaced. */
static int settle(struct work *work, struct candidate *candidate)
{
	const struct neighbour_place *place = work->place;
	struct making *making = &candidate->making;

	if (making_finish(making, &work->original) != 0)
		return -1;
	if (record_add_made(place->directory, place->record, candidate->name, making->digest) !=
		0) {
		tell(work->outcome, "%s: %s", RECORD_NAME, strerror(errno));
		return -1;
	}
	return temporary_settle(
		&making->temporary, candidate->name, candidate->standing == STANDING_STALE);
}

/* Put what was made into its place. */
static void conclude(struct work *work, struct candidate *candidate)
{
	const struct neighbour_place *place = work->place;
	struct making *making = &candidate->making;
	bool stale = candidate->standing == STANDING_STALE;

	if (making->vain) {
		work->outcome->of[making->kind].fate = NEIGHBOUR_VAIN;
		if (stale && is_ours(work, candidate))
			remove_ours(work, candidate);
		/* It spares the next run the work; without it all is well, too. */
		record_add_vain(place->directory, place->record, candidate->name, &work->original,
			work->rules->level);
		return;
	}
	if (making->error == 0 && stale && !is_still(work, candidate))
		return; /* somebody else is at work here */
	if (making->error == 0 && settle(work, candidate) != 0)
		making->error = errno;
	if (making->error == EEXIST)
		return; /* likewise */
	if (making->error) {
		tell(work->outcome, "%s: %s", ending(work, making->kind), strerror(making->error));
		return;
	}
	work->outcome->of[making->kind].fate = NEIGHBOUR_MADE;
	work->outcome->of[making->kind].bytes = making->bytes;
}

/* Begin with one if it is wanted. */
static void start(struct work *work, struct candidate *candidate)
{
	bool large = work->known.size >= work->rules->craft->least;
	unsigned kind = candidate->making.kind;
	bool ours = candidate->standing == STANDING_STALE && is_ours(work, candidate);

	if (candidate->standing == STANDING_STALE && !ours && !work->rules->replace)
		candidate->standing = STANDING_FOREIGN;
	if (candidate->standing == STANDING_FOREIGN && large)
		work->outcome->of[kind].fate = NEIGHBOUR_FOREIGN;
	if (ours && !large)
		remove_ours(work, candidate);
	if (!large ||
		(candidate->standing != STANDING_STALE && candidate->standing != STANDING_MISSING))
		return;
	if (work->rules->dry) {
		work->outcome->of[kind].fate = NEIGHBOUR_MADE;
		return;
	}
	making_start(&candidate->making, work->rules->craft, work->place->directory,
		work->rules->level, &work->known);
	if (candidate->making.error)
		tell(work->outcome, "%s: %s", ending(work, kind),
			strerror(candidate->making.error));
}

/* What stands beside the original as it was opened. */
static void look(struct work *work, struct candidate *candidate)
{
	unsigned kind = candidate->making.kind;

	making_reset(&candidate->making);
	candidate->standing = STANDING_FRESH;
	work->outcome->of[kind].fate = NEIGHBOUR_LEFT;
	if (!chosen(work->rules, work->place->name, kind, candidate->name))
		return;
	if (strlen(candidate->name) > NAME_MAX) {
		tell(work->outcome, "%s: %s", ending(work, kind), strerror(ENAMETOOLONG));
		return;
	}
	candidate->standing =
		stand(work->place, work->rules, &work->original, candidate->name, &candidate->old);
	if (candidate->standing == STANDING_MISSING &&
		record_vain(
			work->place->record, candidate->name, &work->original, work->rules->level))
		candidate->standing = STANDING_FRESH;
}

/* A file that was written in this tick of the clock may be written once more without getting
 * another time. */
static void let_settle(const struct stat *status)
{
	int64_t tick = status->st_mtim.tv_nsec ? TICK : COARSE_TICK, age;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	age = (int64_t)(now.tv_sec - status->st_mtim.tv_sec) * COARSE_TICK + now.tv_nsec -
	      status->st_mtim.tv_nsec;
	if (age >= 0 && age < tick)
		nanosleep(&(struct timespec){.tv_nsec = tick - age - 1}, NULL);
}

/* By its name: it may have been replaced, too. */
static bool has_changed(const struct work *work)
{
	struct stat now;

	return fstatat(work->place->directory, work->place->name, &now, AT_SYMLINK_NOFOLLOW) != 0 ||
	       !same_file(&work->original, &now);
}

/* End what was begun; what came out whole takes its place, if all is good. */
static void finish(struct work *work, bool good)
{
	for (unsigned i = 0; i < CRAFT_KINDS; i++) {
		struct making *making = &work->bench->candidates[i].making;
		bool whole = !making->encoder; /* or it was not begun, or has failed */

		making_stop(making);
		if (good && whole && (making->temporary.fd >= 0 || making->vain || making->error))
			conclude(work, &work->bench->candidates[i]);
		temporary_discard(&making->temporary);
	}
}

static enum attempt attempt_open(struct work *work)
{
	struct candidate *candidates = work->bench->candidates;
	enum attempt attempt = ATTEMPT_DONE;
	bool started = false;

	if (fstat(work->file, &work->original) != 0) {
		tell(work->outcome, "%s", strerror(errno));
		return ATTEMPT_DONE;
	}
	if (!S_ISREG(work->original.st_mode))
		return ATTEMPT_DONE;
	work->known = (struct encoder_original){
		.size = (uint64_t)work->original.st_size,
		.directory = work->place->path,
		.name = work->place->name,
		.wishes = work->rules->wishes,
	};
	work->outcome->size = work->known.size;
	if (!work->rules->dry)
		let_settle(&work->original);
	for (unsigned i = 0; i < work->rules->craft->count; i++) {
		look(work, &candidates[i]);
		start(work, &candidates[i]);
		started = started || candidates[i].making.encoder;
	}
	if (started)
		attempt = encode(work);
	if (started && has_changed(work))
		attempt = ATTEMPT_CHANGED;
	finish(work, started && attempt == ATTEMPT_DONE && !is_stopped(work));
	return attempt;
}

static enum attempt attempt(struct work *work)
{
	enum attempt attempt;

	work->file = openat(work->place->directory, work->place->name, OPEN_FLAGS);
	if (work->file < 0) {
		/* It may go away, or become something else, at any time. */
		if (errno == ENOENT)
			prune(work);
		else if (errno != ELOOP)
			tell(work->outcome, "%s", strerror(errno));
		return ATTEMPT_DONE;
	}
	attempt = attempt_open(work);
	close(work->file);
	return attempt;
}

void neighbour_make(struct neighbour_bench *bench, const struct neighbour_place *place,
	const struct neighbour_rules *rules, struct neighbour_control *control,
	struct neighbour_outcome *outcome)
{
	struct work work = {
		.bench = bench,
		.place = place,
		.rules = rules,
		.control = control,
		.outcome = outcome,
	};

	*outcome = (struct neighbour_outcome){0};
	for (int i = 0; i < TRIES; i++) {
		atomic_store(&control->read, 0);
		if (is_stopped(&work) || attempt(&work) == ATTEMPT_DONE)
			return;
	}
	outcome->changed = !outcome->problem;
	tell(outcome, "it changes while it is being read");
}
