/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <pthread.h>

#include "neighbour.h"
#include "precompress.h"
#include "site.h"
#include "temporary.h"

#define ALL ((1U << ENCODING_COUNT) - 1)

static const struct neighbour_rules usual = {
	.craft = &precompress_craft, .kinds = ALL, .level = LEVEL_FAST};

/* Something that happens while a file is read. */
struct event {
	struct neighbour_control control;
	atomic_bool stop, over;
	void (*happen)(struct event *event);
	bool again; /* until it is over */
};

static void *wait_and_happen(void *context)
{
	struct event *event = context;

	while (atomic_load(&event->control.read) == 0 && !atomic_load(&event->over))
		sched_yield();
	do
		event->happen(event);
	while (event->again && !atomic_load(&event->over));
	return NULL;
}

static struct neighbour_outcome make_with(
	const char *name, const struct neighbour_rules *rules, struct event *event)
{
	struct neighbour_bench *bench = neighbour_bench_new();
	struct neighbour_place place = {.name = name};
	struct neighbour_outcome outcome;
	struct record record;
	pthread_t thread;

	assert_non_null(bench);
	event->control.stop = &event->stop;
	place.directory = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	record_read(&record, place.directory);
	place.record = &record;
	if (event->happen)
		assert_int_equal(pthread_create(&thread, NULL, wait_and_happen, event), 0);
	neighbour_make(bench, &place, rules, &event->control, &outcome);
	atomic_store(&event->over, true);
	if (event->happen)
		pthread_join(thread, NULL);
	record_free(&record);
	close(place.directory);
	neighbour_bench_free(bench);
	return outcome;
}

static struct neighbour_outcome make(const char *name, const struct neighbour_rules *rules)
{
	struct event nothing = {0};

	return make_with(name, rules, &nothing);
}

static void expect_fates(const struct neighbour_outcome *outcome, enum neighbour_fate brotli,
	enum neighbour_fate zstd, enum neighbour_fate gzip)
{
	assert_null(outcome->problem);
	assert_int_equal(outcome->of[ENCODING_BROTLI].fate, brotli);
	assert_int_equal(outcome->of[ENCODING_ZSTD].fate, zstd);
	assert_int_equal(outcome->of[ENCODING_GZIP].fate, gzip);
}

static void expect_all(const struct neighbour_outcome *outcome, enum neighbour_fate fate)
{
	expect_fates(outcome, fate, fate, fate);
}

static void expect_no_temporary(void)
{
	DIR *directory = opendir(".");
	const struct dirent *entry;

	while ((entry = readdir(directory)) != NULL)
		assert_false(temporary_is_name(entry->d_name));
	closedir(directory);
}

static void expect_attributes(const char *neighbour, const char *original)
{
	struct stat a = site_stat(neighbour), b = site_stat(original);

	assert_int_equal(a.st_mtim.tv_sec, b.st_mtim.tv_sec);
	assert_int_equal(a.st_mtim.tv_nsec, b.st_mtim.tv_nsec);
	assert_int_equal(a.st_mode, b.st_mode);
	assert_int_equal(a.st_uid, b.st_uid);
	assert_int_equal(a.st_gid, b.st_gid);
	assert_true(a.st_size * 20 <= b.st_size * 19);
}

static void test_made(void **state)
{
	struct neighbour_outcome outcome;

	(void)state;
	umask(077);
	site_text("a.txt", 50000);
	chmod("a.txt", 0640);
	if (geteuid() == 0)
		assert_int_equal(chown("a.txt", 65534, 12345), 0);
	outcome = make("a.txt", &usual);
	expect_all(&outcome, NEIGHBOUR_MADE);
	assert_int_equal(outcome.size, 50000);
	assert_int_equal(outcome.of[ENCODING_GZIP].bytes, site_stat("a.txt.gz").st_size);
	expect_attributes("a.txt.br", "a.txt");
	expect_attributes("a.txt.zst", "a.txt");
	expect_attributes("a.txt.gz", "a.txt");
	expect_no_temporary();
	/* Fresh ones stay. */
	outcome = make("a.txt", &usual);
	expect_all(&outcome, NEIGHBOUR_LEFT);
}

