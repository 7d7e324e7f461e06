/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_CONTROL_SOCKET_H
#define SULID_SUPERVISOR_CONTROL_SOCKET_H

/*
 * control.sock: "sulid reload" and "sulid status" ask here. One line of request per connection
 * ("reload", "status", "status json"); the answer is a line with the exit status, messages for
 * standard error, a NUL, data for standard output, and the end of file. Data for people is
 * coloured; whoever does not want that leaves out what begins with ESC and ends with "m". Only the
 * owner of the service can connect (mode 0600). A silent client costs one of CONTROL_CLIENTS
 * places, and nothing waits for it.
 */

#include <stdbool.h>

#include "base/loop.h"

#include "config.h"

#define CONTROL_CLIENTS 8

enum control_request {
	CONTROL_REQUEST_RELOAD,
	CONTROL_REQUEST_STATUS,
	CONTROL_REQUEST_STATUS_JSON
};

struct supervision;
struct control_socket;

struct control_client {
	struct source source; /* fd -1: free */
	struct control_socket *socket;
	bool held; /* waits for the outcome of a reload */
};

struct control_socket {
	struct source source; /* listening; fd -1: not open */
	struct loop *loop;
	char *path;
	void (*asked)(void *context, enum control_request request, struct control_client *client);
	void *context;
	struct control_client clients[CONTROL_CLIENTS];
};

/* Takes path (malloc) over if it succeeds. -1 with errno; EADDRINUSE: somebody answers there. */
int control_socket_open(struct control_socket *socket, struct loop *loop, char *path,
	void (*asked)(void *, enum control_request, struct control_client *), void *context);
void control_socket_close(struct control_socket *socket);

/* Keep this client until control_socket_answer, which answers all that are held, and hangs up.
 * text: a message that stands in no file; data: for standard output. */
void control_socket_hold(struct control_socket *socket, struct control_client *client);
void control_socket_answer(struct control_socket *socket, int status,
	struct diagnostics *diagnostics, const char *text, const char *data);

/* The status page as text or JSON, and hang up. */
void control_socket_reply_status(
	struct control_client *client, const struct supervision *supervision, bool json);

#endif
