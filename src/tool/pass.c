/* SPDX-License-Identifier: ISC */
#include "pass.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"
#include "crew.h"
#include "display.h"
#include "plan.h"
#include "walk.h"

#define PATH_TEXT (4 * (PATH_MAX + NAME_MAX))

/* What the callbacks of one pass work on. */
struct run {
	struct pass *pass;
	const struct pass_root *root;
	struct plan plan;
};

/* As somebody who was given the root's name would write it. */
static void add_path(
	struct text *text, const struct pass_root *root, const char *directory, const char *name)
{
	size_t length = strlen(root->name);
	bool slash = length > 0 && root->name[length - 1] == '/';

	display_name(text, root->name);
	if (*directory) {
		text_add(text, slash ? "" : "/");
		display_name(text, directory);
		slash = false;
	}
	if (*name) {
		text_add(text, slash ? "" : "/");
		display_name(text, name);
	}
}

void pass_complain(struct pass *pass, const struct pass_root *root, const char *directory,
	const char *name, const char *problem)
{
	char bytes[PATH_TEXT];
	struct text path = text_over(bytes, sizeof(bytes));

	add_path(&path, root, directory, name);
	progress_clear(pass->progress);
	fprintf(stderr, "sulid %s: %s: %s\n", pass->rules.craft->command, text_string(&path),
		problem);
}

static void scan_opened(void *context, int fd, const char *path)
{
	const struct run *run = context;

	if (run->pass->opened)
		run->pass->opened(run->pass->context, run->root, fd, path);
}

static bool scan_looked(void *context, const struct plan *plan)
{
	const struct run *run = context;
	struct pass *pass = run->pass;

	(void)plan;
	progress_look(pass->progress, pass->tally.files, loop_clock());
	return !interrupt_came(pass->interrupt);
}

static void scan_failed(void *context, const char *path, int error)
{
	const struct run *run = context;

	run->pass->tally.failed++;
	pass_complain(run->pass, run->root, path, "", strerror(error));
}

/* One line for each neighbour. */
static void print_fates(const struct run *run, const char *directory, const char *name,
	const struct neighbour_outcome *outcome)
{
	const struct craft *craft = run->pass->rules.craft;
	bool dry = run->pass->rules.dry;

	for (unsigned i = 0; i < craft->count; i++) {
		enum neighbour_fate fate = outcome->of[i].fate;
		char bytes[PATH_TEXT + 64], neighbour[CRAFT_NAME];
		struct text text = text_over(bytes, sizeof(bytes));

		if (fate == NEIGHBOUR_LEFT || fate == NEIGHBOUR_VAIN ||
			(fate == NEIGHBOUR_FOREIGN && !dry) || !craft->name(name, i, neighbour))
			continue;
		text_add(&text, dry ? "would " : "");
		if (fate == NEIGHBOUR_MADE)
			text_add(&text, dry ? "make " : "made ");
		else if (fate == NEIGHBOUR_REMOVED)
			text_add(&text, dry ? "remove " : "removed ");
		else
			text_add(&text, "leave ");
		add_path(&text, run->root, directory, neighbour);
		if (fate == NEIGHBOUR_FOREIGN) {
			text_add(&text, ": ");
			text_add(&text, craft->foreign);
		}
		if (fate == NEIGHBOUR_MADE && craft->saves && !dry) {
			text_add(&text, ": ");
			display_size(&text, outcome->size);
			text_add(&text, " → ");
			display_size(&text, outcome->of[i].bytes);
		}
		puts(text_string(&text));
	}
}

static void reported(
	void *context, const struct plan_file *file, const struct neighbour_outcome *outcome)
{
	const struct run *run = context;
	struct pass *pass = run->pass;
	const char *directory = run->plan.directories[file->directory].path;

	if (outcome->changed && pass->patient)
		return;
	tally_add(&pass->tally, outcome);
	if (outcome->problem)
		pass_complain(pass, run->root, directory, file->name, outcome->problem);
	if (pass->tells) {
		progress_clear(pass->progress);
		print_fates(run, directory, file->name, outcome);
	}
}

/* Records of directories where neighbours were pruned. */
static void tidy(const struct run *run)
{
	for (size_t i = 0; i < run->plan.directory_count; i++) {
		const struct plan_directory *directory = &run->plan.directories[i];
		int fd = directory->pruned ? walk_open(run->root->fd, directory->path, O_PATH) : -1;

		if (fd < 0)
			continue;
		record_tidy(fd);
		close(fd);
	}
}

static bool look(struct run *run, const struct pass_place *places, size_t count)
{
	const struct plan_scan scan = {
		.root = run->root->fd,
		.rules = &run->pass->rules,
		.tally = &run->pass->tally,
		.opened = scan_opened,
		.looked = scan_looked,
		.failed = scan_failed,
		.context = run,
	};
	bool good = true;

	for (size_t i = 0; good && i < count; i++)
		good = plan_add(&run->plan, &scan, places[i].path, places[i].recursive);
	progress_clear(run->pass->progress);
	return good;
}

bool pass_run(struct pass *pass, const struct pass_root *root, const struct pass_place *places,
	size_t count)
{
	struct run run = {.pass = pass, .root = root};
	const struct crew_order order = {
		.root = root->fd,
		.plan = &run.plan,
		.rules = &pass->rules,
		.jobs = pass->jobs,
		.interrupt = pass->interrupt,
		.progress = pass->progress,
		.report = reported,
		.context = &run,
	};
	bool good = look(&run, places, count);

	if (good && crew_run(&order) != 0) {
		pass->tally.failed++;
		pass_complain(pass, root, "", "", strerror(errno));
		good = false;
	}
	if (!pass->rules.dry)
		tidy(&run);
	plan_free(&run.plan);
	return good && !interrupt_came(pass->interrupt);
}
