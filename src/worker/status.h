/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_STATUS_H
#define SULID_WORKER_STATUS_H

/* The statuses that we answer with, HTTP's (RFC 9110 §15) and Gemini's, and their words. */

struct status {
	unsigned number;
	const char *phrase; /* HTTP: reason phrase and a page's title; Gemini: META of a failure */
	const char *sentence; /* for people, on a page; NULL: no page */
};

/* Never NULL. */
const struct status *status_find(unsigned number);

#endif
