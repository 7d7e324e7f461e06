/* SPDX-License-Identifier: ISC */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/date.h"
#include "base/log.h"

#define ACCEPTS_PER_TURN   16
#define PAUSE_MILLISECONDS 1000

static void destroy(struct connection *connection)
{
	struct server *server = connection->server;

	loop_forget(server->loop, &connection->source);
	deadline_stop(&connection->deadline);
	close(connection->source.fd);
	connection->state = CONNECTION_FREE;
	server->open--;
}

/* ---- what is answered ---- */

static const char *reason_phrase(unsigned status)
{
	switch (status) {
	case 200:
		return "OK";
	case 400:
		return "Bad Request";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 414:
		return "URI Too Long";
	case 431:
		return "Request Header Fields Too Large";
	case 503:
		return "Service Unavailable";
	default:
		return "Internal Server Error";
	}
}

static void compose(
	struct connection *connection, unsigned status, const struct text *body, bool with_body)
{
	struct text reply = text_over(connection->reply, sizeof(connection->reply));
	char date[DATE_HTTP];

	date_http(date, time(NULL));
	text_format(&reply, "HTTP/1.1 %u %s\r\nDate: ", status, reason_phrase(status));
	text_bytes(&reply, date, sizeof(date));
	/* The version is the exposition format's, and does no harm to the other pages. */
	text_format(&reply,
		"\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
		"Content-Length: %zu\r\nCache-Control: no-store\r\nConnection: close\r\n%s\r\n",
		body->length, status == 405 ? "Allow: GET, HEAD\r\n" : "");
	if (with_body)
		text_bytes(&reply, body->bytes, body->length);
	connection->length = reply.length;
	connection->sent = 0;
}

/* The body for a good request; returns the status. */
static unsigned write_page(
	const struct server *server, const struct request *request, struct text *body)
{
	if (request_is(request, "/metrics")) {
		metrics_write(&server->metrics, server->ready, body);
		return 200;
	}
	if (request_is(request, "/healthz")) {
		text_add(body, "ok\n");
		return 200;
	}
	if (!request_is(request, "/readyz")) {
		text_add(body, "There are /metrics, /healthz and /readyz.\n");
		return 404;
	}
	if (server->ready) {
		text_add(body, "ready\n");
		return 200;
	}
	text_add(body, "not ready");
	if (server->reason[0]) {
		text_add(body, ": ");
		text_add(body, server->reason);
	}
	text_byte(body, '\n');
	return 503;
}

static void answer(struct connection *connection, unsigned status, const struct request *request)
{
	struct server *server = connection->server;
	struct text body = text_over(server->body, sizeof(server->body));
	bool with_body = true;

	if (status == REQUEST_GOOD) {
		status = write_page(server, request, &body);
		with_body = request->body;
	} else {
		text_add(&body, reason_phrase(status));
		text_byte(&body, '\n');
	}
	if (body.overflow) { /* cannot be: METRICS_TEXT is tested */
		log_errorx("the metrics do not fit into %d bytes", METRICS_TEXT);
		body.length = 0;
		status = 500;
	}
	compose(connection, status, &body, with_body);
}

/* ---- one connection ---- */

/* Each returns false if the connection is to be destroyed. */

static bool wait_for(struct connection *connection, enum connection_state state, uint32_t events)
{
	connection->state = state;
	return loop_change(connection->server->loop, &connection->source, events) == 0;
}

