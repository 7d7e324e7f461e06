/* SPDX-License-Identifier: ISC */
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/text.h"
#include "keep.h"
#include "temporary.h"

#define MOST_BYTES ((off_t)256 << 20) /* more is no record of ours */
#define NAME_TEXT  (3 * NAME_MAX + 1)
#define TOKEN_TEXT (2 * RECORD_DIGEST + 1)
#define LINE_TEXT  (5 + TOKEN_TEXT + NAME_TEXT + 1)
#define KEPT_MADE  2 /* lines of one name: the bytes that are there, and those that replace them */
#define TRIES      100

/* In a directory where anybody may put files, anybody could put a record. */
static bool is_trusted(int directory, const struct stat *status)
{
	struct stat around;

	return S_ISREG(status->st_mode) && fstat(directory, &around) == 0 &&
	       (!(around.st_mode & S_ISVTX) || status->st_uid == 0 || status->st_uid == geteuid());
}

static int open_record(int directory, int flags, mode_t mode)
{
	int file = openat(directory, RECORD_NAME,
		flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode);
	struct stat status;

	if (file < 0)
		return -1;
	if (fstat(file, &status) == 0 && is_trusted(directory, &status))
		return file;
	close(file);
	errno = EPERM;
	return -1;
}

static char *read_all(int file, off_t size)
{
	char *bytes = malloc((size_t)size + 1);
	size_t length = 0;
	ssize_t got = 1;

	while (bytes && got > 0 && length < (size_t)size) {
		got = read(file, bytes + length, (size_t)size - length);
		if (got > 0)
			length += (size_t)got;
		else if (got < 0 && errno == EINTR)
			got = 1;
	}
	/* After a power failure there may be zeros; what follows them counts. */
	for (size_t i = 0; bytes && i < length; i++) {
		if (bytes[i] == '\0')
			bytes[i] = '\n';
	}
	if (bytes)
		bytes[length] = '\0';
	return bytes;
}

static int compare(const void *left, const void *right)
{
	const struct record_line *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	/* Both are parts of the same bytes. */
	return order ? order : (a->token > b->token) - (a->token < b->token);
}

/* Cut a line into its words. */
static bool parse_line(char *line, struct record_line *parsed)
{
	char *rest = line;
	const char *word = strsep(&rest, " ");

	parsed->token = strsep(&rest, " ");
	parsed->name = rest;
	parsed->made = strcmp(word, "made") == 0;
	return (parsed->made || strcmp(word, "vain") == 0) && rest && *rest && !strchr(rest, ' ');
}

