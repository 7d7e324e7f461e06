/* SPDX-License-Identifier: ISC */
#include "contract/counters.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

const struct counter_name counter_names[COUNTER_COUNT] = {
#define X(constant, name, label, kind, help) \
	[COUNTER_##constant] = {name, label, help, COUNTER_KIND_##kind},
	COUNTER_TABLE(X)
#undef X
};

static struct counters *map(int fd, int protection)
{
	struct stat status;
	struct counters *counters;

	if (fstat(fd, &status) < 0)
		return NULL;
	if (status.st_size != (off_t)sizeof *counters) {
		errno = EPROTO;
		return NULL;
	}
	counters = mmap(NULL, sizeof *counters, protection, MAP_SHARED, fd, 0);
	if (counters == MAP_FAILED)
		return NULL;
	if (memcmp(counters->build, build_id, BUILD_ID_SIZE) != 0) {
		munmap(counters, sizeof *counters);
		errno = EPROTO;
		return NULL;
	}
	return counters;
}

struct counters *counters_map(int fd)
{
	return map(fd, PROT_READ | PROT_WRITE);
}

const struct counters *counters_map_read(int fd)
{
	return map(fd, PROT_READ);
}
