/*
 * Landlock: which files, ports and processes are in reach. The room's own.
 *
 * Numbers and structures are the kernel's, which never change
 * (https://docs.kernel.org/userspace-api/landlock.html, linux/landlock.h): the
 * header of Debian 12 knows ABI 2 only, kernels have later ones.
 */
#ifndef MARQUEE_CONFINE_FILE_RULES_H
#define MARQUEE_CONFINE_FILE_RULES_H

#include <stdbool.h>

#include "base/error.h"
#include "confine/confine.h"

/* The first ABI that is of use: before it no file could be renamed into
 * another directory. */
#define FILE_RULES_LEAST_ABI 2

/* The ABI that the kernel offers; 0: none. */
int file_rules_abi(void);

struct file_rules {
	int fd; /* of the ruleset */
	int abi;
};

/* Begins a set by which nothing is allowed yet, but to connect by TCP where
 * `may_connect`. */
int file_rules_begin(struct file_rules *rules, int abi, bool may_connect,
		     struct error *err);

/* Allows a path. One that is missing or out of reach is passed over; what is to
 * be made and is not there may be made below the nearest directory that is. */
int file_rules_allow(struct file_rules *rules, const char *path,
		     enum confine_use use, struct error *err);

/* Puts the set into force; needs no_new_privs. */
int file_rules_enforce(struct file_rules *rules, struct error *err);

void file_rules_end(struct file_rules *rules);

#endif
