/* SPDX-License-Identifier: ISC */
#include "body.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void body_start(struct body *b, const struct request *rq)
{
	*b = (struct body){.save_fd = -1, .prefix_fd = -1, .differs = -1};
	b->keep = rq->want & WANT_BODY;
	hash_start(&b->hash);
	if (rq->save) {
		b->save_fd = open(rq->save, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (b->save_fd < 0)
			b->error = "save: the file cannot be written";
	}
	if (rq->prefix) {
		b->prefix_fd = open(rq->prefix, O_RDONLY | O_CLOEXEC);
		if (b->prefix_fd < 0)
			b->error = "prefix: the file cannot be read";
	}
}

static void compare(struct body *b, const uint8_t *data, size_t len)
{
	uint8_t expected[4096];

	for (size_t at = 0; at < len && b->differs < 0;) {
		size_t want = len - at < sizeof(expected) ? len - at : sizeof(expected);
		ssize_t got = pread(b->prefix_fd, expected, want, b->bytes + (off_t)at);

		if (got <= 0) {
			b->differs = b->bytes + (int64_t)at;
			return;
		}
		for (size_t i = 0; i < (size_t)got && b->differs < 0; i++)
			if (expected[i] != data[at + i])
				b->differs = b->bytes + (int64_t)(at + i);
		at += (size_t)got;
	}
}

static void keep(struct body *b, const uint8_t *data, size_t len)
{
	if (!b->kept)
		b->kept = malloc(BODY_KEPT_MAX);
	if (!b->kept)
		return;
	if (len > BODY_KEPT_MAX - b->kept_len)
		len = BODY_KEPT_MAX - b->kept_len;
	memcpy(b->kept + b->kept_len, data, len);
	b->kept_len += len;
}

static void save(struct body *b, const uint8_t *data, size_t len)
{
	while (len) {
		ssize_t n = write(b->save_fd, data, len);

		if (n < 0) {
			b->error = "save: the file cannot be written";
			return;
		}
		data += n;
		len -= (size_t)n;
	}
}

void body_add(struct body *b, const void *data, size_t len)
{
	hash_add(&b->hash, data, len);
	if (b->keep)
		keep(b, data, len);
	if (b->save_fd >= 0)
		save(b, data, len);
	if (b->prefix_fd >= 0)
		compare(b, data, len);
	b->bytes += (int64_t)len;
}

void body_end(struct body *b)
{
	hash_end(&b->hash, b->sha256);
	if (b->save_fd >= 0 && close(b->save_fd))
		b->error = "save: the file cannot be written";
	if (b->prefix_fd >= 0)
		close(b->prefix_fd);
	b->save_fd = b->prefix_fd = -1;
}

void body_free(struct body *b)
{
	free(b->kept);
	b->kept = NULL;
}
