/* notify: takes events from the queue, notifies of each, marks it processed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/options.h"
#include "base/text.h"
#include "confine/confine.h"
#include "events/event_settings.h"
#include "notify_retry_failed.h"
#include "notify_run.h"
#include "notify_stop.h"

static const struct option_spec specs[] = {
	{"once", NULL, "end when nothing is due"},
	{"exec", "CMD",
	 "give each event, as JSON on stdin, to /bin/sh -c CMD; exit status "
	 "0: notified"},
	{"exec-timeout", "S",
	 "seconds CMD may take before it is killed, 1 to 3600 (30)"},
	{"retry-failed", NULL,
	 "set every Failed event to be notified again; print how many; end"},
	{"backoff-ms", "N",
	 "wait after an event's first failure, 1 to 300000 (1000); it "
	 "doubles, up to 5 minutes"},
	{"lease-s", "N",
	 "seconds until the event of a notifier that died is another's, 3 to "
	 "3600 (60)"},
	{0},
};

static const struct program program = {
	.name = "notify",
	.usage = "",
	.summary =
		"Takes events from the queue, prints a line for each (or gives "
		"it to --exec), and\nreports to MARQUEE_API_URL that it was "
		"processed. Runs until SIGTERM.\n\nThe queue is the outbox of "
		"the event log (MARQUEE_STATE_DIR, MARQUEE_EVENTS_URL),\nor "
		"RabbitMQ at MARQUEE_AMQP_URL. Several notifiers may run side "
		"by side. One that fails is tried "
		"again, MARQUEE_NOTIFY_ATTEMPTS\ntimes; then the event is "
		"Failed.\n\nExit status: 0 done or asked to end; 64 usage; 65, "
		"73 the event log is damaged, cannot\nbe opened; 69 the API or "
		"the queue is away (--once, --retry-failed); 74 stdout is\n"
		"closed; 78 bad configuration.",
	.specs = specs,
	.max_arguments = 0,
};

/* Of one call of the API: meanwhile nobody keeps the event in hand, or answers
 * a broker's heartbeat. */
#define MAX_CALL_MS 10000LL

struct numbers {
	long long exec_timeout_s, backoff_ms, lease_s;
};

static int read_number(const struct options *options, const char *name,
		       long long least, long long most, long long *number,
		       struct error *err)
{
	const char *value = options_value(options, name);
	long long read;

	if (value == NULL)
		return 0;
	if (text_number(value, strlen(value), &read) != 0 || read < least ||
	    read > most)
		return error_set(err, EX_USAGE,
				 "--%s is \"%s\", allowed is a whole number "
				 "from %lld to %lld",
				 name, value, least, most);
	*number = read;
	return 0;
}

static int read_options(const struct options *options, struct numbers *numbers,
			struct error *err)
{
	*numbers = (struct numbers){30, 1000, 60};
	if (options_has(options, "retry-failed") &&
	    (options_has(options, "once") || options_has(options, "exec")))
		return error_set(err, EX_USAGE,
				 "--retry-failed goes with no other option: it "
				 "notifies of nothing");
	if (read_number(options, "exec-timeout", 1, 3600,
			&numbers->exec_timeout_s, err) != 0 ||
	    read_number(options, "backoff-ms", 1, 300000, &numbers->backoff_ms,
			err) != 0)
		return -1;
	return read_number(options, "lease-s", 3, 3600, &numbers->lease_s, err);
}

/* What is opened must not become descriptor 1, or events would be printed into
 * it. Without stdout there is nowhere to print to at all. */
static int check_descriptors(const struct options *options, struct error *err)
{
	int fd, opened;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		if (fd == STDOUT_FILENO && !options_has(options, "exec"))
			return error_set(err, EX_IOERR, "stdout is closed");
		opened = open("/dev/null", O_RDWR);
		if (opened != fd)
			return error_set(err, EX_OSERR,
					 "cannot open /dev/null");
	}
	return 0;
}

/* It takes events from the log or the broker, and reports to the API. What --exec
 * starts inherits all that is given up and must be able to do its work, send mail
 * by a program of another group for instance: then nothing is. */
