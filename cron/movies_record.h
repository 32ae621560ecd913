/*
 * What a run of fetch-movies leaves for the next one, beside the generations:
 * the note `upstream`, from which data the last generation was made, and the
 * note `status`, how the last run went (which the responder reads too).
 *
 * Both are KEY=value lines. Losing them costs one unconditional fetch, and what
 * a rollback holds back is published again.
 */
#ifndef MARQUEE_CRON_MOVIES_RECORD_H
#define MARQUEE_CRON_MOVIES_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/hash.h"
#include "cache/cache_writer.h"
#include "catalogue/catalogue.h"
#include "movies_fetch.h"
#include "upstream/collection.h"

#define MOVIES_SITE "movies"

/* Note `upstream`. All empty where there is none. */
struct movies_record {
	struct upstream_validators validators[MOVIES_COLLECTIONS]; /* owned */
	/* Digests of the bodies that the validators are of, where that
	 * generation has them; "" where not. */
	char bodies[MOVIES_COLLECTIONS][HASH_HEX_BYTES];
	char content[HASH_HEX_BYTES];    /* digest of the upstream's elements */
	char render[HASH_HEX_BYTES];     /* see catalogue_render_digest */
	char generation[HASH_HEX_BYTES]; /* what both of them gave */
	bool is_withdrawn; /* that generation was taken back by --rollback and
			      is not to be published again */
};

/* Reads the note; a missing or damaged one is an empty record. Returns 0, or -1
 * where it cannot be read now: what it says must not be taken as not said. */
int movies_record_read(const char *cache_dir, struct movies_record *record,
		       struct error *err);
int movies_record_write(struct cache_writer *writer,
			const struct movies_record *record, struct error *err);
void movies_record_free(struct movies_record *record);

/* A number of a note's text, 0 where it has none. */
long long movies_record_number(const struct buffer *note, const char *key);

/* The same as text, for whoever keeps it elsewhere: appends it (buffer_check);
 * reads it, where what is missing or damaged is empty. */
void movies_record_text(const struct movies_record *record,
			struct buffer *note);
void movies_record_parse(const struct buffer *note,
			 struct movies_record *record);

/* Where the live generation comes from, in the note's word. The generation
 * itself says which of the first two; the note adds the third. */
#define MOVIES_SOURCE_UPSTREAM "upstream"
#define MOVIES_SOURCE_BUNDLED "bundled"
#define MOVIES_SOURCE_ROLLED_BACK "rolled-back"

/* Note `status`. */
struct movies_status {
	long long failures; /* runs that failed since the last good one */
	const char *source; /* one of the words above, "" unknown */
	struct catalogue_published published; /* what is live, 0 unknown */
};

/* What the note and the live generation say; where that cannot be read, the
 * note alone. */
void movies_status_read(const char *cache_dir, struct movies_status *status);

/* Writes the note for a run that ended with `failure` (code 0: well).
 * A run that went well and changed nothing leaves the note as it is. */
int movies_status_write(struct cache_writer *writer,
			const struct movies_status *status,
			const struct error *failure, struct error *err);

/* Lays the bodies that the collections came in into the set, so that they need
 * not be asked for again where only another one has changed: they go with the
 * generation, and are gone with it. Sets their digests in `record`. */
int movies_bodies_add(
	struct cache_writer *writer,
	const struct upstream_collection collections[MOVIES_COLLECTIONS],
	struct movies_record *record, struct error *err);

/* Appends the live generation's body of the collection at `path`. Returns 1; 0
 * where it has none, or not the one that the record speaks of. */
int movies_body_read(const char *cache_dir, const struct movies_record *record,
		     const char *path, struct buffer *body);

/* The representation "about" of a generation says how much is in it, so that
 * the numbers belong to what is live whatever was lost meanwhile. */
#define MOVIES_ABOUT "about"
int movies_about_add(struct cache_writer *writer,
		     const struct catalogue_counts *counts, bool is_bundled,
		     struct error *err);

/* Reads it from the live generation into `published` and `source`; zeros and
 * "" where there is none. `failures` stays. Returns 0, or -1 with EX_IOERR and
 * `status` as it was. */
int movies_about_read(const char *cache_dir, struct movies_status *status,
		      struct error *err);

#endif
