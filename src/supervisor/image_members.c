/* SPDX-License-Identifier: ISC */
#include "image_members.h"

#include <stdlib.h>
#include <string.h>

/* One digest of one group. */
struct membership {
	const struct config_group *group;
	const struct image_digest *digest;
};

/* Groups are an array in the order of their names. */
static int compare(const void *left_item, const void *right_item)
{
	const struct membership *left = left_item, *right = right_item;
	int order = memcmp(left->digest, right->digest, sizeof *left->digest);

	return order ? order : (left->group > right->group) - (left->group < right->group);
}

static struct membership *gather(const struct config *config, struct arena *arena, size_t *count)
{
	struct membership *all;
	size_t number = 0;

	for (size_t i = 0; i < config->group_count; i++)
		number += config->groups[i].count;
	all = arena_array(arena, number, sizeof(struct membership));
	*count = 0;
	for (size_t i = 0; i < config->group_count; i++)
		for (size_t j = 0; j < config->groups[i].count; j++)
			all[(*count)++] = (struct membership){
				&config->groups[i], &config->groups[i].digests[j]};
	if (number > 1)
		qsort(all, number, sizeof *all, compare);
	return all;
}

/* The names of the groups that these are, with commas. */
static const char *join(const struct membership *memberships, size_t count, struct arena *arena)
{
	const char *names = memberships[0].group->name;

	for (size_t i = 1; i < count; i++)
		names = arena_format(arena, "%s,%s", names, memberships[i].group->name);
	return names;
}

void image_members_put(struct image_tables *tables)
{
	struct arena scratch = {0};
	size_t count, same;
	const struct membership *all = gather(tables->config, &scratch, &count);

	for (size_t i = 0; i < count; i += same) {
		same = 1;
		while (i + same < count &&
			memcmp(all[i].digest, all[i + same].digest, sizeof *all[i].digest) == 0)
			same++;
		*image_tables_add(tables, members) = (struct image_member){
			.digest = *all[i].digest,
			.groups = image_tables_text(tables, join(&all[i], same, &scratch)),
		};
	}
	arena_free(&scratch);
}
