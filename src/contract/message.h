/* SPDX-License-Identifier: ISC */
#ifndef SULID_CONTRACT_MESSAGE_H
#define SULID_CONTRACT_MESSAGE_H

/* One fixed-size SOCK_SEQPACKET message with at most one descriptor: what handoff and control
 * share. */

#include <stddef.h>
#include <sys/types.h>

/* fd may be -1; the caller keeps it. 0, or -1 with errno. */
int message_send(int channel, const void *bytes, size_t size, int fd);

/*
 * Returns 1 with exactly "size" bytes and *fd (close-on-exec, the caller's) or -1 if none came
 * along; 0 at end of file; -1 with errno: EBADMSG for another size, a truncated control
 * message or more than one descriptor (all of them are closed), else recvmsg's.
 */
int message_receive(int channel, void *bytes, size_t size, int *fd);

#endif
