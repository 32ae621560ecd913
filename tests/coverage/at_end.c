/*
 * Linked into every program of the coverage build: its counts are written also
 * where it ends without the handlers of exit().
 *
 * Nothing calls this by name: the linker puts __wrap__exit() where the
 * programs say _exit(), and __wrap_execvp() where they become another program
 * (-Wl,--wrap), and a signal that would end the process writes the counts first.
 * SIGKILL loses them.
 */
#include <gcov.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

static const int ending_signals[] = {SIGTERM, SIGINT,  SIGHUP, SIGPIPE,
				     SIGABRT, SIGALRM, SIGXCPU};

_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
int __real_execvp(const char *file, char *const *words);
int __wrap_execvp(const char *file, char *const *words);

void __wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}

int __wrap_execvp(const char *file, char *const *words)
{
	int status;

	__gcov_dump();
	status = __real_execvp(file, words);
	__gcov_reset(); /* what was dumped is not to count again */
	return status;
}

static void dump_and_end(int signal_number)
{
	__gcov_dump();
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

/* A program's own handler, set later, takes the place of this one. */
__attribute__((constructor)) static void dump_when_a_signal_ends_it(void)
{
	struct sigaction action = {.sa_handler = dump_and_end};
	struct sigaction present;

	/* Full disks and sizes that are limited are part of the tests. */
	setenv("GCOV_ERROR_FILE", "/dev/null", 0);
	for (size_t i = 0;
	     i < sizeof(ending_signals) / sizeof(ending_signals[0]); i++)
		if (!sigaction(ending_signals[i], NULL, &present) &&
		    present.sa_handler == SIG_DFL)
			sigaction(ending_signals[i], &action, NULL);
}
