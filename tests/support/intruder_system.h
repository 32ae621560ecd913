/*
 * What an intruder (intruder.c) tries with other programs, the network and the
 * kernel. Each act returns what its call does, -1 with errno.
 */
#ifndef MARQUEE_TESTS_INTRUDER_SYSTEM_H
#define MARQUEE_TESTS_INTRUDER_SYSTEM_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "intruder_files.h"

/* --- Other programs ----------------------------------------------------------- */

/* In a child where one can be had: a program takes the place of its caller. */
static long in_a_child(long (*run)(void))
{
	long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	int status = 0;

	if (child < 0)
		return run();
	if (child == 0)
		syscall(SYS_exit_group, run() < 0 ? errno : 0);
	syscall(SYS_wait4, child, &status, 0, NULL);
	errno = WEXITSTATUS(status);
	return errno == 0 ? 0 : -1;
}

static long start_a_program_now(void)
{
	char *words[] = {(char[]){"true"}, NULL};

	return syscall(SYS_execve, "/bin/true", words, environ);
}

static long start_a_program(void)
{
	return in_a_child(start_a_program_now);
}

/* Without a file of its own, as one who brought the program along would. */
static long start_what_he_brought_now(void)
{
	char *words[] = {(char[]){"true"}, NULL};
	long from = syscall(SYS_openat, AT_FDCWD, "/bin/true", O_RDONLY, 0);
	long to = syscall(SYS_memfd_create, "true", 0);
	char bytes[4096];
	long got;

	if (to < 0)
		return -1;
	while (from >= 0 &&
	       (got = syscall(SYS_read, from, bytes, sizeof(bytes))) > 0)
		syscall(SYS_write, to, bytes, got);
	return syscall(SYS_execveat, to, "", words, environ, AT_EMPTY_PATH);
}

static long start_what_he_brought(void)
{
	return in_a_child(start_what_he_brought_now);
}

static long fork_himself(void)
{
	long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (child == 0)
		syscall(SYS_exit_group, 0);
	if (child > 0)
		syscall(SYS_wait4, child, NULL, 0, NULL);
	return child;
}

static long victim(void)
{
	return strtol(given("INTRUDER_VICTIM"), NULL, 10);
}

static long signal_another(void)
{
	return syscall(SYS_kill, victim(), SIGCONT);
}

static long trace_another(void)
{
	return syscall(SYS_ptrace, PTRACE_SEIZE, victim(), 0, 0);
}

static long read_the_memory_of_another(void)
{
	char byte;
	struct iovec here = {&byte, 1}, there = {(void *)0, 1};
	long got = syscall(SYS_process_vm_readv, victim(), &here, 1L, &there,
			   1L, 0L);

	/* Nothing is at address 0: allowed to look, one sees that. */
	return got < 0 && errno == EFAULT ? 0 : got;
}

static long limit_another(void)
{
	struct rlimit limit;

	return syscall(SYS_prlimit64, victim(), RLIMIT_NOFILE, NULL, &limit);
}

/* --- The network ---------------------------------------------------------------- */

static long socket_of(int family, int type)
{
	return syscall(SYS_socket, family, type, 0);
}

static long end_socket(long fd, long status)
{
	int reason = errno;

	if (fd >= 0)
		syscall(SYS_close, fd);
	errno = reason;
	return status;
}

static long connect_by_tcp(void)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(
			(uint16_t)strtol(given("INTRUDER_PORT"), NULL, 10)),
	};
	long fd = socket_of(AF_INET, SOCK_STREAM);

	return end_socket(
		fd, fd < 0 ? fd : syscall(SYS_connect, fd, &to, sizeof(to)));
}

static long listen_on_tcp(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	long fd = socket_of(AF_INET, SOCK_STREAM);

	return end_socket(fd,
			  fd < 0 ? fd : syscall(SYS_bind, fd, &at, sizeof(at)));
}

static long open_a_raw_socket(void)
{
	long fd = socket_of(AF_PACKET, SOCK_RAW);

	return end_socket(fd, fd);
}

static long open_a_unix_socket(void)
{
	long fd = socket_of(AF_UNIX, SOCK_STREAM);

	return end_socket(fd, fd);
}

static long connect_to_an_abstract_socket(void)
{
	const char *name = given("INTRUDER_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t length = strnlen(name, sizeof(to.sun_path) - 1);
	long fd = socket_of(AF_UNIX, SOCK_STREAM);

	memcpy(to.sun_path + 1, name, length);
	return end_socket(
		fd, fd < 0 ? fd
			   : syscall(SYS_connect, fd, &to,
				     offsetof(struct sockaddr_un, sun_path) +
					     1 + length));
}

/* --- The system ----------------------------------------------------------------- */

/* In a child, for what it would do to this process. */
static long mount_now(void)
{
	if (syscall(SYS_unshare, CLONE_NEWNS) != 0)
		return -1;
	return syscall(SYS_mount, "none", "/proc", NULL, 1L << 18, NULL);
}

static long mount_something(void)
{
	return in_a_child(mount_now);
}

static long make_a_namespace_now(void)
{
	return syscall(SYS_unshare, CLONE_NEWUSER);
}

static long make_a_namespace(void)
{
	return in_a_child(make_a_namespace_now);
}

static long change_the_root_now(void)
{
	return syscall(SYS_chroot, "/tmp");
}

static long change_the_root(void)
{
	return in_a_child(change_the_root_now);
}

static long become_somebody_now(void)
{
	return syscall(SYS_setresuid, 65534L, 65534L, 65534L);
}

static long become_somebody(void)
{
	return in_a_child(become_somebody_now);
}

static long load_a_filter(void)
{
	char attributes[128] = {0};
	long fd;

	/* BPF_MAP_CREATE of an array of one: type, key, value, entries. */
	((int *)(void *)attributes)[0] = 2;
	((int *)(void *)attributes)[1] = 4;
	((int *)(void *)attributes)[2] = 4;
	((int *)(void *)attributes)[3] = 1;
	fd = syscall(SYS_bpf, 0L, attributes, 72L);
	return end_socket(fd, fd);
}

static long make_a_ring(void)
{
	char parameters[120] = {0};
	long fd = syscall(SYS_io_uring_setup, 1L, parameters);

	return end_socket(fd, fd);
}

static long make_a_keyring(void)
{
	return syscall(SYS_add_key, "user", "intruder", "x", 1L, -3L);
}

static long make_memory_of_new_code(void)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return -1;
	munmap(memory, 4096);
	return 0;
}

#endif
