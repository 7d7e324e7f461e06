/* SPDX-License-Identifier: ISC */
#include "control_socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/deadline.h"

#include "listeners.h"
#include "status.h"

static void hang_up(struct control_client *client)
{
	loop_forget(client->socket->loop, &client->source);
	close(client->source.fd);
	client->source.fd = -1;
	client->held = false;
}

/* The whole answer in one send: it fits the socket's buffer, or the client does not read. */
static void reply(struct control_client *client, const char *text, size_t length)
{
	(void)send(client->source.fd, text, length, MSG_NOSIGNAL | MSG_DONTWAIT);
	hang_up(client);
}

static void take_request(struct source *source, uint32_t events)
{
	static const char *const requests[] = {
		[CONTROL_REQUEST_RELOAD] = "reload\n",
		[CONTROL_REQUEST_STATUS] = "status\n",
		[CONTROL_REQUEST_STATUS_JSON] = "status json\n",
	};
	struct control_client *client = deadline_owner(source, struct control_client, source);
	char line[32];
	ssize_t n = recv(source->fd, line, sizeof line - 1, MSG_DONTWAIT);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || client->held) {
		hang_up(client);
		return;
	}
	line[n] = '\0';
	for (int i = 0; i < 3; i++) {
		if (strcmp(line, requests[i]) == 0) {
			client->socket->asked(
				client->socket->context, (enum control_request)i, client);
			return;
		}
	}
	reply(client, "2\nnot a request\n", 16);
}

static void take_client(struct source *source, uint32_t events)
{
	struct control_socket *socket = deadline_owner(source, struct control_socket, source);
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return;
	for (int i = 0; i < CONTROL_CLIENTS; i++) {
		struct control_client *client = &socket->clients[i];

		if (client->source.fd >= 0)
			continue;
		client->source = (struct source){.fd = fd, .ready = take_request};
		client->held = false;
		if (loop_add(socket->loop, &client->source, EPOLLIN) == 0)
			return;
		client->source.fd = -1;
		break;
	}
	close(fd);
}

int control_socket_open(struct control_socket *socket, struct loop *loop, char *path,
	void (*asked)(void *, enum control_request, struct control_client *), void *context)
{
	int fd = listening_unix(path, 0600);

	if (fd < 0)
		return -1;
	*socket = (struct control_socket){.loop = loop, .asked = asked, .context = context};
	for (int i = 0; i < CONTROL_CLIENTS; i++) {
		socket->clients[i].source.fd = -1;
		socket->clients[i].socket = socket;
	}
	socket->source = (struct source){.fd = fd, .ready = take_client};
	if (loop_add(loop, &socket->source, EPOLLIN) < 0) {
		close(fd);
		socket->source.fd = -1;
		return -1;
	}
	socket->path = path;
	return 0;
}

void control_socket_close(struct control_socket *socket)
{
	if (!socket->path)
		return;
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		if (socket->clients[i].source.fd >= 0)
			hang_up(&socket->clients[i]);
	unlink(socket->path);
	close(socket->source.fd);
	free(socket->path);
	socket->path = NULL;
}

void control_socket_hold(struct control_socket *socket, struct control_client *client)
{
	(void)socket;
	client->held = true;
}

void control_socket_answer(struct control_socket *socket, int status,
	struct diagnostics *diagnostics, const char *text, const char *data)
{
	char *answer = NULL;
	size_t size = 0;
	FILE *stream;

	if (!socket->path || !(stream = open_memstream(&answer, &size)))
		return;
	fprintf(stream, "%d\n", status);
	diagnostics_print(diagnostics, stream);
	if (*text)
		fprintf(stream, "%s\n", text);
	fputc('\0', stream);
	fputs(data, stream);
	if (fclose(stream) == 0)
		for (int i = 0; i < CONTROL_CLIENTS; i++)
			if (socket->clients[i].source.fd >= 0 && socket->clients[i].held)
				reply(&socket->clients[i], answer, size);
	free(answer);
}

void control_socket_reply_status(
	struct control_client *client, const struct supervision *supervision, bool json)
{
	char *answer = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&answer, &size);

	if (!stream) {
		hang_up(client);
		return;
	}
	fprintf(stream, "%d\n%c", status_is_ready(supervision) ? 0 : 1, '\0');
	if (json)
		status_json(supervision, stream);
	else
		status_text(supervision, stream);
	if (fclose(stream) == 0)
		reply(client, answer, size);
	else
		hang_up(client);
	free(answer);
}
