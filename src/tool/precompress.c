/* SPDX-License-Identifier: ISC */
#include "precompress.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/loop.h"
#include "contract/build.h"
#include "options.h"
#include "pass.h"
#include "watch.h"

#define MOST_JOBS 256

enum {
	OPTION_ENCODINGS,
	OPTION_LEVEL,
	OPTION_JOBS,
	OPTION_WATCH,
	OPTION_PRUNE,
	OPTION_REPLACE,
	OPTION_DRY_RUN,
	OPTION_QUIET,
	OPTION_HELP,
	OPTION_COUNT
};

static const struct option_row rows[OPTION_COUNT] = {
	[OPTION_ENCODINGS] = {"encodings", "a list of br, zstd and gzip", 'e'},
	[OPTION_LEVEL] = {"level", "fast, normal or best", 'l'},
	[OPTION_JOBS] = {"jobs", "a number of threads", 'j'},
	[OPTION_WATCH] = {"watch", NULL, 'w'},
	[OPTION_PRUNE] = {"prune", NULL, 0},
	[OPTION_REPLACE] = {"replace", NULL, 0},
	[OPTION_DRY_RUN] = {"dry-run", NULL, 'n'},
	[OPTION_QUIET] = {"quiet", NULL, 'q'},
	[OPTION_HELP] = {"help", NULL, 'h'},
};

static const char help[] =
	"usage: sulid precompress DIR... [OPTION]...\n"
	"\n"
	"Compresses the files of a document root once, so that the server need not do it for each\n"
	"request: beside style.css it makes style.css.br, style.css.zst and style.css.gz, with "
	"the\n"
	"same time, owner and permissions. Only what is missing or older or newer than its file "
	"is\n"
	"made, and only what saves at least 5 %. Left out are files of less than 256 bytes, "
	"hidden\n"
	"ones, and formats that are compressed in themselves, such as images, videos and "
	"archives.\n"
	"Symbolic links are not followed.\n"
	"\n"
	"No file that somebody else made is ever replaced or removed: .sulid-precompressed in "
	"each\n"
	"directory says which ones are ours.\n"
	"\n"
	"  -e, --encodings LIST  of br, zstd and gzip, with commas between; all if it is not "
	"given\n"
	"  -l, --level LEVEL     fast, normal (if it is not given) or best, which takes minutes "
	"for\n"
	"                        what normal does in seconds, and saves some percent more\n"
	"  -j, --jobs N          files at once; as many as there are processors if it is not "
	"given\n"
	"  -w, --watch           then wait for changes and do the same with them, until Ctrl-C\n"
	"      --prune           remove ours whose file is gone\n"
	"      --replace         replace what is older or newer than its file, whoever made it\n"
	"  -n, --dry-run         only print what would be done\n"
	"  -q, --quiet           print nothing but errors\n"
	"  -h, --help            print this\n";

struct order {
	const char **names; /* of the roots */
	size_t count;
	struct neighbour_rules rules;
	unsigned jobs;
	bool watch, quiet;
};

static int wrong_usage(const char *message)
{
	fprintf(stderr, "sulid precompress: %s\n%.*s\n", message, (int)strcspn(help, "\n"), help);
	return EXIT_USAGE;
}

/* ---- the command line ---- */

static bool parse_encodings(const char *text, unsigned *encodings)
{
	*encodings = 0;
	for (;;) {
		size_t length = strcspn(text, ",");
		unsigned found = 0;

		for (unsigned i = 0; i < ENCODING_COUNT; i++) {
			const char *name = encoder_rows[i].name;

			if (strlen(name) == length && memcmp(name, text, length) == 0)
				found = 1U << i;
		}
		if (!found)
			return false;
		*encodings |= found;
		if (text[length] == '\0')
			return true;
		text += length + 1;
	}
}

static bool parse_level(const char *text, enum encoder_level *level)
{
	for (int i = 0; i < LEVEL_COUNT; i++) {
		if (strcmp(text, encoder_levels[i]) == 0) {
			*level = (enum encoder_level)i;
			return true;
		}
	}
	return false;
}

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
	switch (option) {
	case OPTION_ENCODINGS:
		if (!parse_encodings(value, &order->rules.encodings))
			return wrong_usage("--encodings wants a list of br, zstd and gzip");
		break;
	case OPTION_LEVEL:
		if (!parse_level(value, &order->rules.level))
			return wrong_usage("--level wants fast, normal or best");
		break;
	case OPTION_JOBS:
		if (!parse_jobs(value, &order->jobs))
			return wrong_usage("--jobs wants a number from 1 to 256");
		break;
	case OPTION_WATCH:
		order->watch = true;
		break;
	case OPTION_PRUNE:
		order->rules.prune = true;
		break;
	case OPTION_REPLACE:
		order->rules.replace = true;
		break;
	case OPTION_DRY_RUN:
		order->rules.dry = true;
		break;
	case OPTION_QUIET:
		order->quiet = true;
		break;
	case OPTION_HELP:
		fputs(help, stdout);
		return EXIT_DONE;
	default:
		order->names[order->count++] = value;
	}
	return -1;
}

static int parse(struct order *order, char *const *arguments)
{
	struct options options = options_over(rows, OPTION_COUNT, arguments);
	const char *value;
	int option, status = -1;

	while (status < 0 && (option = options_next(&options, &value)) != OPTIONS_END)
		status = option == OPTIONS_WRONG ? wrong_usage(options.message)
						 : take_option(order, option, value);
	if (status >= 0)
		return status;
	if (order->count == 0)
		return wrong_usage("which directory?");
	if (order->watch && order->rules.dry)
		return wrong_usage("--dry-run does not go with --watch");
	return -1;
}

/* ---- carrying it out ---- */

static void print_summary(const struct pass *pass, int64_t began)
{
	char bytes[512];
	struct text text = text_over(bytes, sizeof(bytes));

	tally_line(&text, &pass->tally, pass->rules.dry, loop_clock() - began);
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
			fprintf(stderr, "sulid precompress: inotify: %s\n", strerror(errno));
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
		fprintf(stderr, "sulid precompress: %s\n", strerror(errno));
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
		fprintf(stderr, "sulid precompress: interrupted\n");
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

int precompress_command(char *const *arguments)
{
	struct order order = {
		.names = calloc(count_arguments(arguments) + 1, sizeof(*order.names)),
		.rules = {.encodings = (1U << ENCODING_COUNT) - 1, .level = LEVEL_NORMAL},
		.jobs = processors(),
	};
	int status;

	if (!order.names) {
		fprintf(stderr, "sulid precompress: %s\n", strerror(errno));
		return EXIT_FAILED;
	}
	status = parse(&order, arguments);
	if (status < 0)
		status = run(&order);
	free(order.names);
	return status;
}
