/* SPDX-License-Identifier: ISC */
/*
 * Many connections with one request each, so many at a time, a thread for each of those: the code
 * is then that of a single one. 400 of them take about 60 MB with either library.
 */
#ifndef SULID_CLIENT_MANY_H
#define SULID_CLIENT_MANY_H

#include "client.h"
#include "request.h"
#include "words.h"

void many_run(struct client *client, const struct request *rq, struct answer *a);

#endif
