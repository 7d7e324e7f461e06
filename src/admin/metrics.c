/* SPDX-License-Identifier: ISC */
#include "metrics.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/* Children that there may be several of, by their label in the text. */
static const char *const role_label[ROLE_COUNT] = {
	[ROLE_HANDSHAKER] = "handshaker",
	[ROLE_WORKER] = "worker",
};

/* Where the slot's process is, or metrics->count. */
static size_t find(const struct metrics *metrics, uint32_t slot)
{
	size_t i = 0;

	while (i < metrics->count && metrics->processes[i].slot != slot)
		i++;
	return i;
}

int metrics_add(struct metrics *metrics, uint32_t slot, int fd)
{
	const struct counters *counters;

	if (find(metrics, slot) < metrics->count)
		return 0;
	if (metrics->count == METRICS_PROCESSES) {
		errno = ENOSPC;
		return -1;
	}
	counters = counters_map_read(fd);
	if (!counters)
		return -1;
	metrics->processes[metrics->count++] =
		(struct metrics_process){.slot = slot, .counters = counters};
	return 0;
}

void metrics_remove(struct metrics *metrics, uint32_t slot)
{
	size_t found = find(metrics, slot);
	struct metrics_process *process = &metrics->processes[found];

	if (found == metrics->count)
		return;
	for (size_t i = 0; i < COUNTER_COUNT; i++) {
		if (counter_names[i].kind == COUNTER_KIND_TOTAL)
			metrics->gone[i] += counter_read(process->counters, (enum counter)i);
	}
	munmap((void *)(uintptr_t)process->counters, sizeof(*process->counters));
	*process = metrics->processes[--metrics->count];
}

static uint64_t sum(const struct metrics *metrics, enum counter counter)
{
	uint64_t total = metrics->gone[counter];

	for (size_t i = 0; i < metrics->count; i++)
		total += counter_read(metrics->processes[i].counters, counter);
	return total;
}

static void write_family(struct text *text, const char *name, const char *help, const char *type)
{
	text_add(text, "# HELP sulid_");
	text_add(text, name);
	text_byte(text, ' ');
	text_add(text, help);
	text_add(text, "\n# TYPE sulid_");
	text_add(text, name);
	text_byte(text, ' ');
	text_add(text, type);
	text_byte(text, '\n');
}

static void write_processes(const struct metrics *metrics, struct text *text)
{
	uint64_t processes[ROLE_COUNT] = {0};

	for (size_t i = 0; i < metrics->count; i++) {
		uint32_t role = metrics->processes[i].counters->role;

		if (role < ROLE_COUNT)
			processes[role]++;
	}
	write_family(text, "processes", "Processes by role, of all generations", "gauge");
	for (size_t role = 0; role < ROLE_COUNT; role++) {
		if (!role_label[role])
			continue;
		text_add(text, "sulid_processes{role=\"");
		text_add(text, role_label[role]);
		text_add(text, "\"} ");
		text_number(text, processes[role]);
		text_byte(text, '\n');
	}
}

static void write_counters(const struct metrics *metrics, struct text *text)
{
	const char *family = "";

	for (size_t i = 0; i < COUNTER_COUNT; i++) {
		const struct counter_name *row = &counter_names[i];

		if (strcmp(family, row->name) != 0)
			write_family(text, row->name, row->help,
				row->kind == COUNTER_KIND_TOTAL ? "counter" : "gauge");
		family = row->name;
		text_add(text, "sulid_");
		text_add(text, row->name);
		if (row->label[0]) {
			text_byte(text, '{');
			text_add(text, row->label);
			text_byte(text, '}');
		}
		text_byte(text, ' ');
		text_number(text, sum(metrics, (enum counter)i));
		text_byte(text, '\n');
	}
}

void metrics_write(const struct metrics *metrics, bool ready, struct text *text)
{
	write_family(text, "build_info", "The version and build of sulid", "gauge");
	text_add(text, "sulid_build_info{version=\"");
	text_add(text, build_version);
	text_add(text, "\",build=\"");
	text_add(text, build_id_text);
	text_add(text, "\"} 1\n");
	write_family(text, "ready", "Whether every process that should serve does", "gauge");
	text_add(text, ready ? "sulid_ready 1\n" : "sulid_ready 0\n");
	write_processes(metrics, text);
	write_counters(metrics, text);
}
