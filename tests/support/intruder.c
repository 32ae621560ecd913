/*
 * LD_PRELOAD=intruder.so: somebody who runs code of his own inside a program.
 * The first time that the program has taken a connection (INTRUDER_AT=accept) or
 * is about to make one (connect) or to look into a file (pread), he tries
 * everything below, and writes a line for each to the file INTRUDER_REPORT, which
 * he has opened before the program's main:
 *
 *	read-outside=done
 *	run-a-program=refused 1 Operation not permitted
 *
 * Where what he wants is, is in the environment: INTRUDER_CACHE (the program's
 * own directory), INTRUDER_OUTSIDE (a directory that is none of its business,
 * with a file `secret`), INTRUDER_VICTIM (the pid of another process),
 * INTRUDER_PORT (a TCP port of 127.0.0.1 that somebody listens on),
 * INTRUDER_SOCKET (the abstract name of a listening Unix socket). All calls are
 * made directly, past the C library.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "intruder_files.h"
#include "intruder_system.h"

static int report = -1;
static atomic_bool has_begun;

static const struct {
	const char *name;
	long (*act)(void);
} acts[] = {
	{"read /etc/passwd", read_passwords},
	{"read a file outside", read_outside},
	{"list a directory outside", list_outside},
	{"list /", list_root},
	{"climb out by ..", climb_out},
	{"follow a link out", follow_a_link_out},
	{"read another's environment", read_the_environment_of_another},
	{"write outside", write_outside},
	{"write over a file outside", write_over_a_file_outside},
	{"cut a file outside", cut_a_file_outside},
	{"write into /tmp", write_into_tmp},
	{"remove outside", remove_outside},
	{"move out of the cache", move_out_of_the_cache},
	{"link into the cache", link_into_the_cache},
	{"change modes outside", change_modes_outside},
	{"make a device", make_a_device},
	{"read the cache", read_the_cache},
	{"write into the cache", write_into_the_cache},
	{"remove from the cache", remove_from_the_cache},
	{"make a symbolic link", link_a_name_in_the_cache},
	{"fork", fork_himself},
	{"start a program", start_a_program},
	{"start what was brought", start_what_he_brought},
	{"signal another", signal_another},
	{"trace another", trace_another},
	{"read another's memory", read_the_memory_of_another},
	{"read another's limits", limit_another},
	{"connect by TCP", connect_by_tcp},
	{"listen on TCP", listen_on_tcp},
	{"open a raw socket", open_a_raw_socket},
	{"open a Unix socket", open_a_unix_socket},
	{"connect to an abstract socket", connect_to_an_abstract_socket},
	{"mount", mount_something},
	{"make a namespace", make_a_namespace},
	{"change the root", change_the_root},
	{"become somebody else", become_somebody},
	{"load a filter", load_a_filter},
	{"make an io_uring", make_a_ring},
	{"make a key", make_a_keyring},
	{"make memory of new code", make_memory_of_new_code},
};

/* The name is on the page before the act: one that does not come back is seen. */
static void intrude(const char *where)
{
	char result[128];
	size_t i;
	int reason;

	if (strcmp(given("INTRUDER_AT"), where) != 0 || report < 0 ||
	    atomic_exchange(&has_begun, 1))
		return;
	for (i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		dprintf(report, "%s=", acts[i].name);
		errno = 0;
		if (acts[i].act() >= 0) {
			dprintf(report, "done\n");
			continue;
		}
		reason = errno;
		snprintf(result, sizeof(result), "refused %d %s\n", reason,
			 strerrordesc_np(reason));
		dprintf(report, "%s", result);
	}
	dprintf(report, "end=done\n");
}

__attribute__((constructor)) static void arrive(void)
{
	const char *path = getenv("INTRUDER_REPORT");

	if (path != NULL)
		report = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
			      0600);
}

/* --- The program's own calls ------------------------------------------------------ */

int accept(int fd, __SOCKADDR_ARG address, socklen_t *length)
{
	long connection = syscall(SYS_accept, fd, address.__sockaddr__, length);
	int reason = errno;

	if (connection >= 0)
		intrude("accept");
	errno = reason;
	return (int)connection;
}

int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t length)
{
	intrude("connect");
	return (int)syscall(SYS_connect, fd, address.__sockaddr__, length);
}

ssize_t pread(int fd, void *bytes, size_t size, off_t at)
{
	intrude("pread");
	return syscall(SYS_pread64, fd, bytes, size, at);
}

ssize_t pread64(int fd, void *bytes, size_t size, off_t at)
{
	intrude("pread");
	return syscall(SYS_pread64, fd, bytes, size, at);
}
