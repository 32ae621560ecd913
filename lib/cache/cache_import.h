/*
 * Publishing a generation that was made elsewhere: its files come as they are,
 * are checked as a whole, and are published as cache_writer_commit does.
 *
 *	import = cache_import_start(writer, &err);
 *	cache_import_write(import, "pack", bytes, length, &err);  as often as
 *	cache_import_write(import, "movies.html", …);	needed, file by file
 *	cache_import_commit(import, generation, &err);		1 new, 0, -1
 *	cache_import_free(import);
 *
 * What goes live has the name that its content gives: an import cannot bring
 * other bytes under a name that exists. Until it is committed nothing that is
 * live has changed.
 */
#ifndef MARQUEE_CACHE_CACHE_IMPORT_H
#define MARQUEE_CACHE_CACHE_IMPORT_H

#include <stddef.h>

#include "base/error.h"
#include "cache/cache_writer.h"

struct cache_import;

/* Starts one with the writer's lock; nothing may have been added to the writer.
 * NULL with the reason. */
struct cache_import *cache_import_start(struct cache_writer *writer,
					struct error *err);

/* Adds bytes to the file `name`, a plain file name, which is made where the last
 * call was for another one. */
int cache_import_write(struct cache_import *import, const char *name,
		       const void *bytes, size_t length, struct error *err);

/* Checks that the files are a whole generation of the name `generation`, and
 * makes it live. Returns as cache_writer_commit; -1 with EX_DATAERR where they
 * are not. */
int cache_import_commit(struct cache_import *import, const char *generation,
			struct error *err);

/* Removes what was not committed. NULL is allowed. */
void cache_import_free(struct cache_import *import);

#endif