/* What nobody but the owner may do is not handed on. */
static void test_mode(void **state)
{
	struct neighbour_outcome outcome;

	(void)state;
	site_text("a.txt", 5000);
	chmod("a.txt", 06751);
	outcome = make("a.txt", &usual);
	expect_all(&outcome, NEIGHBOUR_MADE);
	assert_int_equal(site_stat("a.txt.br").st_mode & 07777, 0751);
}

static void test_one_encoding(void **state)
{
	struct neighbour_rules rules = usual;
	struct neighbour_outcome outcome;

	(void)state;
	site_text("a.txt", 5000);
	rules.kinds = 1U << ENCODING_ZSTD;
	outcome = make("a.txt", &rules);
	expect_fates(&outcome, NEIGHBOUR_LEFT, NEIGHBOUR_MADE, NEIGHBOUR_LEFT);
	assert_true(site_has("a.txt.zst"));
	assert_false(site_has("a.txt.br"));
	assert_false(site_has("a.txt.gz"));
}

struct counter {
	struct encoder_sink sink;
	size_t length;
};

static bool count(struct encoder_sink *sink, const uint8_t *bytes, size_t length)
{
	(void)bytes;
	((struct counter *)sink)->length += length;
	return true;
}

static size_t gzip_length(const unsigned char *bytes, size_t size)
{
	const struct encoder_row *row = &encoder_rows[ENCODING_GZIP];
	struct counter counter = {.sink.take = count};
	void *encoder =
		row->open(&(struct encoder_original){.size = size}, row->levels[LEVEL_FAST]);

	row->feed(encoder, bytes, size, true, &counter.sink);
	row->end(encoder);
	return counter.length;
}

/* 5 %, to the byte. */
static void test_worth(void **state)
{
	struct neighbour_rules rules = usual;
	size_t vain = 0;

	(void)state;
	rules.kinds = 1U << ENCODING_GZIP;
	for (size_t size = 4270; size < 4330; size += 2) {
		unsigned char *bytes = site_bytes(4000, false);
		struct neighbour_outcome outcome;
		size_t length;

		bytes = realloc(bytes, size);
		assert_non_null(bytes);
		memset(bytes + 4000, 'x', size - 4000);
		length = gzip_length(bytes, size);
		site_write("a.bin", bytes, size);
		unlink("a.bin.gz");
		outcome = make("a.bin", &rules);
		assert_int_equal(outcome.of[ENCODING_GZIP].fate,
			length * 100 <= size * 95 ? NEIGHBOUR_MADE : NEIGHBOUR_VAIN);
		assert_int_equal(site_has("a.bin.gz"), length * 100 <= size * 95);
		vain += length * 100 > size * 95;
		free(bytes);
	}
	assert_in_range(vain, 1, 29);
	expect_no_temporary();
}

static void test_small(void **state)
{
	struct neighbour_outcome outcome;
	char bytes[256];

	(void)state;
	memset(bytes, 'a', sizeof(bytes));
	site_write("small", bytes, 255);
	site_write("large", bytes, 256);
	outcome = make("small", &usual);
	expect_all(&outcome, NEIGHBOUR_LEFT);
	assert_false(site_has("small.gz"));
	outcome = make("large", &usual);
	expect_all(&outcome, NEIGHBOUR_MADE);
}

static void test_stale(void **state)
{
	struct neighbour_outcome outcome;

	(void)state;
	site_text("a.txt", 5000);
	make("a.txt", &usual);
	/* Other bytes and a nanosecond, forwards or backwards. */
	for (long i = -1; i <= 1; i += 2) {
		site_text("a.txt", (size_t)(6000 + i));
		site_touch("a.txt", 1700000000, 123456789 + i);
		outcome = make("a.txt", &usual);
		expect_all(&outcome, NEIGHBOUR_MADE);
		expect_attributes("a.txt.gz", "a.txt");
		assert_int_equal(system("gzip -dc a.txt.gz | cmp - a.txt"), 0);
	}
	expect_no_temporary();
}

