#include "confine/confine.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/count.h"
#include "base/files.h"
#include "base/log.h"
#include "confine/call_list.h"
#include "confine/file_rules.h"
#include "confine/instrumented.h"

/* What must be readable to find a host and to trust it (resolv.conf(5),
 * nsswitch.conf(5), OpenSSL's and Debian's places for certificates), and the
 * modules that the C library and OpenSSL load for it. */
static const char *const read_to_connect[] = {
	"/dev/urandom",
	"/etc/gai.conf",
	"/etc/host.conf",
	"/etc/hosts",
	"/etc/ld.so.cache",
	"/etc/localtime",
	"/etc/nsswitch.conf",
	"/etc/protocols",
	"/etc/resolv.conf",
	"/etc/services",
	"/etc/ssl/certs",
	"/etc/ssl/openssl.cnf",
	"/lib",
	"/lib64",
	"/usr/lib",
	"/usr/lib64",
	"/usr/local/share/ca-certificates",
	"/usr/share/ca-certificates",
	"/usr/share/zoneinfo",
};

/* What OpenSSL takes for certificates where these are set (openssl-env(7)). */
static const char *const read_by_name[] = {"SSL_CERT_DIR", "SSL_CERT_FILE"};

/* syslog(3) tells the time of the place. */
static const char *const read_to_log[] = {"/etc/localtime",
					  "/usr/share/zoneinfo"};

/* SQLite and OpenSSL begin their random numbers with it. */
static const char *const read_to_change[] = {"/dev/urandom"};

static const char *const read_by_instruments[] = {INSTRUMENTS_READ};

/* One path, and what stood there: it is by this that Landlock knows it. */
struct place {
	char *path;
	bool is_known; /* it could be looked at */
	bool is_there;
	dev_t device;
	ino_t inode;
};

struct confined {
	size_t count;
	struct place places[];
};

/* --- All paths of a program ------------------------------------------------- */

/* Calls `each` for every path, those that come with a need included, until it
 * returns something else than 0, which is returned. */
static int each_path(const struct confinement *needs,
		     int (*each)(void *context, const char *path,
				 enum confine_use use, struct error *err),
		     void *context, struct error *err)
{
	const struct {
		bool is_needed;
		const char *const *paths;
		size_t count;
	} lists[] = {
		{(needs->needs & CONFINE_CONNECTS) != 0, read_to_connect,
		 COUNT(read_to_connect)},
		{(needs->needs & CONFINE_LOGS) != 0, read_to_log,
		 COUNT(read_to_log)},
		{(needs->needs & CONFINE_CHANGES) != 0, read_to_change,
		 COUNT(read_to_change)},
		{IS_INSTRUMENTED, read_by_instruments,
		 COUNT(read_by_instruments)},
	};
	const struct confine_path *path;
	int status = 0;
	size_t i, j;

	for (path = needs->paths; path->path != NULL && status == 0; path++)
		status = each(context, path->path, path->use, err);
	for (i = 0; i < COUNT(lists); i++)
		for (j = 0;
		     lists[i].is_needed && j < lists[i].count && status == 0;
		     j++)
			status = each(context, lists[i].paths[j], CONFINE_READS,
				      err);
	for (i = 0; i < COUNT(read_by_name) && status == 0; i++)
		if ((needs->needs & CONFINE_CONNECTS) != 0 &&
		    getenv(read_by_name[i]) != NULL)
			status = each(context, getenv(read_by_name[i]),
				      CONFINE_READS, err);
	if (status == 0 && CONFINE_GCOV_DIR[0] != '\0')
		status =
			each(context, CONFINE_GCOV_DIR, CONFINE_WRITES_TO, err);
	return status;
}

/* --- What stands where -------------------------------------------------------- */

static void look(const char *path, struct place *place)
{
	struct stat status;

	place->is_there = stat(path, &status) == 0;
	place->is_known =
		place->is_there || errno == ENOENT || errno == ENOTDIR;
	if (place->is_there) {
		place->device = status.st_dev;
		place->inode = status.st_ino;
	}
}

static int count_place(void *context, const char *path, enum confine_use use,
		       struct error *err)
{
	size_t *count = context;

	(void)path;
	(void)use;
	(void)err;
	(*count)++;
	return 0;
}

static int note_place(void *context, const char *path, enum confine_use use,
		      struct error *err)
{
	struct confined *confined = context;
	struct place *place = &confined->places[confined->count];

	(void)use;
	place->path = strdup(path);
	if (place->path == NULL)
		return error_no_memory(err);
	confined->count++;
	look(path, place);
	return 0;
}

