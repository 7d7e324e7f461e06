/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_HTTP_REQUEST_H
#define SULID_WORKER_HTTP_REQUEST_H

/* An HTTP request on its way to an answer; it lives for one call. */

#include "contract/image.h"

#include "answer.h"
#include "authority.h"
#include "conn.h"
#include "http_head.h"
#include "lookup.h"
#include "target.h"

struct http_request {
	const struct conn *conn;
	const struct image *image;
	const struct http_head *head;
	int64_t now;           /* nanoseconds since 1970 */
	int listing;           /* what there is of one, see listings.h; -1 once it was taken */
	struct authority host; /* length 0: none was given */
	enum name_match match; /* of the host */
	uint32_t vhost;
	struct target target;
	struct lookup lookup;
};

#endif
