/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_RECORD_H
#define SULID_WORKER_RECORD_H

/*
 * Bytes in, on all three paths; on the kernel path also the TLS records that are not
 * application data (RFC 8446 §5.1, §6; linux/tls.h).
 */

#include <stddef.h>

#include "conn.h"

enum received {
	RECEIVED_BYTES,
	RECEIVED_NOTHING, /* for now; also where epoll said "readable", see below */
	RECEIVED_END,     /* the peer will send nothing more: FIN or close_notify */
	RECEIVED_REKEY,   /* KeyUpdate or renegotiation: nothing can be read from here on */
	RECEIVED_BROKEN,  /* a fatal alert, a bad record, an error: end at once */
};

/*
 * Receive up to size bytes. *length is set on RECEIVED_BYTES. Before 6.12 epoll calls a socket
 * readable on a part of a record: on RECEIVED_NOTHING wait for a change only (INTEREST_EDGE), or
 * the loop spins.
 */
enum received record_receive(int fd, enum path path, char *bytes, size_t size, size_t *length);

/* Kernel path: the alert close_notify. 0, or -1 with errno (EAGAIN: no room). */
int record_close_notify(int fd);

#endif
