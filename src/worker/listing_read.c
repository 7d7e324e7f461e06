/* SPDX-License-Identifier: ISC */
#include "listing_read.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"

#define WANTED      (STATX_TYPE | STATX_SIZE | STATX_MTIME)
#define MOST_SECOND INT64_C(1000000000000) /* beyond any date that can be written */

struct listing_reader listing_reader(const struct listing *listing, char *buffer, size_t size)
{
	lseek(listing->directory, 0, SEEK_SET);
	return (struct listing_reader){.listing = listing, .buffer = buffer, .size = size};
}

/* No URL leads to a name that is not UTF-8 or has control characters: target.c refuses them. */
static bool has_url(const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < length; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
			return false;
	return text_is_utf8(name, length);
}

/* As far as the record tells. */
static bool is_shown(const struct listing *listing, const struct dirent64 *record)
{
	const char *name = record->d_name;

	if (name[0] == '.' &&
		(!listing->dotfiles || name[1] == '\0' || (name[1] == '.' && name[2] == '\0')))
		return false;
	if (!has_url(name))
		return false;
	switch (record->d_type) {
	case DT_REG:
	case DT_DIR:
	case DT_LNK:
	case DT_UNKNOWN: /* statx will know */
		return true;
	default:
		return false;
	}
}

/* What this is, if it may be served. at, name: as for statx; name may be "" with AT_EMPTY_PATH. */
static bool look_at(int at, const char *name, int flags, struct statx *status)
{
	if (statx(at, name, AT_NO_AUTOMOUNT | AT_SYMLINK_NOFOLLOW | flags, WANTED, status) < 0)
		return false;
	if (S_ISLNK(status->stx_mode))
		return true;
	if (S_ISDIR(status->stx_mode))
		return faccessat(at, name, X_OK, AT_EACCESS | flags) == 0;
	return S_ISREG(status->stx_mode) && faccessat(at, name, R_OK, AT_EACCESS | flags) == 0;
}

/* O_PATH opens nothing: a FIFO does not wait, a device does not wake. */
static bool look_through(int directory, const char *link, struct statx *status)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int fd = (int)syscall(SYS_openat2, directory, link, &how, sizeof how);
	bool good;

	if (fd < 0)
		return false;
	good = look_at(fd, "", AT_EMPTY_PATH, status);
	close(fd);
	return good;
}

static int64_t milliseconds(const struct statx_timestamp *time)
{
	int64_t second = time->tv_sec;

	if (second > MOST_SECOND)
		second = MOST_SECOND;
	if (second < -MOST_SECOND)
		second = -MOST_SECOND;
	return second * 1000 + time->tv_nsec / 1000000;
}

static bool examine(
	const struct listing *listing, const struct dirent64 *record, struct listing_entry *entry)
{
	struct statx status;

	if (!is_shown(listing, record) || !look_at(listing->directory, record->d_name, 0, &status))
		return false;
	if (S_ISLNK(status.stx_mode) &&
		!(listing->follow && look_through(listing->directory, record->d_name, &status)))
		return false;
	*entry = (struct listing_entry){
		.name = record->d_name,
		.length = strlen(record->d_name),
		.directory = S_ISDIR(status.stx_mode),
		.modified = milliseconds(&status.stx_mtime),
	};
	entry->size = entry->directory ? 0 : status.stx_size;
	return true;
}

int listing_read(struct listing_reader *reader, struct listing_entry *entry)
{
	for (;;) {
		const struct dirent64 *record;

		if (reader->at == reader->end) {
			ssize_t n = getdents64(
				reader->listing->directory, reader->buffer, reader->size);

			if (n <= 0)
				return n < 0 ? -1 : 0;
			reader->at = 0;
			reader->end = (size_t)n;
		}
		record = (const struct dirent64 *)(void *)(reader->buffer + reader->at);
		reader->at += record->d_reclen;
		if (examine(reader->listing, record, entry))
			return 1;
	}
}
