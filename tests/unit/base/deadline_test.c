/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/deadline.h"

struct owner {
	int before;
	struct deadline deadline;
};

static void test_order(void **state)
{
	struct deadline_list list;
	struct deadline a = {0}, b = {0}, c = {0};

	(void)state;
	deadline_list_init(&list, 100);
	assert_null(deadline_oldest(&list));
	assert_null(deadline_expired(&list, INT64_MAX));
	assert_true(deadline_next(&list, 77) == 77);
	deadline_start(&list, &a, 1000);
	deadline_start(&list, &b, 1000);
	deadline_start(&list, &c, 1050);
	assert_true(a.at == 1100 && b.at == 1100 && c.at == 1150);
	assert_ptr_equal(deadline_oldest(&list), &a);
	assert_null(deadline_expired(&list, 1099));
	assert_ptr_equal(deadline_expired(&list, 1100), &a);
	assert_ptr_equal(deadline_expired(&list, 1100), &a); /* still in the list */
	assert_true(deadline_next(&list, INT64_MAX) == 1100);
	assert_true(deadline_next(&list, 1101) == 1100);
	assert_true(deadline_next(&list, 1099) == 1099);
	deadline_stop(&a);
	assert_null(a.next);
	assert_ptr_equal(deadline_expired(&list, 1100), &b);
	/* Started again: last now. */
	deadline_start(&list, &b, 1060);
	assert_ptr_equal(deadline_oldest(&list), &c);
	deadline_stop(&c);
	assert_ptr_equal(deadline_oldest(&list), &b);
	assert_true(b.at == 1160);
	deadline_stop(&b);
	assert_null(deadline_oldest(&list));
}

static void test_stop(void **state)
{
	struct deadline_list list, other;
	struct deadline a = {0}, b = {0}, c = {0};

	(void)state;
	deadline_list_init(&list, 1);
	deadline_list_init(&other, 2);
	deadline_stop(&a); /* in none */
	deadline_start(&list, &a, 0);
	deadline_start(&list, &b, 0);
	deadline_start(&list, &c, 0);
	deadline_stop(&b);
	deadline_stop(&b);
	assert_ptr_equal(a.next, &c);
	assert_ptr_equal(c.previous, &a);
	/* Into another list, and thereby out of the first. */
	deadline_start(&other, &a, 10);
	assert_true(a.at == 12);
	assert_ptr_equal(deadline_oldest(&list), &c);
	assert_ptr_equal(deadline_oldest(&other), &a);
}

static void test_never(void **state)
{
	struct deadline_list list;
	struct deadline a = {0};

	(void)state;
	deadline_list_init(&list, INT64_MAX);
	deadline_start(&list, &a, 1000000);
	assert_true(a.at == INT64_MAX);
	assert_ptr_equal(deadline_oldest(&list), &a);
	assert_null(deadline_expired(&list, INT64_MAX - 1));
	assert_true(deadline_next(&list, 5) == 5);
	deadline_list_init(&list, 0);
	a = (struct deadline){0};
	deadline_start(&list, &a, 3);
	assert_null(deadline_expired(&list, 2));
	assert_ptr_equal(deadline_expired(&list, 3), &a);
}

static void test_owner(void **state)
{
	struct owner owner = {0};

	(void)state;
	assert_ptr_equal(deadline_owner(&owner.deadline, struct owner, deadline), &owner);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