/* Ours goes when it is no longer worth it, whatever the reason. */
static void test_no_longer_worth(void **state)
{
	struct neighbour_outcome outcome;

	(void)state;
	site_text("a.txt", 5000);
	make("a.txt", &usual);
	site_fill("a.txt", 5000, false);
	site_touch("a.txt", 1700000001, 0);
	outcome = make("a.txt", &usual);
	expect_all(&outcome, NEIGHBOUR_REMOVED);
	assert_false(site_has("a.txt.br"));
	site_text("a.txt", 5000);
	outcome = make("a.txt", &usual);
	expect_all(&outcome, NEIGHBOUR_MADE);
	site_text("a.txt", 255);
	site_touch("a.txt", 1700000002, 0);
	outcome = make("a.txt", &usual);
	expect_all(&outcome, NEIGHBOUR_REMOVED);
	assert_false(site_has("a.txt.br"));
}

/* What a person made stays: without a record of it, with other bytes than ours, or as no file. */
static void test_foreign(void **state)
{
	struct neighbour_rules rules = usual;
	struct neighbour_outcome outcome;
	ino_t inode;

	(void)state;
	site_text("a.txt", 5000);
	site_write("a.txt.gz", "mine", 4);
	site_touch("a.txt.gz", 1800000000, 0);
	inode = site_stat("a.txt.gz").st_ino;
	assert_int_equal(mkdir("a.txt.zst", 0755), 0);
	make("a.txt", &(struct neighbour_rules){
			      .craft = &precompress_craft, .kinds = 1U << ENCODING_BROTLI});
	site_write("a.txt.br", "mine, too", 9);
	site_touch("a.txt", 1700000001, 0);
	outcome = make("a.txt", &usual);
	expect_all(&outcome, NEIGHBOUR_FOREIGN);
	site_fill("a.txt", 5000, false);
	site_touch("a.txt", 1700000001, 0);
	outcome = make("a.txt", &usual);
	expect_all(&outcome, NEIGHBOUR_FOREIGN);
	assert_int_equal(site_stat("a.txt.gz").st_ino, inode);
	assert_int_equal(site_stat("a.txt.br").st_size, 9);
	/* Replacing is not removing. */
	rules.replace = true;
	outcome = make("a.txt", &rules);
	expect_fates(&outcome, NEIGHBOUR_VAIN, NEIGHBOUR_FOREIGN, NEIGHBOUR_VAIN);
	assert_int_equal(site_stat("a.txt.gz").st_ino, inode);
	site_text("a.txt", 5000);
	site_touch("a.txt", 1700000001, 0);
	outcome = make("a.txt", &rules);
	expect_fates(&outcome, NEIGHBOUR_MADE, NEIGHBOUR_FOREIGN, NEIGHBOUR_MADE);
	expect_attributes("a.txt.gz", "a.txt");
	assert_true(S_ISDIR(site_stat("a.txt.zst").st_mode));
}

static void test_links(void **state)
{
	struct neighbour_rules rules = usual;
	struct neighbour_outcome outcome;

	(void)state;
	site_text("a.txt", 5000);
	site_write("elsewhere", "", 0);
	site_touch("elsewhere", 1600000000, 0);
	assert_int_equal(symlink("elsewhere", "a.txt.gz"), 0);
	rules.replace = true;
	outcome = make("a.txt", &rules);
	expect_fates(&outcome, NEIGHBOUR_MADE, NEIGHBOUR_MADE, NEIGHBOUR_FOREIGN);
	assert_int_equal(site_stat("elsewhere").st_size, 0);
	assert_true(S_ISLNK(site_stat("a.txt.gz").st_mode));
	/* A link is no original, nor is what is no file. */
	assert_int_equal(symlink("a.txt", "b.txt"), 0);
	outcome = make("b.txt", &usual);
	expect_all(&outcome, NEIGHBOUR_LEFT);
	assert_false(site_has("b.txt.br"));
	assert_int_equal(mkfifo("c.txt", 0600), 0);
	outcome = make("c.txt", &usual);
	expect_all(&outcome, NEIGHBOUR_LEFT);
	outcome = make("gone.txt", &usual);
	expect_all(&outcome, NEIGHBOUR_LEFT);
}

