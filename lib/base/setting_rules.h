/*
 * The table of settings: what each is called, what it means, what it may be.
 * The room's own; programs ask settings.h.
 */
#ifndef MARQUEE_BASE_SETTING_RULES_H
#define MARQUEE_BASE_SETTING_RULES_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/settings.h"

enum setting_kind {
	SETTING_KIND_TEXT,   /* anything without control characters */
	SETTING_KIND_PATH,   /* an absolute path or one from here; not empty */
	SETTING_KIND_NUMBER, /* a whole number from `least` to `most` */
	SETTING_KIND_CHOICE, /* one of the words of `allowed` */
	SETTING_KIND_URL,    /* empty, or one URL with a scheme of `allowed` */
	SETTING_KIND_URLS,   /* one or more of them between spaces */
	SETTING_KIND_REDIS,  /* empty, or what redis_url.h reads */
};

struct setting_rule {
	const char *name;
	const char *preset; /* the default */
	enum setting_kind kind;
	const char *allowed; /* words between spaces: schemes or choices */
	long long least, most;
	const char *meaning;
};

extern const struct setting_rule setting_rules[SETTING_COUNT];

/* 0, or -1 with EX_CONFIG and the name, the value and what is allowed. */
int setting_rule_check(const struct setting_rule *rule, const char *value,
		       struct error *err);

/* Appends `value` with the passwords of URLs in it replaced by `***`; rather
 * too much of a malformed one than too little. */
void setting_rule_mask(const char *value, struct buffer *out);

#endif
