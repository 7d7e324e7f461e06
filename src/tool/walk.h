/* SPDX-License-Identifier: ISC */
#ifndef SULID_TOOL_WALK_H
#define SULID_TOOL_WALK_H

/*
 * A directory tree, one directory after the other, in an order that depends on names alone: first a
 * directory, then what is below it, in the order of strcmp. Every directory is opened by its path
 * below the root without following a symbolic link, and what is in it is reached by its descriptor:
 * whoever may write into the tree cannot lead a walk out of it. Other file systems are entered.
 * Hidden directories are not, other than .well-known.
 */

#include <stdbool.h>
#include <stddef.h>

struct walk_entry {
	char *name;
	unsigned char type; /* DT_REG, DT_DIR, …; DT_UNKNOWN: it went away meanwhile */
};

struct walk_directory {
	int fd;
	const char *path;           /* below the root; "" is the root itself */
	struct walk_entry *entries; /* sorted by name, all of them */
	size_t count;
};

struct walk {
	int root;
	/* Before it is read, or NULL. */
	void (*opened)(struct walk *walk, int fd, const char *path);
	/* false ends the walk. What is passed is the walk's. */
	bool (*directory)(struct walk *walk, const struct walk_directory *directory);
	/* A directory that cannot be read, with errno's number; the walk goes on. */
	void (*failed)(struct walk *walk, const char *path, int error);
	void *context;
};

/* From a directory below the root on; that one alone if not recursive. false: it was ended. */
bool walk_from(struct walk *walk, const char *path, bool recursive);

/* Begins with a dot, and is not ".well-known". */
bool walk_is_hidden(const char *name);

/* A directory below the root, "" for itself, with flags of open beyond O_DIRECTORY. -1 with errno;
 * ELOOP: there is a symbolic link on the way. */
int walk_open(int root, const char *path, int flags);

/* The entry of a name, or NULL. */
const struct walk_entry *walk_find(const struct walk_directory *directory, const char *name);

#endif
