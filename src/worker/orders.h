/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_ORDERS_H
#define SULID_WORKER_ORDERS_H

/* What the supervisor tells a worker, over the control socket. Its end of file ends the worker. */

#include "serve.h"

/* -1 with errno. */
int orders_open(struct server *server);

#endif
