/*
 * Files, the careful way: every byte written, every result checked, an fsync
 * that failed never tried again (the kernel reports it once and then the
 * pages look clean).
 *
 * Errors name the file. EX_IOERR stands for "could not write or read",
 * EX_CANTCREAT for "could not create or rename".
 */
#ifndef MARQUEE_BASE_FILES_H
#define MARQUEE_BASE_FILES_H

#include <dirent.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

/* Writes all of it, going on after short writes and EINTR. `name` is for the
 * message only. */
int files_write(int fd, const void *bytes, size_t length, const char *name,
		struct error *err);

/* fsync, and the error if there was one. */
int files_sync(int fd, const char *name, struct error *err);

/* Creates `name` in the directory `dir` (it must not exist), writes, fsyncs
 * and closes it. After a failure the file may be there, in part. */
int files_create(int dir, const char *name, const void *bytes, size_t length,
		 struct error *err);

/* Puts a new file in the place of `name` in one step: written beside as
 * "<name>.new", fsynced, renamed, the directory fsynced. A reader sees the old
 * bytes or the new ones. `dir` is a descriptor, not AT_FDCWD, and `name` has no
 * slash. Two writers of one name need a lock of their own. */
int files_replace(int dir, const char *name, const void *bytes, size_t length,
		  struct error *err);

/* What is added to a name while the new one lies beside the old one. */
#define FILES_BESIDE ".new"

/* Removes every "<name>.new" in the directory: what was not renamed because its
 * writer died. For whoever holds the lock of all that is written there. One that
 * cannot be removed costs room on disk and nothing else, so it is no error. */
void files_remove_beside(int dir);

/* Appends the whole of `name` to `out`, or nothing. More than `max_bytes` is
 * EX_DATAERR; a missing file is EX_NOINPUT, so is a directory, a FIFO or a
 * device, none of which is waited for, and one that may not be read; EX_IOERR
 * says nothing of whether it is there. Symbolic links are followed where `name`
 * is a path given by the operator: pass AT_FDCWD as `dir`; inside a directory
 * descriptor the last part of `name` may not be one. */
int files_read(int dir, const char *name, size_t max_bytes, struct buffer *out,
	       struct error *err);

/* The same for what an open descriptor, a pipe too, still holds. `name` is for
 * the message only. */
int files_read_all(int fd, const char *name, size_t max_bytes,
		   struct buffer *out, struct error *err);

/* Opens a directory below `dir`, making it (mode 0755, and its entry on disk)
 * when it is missing. Returns the descriptor, or -1. */
int files_make_dir(int dir, const char *name, struct error *err);

/* Like `mkdir -p`; opens the last one, and needs no more than search permission
 * on those before it. */
int files_make_dirs(const char *path, struct error *err);

/* readdir, which says by errno alone whether NULL is the end (0) or a failure:
 * it must be looked at before anything else is called. */
struct dirent *files_next_entry(DIR *entries);

/* Deletes `name` and everything below it. A missing one is success. */
int files_remove_tree(int dir, const char *name, struct error *err);

#endif
