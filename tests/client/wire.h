/* SPDX-License-Identifier: ISC */
/*
 * A socket, and everything that is done to the bytes on it below TLS: a deadline for every wait,
 * slow reading, one segment per byte, holding back, and the cut after so many bytes sent. The
 * calls block (the descriptor itself never does), so that TLS above needs no state of its own.
 */
#ifndef SULID_CLIENT_WIRE_H
#define SULID_CLIENT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/* Why nothing more comes in. */
enum wire_end {
	WIRE_OPEN,
	WIRE_FIN,
	WIRE_RST,
	WIRE_TIMEOUT,
	WIRE_CUT, /* by us */
	WIRE_FAILED,
};

struct wire_target {
	struct sockaddr_storage peer;
	socklen_t peer_len;
	struct sockaddr_storage from; /* the address to connect from, if from_len is not 0 */
	socklen_t from_len;
	int rcvbuf; /* bytes for SO_RCVBUF; 0 leaves it alone */
};

struct wire {
	int fd; /* -1 when closed */
	int64_t deadline;
	/* How to behave; set after wire_connect. */
	int64_t budget; /* bytes that may still be sent before the cut, or -1 */
	bool cut_by_rst;
	bool coalesce;  /* hold what is sent until something is to be received */
	bool trickle;   /* one segment per byte */
	int64_t gap_us; /* between such segments */
	/* What happened. */
	enum wire_end end;
	int error;      /* errno, if end is WIRE_FAILED */
	int send_errno; /* the first failure to send; from then on bytes are dropped silently */
	int64_t sent;
	/* Its own. */
	int64_t rate; /* bytes per second, 0 if not limited */
	int64_t rate_start, rate_count;
	uint8_t *held;
	size_t held_len, held_size;
};

/*
 * Addresses by number or by name, or the path of a Unix socket if host begins with a slash.
 * Returns NULL, or a text that says why not.
 */
const char *wire_resolve(struct wire_target *target, const char *host, int port, const char *from);

/* Returns 0, or -1 with errno; w is then closed. */
int wire_connect(struct wire *w, const struct wire_target *target, int64_t deadline);

/* From now on at most so many bytes per second are received; 0 lifts that. */
void wire_pace(struct wire *w, int64_t rate);

/*
 * Sends all of it, or returns -1 with errno: ETIMEDOUT, or ECANCELED after the cut. That the peer
 * is gone is no failure, so that what it said before can still be read; see send_errno.
 */
ssize_t wire_send(struct wire *w, const void *data, size_t len);

/* 0 at FIN, -1 with errno otherwise; `end` tells which. */
ssize_t wire_recv(struct wire *w, void *data, size_t len);

/* Whether something can be received within so many milliseconds: 1, 0, or -1 with errno. */
int wire_wait(struct wire *w, unsigned ms);

/* Sleeps for gap_us, at most until the deadline: then -1. */
int wire_pause(struct wire *w);

void wire_half_close(struct wire *w);

/* With rst the kernel resets. Otherwise it sends FIN, and a reset after it if bytes were unread. */
void wire_close(struct wire *w, bool rst);

#endif
