/* SPDX-License-Identifier: ISC */
#include "plan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "temporary.h"
#include "walk.h"

/* So many lines of a record are not too many for so many files: three for each of them would be
 * usual. */
#define LOOSE(lines, files) ((lines) > 64 + 4 * (files))

struct scanning {
	struct plan *plan;
	const struct plan_scan *scan;
	bool out_of_memory;
};

/* Room for one more. NULL: out of memory. */
static void *grow(void *rows, size_t count, size_t *room, size_t size)
{
	size_t more = *room ? *room * 2 : 64;
	void *grown;

	if (count < *room)
		return rows;
	grown = reallocarray(rows, more, size);
	if (grown)
		*room = more;
	return grown;
}

/* The directory that is being looked at is the last one of the plan. */
static bool add_directory(struct plan *plan, const char *path)
{
	struct plan_directory *grown = grow(
		plan->directories, plan->directory_count, &plan->directory_room, sizeof(*grown));
	struct plan_directory directory = {.path = strdup(path)};

	if (grown)
		plan->directories = grown;
	if (!grown || !directory.path) {
		free(directory.path);
		return false;
	}
	plan->directories[plan->directory_count++] = directory;
	return true;
}

static bool add_file(struct plan *plan, const char *path, const char *name, uint64_t size)
{
	struct plan_file *grown = grow(plan->files, plan->count, &plan->room, sizeof(*grown));
	struct plan_file file = {.name = strdup(name), .size = size};
	bool known = plan->directory_count > 0 &&
		     strcmp(plan->directories[plan->directory_count - 1].path, path) == 0;

	if (grown)
		plan->files = grown;
	if (!grown || !file.name || (!known && !add_directory(plan, path))) {
		free(file.name);
		return false;
	}
	file.directory = plan->directory_count - 1;
	plan->files[plan->count++] = file;
	plan->bytes += size;
	return true;
}

/* Is there another original beside it that has the same neighbours? */
static bool is_younger(
	const struct craft *craft, const struct walk_directory *directory, const char *name)
{
	char neighbour[CRAFT_NAME], elder[CRAFT_NAME];

	return craft->name(name, 0, neighbour) && craft->original(neighbour, 0, 0, elder) &&
	       strcmp(elder, name) != 0 && walk_find(directory, elder);
}

static bool consider(struct scanning *scanning, const struct walk_directory *directory,
	const struct record *record, const struct walk_entry *entry)
{
	const struct plan_scan *scan = scanning->scan;
	const struct craft *craft = scan->rules->craft;
	const struct neighbour_place place = {directory->fd, record, entry->name, directory->path};
	struct neighbour_outcome outcome = {0};
	struct stat original;

	if (entry->type != DT_REG || walk_is_hidden(entry->name) || !craft->takes(entry->name) ||
		is_younger(craft, directory, entry->name))
		return true;
	if (fstatat(directory->fd, entry->name, &original, AT_SYMLINK_NOFOLLOW) != 0 ||
		!S_ISREG(original.st_mode))
		return true;
	if ((uint64_t)original.st_size >= craft->least)
		scan->tally->files++;
	if (neighbour_is_due(&place, scan->rules, &original, &outcome))
		return add_file(scanning->plan, directory->path, entry->name, outcome.size);
	tally_add(scan->tally, &outcome);
	return true;
}

static bool is_chosen(const struct neighbour_rules *rules, unsigned kind)
{
	return (rules->kinds & (1U << kind)) != 0;
}

/* If a neighbour of that name has no original any more: what that was called, and the kind. */
static bool lacks_original(const struct neighbour_rules *rules,
	const struct walk_directory *directory, const char *neighbour,
	char original[static CRAFT_NAME], unsigned *kind)
{
	char name[CRAFT_NAME];

	for (unsigned i = 0; i < rules->craft->count; i++) {
		unsigned number = 0;

		if (!is_chosen(rules, i) || !rules->craft->original(neighbour, i, 0, original))
			continue;
		while (rules->craft->original(neighbour, i, number, name) &&
			!walk_find(directory, name))
			number++;
		*kind = i;
		return !rules->craft->original(neighbour, i, number, name);
	}
	return false;
}

/* Of several neighbours without an original the first brings it into the plan. */
static bool is_first(const struct neighbour_rules *rules, const struct walk_directory *directory,
	const struct record *record, const char *original, unsigned kind)
{
	for (unsigned i = 0; i < kind; i++) {
		char name[CRAFT_NAME];

		if (is_chosen(rules, i) && rules->craft->name(original, i, name) &&
			walk_find(directory, name) && record_lists(record, name))
			return false;
	}
	return true;
}

/* Originals that are gone, by what the record says that we made of them. */
static bool consider_gone(struct scanning *scanning, const struct walk_directory *directory,
	const struct record *record)
{
	const struct neighbour_rules *rules = scanning->scan->rules;
	const char *last = "";

	for (size_t i = 0; i < record->count; i++) {
		const struct record_line *line = &record->lines[i];
		const struct walk_entry *entry;
		char name[NAME_MAX + 1], original[CRAFT_NAME];
		unsigned kind;

		if (!line->made || strcmp(line->name, last) == 0 || !record_name(line, name))
			continue;
		last = line->name;
		entry = walk_find(directory, name);
		if (!entry || entry->type != DT_REG ||
			!lacks_original(rules, directory, name, original, &kind) ||
			!is_first(rules, directory, record, original, kind))
			continue;
		if (!add_file(scanning->plan, directory->path, original, 0))
			return false;
		scanning->plan->directories[scanning->plan->directory_count - 1].pruned = true;
	}
	return true;
}

static bool look(struct walk *walk, const struct walk_directory *directory)
{
	struct scanning *scanning = walk->context;
	const struct plan_scan *scan = scanning->scan;
	struct record record = {0};
	bool good = true;

	if (walk_find(directory, RECORD_NAME))
		record_read(&record, directory->fd);
	if (!scan->rules->dry && LOOSE(record.count, directory->count))
		record_tidy(directory->fd);
	for (size_t i = 0; good && i < directory->count; i++) {
		const struct walk_entry *entry = &directory->entries[i];

		if (!scan->rules->dry && temporary_is_name(entry->name))
			temporary_sweep(directory->fd, entry->name);
		good = consider(scanning, directory, &record, entry);
	}
	if (good && scan->rules->prune)
		good = consider_gone(scanning, directory, &record);
	record_free(&record);
	if (!good) {
		scanning->out_of_memory = true;
		scan->failed(scan->context, directory->path, ENOMEM);
		return false;
	}
	return !scan->looked || scan->looked(scan->context, scanning->plan);
}

static void opened(struct walk *walk, int fd, const char *path)
{
	const struct scanning *scanning = walk->context;

	if (scanning->scan->opened)
		scanning->scan->opened(scanning->scan->context, fd, path);
}

static void failed(struct walk *walk, const char *path, int error)
{
	const struct scanning *scanning = walk->context;

	scanning->scan->failed(scanning->scan->context, path, error);
}

bool plan_add(struct plan *plan, const struct plan_scan *scan, const char *path, bool recursive)
{
	struct scanning scanning = {.plan = plan, .scan = scan};
	struct walk walk = {
		.root = scan->root,
		.opened = opened,
		.directory = look,
		.failed = failed,
		.context = &scanning,
	};

	return walk_from(&walk, path, recursive) && !scanning.out_of_memory;
}

void plan_free(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		free(plan->files[i].name);
	for (size_t i = 0; i < plan->directory_count; i++)
		free(plan->directories[i].path);
	free(plan->files);
	free(plan->directories);
	*plan = (struct plan){0};
}
