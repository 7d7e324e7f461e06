/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/mman.h>

#include "limit.h"
#include "site.h"

#define SECOND INT64_C(1000000000)
#define YEAR   (INT64_C(31556952) * SECOND)
#define START  (INT64_C(1000) * SECOND) /* some time after the machine's start */

static const uint64_t secret[2] = {UINT64_C(0x0123456789abcdef), UINT64_C(0xfedcba9876543210)};

/* A table of one set: all clients meet in it. */
static struct limit_entry entries[LIMIT_WAYS];
static struct limits limits;

static int open_small(void **state)
{
	(void)state;
	memset(entries, 0, sizeof entries);
	limits = (struct limits){.entries = entries, .sets = 1, .secret = {secret[0], secret[1]}};
	return 0;
}

static void open_whole(struct limits *whole)
{
	site_plain();
	site_image.settings[0].pace = (struct image_pace){1, 1000, 1, 0};
	site_check();
	assert_int_equal(limit_open(whole, &site_server.image, secret), 0);
	assert_non_null(whole->entries);
	site_plain();
}

static void close_whole(struct limits *whole)
{
	munmap(whole->entries, sizeof *whole->entries * LIMIT_WAYS * LIMIT_SETS);
}

static struct address address_of(const char *text)
{
	struct address address;

	assert_true(address_parse(text, &address));
	return address;
}

static struct address client(uint32_t number)
{
	struct address address = {.family = 4};

	memcpy(address.bytes, &number, sizeof number);
	return address;
}

static unsigned ask(const struct image_pace *pace, const char *peer, int64_t now)
{
	struct address address = address_of(peer);

	return limit_take(&limits, pace, &address, now);
}

/* ---- time ---- */

static void test_none(void **state)
{
	static const struct image_pace none = {0}, once = {1, UINT32_MAX, 1, 0};
	struct limits closed = {.sets = LIMIT_SETS};
	struct address peer = address_of("192.0.2.1");

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(limit_take(&limits, &none, &peer, START), 0);
		assert_int_equal(limit_take(&closed, &once, &peer, START), 0);
	}
	for (unsigned i = 0; i < LIMIT_WAYS; i++)
		assert_int_equal(entries[i].full_at, 0);
}

static void test_burst(void **state)
{
	static const struct image_pace pace = {5, 1000, 20, 0};

	(void)state;
	for (int i = 0; i < 20; i++)
		assert_int_equal(ask(&pace, "192.0.2.1", START), 0);
	assert_int_equal(ask(&pace, "192.0.2.1", START), 1);
	/* All of it has come back, and no more than that. */
	for (int i = 0; i < 20; i++)
		assert_int_equal(ask(&pace, "192.0.2.1", START + 100 * SECOND), 0);
	assert_int_equal(ask(&pace, "192.0.2.1", START + 100 * SECOND), 1);
}

static void test_refill(void **state)
{
	static const struct image_pace pace = {4, 1000, 2, 0};
	const int64_t interval = SECOND / 4;

	(void)state;
	ask(&pace, "192.0.2.1", START);
	ask(&pace, "192.0.2.1", START);
	for (int64_t i = 1; i <= 8; i++) {
		assert_int_equal(ask(&pace, "192.0.2.1", START + i * interval - 1), 1);
		assert_int_equal(ask(&pace, "192.0.2.1", START + i * interval), 0);
	}
	/* Half of an interval is kept, too: what is left of it is enough. */
	assert_int_equal(ask(&pace, "192.0.2.1", START + 19 * interval / 2), 0);
	assert_int_equal(ask(&pace, "192.0.2.1", START + 10 * interval - 1), 1);
	assert_int_equal(ask(&pace, "192.0.2.1", START + 10 * interval), 0);
}

/* Three a second are never four: the interval is rounded up. */
static void test_uneven(void **state)
{
	static const struct image_pace pace = {3, 1000, 1, 0};

	(void)state;
	assert_int_equal(ask(&pace, "192.0.2.1", START), 0);
	assert_int_equal(ask(&pace, "192.0.2.1", START + 333333333), 1);
	assert_int_equal(ask(&pace, "192.0.2.1", START + 333333334), 0);
}

/* Who goes on asking is served as soon as who waits. */
static void test_refusal_takes_nothing(void **state)
{
	static const struct image_pace pace = {1, 1000, 1, 0};

	(void)state;
	assert_int_equal(ask(&pace, "192.0.2.1", START), 0);
	for (int64_t i = 0; i < 1000; i++)
		assert_int_equal(ask(&pace, "192.0.2.1", START + i), 1);
	assert_int_equal(ask(&pace, "192.0.2.1", START + SECOND), 0);
}

