/* relay-events: moves accepted events from the event log's outbox to RabbitMQ. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/options.h"
#include "confine/confine.h"
#include "events/event_settings.h"
#include "relay_run.h"

static const struct option_spec specs[] = {
	{"once", NULL, "hand on what is due, then end"},
	{0},
};

static const struct program program = {
	.name = "relay-events",
	.usage = "",
	.summary =
		"Hands accepted events on to the RabbitMQ of "
		"MARQUEE_AMQP_URL, where notify takes them\nfrom. An event "
		"leaves the outbox when the broker has confirmed it. While "
		"the broker\nis away events wait; /health tells.\n\n"
		"Exit status: 0 asked to end (--once: nothing is due any "
		"more); 64 usage; 65 the\nevent log is damaged; 69 --once and "
		"the broker is away or takes nothing; 73, 74 the\nevent log "
		"cannot be made, read or written; 78 MARQUEE_AMQP_URL is not "
		"set, or a\nqueue of ours has other properties.",
	.specs = specs,
	.max_arguments = 0,
};

/* SIGTERM and SIGINT become something to read, so that none is missed however
 * short before a wait it comes. */
static int listen_for_stop(struct error *err)
{
	sigset_t asks;
	int fd;

	sigemptyset(&asks);
	sigaddset(&asks, SIGTERM);
	sigaddset(&asks, SIGINT);
	sigprocmask(SIG_BLOCK, &asks, NULL);
	fd = signalfd(-1, &asks, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return error_set(err, EX_OSERR, "signalfd: %s",
				 strerror(errno));
	return fd;
}

/* It takes events from the log to the broker, and leaves notes in the cache. */
static int confine(const struct settings *settings,
		   const struct event_store_options *log, bool is_once,
		   struct confined **confined, struct error *err)
{
	const struct confine_path paths[] = {
		{settings_text(settings, SETTING_CACHE_DIR), CONFINE_WRITES_TO},
		{log->directory, CONFINE_WRITES_TO},
		{NULL, CONFINE_READS},
	};
	const struct confinement needs = {
		.paths = paths,
		.needs = CONFINE_CHANGES | CONFINE_CONNECTS | CONFINE_WATCHES,
		.is_service = !is_once,
	};

	if (log->directory != NULL &&
	    event_store_make(log->directory, err) != 0)
		return -1;
	return confine_enter(&needs, settings, confined, err);
}

static int open_all(struct relay *relay, const struct settings *settings,
		    struct confined **confined, struct error *err)
{
	const char *url = settings_text(settings, SETTING_AMQP_URL);
	struct event_store_options log = {
		.checks_integrity = !relay->is_once,
		.readers = 1,
	};

	if (event_settings_read(settings, &log, err) != 0)
		return -1;
	if (url[0] == '\0')
		return error_set(err, EX_CONFIG,
				 "MARQUEE_AMQP_URL is not set: there is no "
				 "broker to hand events on to, notify takes "
				 "them from the event log itself");
	relay->note.cache_dir = settings_text(settings, SETTING_CACHE_DIR);
	relay->broker = broker_open(url, err);
	if (relay->broker == NULL)
		return error_context(err, "MARQUEE_AMQP_URL");
	relay->stop_fd = listen_for_stop(err);
	if (relay->stop_fd < 0 ||
	    confine(settings, &log, relay->is_once, confined, err) != 0)
		return -1;
	relay->confined = *confined;
	relay->store = event_store_open(&log, err);
	if (relay->store != NULL)
		relay->watch = event_watch_open(log.directory, err);
	return relay->watch != NULL ? 0 : -1;
}

static int run(const struct options *options, struct error *err)
{
	struct relay relay = {.stop_fd = -1,
			      .is_once = options_has(options, "once")};
	struct confined *confined = NULL;
	int status = open_all(&relay, options->settings, &confined, err);

	if (status == 0) {
		status = relay_run(&relay, err);
		log_event(LOG_LEVEL_INFO, "ended", "relayed",
			  LOG_INT(relay.note.relayed), NULL);
	}
	broker_close(relay.broker);
	event_watch_close(relay.watch);
	event_store_close(relay.store);
	confine_free(confined);
	if (relay.stop_fd >= 0)
		close(relay.stop_fd);
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
	status = EX_OK;
	if (run(&options, &err) != 0) {
		log_event(LOG_LEVEL_ERROR, "failed", "error", err.message,
			  NULL);
		status = err.code;
	}
	options_free(&options);
	return status;
}