/* To close with bytes unread would reset the connection and might cost the client the reply. */
static bool drop_input(struct connection *connection)
{
	ssize_t got = recv(connection->source.fd, connection->head, sizeof(connection->head), 0);

	return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool write_reply(struct connection *connection)
{
	while (connection->sent < connection->length) {
		ssize_t sent = send(connection->source.fd, connection->reply + connection->sent,
			connection->length - connection->sent, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			return wait_for(connection, CONNECTION_WRITING, EPOLLOUT);
		if (sent < 0)
			return false;
		connection->sent += (size_t)sent;
	}
	return shutdown(connection->source.fd, SHUT_WR) == 0 &&
	       wait_for(connection, CONNECTION_ENDING, EPOLLIN) && drop_input(connection);
}

static bool read_head(struct connection *connection)
{
	struct request request;
	unsigned status;
	ssize_t got = recv(connection->source.fd, connection->head + connection->received,
		sizeof(connection->head) - connection->received, 0);

	if (got <= 0)
		return got < 0 && (errno == EAGAIN || errno == EINTR);
	connection->received += (size_t)got;
	status = request_parse(connection->head, connection->received, &request);
	if (status == REQUEST_MORE)
		return true;
	answer(connection, status, &request);
	return write_reply(connection);
}

static void connection_ready(struct source *source, uint32_t events)
{
	struct connection *connection = deadline_owner(source, struct connection, source);
	bool alive = false;

	(void)events; /* errors and hang-ups show when it is read or written */
	switch (connection->state) {
	case CONNECTION_READING:
		alive = read_head(connection);
		break;
	case CONNECTION_WRITING:
		alive = write_reply(connection);
		break;
	case CONNECTION_ENDING:
		alive = drop_input(connection);
		break;
	case CONNECTION_FREE:
		return;
	}
	if (!alive)
		destroy(connection);
}

/* ---- accepting ---- */

static struct connection *place(struct server *server)
{
	struct connection *connection = server->connections;

	if (server->open == SERVE_CONNECTIONS) {
		struct deadline *oldest = deadline_oldest(&server->deadlines);

		connection = deadline_owner(oldest, struct connection, deadline);
		destroy(connection);
		return connection;
	}
	while (connection->state != CONNECTION_FREE)
		connection++;
	return connection;
}

static void begin(struct server *server, int fd)
{
	struct connection *connection = place(server);

	connection->source = (struct source){.ready = connection_ready, .fd = fd};
	connection->server = server;
	connection->received = connection->sent = connection->length = 0;
	if (loop_add(server->loop, &connection->source, EPOLLIN) != 0) {
		log_warn("cannot watch a connection");
		close(fd);
		return;
	}
	connection->state = CONNECTION_READING;
	server->open++;
	deadline_start(&server->deadlines, &connection->deadline, server->loop->now);
	connection_ready(&connection->source, EPOLLIN); /* its request is mostly there already */
}

static void pause_accepting(struct server *server)
{
	static struct log_limit limit;
	unsigned long suppressed;

	if (log_allowed(&limit, 60, &suppressed))
		log_warn("cannot accept connections for a second");
	for (uint32_t i = 0; i < server->listener_count; i++)
		loop_forget(server->loop, &server->listeners[i].source);
	server->resume = server->loop->now + PAUSE_MILLISECONDS;
}

static void resume_accepting(struct server *server)
{
	server->resume = 0;
	for (uint32_t i = 0; i < server->listener_count; i++) {
		if (loop_add(server->loop, &server->listeners[i].source, EPOLLIN) != 0) {
			pause_accepting(server);
			return;
		}
	}
}

static void listener_ready(struct source *source, uint32_t events)
{
	struct server *server = deadline_owner(source, struct listener, source)->server;

	(void)events;
	for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
		int fd = accept4(source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			begin(server, fd);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			pause_accepting(server);
		return; /* nothing is left, or a client went away: the next turn tells */
	}
}

void server_open(struct server *server, struct loop *loop)
{
	server->loop = loop;
	deadline_list_init(&server->deadlines, SERVE_MILLISECONDS);
	server_set_ready(server, false, "starting");
}

int server_listen(struct server *server, int fd)
{
	struct listener *listener;
	int flags = fcntl(fd, F_GETFL);

	if (server->listener_count == SERVE_LISTENERS) {
		errno = ENOSPC;
		return -1;
	}
	listener = &server->listeners[server->listener_count];
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return -1;
	*listener = (struct listener){
		.source = {.ready = listener_ready, .fd = fd},
		.server = server,
	};
	if (loop_add(server->loop, &listener->source, EPOLLIN) != 0)
		return -1;
	server->listener_count++;
	return 0;
}

void server_set_ready(struct server *server, bool ready, const char *reason)
{
	server->ready = ready;
	server->reason[0] = '\0';
	if (!ready)
		strncat(server->reason, reason, sizeof(server->reason) - 1);
}

void server_drain(struct server *server)
{
	for (uint32_t i = 0; i < server->listener_count; i++) {
		loop_forget(server->loop, &server->listeners[i].source);
		close(server->listeners[i].source.fd);
	}
	server->listener_count = 0;
	server->resume = 0;
}

int64_t server_deadline(const struct server *server)
{
	return deadline_next(&server->deadlines, server->resume ? server->resume : INT64_MAX);
}

void server_expire(struct server *server)
{
	struct deadline *expired;

	while ((expired = deadline_expired(&server->deadlines, server->loop->now)))
		destroy(deadline_owner(expired, struct connection, deadline));
	if (server->resume && server->resume <= server->loop->now)
		resume_accepting(server);
}