/* Who waits as long as was said is served. */
static void test_seconds(void **state)
{
	static const struct image_pace pace = {1, 60000, 1, 0};
	static const struct {
		int64_t after;
		unsigned wait;
	} rows[] = {
		{0, 60},
		{1, 60},
		{SECOND - 1, 60},
		{SECOND, 59},
		{SECOND + 1, 59},
		{58 * SECOND, 2},
		{59 * SECOND - 1, 2},
		{59 * SECOND, 1},
		{60 * SECOND - 1, 1},
		{60 * SECOND, 0},
	};

	(void)state;
	ask(&pace, "192.0.2.1", START);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(ask(&pace, "192.0.2.1", START + rows[i].after), rows[i].wait);
}

/* What image_check lets through. */
static void test_extremes(void **state)
{
	static const struct {
		struct image_pace pace;
		unsigned taken; /* at once, at most 2000; then refused */
		unsigned wait;
	} rows[] = {
		/* 2^32 - 1 ms are 4294967.295 s */
		{{1, UINT32_MAX, 1, 0}, 1, 4294968},
		{{1, UINT32_MAX, 3, 1}, 3, 4294968},
		{{1, UINT32_MAX, UINT32_MAX, 2}, 536, 0},
		{{UINT32_MAX, 1, 1, 3}, 1, 1},
		{{UINT32_MAX, 1, UINT32_MAX, 4}, 2000, 0},
		{{UINT32_MAX, UINT32_MAX, 1, 5}, 1, 1},
		{{UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX}, 2000, 0},
		{{1, 1, UINT32_MAX, 6}, 2000, 0},
	};

	static const int64_t times[] = {0, START, 72 * YEAR};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		for (size_t j = 0; j < sizeof times / sizeof times[0]; j++) {
			unsigned taken = 0, wait = 0;

			open_small(state);
			while (taken < 2000 && wait == 0) {
				wait = ask(&rows[i].pace, "192.0.2.1", times[j]);
				taken += wait == 0;
			}
			if (taken != rows[i].taken || (rows[i].wait > 0 && wait != rows[i].wait))
				fail_msg("%zu, %zu: %u, wait %u", i, j, taken, wait);
		}
}

/* ---- who ---- */

static void test_buckets(void **state)
{
	static const struct image_pace one = {1, 1000, 1, 1}, two = {1, 1000, 1, 2};

	(void)state;
	assert_int_equal(ask(&one, "192.0.2.1", START), 0);
	assert_int_equal(ask(&one, "192.0.2.1", START), 1);
	assert_int_equal(ask(&two, "192.0.2.1", START), 0);
	assert_int_equal(ask(&two, "192.0.2.1", START), 1);
	assert_int_equal(ask(&one, "192.0.2.1", START), 1);
}

static void test_clients(void **state)
{
	static const struct image_pace pace = {1, 1000, 1, 0};
	static const struct {
		const char *first, *second;
		bool same;
	} rows[] = {
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"192.0.2.1", "193.0.2.1", false},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"192.0.2.1", "c000:201::", false},
		{"2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", true},
		{"2001:db8:0:1::1", "2001:db8:0:2::1", false},
		{"2001:db8::1", "2001:db9::1", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		open_small(state);
		assert_int_equal(ask(&pace, rows[i].first, START), 0);
		if (ask(&pace, rows[i].second, START) != rows[i].same)
			fail_msg("%s, %s", rows[i].first, rows[i].second);
	}
}

/* Ports and scopes are not part of it, and who has no address is one client. */
static void test_address(void **state)
{
	static const struct image_pace pace = {1, 1000, 1, 0};
	struct address peer = address_of("fe80::1"), nobody = {0};

	(void)state;
	assert_int_equal(limit_take(&limits, &pace, &peer, START), 0);
	peer.port = 1;
	peer.scope = 2;
	assert_int_equal(limit_take(&limits, &pace, &peer, START), 1);
	assert_int_equal(limit_take(&limits, &pace, &nobody, START), 0);
	assert_int_equal(limit_take(&limits, &pace, &nobody, START), 1);
}

/* ---- the table ---- */

static void test_open(void **state)
{
	struct limits none;

	(void)state;
	site_plain();
	site_check();
	assert_int_equal(limit_open(&none, &site_server.image, secret), 0);
	assert_null(none.entries);
}

static unsigned ask_client(const struct image_pace *pace, uint32_t number, int64_t now)
{
	struct address address = client(number);

	return limit_take(&limits, pace, &address, now);
}

/* Of a full set the bucket that is the fullest is forgotten, and no other. */
static void test_eviction(void **state)
{
	static const struct image_pace pace = {1, 1000, 10, 0};
	static const unsigned taken[LIMIT_WAYS] = {10, 4, 9, 10};

	(void)state;
	for (uint32_t i = 0; i < LIMIT_WAYS; i++)
		for (unsigned j = 0; j < taken[i]; j++)
			assert_int_equal(ask_client(&pace, i, START), 0);
	assert_int_equal(ask(&pace, "192.0.2.1", START), 0);
	assert_int_equal(ask_client(&pace, 0, START), 1);
	assert_int_equal(ask_client(&pace, 3, START), 1);
	assert_int_equal(ask_client(&pace, 2, START), 0);
	assert_int_equal(ask_client(&pace, 2, START), 1);
	/* Client 1 has all ten again. */
	for (int i = 0; i < 10; i++)
		assert_int_equal(ask_client(&pace, 1, START), 0);
	assert_int_equal(ask_client(&pace, 1, START), 1);
}

