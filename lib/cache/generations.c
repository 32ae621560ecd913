#include "cache/generations.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/files.h"

#define CURRENT_BESIDE LAYOUT_CURRENT ".new"

struct generation {
	char name[LAYOUT_GENERATION_DIGITS + 1];
	time_t activated; /* when it was last made live */
	bool is_withdrawn;
};

static bool is_generation_name(const char *name)
{
	return strlen(name) == LAYOUT_GENERATION_DIGITS &&
	       strspn(name, "0123456789abcdef") == LAYOUT_GENERATION_DIGITS;
}

static int open_generation(int site, const char *name, struct error *err)
{
	char path[sizeof(LAYOUT_GENERATIONS) + 1 + LAYOUT_GENERATION_DIGITS];
	int fd;

	snprintf(path, sizeof(path), "%s/%.64s", LAYOUT_GENERATIONS, name);
	fd = openat(site, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		error_set(err, EX_IOERR, "cannot open %s: %s", path,
			  strerror(errno));
	return fd;
}

static int open_generations(int site, struct error *err)
{
	return files_make_dir(site, LAYOUT_GENERATIONS, err);
}

int generations_current(int site, char name[LAYOUT_GENERATION_DIGITS + 1],
			struct error *err)
{
	const size_t prefix = sizeof(LAYOUT_GENERATIONS "/") - 1;
	char target[256] = "";
	ssize_t length;
	int fd;

	name[0] = '\0';
	length = readlinkat(site, LAYOUT_CURRENT, target, sizeof(target) - 1);
	if (length < 0 && errno != ENOENT)
		return error_set(err, EX_IOERR, "cannot read %s: %s",
				 LAYOUT_CURRENT, strerror(errno));
	if (length < 0 ||
	    strncmp(target, LAYOUT_GENERATIONS "/", prefix) != 0 ||
	    !is_generation_name(target + prefix))
		return 0;
	fd = open_generation(site, target + prefix, NULL);
	if (fd < 0)
		return 0;
	close(fd);
	memcpy(name, target + prefix, LAYOUT_GENERATION_DIGITS + 1);
	return 0;
}

/* Sets the time that says whether it was withdrawn: 0, or now. */
static int mark_withdrawn(int generations, const char *name, bool is_withdrawn,
			  struct error *err)
{
	char path[LAYOUT_GENERATION_DIGITS + sizeof("/" LAYOUT_PACK)];
	struct timespec times[2] = {
		{.tv_nsec = UTIME_OMIT},
		{.tv_nsec = is_withdrawn ? 0 : UTIME_NOW},
	};

	snprintf(path, sizeof(path), "%.64s/%s", name, LAYOUT_PACK);
	if (utimensat(generations, path, times, AT_SYMLINK_NOFOLLOW) != 0)
		return error_set(err, EX_IOERR, "cannot touch %s: %s", path,
				 strerror(errno));
	return 0;
}

int generations_adopt(int site, const char *name, struct error *err)
{
	int generations = open_generations(site, err);
	int status = -1;

	if (generations < 0)
		return -1;
	if (faccessat(generations, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		status = files_remove_tree(site, LAYOUT_STAGING, err);
	else if (renameat(site, LAYOUT_STAGING, generations, name) != 0)
		status = error_set(err, EX_CANTCREAT, "cannot rename %s: %s",
				   LAYOUT_STAGING, strerror(errno));
	else
		status = files_sync(generations, LAYOUT_GENERATIONS, err);
	if (status == 0)
		status = mark_withdrawn(generations, name, false, err);
	close(generations);
	return status;
}

/* The moment this generation becomes live, in whole seconds and later than
 * that of the one it replaces, whatever the clock says: two swaps within a
 * second must not share a Last-Modified, or a client would be told that nothing
 * has changed; and a rollback goes by these times. */
static int mark_activated(int site, int generation, struct error *err)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {0}};
	struct stat live;

	times[1].tv_sec = (time_t)(clock_wall_ms() / 1000);
	if (fstatat(site, LAYOUT_CURRENT, &live, 0) == 0 &&
	    live.st_mtime >= times[1].tv_sec)
		times[1].tv_sec = live.st_mtime + 1;
	if (futimens(generation, times) != 0)
		return error_set(err, EX_IOERR,
				 "cannot set a generation's time: %s",
				 strerror(errno));
	return files_sync(generation, "the generation's directory", err);
}

int generations_activate(int site, const char *name, struct error *err)
{
	char target[sizeof(LAYOUT_GENERATIONS) + 1 + LAYOUT_GENERATION_DIGITS];
	int generation = open_generation(site, name, err);
	int status;

	if (generation < 0)
		return -1;
	status = mark_activated(site, generation, err);
	close(generation);
	if (status != 0)
		return -1;
	snprintf(target, sizeof(target), "%s/%.64s", LAYOUT_GENERATIONS, name);
	if (unlinkat(site, CURRENT_BESIDE, 0) != 0 && errno != ENOENT)
		return error_set(err, EX_CANTCREAT, "cannot remove %s: %s",
				 CURRENT_BESIDE, strerror(errno));
	if (symlinkat(target, site, CURRENT_BESIDE) != 0)
		return error_set(err, EX_CANTCREAT, "cannot create %s: %s",
				 CURRENT_BESIDE, strerror(errno));
	if (renameat(site, CURRENT_BESIDE, site, LAYOUT_CURRENT) != 0)
		return error_set(err, EX_CANTCREAT, "cannot rename %s: %s",
				 CURRENT_BESIDE, strerror(errno));
	return files_sync(site, "the site's directory", err);
}

static int newest_first(const void *a, const void *b)
{
	const struct generation *x = a, *y = b;

	return (x->activated < y->activated) - (x->activated > y->activated);
}

/* Appends `entry` to the list when it is a generation. */
static int list_one(int generations, const char *entry,
		    struct generation **list, size_t *count, struct error *err)
{
	struct buffer path = BUFFER_EMPTY;
	struct generation *grown;
	struct stat itself = {0}, pack = {0};

	if (!is_generation_name(entry))
		return 0;
	buffer_format(&path, "%s/%s", entry, LAYOUT_PACK);
	if (buffer_check(&path, err) != 0)
		return -1;
	/* One without a pack, or that went away, stays 0: as good as
	 * withdrawn. */
	(void)fstatat(generations, entry, &itself, AT_SYMLINK_NOFOLLOW);
	(void)fstatat(generations, path.data, &pack, AT_SYMLINK_NOFOLLOW);
	buffer_free(&path);
	grown = reallocarray(*list, *count + 1, sizeof(*grown));
	if (grown == NULL)
		return error_no_memory(err);
	*list = grown;
	memcpy(grown[*count].name, entry, LAYOUT_GENERATION_DIGITS + 1);
	grown[*count].activated = itself.st_mtime;
	grown[*count].is_withdrawn = pack.st_mtime == 0;
	(*count)++;
	return 0;
}

/* Lists the kept generations, the last made live first; the caller frees. */
static int list_generations(int site, struct generation **list, size_t *count,
			    struct error *err)
{
	int fd = open_generations(site, err);
	struct dirent *entry;
	int status = 0;
	DIR *entries;

	*list = NULL;
	*count = 0;
	if (fd < 0)
		return -1;
	entries = fdopendir(fd);
	if (entries == NULL) {
		close(fd);
		return error_no_memory(err);
	}
	while (status == 0 && (entry = readdir(entries)) != NULL)
		status = list_one(fd, entry->d_name, list, count, err);
	closedir(entries);
	if (status == 0 && *count > 1)
		qsort(*list, *count, sizeof(**list), newest_first);
	if (status != 0) {
		free(*list);
		*list = NULL;
	}
	return status;
}

int generations_previous(int site, const char *current,
			 char name[LAYOUT_GENERATION_DIGITS + 1],
			 struct error *err)
{
	struct generation *list;
	bool is_past_current = false;
	size_t count, i;

	if (list_generations(site, &list, &count, err) != 0)
		return -1;
	for (i = 0; i < count; i++) {
		if (is_past_current && !list[i].is_withdrawn) {
			memcpy(name, list[i].name, sizeof(list[i].name));
			free(list);
			return 0;
		}
		if (strcmp(list[i].name, current) == 0)
			is_past_current = true;
	}
	free(list);
	return error_set(err, EX_DATAERR,
			 "no earlier generation is kept to roll back to");
}

int generations_withdraw(int site, const char *name, struct error *err)
{
	int generations = open_generations(site, err);
	int status;

	if (generations < 0)
		return -1;
	status = mark_withdrawn(generations, name, true, err);
	close(generations);
	return status;
}

/* Takes its name away before anything of it: what dies half-way leaves no
 * generation that looks kept, to be adopted when its content comes again, but a
 * staging directory, which the next run removes. */
static int remove_generation(int site, int generations, const char *name,
			     struct error *err)
{
	if (renameat(generations, name, site, LAYOUT_STAGING) != 0)
		return error_set(err, EX_IOERR, "cannot rename %s: %s", name,
				 strerror(errno));
	if (files_sync(generations, LAYOUT_GENERATIONS, err) != 0)
		return -1;
	return files_remove_tree(site, LAYOUT_STAGING, err);
}

int generations_prune(int site, const char *current, struct error *err)
{
	int generations = open_generations(site, err);
	size_t count = 0, others = 0, i;
	struct generation *list;
	int status;

	if (generations < 0)
		return -1;
	status = list_generations(site, &list, &count, err);
	for (i = 0; status == 0 && i < count; i++) {
		if (strcmp(list[i].name, current) == 0)
			continue;
		if (++others < LAYOUT_GENERATIONS_KEPT)
			continue;
		status =
			remove_generation(site, generations, list[i].name, err);
	}
	free(list);
	close(generations);
	return status;
}
