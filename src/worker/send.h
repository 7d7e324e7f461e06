/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_SEND_H
#define SULID_WORKER_SEND_H

/*
 * An answer's bytes into the socket: what is in memory (head, and page if it has one) by send,
 * a file by sendfile, on the kernel path without passing through user memory.
 *
 * One record where it can be one: a head is sent with MSG_MORE if a file follows, and a
 * file of at most SEND_WHOLE bytes is appended to it. A larger one begins with SEND_FIRST bytes, so
 * that the client can decrypt something from the first flight on, and goes on in slices.
 */

#include "conn.h"

#define SEND_WHOLE   14000  /* bytes: with a head still within one record and one initial window */
#define SEND_FIRST   4096   /* bytes */
#define SEND_SLICE   262144 /* bytes: what one connection may take of a turn */
#define SEND_RECORDS (1u << 24) /* per key (RFC 8446 §5.5) */

enum sent {
	SENT_ALL,
	SENT_SLICE, /* there is more, and room for it: next turn */
	SENT_SOME,  /* no more room */
	SENT_NONE,  /* likewise, and not one byte went */
	SENT_CUT,   /* the file is not any more what it was: abort */
	SENT_GONE,  /* the peer is not there any more */
};

/*
 * As much as the socket takes, at most a slice. The memory part, conn->out_length bytes, is in
 * conn->out or, as long as there is none, in the server's own page; conn->out_sent and
 * conn->file.offset tell how far it is, and of a response in parts (parts.h) conn->part.
 */
enum sent send_step(struct conn *conn);

#endif
