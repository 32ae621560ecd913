/*
 * A file that gets its name when it is whole: what dies before leaves nothing
 * behind, and no reader ever sees a part of it. The room's own.
 *
 *	if (new_file_open(&file, site, dir, err) != 0)
 *		…
 *	…write to file.fd, fsync it…
 *	switch (new_file_link(&file, dir, name, err)) …	1, 0: taken, -1
 *	new_file_close(&file);
 *
 * Where the file system can, it has no name at all until then (O_TMPFILE,
 * open(2)). Elsewhere it lies in the site's `keeping`, locked (flock(2)) by
 * whoever writes it; a file without a lock is what a dead run left, and the
 * next to open one removes it. (Not in `staging`: that is the publishing run's,
 * which empties it.)
 */
#ifndef MARQUEE_CACHE_NEW_FILE_H
#define MARQUEE_CACHE_NEW_FILE_H

#include "base/error.h"

struct new_file {
	int fd;        /* for reading and writing */
	int staging;   /* the directory it lies in; -1: it has no name */
	char name[48]; /* there */
};

/* Creates a file in the file system of `dir`, a directory below `site`.
 * Returns 0, or -1 with EX_CANTCREAT and nothing to close. */
int new_file_open(struct new_file *file, int site, int dir, struct error *err);

/* The second way of doing it, for file systems that cannot do the first. */
int new_file_open_staged(struct new_file *file, int site, struct error *err);

/* Gives it its name. Returns 1; 0 where `name` exists, which stays as it is;
 * -1 with EX_CANTCREAT. On disk only after an fsync of `dir`. */
int new_file_link(struct new_file *file, int dir, const char *name,
		  struct error *err);

/* Also removes what did not get a name. */
void new_file_close(struct new_file *file);

#endif
