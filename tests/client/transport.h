/* SPDX-License-Identifier: ISC */
/*
 * A connection as whoever speaks HTTP or Gemini sees it, with one of three implementations below.
 * Only this says how a connection ended: close_notify and a bare FIN are different things here.
 */
#ifndef SULID_CLIENT_TRANSPORT_H
#define SULID_CLIENT_TRANSPORT_H

#include "request.h"
#include "wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum end {
	END_OPEN,
	END_CLOSE_NOTIFY, /* the alert was seen; what TCP did after it is another question */
	END_EOF,          /* FIN without close_notify */
	END_RST,
	END_TIMEOUT,
	END_CUT, /* by us, as asked */
	END_ERROR,
	END_KEEP, /* never of a transport: of a response after which the connection was usable */
};
#define ENDS (END_KEEP + 1)

/* A saved session, in the library's own encoding. data is from malloc, or NULL. */
struct blob {
	uint8_t *data;
	size_t len;
};

enum verify {
	VERIFY_NONE,
	VERIFY_OK,
	VERIFY_FAIL
};

struct facts {
	const char *version; /* "1.2", "1.3" or "" */
	char cipher[48], alpn[64];
	char peer[65]; /* SHA-256 of the server's certificate in hex, or "" */
	bool resumed;
	bool asked;  /* for a client certificate */
	int tickets; /* received on this connection */
	int mfl;     /* as negotiated, or 0 */
	int alert;   /* received, or -1 */
	enum verify verify;
	char verify_error[160];
};

struct transport {
	const struct transport_ops *ops;
	struct wire wire;
	void *shared; /* from ops->start, not owned */
	void *tls;    /* the implementation's own */
	enum end end;
	struct facts facts;
	char error[200];
};

struct transport_ops {
	/* Makes what all connections may share, or returns NULL (which plain does always). */
	void *(*start)(void);
	void (*stop)(void *shared);
	/*
	 * On a connected wire; offers the session if it is one. Returns 0, or -1 with end and error
	 * set; forget is due in any case.
	 */
	int (*handshake)(struct transport *t, const struct request *rq, const struct blob *session);
	/* All or nothing: 0, or -1 with end and error set. */
	int (*send)(struct transport *t, const void *data, size_t len);
	/* Bytes, or 0 with end (and perhaps error) set. */
	size_t (*recv)(struct transport *t, void *data, size_t len);
	int (*key_update)(struct transport *t, bool request);
	void (*notify)(struct transport *t); /* sends close_notify */
	/* The newest session to resume; out->data is NULL if there is none. */
	void (*session)(struct transport *t, struct blob *out);
	void (*forget)(struct transport *t);
};

extern const struct transport_ops openssl_transport, gnutls_transport, plain_transport;
extern const struct transport_ops *const transports[BACKENDS];

/*
 * Takes over why the wire stopped; error says that this ended `what`, which is NULL where an end
 * is nothing unusual. Returns false if the wire did not stop.
 */
bool transport_end_of_wire(struct transport *t, const char *what);

/* After END_TIMEOUT: goes on where it stopped. */
void transport_resume(struct transport *t);

/* Sets error (what, and why if that is not NULL), and end if it is still open. Returns -1. */
int transport_fail(struct transport *t, const char *what, const char *why);

void transport_peer_digest(struct transport *t, const void *der, size_t len);

/* RFC 8446 §6; "" for -1. */
const char *transport_alert_name(int alert);

const char *transport_end_name(enum end end);

#endif