static struct confined *note_places(const struct confinement *needs,
				    struct error *err)
{
	struct confined *confined;
	size_t count = 0;

	each_path(needs, count_place, &count, err);
	confined = calloc(1, sizeof(*confined) + count * sizeof(struct place));
	if (confined == NULL) {
		error_no_memory(err);
		return NULL;
	}
	if (each_path(needs, note_place, confined, err) == 0)
		return confined;
	confine_free(confined);
	return NULL;
}

bool confine_is_outdated(const struct confined *confined)
{
	struct place now;
	size_t i;

	for (i = 0; confined != NULL && i < confined->count; i++) {
		const struct place *then = &confined->places[i];

		look(then->path, &now);
		if (!then->is_known || !now.is_known)
			continue;
		if (now.is_there != then->is_there ||
		    (now.is_there &&
		     (now.device != then->device || now.inode != then->inode)))
			return true;
	}
	return false;
}

void confine_check(const void *confined)
{
	if (!confine_is_outdated(confined))
		return;
	log_event(
		LOG_LEVEL_WARN,
		"something else stands where a directory or file of mine was, "
		"ending for the next to start",
		NULL);
	kill(getpid(), SIGTERM);
}

void confine_free(struct confined *confined)
{
	size_t i;

	if (confined == NULL)
		return;
	for (i = 0; i < confined->count; i++)
		free(confined->places[i].path);
	free(confined);
}

/* --- Giving up ------------------------------------------------------------------ */

static int allow_path(void *context, const char *path, enum confine_use use,
		      struct error *err)
{
	return file_rules_allow(context, path, use, err);
}

/* Before Landlock holds on to them. One that cannot be made is whoever's to
 * complain of who comes to need it. */
static void make_directories(const struct confinement *needs)
{
	const struct confine_path *path;
	int fd;

	for (path = needs->paths; path->path != NULL; path++) {
		if (path->use == CONFINE_READS || access(path->path, F_OK) == 0)
			continue;
		fd = files_make_dirs(path->path, NULL);
		if (fd >= 0)
			close(fd);
	}
}

static int confine_files(const struct confinement *needs, int abi,
			 struct error *err)
{
	bool may_connect = (needs->needs & CONFINE_CONNECTS) != 0;
	struct file_rules rules;
	int status;

	if (file_rules_begin(&rules, abi, may_connect, err) != 0)
		return -1;
	status = each_path(needs, allow_path, &rules, err);
	if (status == 0)
		status = file_rules_enforce(&rules, err);
	file_rules_end(&rules);
	return status;
}

/* Whoever runs every minute need not say so every time. */
static void say(const struct confinement *needs, const char *missing,
		const char *reason)
{
	log_event(needs->is_service ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG,
		  "not confined", "missing", missing, "reason", reason, NULL);
}

static int enter(const struct confinement *needs, struct confined **confined,
		 struct error *err)
{
	struct error reason = {0};
	int abi = file_rules_abi();
	int calls;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return error_set(err, EX_OSERR, "no_new_privs: %s",
				 strerror(errno));
	/* The C library looks for it when a date is first made of a time, even
	 * one of UTC. */
	tzset();
	make_directories(needs);
	if (abi < FILE_RULES_LEAST_ABI) {
		say(needs, "landlock", "the kernel does not offer it");
	} else {
		if (needs->is_service &&
		    (*confined = note_places(needs, err)) == NULL)
			return -1;
		if (confine_files(needs, abi, err) != 0)
			return -1;
	}
	calls = call_list_enforce(needs->needs, &reason);
	if (calls < 0)
		return error_set(err, reason.code, "%s", reason.message);
	if (calls == CALL_LIST_NOT_OFFERED)
		say(needs, "seccomp", reason.message);
	log_event(LOG_LEVEL_DEBUG, "confined", "landlock", LOG_INT(abi),
		  "seccomp", calls == 0 ? "yes" : "no", NULL);
	return 0;
}

int confine_enter(const struct confinement *needs,
		  const struct settings *settings, struct confined **confined,
		  struct error *err)
{
	struct confined *made = NULL;

	if (confined != NULL)
		*confined = NULL;
	if (strcmp(settings_text(settings, SETTING_CONFINE), "off") == 0) {
		say(needs, "all", "MARQUEE_CONFINE is off");
		return 0;
	}
	if (enter(needs, &made, err) != 0) {
		confine_free(made);
		return error_context(err, "cannot give up what is not needed");
	}
	if (confined != NULL)
		*confined = made;
	else
		confine_free(made);
	return 0;
}
