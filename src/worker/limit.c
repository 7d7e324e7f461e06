/* SPDX-License-Identifier: ISC */
#include "limit.h"

#include <string.h>
#include <sys/mman.h>

#include "mix.h"

#define MILLISECOND INT64_C(1000000)
#define SECOND      INT64_C(1000000000)

/* now, a burst and an interval together stay below INT64_MAX. */
#define LONGEST (INT64_MAX / 4)

_Static_assert(UINT32_MAX *MILLISECOND < LONGEST, "a burst of one is never cut");

static bool is_limited(const struct image *image)
{
	for (uint32_t i = 0; i < image->header->settings.count; i++)
		if (image->settings[i].pace.requests > 0)
			return true;
	return false;
}

int limit_open(struct limits *limits, const struct image *image, const uint64_t secret[static 2])
{
	void *entries;

	*limits = (struct limits){.sets = LIMIT_SETS, .secret = {secret[0], secret[1]}};
	if (!is_limited(image))
		return 0;
	entries = mmap(NULL, (size_t)LIMIT_SETS * LIMIT_WAYS * sizeof *limits->entries,
		PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (entries == MAP_FAILED)
		return -1;
	limits->entries = entries;
	return 0;
}

static uint64_t key_of(const struct limits *limits, uint32_t bucket, const struct address *peer)
{
	struct address client = address_network(peer, 32, 64);
	uint64_t network;

	memcpy(&network, client.bytes, sizeof network);
	return mix(mix(limits->secret[0] ^ network) + (limits->secret[1] ^ bucket) +
		   ((uint64_t)client.family << 32));
}

/* The entry with that key; else the one that has the least to lose, which is to take it. */
static struct limit_entry *find_entry(const struct limits *limits, uint64_t key)
{
	struct limit_entry *set = &limits->entries[(key & (limits->sets - 1)) * LIMIT_WAYS];
	struct limit_entry *least = set;

	for (unsigned i = 0; i < LIMIT_WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].full_at < least->full_at)
			least = &set[i];
	}
	return least;
}

/* How far from now a bucket may be from being full: until a whole burst has come back. */
static int64_t reach(int64_t interval, uint32_t burst)
{
	return burst > LONGEST / interval ? LONGEST : interval * burst;
}

unsigned limit_take(struct limits *limits, const struct image_pace *pace,
	const struct address *peer, int64_t now)
{
	struct limit_entry *entry;
	int64_t interval, full_at, excess;
	uint64_t key;

	if (pace->requests == 0 || !limits->entries)
		return 0;
	interval = (pace->period_ms * MILLISECOND + pace->requests - 1) / pace->requests;
	key = key_of(limits, pace->bucket, peer);
	entry = find_entry(limits, key);
	full_at = entry->key == key && entry->full_at > now ? entry->full_at : now;
	full_at += interval;
	excess = full_at - now - reach(interval, pace->burst);
	if (excess > 0)
		return (unsigned)((excess + SECOND - 1) / SECOND);
	*entry = (struct limit_entry){key, full_at};
	return 0;
}
