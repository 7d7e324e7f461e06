/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_HTTP_FILE_H
#define SULID_WORKER_HTTP_FILE_H

/* From what a path stands for to the representation that is sent: encoding, preconditions, ranges,
 * listings, error pages (RFC 9110 §8, §12 to §15). */

#include "http_request.h"

/* What request->lookup found. Returns the status; the file is the answer's then. */
unsigned http_file_answer(struct http_request *request, struct answer *answer);

/* A directory without index: its listing, or 0 if that is still to be made (ANSWER_WAITS). */
unsigned http_listing_answer(struct http_request *request, struct answer *answer);

/* The vhost's own page in the place of the built-in one, if it has one for this status. */
void http_error_page(struct http_request *request, struct answer *answer);

#endif