static void test_prune(void **state)
{
	struct neighbour_rules rules = usual;
	struct neighbour_outcome outcome;

	(void)state;
	site_text("a.txt", 5000);
	make("a.txt", &usual);
	unlink("a.txt");
	site_write("a.txt.br", "by a person", 11);
	outcome = make("a.txt", &usual);
	expect_all(&outcome, NEIGHBOUR_LEFT);
	rules.prune = true;
	rules.dry = true;
	outcome = make("a.txt", &rules);
	expect_fates(&outcome, NEIGHBOUR_LEFT, NEIGHBOUR_REMOVED, NEIGHBOUR_REMOVED);
	assert_true(site_has("a.txt.gz"));
	rules.dry = false;
	rules.kinds = 1U << ENCODING_GZIP;
	outcome = make("a.txt", &rules);
	expect_fates(&outcome, NEIGHBOUR_LEFT, NEIGHBOUR_LEFT, NEIGHBOUR_REMOVED);
	assert_false(site_has("a.txt.gz"));
	assert_true(site_has("a.txt.zst"));
	assert_true(site_has("a.txt.br"));
}

static void test_dry(void **state)
{
	struct neighbour_rules rules = usual;
	struct neighbour_outcome outcome;

	(void)state;
	rules.dry = true;
	site_text("a.txt", 5000);
	outcome = make("a.txt", &rules);
	expect_all(&outcome, NEIGHBOUR_MADE);
	assert_false(site_has("a.txt.br"));
	assert_false(site_has(RECORD_NAME));
}

static void test_problem(void **state)
{
	char name[NAME_MAX + 1];
	struct neighbour_outcome outcome;

	(void)state;
	memset(name, 'a', sizeof(name));
	name[NAME_MAX - 3] = '\0'; /* ".br" still fits */
	site_text(name, 5000);
	outcome = make(name, &usual);
	assert_string_equal(outcome.problem, ".zst: File name too long");
	assert_int_equal(outcome.of[ENCODING_BROTLI].fate, NEIGHBOUR_MADE);
	assert_int_equal(outcome.of[ENCODING_GZIP].fate, NEIGHBOUR_MADE);
	free(outcome.problem);
	/* Nothing is made that could not be told from what others made. */
	site_text("b.txt", 5000);
	unlink(RECORD_NAME);
	assert_int_equal(mkdir(RECORD_NAME, 0755), 0);
	outcome = make("b.txt", &usual);
	assert_non_null(outcome.problem);
	assert_string_equal(outcome.problem, RECORD_NAME ": Is a directory");
	assert_false(site_has("b.txt.br"));
	free(outcome.problem);
	expect_no_temporary();
}

/* Longer than all buffers, also with a hole. */
static void test_large(void **state)
{
	struct neighbour_outcome outcome;

	(void)state;
	site_text("a.txt", 3000000);
	assert_int_equal(truncate("a.txt", 9000001), 0);
	outcome = make("a.txt", &usual);
	expect_all(&outcome, NEIGHBOUR_MADE);
	assert_int_equal(system("gzip -dc a.txt.gz | cmp - a.txt"), 0);
}

static void write_again(struct event *event)
{
	int file = open("a.txt", O_WRONLY | O_CLOEXEC);

	(void)event;
	assert_int_equal(pwrite(file, "changed", 7, 0), 7);
	close(file);
}

