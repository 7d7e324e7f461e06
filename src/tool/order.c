/* SPDX-License-Identifier: ISC */
#include "order.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"
#include "contract/build.h"
#include "pass.h"
#include "watch.h"

#define MOST_JOBS 256

static int wrong_usage(const struct order *order, const char *message)
{
	fprintf(stderr, "sulid %s: %s\n%.*s\n", order->rules.craft->command, message,
		(int)strcspn(order->help, "\n"), order->help);
	return EXIT_USAGE;
}

/* ---- the command line ---- */

static bool parse_jobs(const char *text, unsigned *jobs)
{
	char *end;
	unsigned long number;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	number = strtoul(text, &end, 10);
	if (*end || errno || number < 1 || number > MOST_JOBS)
		return false;
	*jobs = (unsigned)number;
	return true;
}

static unsigned processors(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return count < 1 ? 1 : count > MOST_JOBS ? MOST_JOBS : (unsigned)count;
}

/* An exit status, or -1: to be carried out. */
static int take_option(struct order *order, int option, const char *value)
{
	const char *wrong;

	switch (option) {
	case ORDER_JOBS:
		if (!parse_jobs(value, &order->jobs))
			return wrong_usage(order, "--jobs wants a number from 1 to 256");
		break;
	case ORDER_WATCH:
		order->watch = true;
		break;
	case ORDER_PRUNE:
		order->rules.prune = true;
		break;
	case ORDER_REPLACE:
		order->rules.replace = true;
		break;
	case ORDER_DRY_RUN:
		order->rules.dry = true;
		break;
	case ORDER_QUIET:
		order->quiet = true;
		break;
	case ORDER_HELP:
		fputs(order->help, stdout);
		return EXIT_DONE;
	case OPTIONS_OPERAND:
		order->names[order->count++] = value;
		break;
	default:
		wrong = order->take(order, option, value);
		if (wrong)
			return wrong_usage(order, wrong);
	}
	return -1;
}

static int parse(struct order *order, char *const *arguments)
{
	struct options options = options_over(order->rows, order->row_count, arguments);
	const char *value;
	int option, status = -1;

	while (status < 0 && (option = options_next(&options, &value)) != OPTIONS_END)
		status = option == OPTIONS_WRONG ? wrong_usage(order, options.message)
						 : take_option(order, option, value);
	if (status >= 0)
		return status;
	if (order->count == 0)
		return wrong_usage(order, "which directory?");
	if (order->watch && order->rules.dry)
		return wrong_usage(order, "--dry-run does not go with --watch");
	return -1;
}

/* ---- carrying it out ---- */

static void print_summary(const struct pass *pass, int64_t began)
{
	char bytes[512];
	struct text text = text_over(bytes, sizeof(bytes));

	tally_line(&text, &pass->tally, pass->rules.craft, pass->rules.dry, loop_clock() - began);
	puts(text_string(&text));
}

/* One after the other: they may hold each other. false: it was interrupted. */
static bool pass_all(struct pass *pass, const struct pass_root *roots, size_t count)
{
	const struct pass_place whole = {.path = (char[]){""}, .recursive = true};
	bool good = true;

	for (size_t i = 0; good && i < count; i++) {
		if (roots[i].fd >= 0)
			good = pass_run(pass, &roots[i], &whole, 1);
	}
	return good;
}

static bool keep_watching(struct watch *watch, struct pass *pass, bool quiet)
{
	if (watch_failed(watch))
		return false;
	if (!quiet) {
		printf("watching %zu %s\n", watch_count(watch),
			watch_count(watch) == 1 ? "directory" : "directories");
		fflush(stdout);
	}
	pass->tells = !quiet;
	pass->rules.again = false; /* that was once */
	return watch_run(watch);
}

static int carry_out(
	const struct order *order, struct pass *pass, const struct pass_root *roots, int64_t began)
{
	struct watch *watch = NULL;
	bool good;

	if (order->watch) {
		watch = watch_new(pass, roots, order->count);
		if (!watch) {
			fprintf(stderr, "sulid %s: inotify: %s\n", order->rules.craft->command,
				strerror(errno));
			return EXIT_FAILED;
		}
		pass->opened = watch_directory;
		pass->context = watch;
	}
	good = pass_all(pass, roots, order->count);
	if (!order->quiet)
		print_summary(pass, began);
	if (watch && good)
		good = keep_watching(watch, pass, order->quiet);
	if (watch && watch_failed(watch))
		good = false;
	watch_free(watch);
	if (order->watch)
		return good || interrupt_came(pass->interrupt) ? EXIT_DONE : EXIT_FAILED;
	return good && pass->tally.failed == 0 ? EXIT_DONE : EXIT_FAILED;
}

/* The roots may be named by symbolic links; what is below them may not. */
static struct pass_root *open_roots(const struct order *order, struct pass *pass)
{
	struct pass_root *roots = calloc(order->count, sizeof(*roots));

	for (size_t i = 0; roots && i < order->count; i++) {
		roots[i].name = order->names[i];
		roots[i].fd = open(order->names[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (roots[i].fd < 0) {
			pass->tally.failed++;
			pass_complain(pass, &roots[i], "", "", strerror(errno));
		}
	}
	return roots;
}

static int run(const struct order *order)
{
	int64_t began = loop_clock();
	struct progress progress = progress_on(order->quiet ? -1 : STDERR_FILENO);
	struct interrupt interrupt;
	struct pass pass = {
		.rules = order->rules,
		.jobs = order->jobs,
		.tells = order->rules.dry && !order->quiet,
		.patient = order->watch,
		.interrupt = &interrupt,
		.progress = &progress,
	};
	struct pass_root *roots;
	int status = EXIT_FAILED;

	if (interrupt_open(&interrupt) != 0 || !(roots = open_roots(order, &pass))) {
		fprintf(stderr, "sulid %s: %s\n", order->rules.craft->command, strerror(errno));
		return EXIT_FAILED;
	}
	/* To watch a part only would look as if all were watched. */
	if (!order->watch || pass.tally.failed == 0)
		status = carry_out(order, &pass, roots, began);
	for (size_t i = 0; i < order->count; i++) {
		if (roots[i].fd >= 0)
			close(roots[i].fd);
	}
	free(roots);
	if (interrupt_came(&interrupt) && !order->watch) {
		fflush(stdout);
		fprintf(stderr, "sulid %s: interrupted\n", order->rules.craft->command);
		interrupt_die(&interrupt);
	}
	interrupt_close(&interrupt);
	return status;
}

static size_t count_arguments(char *const *arguments)
{
	size_t count = 0;

	while (arguments[count])
		count++;
	return count;
}

int order_run(struct order *order, char *const *arguments)
{
	int status;

	order->names = calloc(count_arguments(arguments) + 1, sizeof(*order->names));
	order->jobs = processors();
	if (!order->names) {
		fprintf(stderr, "sulid %s: %s\n", order->rules.craft->command, strerror(errno));
		return EXIT_FAILED;
	}
	status = parse(order, arguments);
	if (status < 0)
		status = run(order);
	free(order->names);
	return status;
}
