/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "slab.h"

static void test_take_and_give(void **state)
{
	struct slab slab;
	char *object[3];

	(void)state;
	assert_int_equal(slab_open(&slab, 64, 3), 0);
	for (int i = 0; i < 3; i++) {
		object[i] = slab_take(&slab);
		assert_non_null(object[i]);
		memset(object[i], 0xff, 64);
	}
	assert_ptr_equal(object[1], object[0] + 64);
	assert_ptr_equal(object[2], object[1] + 64);
	assert_int_equal(slab.used, 3);
	assert_null(slab_take(&slab));
	/* The last one given is the next one taken: its page is warm. */
	slab_give(&slab, object[2]);
	slab_give(&slab, object[0]);
	assert_int_equal(slab.used, 1);
	assert_ptr_equal(slab_take(&slab), object[0]);
	assert_ptr_equal(slab_take(&slab), object[2]);
	assert_null(slab_take(&slab));
	slab_close(&slab);
	assert_null(slab.objects);
}

/* Returned objects go out again before any that was never used. */
static void test_reuse_before_fresh(void **state)
{
	struct slab slab;
	void *first;

	(void)state;
	assert_int_equal(slab_open(&slab, 4096, 1000), 0);
	first = slab_take(&slab);
	for (int i = 0; i < 1000; i++) {
		slab_give(&slab, first);
		assert_ptr_equal(slab_take(&slab), first);
	}
	assert_int_equal(slab.fresh, 1);
	slab_close(&slab);
}

static size_t resident(const struct slab *slab)
{
	size_t pages = slab->size * slab->count / 4096, count = 0;
	unsigned char map[1024];

	assert_in_range(pages, 1, sizeof map);
	assert_int_equal(mincore(slab->objects, pages * 4096, map), 0);
	for (size_t i = 0; i < pages; i++)
		count += map[i] & 1;
	return count;
}

static void test_untouched_is_not_resident(void **state)
{
	struct slab slab;
	char *object;

	(void)state;
	assert_int_equal(slab_open(&slab, 8192, 512), 0);
	assert_int_equal(resident(&slab), 0);
	object = slab_take(&slab);
	assert_int_equal(resident(&slab), 0);
	object[0] = 1;
	assert_int_equal(resident(&slab), 1);
	slab_give(&slab, object);
	assert_int_equal(resident(&slab), 1);
	slab_close(&slab);
}

static void test_impossible(void **state)
{
	struct slab slab;

	(void)state;
	assert_int_equal(slab_open(&slab, 64, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(slab_open(&slab, SIZE_MAX / 8 * 8, 2), -1);
	assert_int_equal(errno, EINVAL);
	slab_close(&slab);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take_and_give),
		cmocka_unit_test(test_reuse_before_fresh),
		cmocka_unit_test(test_untouched_is_not_resident),
		cmocka_unit_test(test_impossible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
