/* SPDX-License-Identifier: ISC */
/* No TLS: the wire itself. */
#include "transport.h"

static void *plain_start(void)
{
	return NULL;
}

static void plain_stop(void *shared)
{
	(void)shared;
}

static int plain_handshake(
	struct transport *t, const struct request *rq, const struct blob *session)
{
	(void)t;
	(void)rq;
	(void)session;
	return 0;
}

static int plain_send(struct transport *t, const void *data, size_t len)
{
	if (wire_send(&t->wire, data, len) >= 0)
		return 0;
	transport_end_of_wire(t, "send");
	return -1;
}

static size_t plain_recv(struct transport *t, void *data, size_t len)
{
	ssize_t n = wire_recv(&t->wire, data, len);

	if (n > 0)
		return (size_t)n;
	transport_end_of_wire(t, NULL);
	return 0;
}

static int plain_key_update(struct transport *t, bool request)
{
	(void)request;
	return transport_fail(t, "keyupdate", "there is no TLS on this connection");
}

static void plain_notify(struct transport *t)
{
	(void)t;
}

static void plain_session(struct transport *t, struct blob *out)
{
	(void)t;
	*out = (struct blob){0};
}

static void plain_forget(struct transport *t)
{
	(void)t;
}

const struct transport_ops plain_transport = {
	.start = plain_start,
	.stop = plain_stop,
	.handshake = plain_handshake,
	.send = plain_send,
	.recv = plain_recv,
	.key_update = plain_key_update,
	.notify = plain_notify,
	.session = plain_session,
	.forget = plain_forget,
};