static void replace_it(struct event *event)
{
	(void)event;
	assert_int_equal(rename("b.txt", "a.txt"), 0);
}

static void stop_it(struct event *event)
{
	atomic_store(&event->stop, true);
}

/* Whoever writes once, or replaces it, gets neighbours of the new bytes. */
static void test_changed_once(void **state)
{
	struct event events[] = {{.happen = write_again}, {.happen = replace_it}};
	struct neighbour_rules rules = {
		.craft = &precompress_craft, .kinds = ALL, .level = LEVEL_NORMAL};

	(void)state;
	site_text("a.txt", 3000000);
	site_text("b.txt", 2000000);
	for (int i = 0; i < 2; i++) {
		struct neighbour_outcome outcome;

		unlink("a.txt.br");
		unlink("a.txt.zst");
		unlink("a.txt.gz");
		outcome = make_with("a.txt", &rules, &events[i]);
		expect_all(&outcome, NEIGHBOUR_MADE);
		expect_attributes("a.txt.zst", "a.txt");
		assert_int_equal(system("gzip -dc a.txt.gz | cmp - a.txt"), 0);
		expect_no_temporary();
	}
}

static void test_changed_always(void **state)
{
	struct event event = {.happen = write_again, .again = true};
	struct neighbour_outcome outcome;

	(void)state;
	site_text("a.txt", 1000000);
	outcome = make_with("a.txt", &usual, &event);
	assert_true(outcome.changed);
	assert_string_equal(outcome.problem, "it changes while it is being read");
	free(outcome.problem);
	assert_false(site_has("a.txt.gz"));
	expect_no_temporary();
}

static void test_stopped(void **state)
{
	struct event event = {.happen = stop_it};
	struct neighbour_rules rules = {
		.craft = &precompress_craft, .kinds = ALL, .level = LEVEL_BEST};
	struct neighbour_outcome outcome;

	(void)state;
	site_text("a.txt", 4000000);
	outcome = make_with("a.txt", &rules, &event);
	expect_all(&outcome, NEIGHBOUR_LEFT);
	assert_true(atomic_load(&event.control.read) < 4000000);
	assert_false(outcome.changed);
	assert_false(site_has("a.txt.gz"));
	expect_no_temporary();
}

/* What was vain is remembered for that very original at that level. */
static void test_due(void **state)
{
	struct neighbour_rules rules = usual;
	struct neighbour_outcome outcome = {0};
	struct neighbour_place place = {.name = "a.bin"};
	struct record record;
	struct stat original;

	(void)state;
	site_fill("a.bin", 5000, false);
	make("a.bin", &usual);
	place.directory = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	record_read(&record, place.directory);
	place.record = &record;
	original = site_stat("a.bin");
	assert_false(neighbour_is_due(&place, &rules, &original, &outcome));
	rules.level = LEVEL_BEST;
	assert_true(neighbour_is_due(&place, &rules, &original, &outcome));
	rules.level = LEVEL_FAST;
	original.st_mtim.tv_nsec++;
	assert_true(neighbour_is_due(&place, &rules, &original, &outcome));
	original.st_size = 255;
	assert_false(neighbour_is_due(&place, &rules, &original, &outcome));
	site_write("a.bin.gz", "", 0);
	original.st_size = 256;
	rules.kinds = 1U << ENCODING_GZIP;
	assert_false(neighbour_is_due(&place, &rules, &original, &outcome));
	assert_int_equal(outcome.of[ENCODING_GZIP].fate, NEIGHBOUR_FOREIGN);
	record_free(&record);
	close(place.directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_made, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_mode, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_one_encoding, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_worth, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_small, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_stale, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_no_longer_worth, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_foreign, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_links, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_prune, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_dry, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_problem, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_large, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_changed_once, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_changed_always, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_stopped, site_setup, site_teardown),
		cmocka_unit_test_setup_teardown(test_due, site_setup, site_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
