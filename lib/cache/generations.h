/*
 * The generations of a site and which of them is live. The room's own; others
 * publish through cache_writer.h. All functions take the site's directory and
 * are called by the holder of its lock.
 */
#ifndef MARQUEE_CACHE_GENERATIONS_H
#define MARQUEE_CACHE_GENERATIONS_H

#include "base/error.h"
#include "cache/layout.h"

/* Sets `name` to the live generation, "" where there is none (or where
 * `current` leads nowhere). */
int generations_current(int site, char name[LAYOUT_GENERATION_DIGITS + 1],
			struct error *err);

/* Moves the finished staging directory to generations/<name>, or removes it
 * where that generation is kept already, and takes a mark of withdrawal off. */
int generations_adopt(int site, const char *name, struct error *err);

/* Makes a kept generation live; on disk when it returns 0. */
int generations_activate(int site, const char *name, struct error *err);

/* Sets `name` to the generation that was live before the present one.
 * EX_DATAERR where none is kept. */
int generations_previous(int site, const char *current,
			 char name[LAYOUT_GENERATION_DIGITS + 1],
			 struct error *err);

/* Marks a generation so that generations_previous never leads back to it. */
int generations_withdraw(int site, const char *name, struct error *err);

/* Removes all but the live generation and those that were live last,
 * LAYOUT_GENERATIONS_KEPT in all, each by way of the staging directory, which
 * must not be there. */
int generations_prune(int site, const char *current, struct error *err);

#endif