/* Who is refused takes nobody's place, and an entry whose time has passed goes first. */
static void test_expired(void **state)
{
	static const struct image_pace pace = {1, 1000, 1, 0}, slow = {1, 60000, 1, 1};

	(void)state;
	assert_int_equal(ask_client(&pace, 0, START), 0);
	for (uint32_t i = 1; i < LIMIT_WAYS; i++)
		assert_int_equal(ask_client(&slow, i, START), 0);
	for (uint32_t i = 1; i < LIMIT_WAYS; i++)
		assert_int_equal(ask_client(&slow, i, START), 60);
	assert_int_equal(ask_client(&pace, 0, START), 1);
	assert_int_equal(ask(&slow, "192.0.2.1", START + 2 * SECOND), 0);
	for (uint32_t i = 1; i < LIMIT_WAYS; i++)
		assert_int_equal(ask_client(&slow, i, START + 2 * SECOND), 58);
}

/* How often one client is served while each of 100,000 others asks once, in half a second: more
 * than the table can hold at a time. */
static unsigned served_in_crowd(const struct image_pace *pace)
{
	struct limits whole;
	struct address peer = address_of("192.0.2.1");
	int64_t now = START;
	unsigned served = 0;

	open_whole(&whole);
	for (uint32_t i = 0; i < 100000; i++) {
		struct address other = client(i * UINT32_C(2654435761));

		if (memcmp(other.bytes, peer.bytes, sizeof peer.bytes) != 0)
			assert_int_equal(limit_take(&whole, pace, &other, now), 0);
		served += limit_take(&whole, pace, &peer, now) == 0;
		now += SECOND / 2 / 100000;
	}
	close_whole(&whole);
	return served;
}

/* Who uses up a burst stays limited, however many others there are. */
static void test_crowd(void **state)
{
	static const struct image_pace pace = {5, 1000, 20, 0};

	(void)state;
	/* The burst, and one after each fifth of a second. */
	assert_int_equal(served_in_crowd(&pace), 22);
}

/* Where nobody has a burst all have the same to lose: now and then one is forgotten too early. */
static void test_crowd_without_burst(void **state)
{
	static const struct image_pace pace = {1, 1000, 1, 0};

	(void)state;
	assert_in_range(served_in_crowd(&pace), 2, 20);
}

/* All of the table is used: as many clients as there are entries are mostly known still. */
static void test_spread(void **state)
{
	static const struct image_pace pace = {1, 1000, 1, 0};
	struct limits whole;
	unsigned known = 0, used = 0;

	(void)state;
	open_whole(&whole);
	for (uint32_t i = 0; i < LIMIT_SETS * LIMIT_WAYS / 4; i++) {
		struct address peer = client(i);

		limit_take(&whole, &pace, &peer, START);
	}
	for (uint32_t i = 0; i < LIMIT_SETS * LIMIT_WAYS; i++)
		used += whole.entries[i].full_at > START;
	for (uint32_t i = 0; i < LIMIT_SETS * LIMIT_WAYS / 4; i++) {
		struct address peer = client(i);

		known += limit_take(&whole, &pace, &peer, START) > 0;
	}
	/* One per set on average: more than four are in 0.4 % of the sets. */
	assert_in_range(used, 4060, 4096);
	assert_in_range(known, 4050, 4096);
	close_whole(&whole);
}

/* Without the key nobody can tell who meets whom. */
static void test_keyed(void **state)
{
	static const struct image_pace pace = {1, 1000, 1, 0};

	for (unsigned i = 0; i < 2; i++) {
		uint64_t key;

		open_small(state);
		ask(&pace, "192.0.2.1", START);
		key = entries[0].key;
		open_small(state);
		limits.secret[i] ^= 1;
		ask(&pace, "192.0.2.1", START);
		assert_int_not_equal(entries[0].full_at, 0);
		assert_true(entries[0].key != key);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_none, open_small),
		cmocka_unit_test_setup(test_burst, open_small),
		cmocka_unit_test_setup(test_refill, open_small),
		cmocka_unit_test_setup(test_uneven, open_small),
		cmocka_unit_test_setup(test_refusal_takes_nothing, open_small),
		cmocka_unit_test_setup(test_seconds, open_small),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test_setup(test_buckets, open_small),
		cmocka_unit_test(test_clients),
		cmocka_unit_test_setup(test_address, open_small),
		cmocka_unit_test(test_open),
		cmocka_unit_test_setup(test_eviction, open_small),
		cmocka_unit_test_setup(test_expired, open_small),
		cmocka_unit_test(test_crowd),
		cmocka_unit_test(test_crowd_without_burst),
		cmocka_unit_test(test_spread),
		cmocka_unit_test(test_keyed),
	};

	return cmocka_run_group_tests(tests, site_open, site_close);
}
