/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "serve.h"

static struct loop loop;
static struct server server;
static struct sockaddr_un address;

static int setup(void **state)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	memset(&server, 0, sizeof(server));
	address = (struct sockaddr_un){.sun_family = AF_UNIX};
	/* An abstract name: nothing to clean up. */
	snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "sulid-serve-test-%d",
		(int)getpid());
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
		listen(fd, 128) != 0 || loop_open(&loop) != 0)
		return -1;
	server_open(&server, &loop);
	return server_listen(&server, fd);
}

static int teardown(void **state)
{
	(void)state;
	server_drain(&server);
	for (size_t i = 0; i < SERVE_CONNECTIONS; i++) {
		if (server.connections[i].state != CONNECTION_FREE)
			close(server.connections[i].source.fd);
	}
	loop_close(&loop);
	return 0;
}

static void turn(void)
{
	assert_int_equal(loop_turn(&loop, 0), 0); /* does not wait */
	server_expire(&server);
}

/* A client that has connected and sent this. Everything is on one machine, so a turn or two do. */
static int client(const char *sends)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(send(fd, sends, strlen(sends), 0), (ssize_t)strlen(sends));
	return fd;
}

/* What it has received up to the end of file, which must have come. */
static const char *reply(int fd)
{
	static char bytes[SERVE_REPLY + 1];
	size_t length = 0;
	ssize_t got;

	while ((got = recv(fd, bytes + length, sizeof(bytes) - 1 - length, 0)) > 0)
		length += (size_t)got;
	assert_int_equal(got, 0);
	bytes[length] = '\0';
	close(fd);
	return bytes;
}

static const char *ask(const char *sends)
{
	int fd = client(sends);

	turn();
	turn();
	return reply(fd);
}

