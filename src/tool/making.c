/* SPDX-License-Identifier: ISC */
#include "making.h"

#include <errno.h>
#include <unistd.h>

#include "keep.h"

/* The digest is of what goes into the file. */
static bool take(struct encoder_sink *sink, const uint8_t *bytes, size_t length)
{
	struct making *making = (struct making *)sink;

	making->bytes += length;
	if (making->bytes > making->limit) {
		making->vain = true;
		return false;
	}
	if (!EVP_DigestUpdate(making->hash, bytes, length))
		making->error = ENOMEM;
	else if (keep_bytes(making->temporary.fd, (const char *)bytes, length) != 0)
		making->error = errno;
	return making->error == 0;
}

bool making_create(struct making *making, unsigned kind)
{
	*making = (struct making){.sink.take = take, .kind = kind};
	making->temporary.fd = -1;
	making->hash = EVP_MD_CTX_new();
	return making->hash != NULL;
}

void making_destroy(struct making *making)
{
	EVP_MD_CTX_free(making->hash);
}

void making_reset(struct making *making)
{
	making->bytes = 0;
	making->vain = false;
	making->error = 0;
}

void making_stop(struct making *making)
{
	if (making->encoder)
		making->row->end(making->encoder);
	making->encoder = NULL;
	if (making->vain || making->error)
		temporary_discard(&making->temporary);
}

void making_start(struct making *making, const struct craft *craft, int directory,
	enum encoder_level level, const struct encoder_original *original)
{
	const struct encoder_row *row = &craft->rows[making->kind];
	uint64_t size = original->size;

	making->row = row;
	making->limit = craft->saves ? size / 20 * 19 + size % 20 * 19 / 20 : UINT64_MAX; /* 95 % */
	if (!EVP_DigestInit_ex(making->hash, EVP_sha256(), NULL))
		making->error = ENOMEM;
	else if (temporary_open(&making->temporary, directory) != 0)
		making->error = errno;
	else if (errno = ENOMEM, !(making->encoder = row->open(original, row->levels[level])))
		making->error = errno;
	if (making->error)
		making_stop(making);
}

void making_feed(struct making *making, const uint8_t *bytes, size_t length, bool last)
{
	enum encoder_result result =
		making->row->feed(making->encoder, bytes, length, last, &making->sink);

	if (result == ENCODER_FAILED)
		making->error = ENOMEM;
	if (result == ENCODER_VAIN)
		making->vain = true;
	if (result != ENCODER_GOOD || last)
		making_stop(making);
}

/* Whoever may not read the original may not read the neighbour either: where the group cannot be
 * given, its group gets only what all others get. */
static int copy_owner(int file, const struct stat *original)
{
	mode_t mode = original->st_mode & 0777;
	struct stat status;

	if (fstat(file, &status) != 0)
		return -1;
	if ((status.st_uid != original->st_uid || status.st_gid != original->st_gid) &&
		fchown(file, original->st_uid, original->st_gid) != 0 &&
		status.st_gid != original->st_gid && fchown(file, (uid_t)-1, original->st_gid) != 0)
		mode &= ~(mode_t)070 | (mode & 07) << 3;
	return fchmod(file, mode);
}

/* On the disk before it gets its name: after a power failure, a neighbour that looks fresh and is
 * not whole would stay for ever. */
int making_finish(struct making *making, const struct stat *original)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, original->st_mtim};
	int file = making->temporary.fd;

	if (!EVP_DigestFinal_ex(making->hash, making->digest, NULL)) {
		errno = ENOMEM;
		return -1;
	}
	if (copy_owner(file, original) != 0 || futimens(file, times) != 0)
		return -1;
	return fsync(file);
}
