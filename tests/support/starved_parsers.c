/*
 * starved_parsers TEMPLATES [NAME…]
 *
 * Runs each parser of ours (or those named) over a text, again and again, and
 * each time another allocation fails: that one, and then that one and all after
 * it. Preloaded with failing_malloc.so. Prints a line for each,
 *
 *	NAME tried=N well=N crashed=N wrong=N mute=N leaked=N library=N
 *	library_crashed=N
 *
 * where `well` came to the right result all the same, `wrong` to another one,
 * `mute` failed and did not say that memory was short, `leaked` did not free all
 * it took; `library` is what a library did when it was refused memory itself.
 * stderr has the first of each. TEMPLATES is a directory with the pages of the
 * site and an openapi.json. Two more, "planted unchecked" and "planted loser",
 * are wrong on purpose and run only by name.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "failing_malloc.h"
#include "starved_texts.h"

/* The status where nothing could be tried. */
#define REFUSED_STATUS 2

/* --- The sweep ------------------------------------------------------------------- */

enum verdict { WELL, FAILED, WRONG, MUTE, LEAKED, LIBRARY, VERDICTS };

/* What the child that tries tells the parent, even when it dies. */
struct progress {
	uint64_t number; /* of the allocation that fails; 0 before the first */
	int goes_on;
	bool is_over;
	unsigned counts[VERDICTS];
	unsigned library_crashes;
};

/* Whether a library, not the program, was refused memory. */
static bool is_library(const char *chain)
{
	while (*chain != '\0') {
		if (strncmp(chain, "libc.so", 7) != 0 &&
		    strncmp(chain, "libasan", 7) != 0)
			return strncmp(chain, "starved_parsers+", 16) != 0;
		chain += strcspn(chain, " ");
		chain += strspn(chain, " ");
	}
	return false;
}

static void tell(const char *name, const struct progress *progress,
		 enum verdict verdict, const struct error *err,
		 const struct failing_control *control)
{
	static const char *const words[VERDICTS] = {
		[WRONG] = "wrong", [MUTE] = "mute", [LEAKED] = "leaked"};

	if (words[verdict] != NULL && progress->counts[verdict] == 1)
		fprintf(stderr, "%s: %s at %llu%s: %d %s, %lld live, %s\n",
			name, words[verdict],
			(unsigned long long)progress->number,
			progress->goes_on ? "…" : "", err->code, err->message,
			(long long)control->live, control->chain);
}

static enum verdict judge(int status, const struct error *err,
			  const struct buffer *out, const struct buffer *right,
			  const struct failing_control *control)
{
	bool is_excused = is_library(control->chain);

	if (status == 0 && (out->length != right->length ||
			    memcmp(out->data, right->data, out->length) != 0))
		return WRONG;
	if (control->live != 0)
		return is_excused ? LIBRARY : LEAKED;
	if (status == 0)
		return WELL;
	if (strstr(err->message, "memory") == NULL)
		return is_excused ? LIBRARY : MUTE;
	return FAILED;
}

/* Tries from progress->number + 1 on, in both ways. */
static void try_all(const char *name, parser *run, const struct buffer *right,
		    struct buffer *out, struct progress *progress)
{
	const struct failing_control *control;
	enum verdict verdict;
	struct error err;
	int status;

	for (; progress->goes_on < 2; progress->goes_on++) {
		do {
			progress->number++;
			buffer_clear(out);
			err = (struct error){0};
			failing_malloc_arm(progress->number, progress->goes_on);
			status = run(out, &err);
			control = failing_malloc_disarm();
			if (control->failed == 0)
				break;
			verdict = judge(status, &err, out, right, control);
			progress->counts[verdict]++;
			tell(name, progress, verdict, &err, control);
		} while (true);
		progress->number = 0;
	}
	progress->is_over = true;
}

/* Returns how often it crashed. */
static unsigned sweep(const char *name, parser *run, const struct buffer *right,
		      struct buffer *out, struct progress *progress)
{
	unsigned crashes = 0;
	int status;

	while (!progress->is_over) {
		pid_t child = fork();

		if (child == 0) {
			try_all(name, run, right, out, progress);
			_exit(0);
		}
		if (child < 0 || waitpid(child, &status, 0) != child)
			exit(REFUSED_STATUS);
		if (progress->is_over)
			break;
		if (is_library(failing_malloc_disarm()->crash)) {
			progress->library_crashes++;
			continue;
		}
		if (crashes++ == 0)
			fprintf(stderr, "%s: crashed at %llu%s: %s\n", name,
				(unsigned long long)progress->number,
				progress->goes_on ? "…" : "",
				failing_malloc_disarm()->crash);
	}
	return crashes;
}

static int starve(const char *name, parser *run, struct progress *progress)
{
	struct buffer right = BUFFER_EMPTY, out = BUFFER_EMPTY;
	struct error err = {0};
	unsigned tried = 0, crashes;
	int i;

	*progress = (struct progress){0};
	buffer_reserve(&right, RESULT_BYTES);
	buffer_reserve(&out, RESULT_BYTES);
	/* What is made once only is made by the first run. */
	if (run(&out, &err) != 0 || run(&right, &err) != 0) {
		fprintf(stderr, "%s: %s\n", name, err.message);
		return -1;
	}
	crashes = sweep(name, run, &right, &out, progress);
	for (i = 0; i < VERDICTS; i++)
		tried += progress->counts[i];
	printf("%s tried=%u well=%u crashed=%u wrong=%u mute=%u leaked=%u "
	       "library=%u library_crashed=%u\n",
	       name, tried + crashes + progress->library_crashes,
	       progress->counts[WELL], crashes, progress->counts[WRONG],
	       progress->counts[MUTE], progress->counts[LEAKED],
	       progress->counts[LIBRARY], progress->library_crashes);
	fflush(stdout);
	buffer_free(&right);
	buffer_free(&out);
	return 0;
}

static bool is_wanted(size_t at, int argc, char **argv)
{
	int i;

	for (i = 2; i < argc; i++)
		if (strcmp(argv[i], parsers[at].name) == 0)
			return true;
	return argc == 2 && !parsers[at].is_planted;
}

int main(int argc, char **argv)
{
	struct progress *progress =
		mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	size_t i;

	if (argc < 2 || failing_malloc_arm == NULL || progress == MAP_FAILED)
		return REFUSED_STATUS;
	templates = argv[1];
	elements[0] = json_tokener_parse(film);
	elements[1] = json_tokener_parse(person);
	elements[2] = json_tokener_parse(species);
	for (i = 0; i < sizeof(parsers) / sizeof(*parsers); i++)
		if (is_wanted(i, argc, argv) &&
		    starve(parsers[i].name, parsers[i].run, progress) != 0)
			return REFUSED_STATUS;
	for (i = 0; i < 3; i++)
		json_object_put(elements[i]);
	return 0;
}
