/* SPDX-License-Identifier: ISC */
/*
 * One line of input done: a connection made or taken up again, requests written, responses read,
 * and what came of it. Nothing here is shared between calls but `client`, whose connections left
 * open only the main thread may use.
 */
#ifndef SULID_CLIENT_EXCHANGE_H
#define SULID_CLIENT_EXCHANGE_H

#include "client.h"
#include "connection.h"
#include "response.h"
#include "words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct result {
	struct response last;
	int responses;  /* that were read whole or in part; last is valid if there is one */
	char *statuses; /* with commas, from malloc, or NULL */
	size_t statuses_len;
	bool same;     /* all bodies had one SHA-256 */
	int64_t total; /* bytes of all bodies */
	int64_t extra; /* bytes that belonged to no response */
	int64_t sent;  /* on the wire, handshake included */
	struct facts facts;
	enum end end;
	enum fin fin;
	char error[256];
	int64_t start_us, connected_us, end_us;
};

/* The result is to be freed, whatever came of it. */
void exchange_run(struct client *client, const struct request *rq, struct result *res);

/* Waits until the peer ends a connection left open; it stays open if it does not. */
void exchange_wait(struct client *client, const struct request *rq, struct result *res);

void result_free(struct result *res);

/* Whether it is 2xx, or 20 for Gemini, and complete. */
bool result_is_ok(const struct result *res);

void result_write(const struct result *res, const struct request *rq, struct answer *a);

#endif
