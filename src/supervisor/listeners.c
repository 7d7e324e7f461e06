/* SPDX-License-Identifier: ISC */
#include "listeners.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int close_with_errno(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
	return -1;
}

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof value);
}

static int bind_to(struct listening *listening, const struct address *address)
{
	struct sockaddr_storage to;
	socklen_t length = address_to_sockaddr(address, &to);
	bool v6 = address->family == 6;
	/* IPPROTO_TCP by name: an MPTCP socket could not take TCP_ULP. */
	int fd = socket(
		v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);

	if (fd < 0)
		return -1;
	if (set(fd, SOL_SOCKET, SO_REUSEADDR, 1) < 0 ||
		(v6 && set(fd, IPPROTO_IPV6, IPV6_V6ONLY, !listening->any) < 0) ||
		set(fd, IPPROTO_IP, IP_FREEBIND, 1) < 0 ||
		bind(fd, (struct sockaddr *)&to, length) < 0 || listen(fd, LISTEN_BACKLOG) < 0)
		return close_with_errno(fd);
	length = sizeof to;
	if (getsockname(fd, (struct sockaddr *)&to, &length) < 0)
		return close_with_errno(fd);
	listening->port = address_from_sockaddr(&to).port;
	listening->fd = fd;
	return 0;
}

static int open_socket(struct listening *listening, uint16_t port)
{
	struct address address = listening->address;

	address.port = port;
	if (!listening->any)
		return bind_to(listening, &address);
	memset(&address, 0, sizeof address);
	address.family = 6;
	address.port = port;
	if (bind_to(listening, &address) == 0)
		return 0;
	if (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL)
		return -1;
	address.family = 4;
	return bind_to(listening, &address);
}

/* Is somebody behind the socket file? */
static bool answers(const struct sockaddr_un *address, socklen_t length)
{
	struct stat status;
	bool alive;
	int fd;

	/* connect refuses what is no socket, too: that is somebody's file, and not ours to replace.
	 */
	if (lstat(address->sun_path, &status) < 0 || !S_ISSOCK(status.st_mode))
		return true;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return true;
	alive = connect(fd, (const struct sockaddr *)address, length) == 0 || errno != ECONNREFUSED;
	close(fd);
	return alive;
}

int listening_unix(const char *path, unsigned mode)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t size = strlen(path) + 1;
	socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
	mode_t before;
	int fd, result;

	if (size > sizeof address.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, size);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	before = umask(0777 & ~mode);
	result = bind(fd, (struct sockaddr *)&address, length);
	if (result < 0 && errno == EADDRINUSE) {
		if (!answers(&address, length)) {
			unlink(path);
			result = bind(fd, (struct sockaddr *)&address, length);
		} else {
			errno = EADDRINUSE;
		}
	}
	umask(before);
	if (result < 0 || listen(fd, 16) < 0)
		return close_with_errno(fd);
	return fd;
}

static bool same(const struct listening *listening, const struct address *address, bool any)
{
	return listening->any == any && listening->address.port == address->port &&
	       (any || (listening->address.family == address->family &&
			       memcmp(listening->address.bytes, address->bytes,
				       sizeof address->bytes) == 0 &&
			       listening->address.scope == address->scope));
}

void listening_begin(struct listening_pool *pool)
{
	for (size_t i = 0; i < pool->count; i++)
		pool->list[i].wanted = false;
}

int listening_want(struct listening_pool *pool, const struct address *address, bool any,
	uint16_t port, uint16_t *bound)
{
	struct listening *list, *added;

	for (size_t i = 0; i < pool->count; i++) {
		if (pool->list[i].wanted || !same(&pool->list[i], address, any))
			continue;
		pool->list[i].wanted = true;
		*bound = pool->list[i].port;
		return pool->list[i].fd;
	}
	list = realloc(pool->list, (pool->count + 1) * sizeof *list);
	if (!list)
		return -1;
	pool->list = list;
	added = &list[pool->count];
	*added = (struct listening){.address = *address, .any = any, .fd = -1, .wanted = true};
	if (open_socket(added, port) < 0)
		return -1;
	pool->count++;
	*bound = added->port;
	return added->fd;
}

void listening_drop_unwanted(struct listening_pool *pool)
{
	size_t kept = 0;

	for (size_t i = 0; i < pool->count; i++) {
		if (pool->list[i].wanted)
			pool->list[kept++] = pool->list[i];
		else
			close(pool->list[i].fd);
	}
	pool->count = kept;
}