static void expect_reply(const char *sends, const char *line, const char *body)
{
	const char *text = ask(sends);
	const char *end = strstr(text, "\r\n\r\n");
	char length[40];

	assert_non_null(end);
	assert_memory_equal(text, line, strlen(line));
	assert_memory_equal(text + strlen(line), "\r\n", 2);
	assert_string_equal(end + 4, body);
	if (body[0]) {
		snprintf(length, sizeof(length), "\r\nContent-Length: %zu\r\n", strlen(body));
		assert_non_null(strstr(text, length));
	}
	assert_non_null(strstr(text, "\r\nConnection: close\r\n"));
	assert_non_null(strstr(text, "\r\nDate: "));
	assert_int_equal(!!strstr(text, "\r\nAllow: GET, HEAD\r\n"), !!strstr(line, " 405 "));
	turn(); /* the client has closed */
	assert_int_equal(server.open, 0);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

static void test_pages(void **state)
{
	(void)state;
	expect_reply(GET("/healthz"), "HTTP/1.1 200 OK", "ok\n");
	expect_reply(GET("/readyz"), "HTTP/1.1 503 Service Unavailable", "not ready: starting\n");
	server_set_ready(&server, false, "worker 2 of 4 is not there");
	expect_reply(GET("/readyz"), "HTTP/1.1 503 Service Unavailable",
		"not ready: worker 2 of 4 is not there\n");
	expect_reply(GET("/healthz"), "HTTP/1.1 200 OK", "ok\n");
	server_set_ready(&server, false, "");
	expect_reply(GET("/readyz"), "HTTP/1.1 503 Service Unavailable", "not ready\n");
	server_set_ready(&server, true, "what was wrong before");
	expect_reply(GET("/readyz"), "HTTP/1.1 200 OK", "ready\n");
	expect_reply("HEAD /readyz HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK", "");
	expect_reply(
		GET("/"), "HTTP/1.1 404 Not Found", "There are /metrics, /healthz and /readyz.\n");
	expect_reply(GET("/metrics/"), "HTTP/1.1 404 Not Found",
		"There are /metrics, /healthz and /readyz.\n");
	expect_reply("POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
		"HTTP/1.1 405 Method Not Allowed", "Method Not Allowed\n");
	expect_reply("nonsense\r\n\r\n", "HTTP/1.1 400 Bad Request", "Bad Request\n");
}

static void test_metrics(void **state)
{
	const char *text = ask(GET("/metrics"));
	unsigned long length;

	(void)state;
	assert_memory_equal(text, "HTTP/1.1 200 OK\r\n", 17);
	assert_non_null(
		strstr(text, "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
	assert_non_null(strstr(text, "\r\n\r\n# HELP sulid_build_info "));
	length = strtoul(strstr(text, "Content-Length: ") + 16, NULL, 10);
	assert_int_equal(length, strlen(strstr(text, "\r\n\r\n") + 4));
	assert_true(length > 1000);
}

static void test_in_pieces(void **state)
{
	static const char text[] = GET("/healthz");
	int fd = client("");

	(void)state;
	for (size_t i = 0; text[i]; i++) {
		turn();
		assert_int_equal(recv(fd, &(char){0}, 1, 0), -1);
		assert_int_equal(errno, EAGAIN);
		assert_int_equal(send(fd, &text[i], 1, 0), 1);
	}
	turn();
	assert_non_null(strstr(reply(fd), "\r\n\r\nok\n"));
}

static void test_too_long(void **state)
{
	static char text[3 * REQUEST_HEAD];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	expect_reply(text, "HTTP/1.1 414 URI Too Long", "URI Too Long\n");
	memcpy(text, "GET / HTTP/1.1\r\n", 16);
	expect_reply(text, "HTTP/1.1 431 Request Header Fields Too Large",
		"Request Header Fields Too Large\n");
}

/* A client that reads nothing gets all of it once it does. */
static void test_slow_reader(void **state)
{
	static char bytes[1 << 20];
	int small = 1, fd = client("");
	size_t length = 0;
	ssize_t got = -1;

	(void)state;
	turn();
	assert_int_equal(server.open, 1);

	/* Something before the reply fills the socket. */
	int its = server.connections[0].source.fd;

	assert_int_equal(setsockopt(its, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
	while (send(its, "x", 1, MSG_NOSIGNAL) == 1)
		length++;
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(send(fd, GET("/metrics"), strlen(GET("/metrics")), 0),
		(ssize_t)strlen(GET("/metrics")));
	turn();
	assert_int_equal(server.connections[0].state, CONNECTION_WRITING);
	assert_int_equal(server.connections[0].sent, 0);

	size_t before = length;

	length = 0;
	for (int i = 0; i < 1000 && got != 0; i++) {
		got = recv(fd, bytes + length, 100, 0);
		if (got > 0)
			length += (size_t)got;
		turn();
	}
	assert_int_equal(got, 0);
	bytes[length] = '\0';
	assert_memory_equal(bytes + before, "HTTP/1.1 200 OK\r\n", 17);
	assert_int_equal(strtoul(strstr(bytes, "Content-Length: ") + 16, NULL, 10),
		strlen(strstr(bytes, "\r\n\r\n") + 4));
	close(fd);
}

static void test_deadline(void **state)
{
	int fd = client("GET /he");

	(void)state;
	assert_int_equal(server_deadline(&server), INT64_MAX);
	turn();
	assert_int_equal(server.open, 1);
	assert_int_equal(server_deadline(&server), loop.now + 5000);
	loop.now += 4999;
	server_expire(&server);
	assert_int_equal(server.open, 1);
	loop.now += 1;
	server_expire(&server);
	assert_int_equal(server.open, 0);
	assert_string_equal(reply(fd), "");
}

/* All places taken by clients that say nothing: who asks is answered all the same. */
static void test_idle_give_way(void **state)
{
	int idle[SERVE_CONNECTIONS];

	(void)state;
	for (size_t i = 0; i < SERVE_CONNECTIONS; i++)
		idle[i] = client("");
	for (int i = 0; i < SERVE_CONNECTIONS / 16 + 1; i++)
		turn();
	assert_int_equal(server.open, SERVE_CONNECTIONS);
	assert_non_null(strstr(ask(GET("/healthz")), "\r\n\r\nok\n"));
	turn();
	assert_int_equal(server.open, SERVE_CONNECTIONS - 1);
	assert_string_equal(reply(idle[0]), ""); /* the one that was there longest */
	for (size_t i = 1; i < SERVE_CONNECTIONS; i++) {
		assert_int_equal(recv(idle[i], &(char){0}, 1, 0), -1);
		assert_int_equal(errno, EAGAIN);
		close(idle[i]);
	}
	turn();
	assert_int_equal(server.open, 0);
}

static void test_drain(void **state)
{
	int fd = client("GET /healthz HTTP/1.1\r\n");
	int late;

	(void)state;
	turn();
	server_drain(&server);
	assert_int_equal(server.listener_count, 0);
	late = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(late, (struct sockaddr *)&address, sizeof(address)), -1);
	close(late);
	assert_int_equal(send(fd, "Host: a\r\n\r\n", 11, 0), 11);
	turn();
	assert_non_null(strstr(reply(fd), "\r\n\r\nok\n"));
	turn();
	assert_int_equal(server.open, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_metrics, setup, teardown),
		cmocka_unit_test_setup_teardown(test_in_pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_long, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slow_reader, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deadline, setup, teardown),
		cmocka_unit_test_setup_teardown(test_idle_give_way, setup, teardown),
		cmocka_unit_test_setup_teardown(test_drain, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