static int confine(const struct options *options, struct confined **confined,
		   struct error *err)
{
	const struct settings *settings = options->settings;
	bool has_log = settings_text(settings, SETTING_AMQP_URL)[0] == '\0' &&
		       !options_has(options, "retry-failed");
	struct event_store_options log = {.directory = NULL};
	struct confine_path paths[] = {
		{NULL, CONFINE_WRITES_TO},
		{NULL, CONFINE_READS},
	};
	const struct confinement needs = {
		.paths = paths,
		.needs = CONFINE_CHANGES | CONFINE_CONNECTS | CONFINE_WATCHES,
		.is_service = !options_has(options, "once") &&
			      !options_has(options, "retry-failed"),
	};

	*confined = NULL;
	if (options_has(options, "exec")) {
		log_event(LOG_LEVEL_DEBUG, "not confined", "reason",
			  "the commands of --exec would be, too", NULL);
		return 0;
	}
	if (has_log && event_settings_read(settings, &log, err) != 0)
		return -1;
	paths[0].path = log.directory;
	if (log.directory != NULL && event_store_make(log.directory, err) != 0)
		return -1;
	return confine_enter(&needs, settings, confined, err);
}

static int retry_failed(const struct options *options, struct error *err)
{
	struct notify_api *api =
		notify_api_open(options->settings, 3600000, err);
	long long count = 0;
	int status;

	if (api == NULL)
		return -1;
	status = notify_retry_failed(api, &count, err);
	notify_api_close(api);
	printf("events to be notified again: %lld\n", count);
	if (status == 0 && fflush(stdout) != 0)
		return error_set(err, EX_IOERR, "cannot write to stdout: %s",
				 strerror(errno));
	return status;
}

static int open_queue(struct notify *notify, const struct options *options,
		      struct error *err)
{
	const char *url = settings_text(options->settings, SETTING_AMQP_URL);
	struct event_store_options wanted = {
		.readers = 1,
	};

	if (event_settings_read(options->settings, &wanted, err) != 0)
		return -1;
	if (url[0] != '\0') {
		notify->queue = event_queue_amqp(url, err);
		return notify->queue != NULL ? 0 : -1;
	}
	notify->store = event_store_open(&wanted, err);
	if (notify->store != NULL)
		notify->queue = event_queue_embedded(
			notify->store, wanted.directory, notify->lease_ms, err);
	return notify->queue != NULL ? 0 : -1;
}

static int serve(const struct options *options, const struct numbers *numbers,
		 const struct confined *confined, struct error *err)
{
	const struct settings *settings = options->settings;
	struct notify notify = {
		.effect = {.command = options_value(options, "exec"),
			   .timeout_ms = numbers->exec_timeout_s * 1000},
		.lease_ms = numbers->lease_s * 1000,
		.backoff_ms = numbers->backoff_ms,
		.max_attempts = (unsigned)settings_number(
			settings, SETTING_NOTIFY_ATTEMPTS),
		.is_once = options_has(options, "once"),
		.confined = confined,
	};
	int status = -1;

	notify.talk.patience_ms =
		notify.is_once ? settings_number(settings, SETTING_TIMEOUT_MS)
			       : -1;
	notify.talk.api = notify_api_open(settings,
					  notify.lease_ms / 3 < MAX_CALL_MS
						  ? notify.lease_ms / 3
						  : MAX_CALL_MS,
					  err);
	if (notify.talk.api != NULL && open_queue(&notify, options, err) == 0) {
		notify.talk.is_log_ours = notify.store != NULL;
		status = notify_run(&notify, err);
	}
	event_queue_close(notify.queue);
	event_store_close(notify.store);
	notify_api_close(notify.talk.api);
	return status;
}

static int run(const struct options *options, struct error *err)
{
	struct confined *confined;
	struct numbers numbers;
	int status;

	if (read_options(options, &numbers, err) != 0 ||
	    check_descriptors(options, err) != 0 ||
	    confine(options, &confined, err) != 0)
		return -1;
	status = options_has(options, "retry-failed")
			 ? retry_failed(options, err)
			 : serve(options, &numbers, confined, err);
	confine_free(confined);
	return status;
}

int main(int argc, char **argv)
{
	struct options options;
	struct error err = {0};
	int status;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	umask(022);
	log_begin_run();
	if (options_start(&program, argc, argv, &options, &status) != 0)
		return status;
	notify_stop_listen();
	status = run(&options, &err);
	if (status != 0 && err.code == EX_USAGE)
		fprintf(stderr, "%s: %s\nTry \"%s --help\".\n", program.name,
			err.message, program.name);
	else if (status != 0)
		log_event(LOG_LEVEL_ERROR, "failed", "error", err.message,
			  NULL);
	options_free(&options);
	return status != 0 ? err.code : EX_OK;
}
