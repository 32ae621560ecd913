/*
 * What putting a parcel (share_parcel_put.c) and taking it (share_parcel.c) have
 * in common. Others use share_parcel.h.
 */
#ifndef MARQUEE_SHARE_SHARE_PARCEL_PARTS_H
#define MARQUEE_SHARE_SHARE_PARCEL_PARTS_H

#include "share/share_parcel.h"

/* One parcel on its way. */
struct share_way {
	struct redis_link *link;
	struct buffer key; /* of its bytes */
	struct share_lease *lease;
	long long deadline_ms;
	char *piece; /* SHARE_PIECE_BYTES */
};

/* Sets the link, the key and the deadline. Ended by share_way_free, also after
 * -1. */
int share_way_open(struct share_way *way, struct redis_link *link,
		   const char *name, const struct share_head *head,
		   long long deadline_ms, struct error *err);
void share_way_free(struct share_way *way);

/* Each command has a second, within what there is for all. */
long long share_way_soon(const struct share_way *way);

#define SHARE_FIELD_BYTES 48

/* Where a piece of a file is among the bytes. */
void share_way_field(char field[SHARE_FIELD_BYTES], size_t file,
		     unsigned long long piece);

#endif