static void parse(struct record *record)
{
	char *rest = record->bytes, *line;
	size_t lines = 0;

	for (const char *at = rest; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	record->lines = calloc(lines + 1, sizeof(*record->lines));
	while (record->lines && record->count < lines && (line = strsep(&rest, "\n")) != NULL) {
		if (parse_line(line, &record->lines[record->count]))
			record->count++;
	}
	if (record->count > 0)
		qsort(record->lines, record->count, sizeof(*record->lines), compare);
}

static void read_from(struct record *record, int file)
{
	struct stat status;

	if (fstat(file, &status) != 0 || status.st_size > MOST_BYTES)
		return;
	record->bytes = read_all(file, status.st_size);
	if (record->bytes)
		parse(record);
}

void record_read(struct record *record, int directory)
{
	int file = open_record(directory, O_RDONLY, 0);

	*record = (struct record){0};
	if (file < 0)
		return;
	read_from(record, file);
	close(file);
}

void record_free(struct record *record)
{
	free(record->lines);
	free(record->bytes);
	*record = (struct record){0};
}

static void name_text(const char *name, char encoded[static NAME_TEXT])
{
	struct text text = text_over(encoded, NAME_TEXT);

	text_url(&text, name, strlen(name));
	text_string(&text);
}

static void digest_text(const uint8_t digest[static RECORD_DIGEST], char token[static TOKEN_TEXT])
{
	struct text text = text_over(token, TOKEN_TEXT);

	text_hex(&text, digest, RECORD_DIGEST);
	text_string(&text);
}

static void vain_text(
	const struct stat *original, enum encoder_level level, char token[static TOKEN_TEXT])
{
	struct text text = text_over(token, TOKEN_TEXT);

	text_add(&text, encoder_levels[level]);
	text_byte(&text, '/');
	text_signed(&text, original->st_mtim.tv_sec);
	text_byte(&text, '.');
	text_padded(&text, (uint64_t)original->st_mtim.tv_nsec, 9);
	text_byte(&text, '/');
	text_signed(&text, original->st_size);
	text_string(&text);
}

/* The first line of that name or after it. */
static size_t first_of(const struct record *record, const char *encoded)
{
	size_t low = 0, high = record->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(record->lines[middle].name, encoded) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* token NULL: any. */
static bool has(const struct record *record, bool made, const char *name, const char *token)
{
	char encoded[NAME_TEXT];

	name_text(name, encoded);
	for (size_t i = first_of(record, encoded);
		i < record->count && strcmp(record->lines[i].name, encoded) == 0; i++) {
		const struct record_line *line = &record->lines[i];

		if (line->made == made && (!token || strcmp(line->token, token) == 0))
			return true;
	}
	return false;
}

bool record_made(
	const struct record *record, const char *name, const uint8_t digest[static RECORD_DIGEST])
{
	char token[TOKEN_TEXT];

	digest_text(digest, token);
	return has(record, true, name, token);
}

bool record_lists(const struct record *record, const char *name)
{
	return has(record, true, name, NULL);
}

bool record_vain(const struct record *record, const char *name, const struct stat *original,
	enum encoder_level level)
{
	char token[TOKEN_TEXT];

	vain_text(original, level, token);
	return has(record, false, name, token);
}

static int hex_digit(char digit)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *found = digit ? strchr(digits, digit) : NULL;

	return found ? (int)(found - digits) : -1;
}

bool record_name(const struct record_line *line, char name[static NAME_MAX + 1])
{
	size_t length = 0;

	for (const char *at = line->name; *at; at++) {
		char byte = *at;

		if (byte == '%') {
			int high = hex_digit(at[1]), low = high < 0 ? -1 : hex_digit(at[2]);

			if (low < 0)
				return false;
			byte = (char)(unsigned char)(high * 16 + low);
			at += 2;
		}
		/* It is used as a name in this directory, and may lead nowhere else. */
		if (byte == '\0' || byte == '/' || length == NAME_MAX)
			return false;
		name[length++] = byte;
	}
	name[length] = '\0';
	return length > 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* As readable and writable as the directory, so that everybody who may make neighbours in it can
 * tell whose they are. */
static int prepare(int directory, int file)
{
	struct stat around, status;

	if (fstat(directory, &around) != 0 || fstat(file, &status) != 0)
		return -1;
	if ((status.st_uid != around.st_uid || status.st_gid != around.st_gid) &&
		fchown(file, around.st_uid, around.st_gid) != 0 &&
		fchown(file, (uid_t)-1, around.st_gid) != 0)
		return fchmod(file, 0644);
	return fchmod(file, around.st_mode & 0666);
}

/* Of lines of one name and kind the last ones count. */
static bool is_superseded(const struct record *record, size_t line)
{
	const struct record_line *lines = record->lines;
	int later = 0;

	for (size_t i = line + 1; i < record->count && strcmp(lines[i].name, lines[line].name) == 0;
		i++)
		later += lines[i].made == lines[line].made;
	return later >= (lines[line].made ? KEPT_MADE : 1);
}

/* A neighbour that was made, or the original that was not worth it, is still there. */
static bool is_live(const struct record *record, size_t line, int directory)
{
	const struct record_line *found = &record->lines[line];
	char name[NAME_MAX + 1];
	struct stat status;

	if (is_superseded(record, line) || !record_name(found, name))
		return false;
	if (!found->made) {
		char *dot = strrchr(name, '.');

		if (!dot)
			return false;
		*dot = '\0';
	}
	return fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Only the live lines, in place of all. */
static void rewrite(const struct record *record, int directory, const struct stat *old)
{
	struct temporary temporary;
	bool good = temporary_open(&temporary, directory) == 0;

	for (size_t i = 0; good && i < record->count; i++) {
		const struct record_line *line = &record->lines[i];

		if (is_live(record, i, directory))
			good = dprintf(temporary.fd, "%s %s %s\n", line->made ? "made" : "vain",
				       line->token, line->name) > 0;
	}
	if (good && (old->st_uid != geteuid() || old->st_gid != getegid()) &&
		fchown(temporary.fd, old->st_uid, old->st_gid) != 0)
		good = false; /* others may need it as it is */
	good = good && fchmod(temporary.fd, old->st_mode & 0666) == 0 && fsync(temporary.fd) == 0 &&
	       temporary_settle(&temporary, RECORD_NAME, true) == 0;
	if (!good)
		temporary_discard(&temporary);
}

/* Leave out dead lines; "always" makes it another file even if there is none. */
static void renew(int directory, bool always)
{
	int file = open_record(directory, O_RDONLY, 0);
	struct record record = {0};
	struct stat status, now;
	size_t live = 0;

	if (file < 0)
		return;
	/* Somebody who adds to it is not waited for. */
	if (flock(file, LOCK_EX | LOCK_NB) != 0 || fstat(file, &status) != 0 ||
		fstatat(directory, RECORD_NAME, &now, AT_SYMLINK_NOFOLLOW) != 0 ||
		now.st_ino != status.st_ino)
		goto out;
	read_from(&record, file);
	if (!record.lines)
		goto out;
	for (size_t i = 0; i < record.count; i++)
		live += is_live(&record, i, directory);
	if (always || (live > 0 && live < record.count))
		rewrite(&record, directory, &status);
	else if (live == 0)
		unlinkat(directory, RECORD_NAME, 0);
out:
	record_free(&record);
	close(file);
}

void record_tidy(int directory)
{
	renew(directory, false);
}

/* Open to be added to, and locked against being replaced by record_tidy. */
static int open_to_add(int directory)
{
	int file = -1;

	for (int i = 0; i < TRIES; i++) {
		struct stat status;
		bool made;

		file = open_record(directory, O_WRONLY | O_APPEND | O_CREAT | O_EXCL, 0600);
		made = file >= 0;
		if (!made && errno == EEXIST)
			file = open_record(directory, O_WRONLY | O_APPEND, 0);
		if (file < 0 && errno == ENOENT)
			continue;
		if (file < 0 || (made && prepare(directory, file) != 0))
			break;
		/* Where files cannot be locked, a line may get lost. */
		while (flock(file, LOCK_SH) != 0 && errno == EINTR)
			continue;
		if (fstat(file, &status) == 0 && status.st_nlink == 1)
			return file;
		close(file);
		/* What has another name, too, is not ours to write to: a copy of the tree may
		 * share it, or somebody may wish us to write to another file. */
		if (status.st_nlink > 1)
			renew(directory, true);
		file = -1;
		errno = EAGAIN;
	}
	if (file >= 0)
		close(file);
	return -1;
}

static int add(int directory, const char *word, const char *token, const char *name)
{
	char line[LINE_TEXT], encoded[NAME_TEXT];
	struct text text = text_over(line, sizeof(line));
	int file = open_to_add(directory), result;

	if (file < 0)
		return -1;
	name_text(name, encoded);
	text_format(&text, "%s %s %s\n", word, token, encoded);
	result = keep_bytes(file, line, text.length);
	close(file);
	return result;
}

int record_add_made(int directory, const struct record *known, const char *name,
	const uint8_t digest[static RECORD_DIGEST])
{
	char token[TOKEN_TEXT];

	digest_text(digest, token);
	return has(known, true, name, token) ? 0 : add(directory, "made", token, name);
}

int record_add_vain(int directory, const struct record *known, const char *name,
	const struct stat *original, enum encoder_level level)
{
	char token[TOKEN_TEXT];

	vain_text(original, level, token);
	return has(known, false, name, token) ? 0 : add(directory, "vain", token, name);
}
