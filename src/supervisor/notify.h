/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_NOTIFY_H
#define SULID_SUPERVISOR_NOTIFY_H

/* sd_notify(3)'s protocol: tell the service manager, if there is one (NOTIFY_SOCKET). */

/* "READY=1", "STOPPING=1", "STATUS=…"; several lines may be given. Failure is ignored: nobody is
 * listening then. */
void notify(const char *state);

#endif
