/* SPDX-License-Identifier: ISC */
/*
 * Loaded before a program (LD_PRELOAD): counts its calls of malloc, calloc, realloc and mmap. The
 * number stands in a file named by the process id in the directory $COUNT_ALLOCATIONS, always up to
 * date, as decimal digits of fixed width, so that a shell can read it while the program runs.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DIGITS 12

static atomic_ulong calls;
static char *shown; /* DIGITS and a line feed, mapped from the file */

static void count(void)
{
	unsigned long number = atomic_fetch_add(&calls, 1) + 1;

	for (int i = DIGITS - 1; shown && i >= 0; i--, number /= 10)
		shown[i] = (char)('0' + number % 10);
}

__attribute__((constructor)) static void open_file(void)
{
	const char *directory = getenv("COUNT_ALLOCATIONS");
	char path[4096];
	void *map;
	int fd;

	if (!directory)
		return;
	snprintf(path, sizeof path, "%s/%d", directory, (int)getpid());
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || ftruncate(fd, DIGITS + 1) < 0)
		return;
	map = (void *)syscall(
		SYS_mmap, NULL, DIGITS + 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return;
	shown = map;
	memset(shown, '0', DIGITS);
	shown[DIGITS] = '\n';
}

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
	count();
	return __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
	count();
	return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size)
{
	count();
	return __libc_realloc(old, size);
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	count();
	return (void *)syscall(SYS_mmap, address, length, protection, flags, fd, offset);
}
