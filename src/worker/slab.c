/* SPDX-License-Identifier: ISC */
#include "slab.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

int slab_open(struct slab *slab, size_t size, uint32_t count)
{
	void *objects;

	assert(size >= sizeof(void *) && size % 8 == 0);
	*slab = (struct slab){.size = size, .count = count};
	if (count == 0 || size > SIZE_MAX / count) {
		errno = EINVAL;
		return -1;
	}
	objects = mmap(NULL, size * count, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (objects == MAP_FAILED)
		return -1;
	/* With huge pages the first object would make 2 MiB of them resident. */
	madvise(objects, size * count, MADV_NOHUGEPAGE);
	slab->objects = objects;
	return 0;
}

void slab_close(struct slab *slab)
{
	if (slab->objects)
		munmap(slab->objects, slab->size * slab->count);
	*slab = (struct slab){0};
}

void *slab_take(struct slab *slab)
{
	void *object = slab->free;

	if (object)
		memcpy(&slab->free, object, sizeof slab->free);
	else if (slab->fresh < slab->count)
		object = slab->objects + slab->size * slab->fresh++;
	else
		return NULL;
	slab->used++;
	return object;
}

void slab_give(struct slab *slab, void *object)
{
	assert((char *)object >= slab->objects &&
		(char *)object < slab->objects + slab->size * slab->fresh &&
		(size_t)((char *)object - slab->objects) % slab->size == 0 && slab->used > 0);
	memcpy(object, &slab->free, sizeof slab->free);
	slab->free = object;
	slab->used--;
}
