/*
 * A child for each run: what FAILING_MALLOC_SERVER of failing_malloc.h makes of
 * a program.
 */
#ifndef MARQUEE_TESTS_FAILING_SERVER_H
#define MARQUEE_TESTS_FAILING_SERVER_H

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

/* The status of a process in which nothing can be tried. */
#define FAILING_BROKEN 70

/* Returns in each child that it forks; the process itself ends here. */
static void wait_to_be_child(int in, int out)
{
	char byte;

	while (read(in, &byte, 1) == 1) {
		int status = 0;
		pid_t child = fork();

		if (child == 0) {
			close(in);
			close(out);
			return;
		}
		if (child < 0 ||
		    write(out, &child, sizeof(child)) != sizeof(child))
			_exit(FAILING_BROKEN);
		while (waitpid(child, &status, 0) < 0)
			if (errno != EINTR)
				_exit(FAILING_BROKEN);
		if (write(out, &status, sizeof(status)) != sizeof(status))
			_exit(FAILING_BROKEN);
	}
	_exit(0);
}

#endif
