/* SPDX-License-Identifier: ISC */
#include "tickets.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "memory_file.h"

/* getrandom gives up to 256 bytes in one piece (getrandom(2)). */
_Static_assert(sizeof(struct ticket_keys) <= 256, "ticket keys come from one getrandom");

static int fill(void *bytes, size_t size)
{
	ssize_t n;

	do
		n = getrandom(bytes, size, 0);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)size ? 0 : -1;
}

int tickets_make(struct ticket_keys *keys)
{
	return fill(keys, sizeof *keys);
}

int tickets_rotate(struct ticket_keys *keys)
{
	struct ticket_key fresh;

	if (fill(&fresh, sizeof fresh) < 0)
		return -1;
	keys->key[2] = keys->key[1];
	keys->key[1] = keys->key[0];
	keys->key[0] = fresh;
	explicit_bzero(&fresh, sizeof fresh);
	return 0;
}

int tickets_file(const struct ticket_keys *keys)
{
	return memory_file_sealed("sulid-tickets", keys, sizeof *keys);
}
