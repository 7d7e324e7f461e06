/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_WATCH_H
#define SULID_TOOL_WATCH_H

/*
 * Document roots that are looked after: what is written, moved or touched there (inotify(7)) gets
 * its neighbours a moment later.
 */

#include <stdbool.h>
#include <stddef.h>

#include "pass.h"

struct watch;

/* NULL with errno. The pass, the roots and their number are the caller's, and stay. */
struct watch *watch_new(struct pass *pass, const struct pass_root *roots, size_t count);
void watch_free(struct watch *watch);

/* For pass->opened, with the watch as its context: this directory is watched from now on. */
void watch_directory(void *context, const struct pass_root *root, int fd, const char *path);

/* Was a directory not watched because there may be no more? It was said, and there is no point in
 * going on. */
bool watch_failed(const struct watch *watch);

size_t watch_count(const struct watch *watch); /* directories */

/* Until it is interrupted, which is success, or a root is gone. */
bool watch_run(struct watch *watch);

#endif
