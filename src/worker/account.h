/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_ACCOUNT_H
#define SULID_WORKER_ACCOUNT_H

/* What is counted and logged of a connection, its requests and their answers. */

#include "answer.h"
#include "conn.h"

/* The connection was adopted. */
void account_conn(const struct conn *conn);

/*
 * An answer begins: conn keeps what its line in the log will need. bytes: the request; the
 * answer's spans point into it, and it stays where it is or moves to conn->in as a whole.
 */
void account_request(struct conn *conn, const char *bytes, const struct answer *answer);

/* The request's bytes are not kept: its line will do without them. */
void account_forget(struct conn *conn);

/* The answer is over, completely sent or cut: count it and write its line. */
void account_answer(struct conn *conn, bool complete);

#endif
