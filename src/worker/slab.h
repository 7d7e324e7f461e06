/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_SLAB_H
#define SULID_WORKER_SLAB_H

/*
 * Objects of one size, carved from one mapping that is made at start; there is no other allocator.
 * What was given back is taken first, and what was never taken is never touched, so that the
 * memory of a slab that is not used does not exist.
 */

#include <stddef.h>
#include <stdint.h>

struct slab {
	char *objects;
	size_t size;    /* of one, bytes; a multiple of 8 */
	uint32_t count; /* at most */
	uint32_t fresh; /* objects from this one on were never taken */
	uint32_t used;  /* taken now */
	void *free;     /* given back; each holds the address of the next */
};

/* -1 with errno. */
int slab_open(struct slab *slab, size_t size, uint32_t count);
void slab_close(struct slab *slab);

/* NULL if all are taken. The content is undefined. */
void *slab_take(struct slab *slab);
void slab_give(struct slab *slab, void *object);

#endif
