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
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int report = -1;
static atomic_bool has_begun;

static const char *given(const char *name)
{
	const char *value = getenv(name);

	return value != NULL ? value : "";
}

/* Of tries that come one after another only. */
static const char *below(const char *name, const char *rest)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", given(name), rest);
	return path;
}

static long open_at(const char *path, int flags)
{
	long fd = syscall(SYS_openat, AT_FDCWD, path, flags, 0600);

	if (fd >= 0)
		syscall(SYS_close, fd);
	return fd;
}

/* --- Files -------------------------------------------------------------------- */

static long read_passwords(void)
{
	return open_at("/etc/passwd", O_RDONLY);
}

static long read_outside(void)
{
	return open_at(below("INTRUDER_OUTSIDE", "secret"), O_RDONLY);
}

static long list_outside(void)
{
	return open_at(given("INTRUDER_OUTSIDE"), O_RDONLY | O_DIRECTORY);
}

static long list_root(void)
{
	return open_at("/", O_RDONLY | O_DIRECTORY);
}

static long climb_out(void)
{
	return open_at(below("INTRUDER_CACHE", "../outside/secret"), O_RDONLY);
}

static long follow_a_link_out(void)
{
	return open_at(below("INTRUDER_CACHE", "way-out"), O_RDONLY);
}

static long read_the_environment_of_another(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/environ",
		 given("INTRUDER_VICTIM"));
	return open_at(path, O_RDONLY);
}

static long write_outside(void)
{
	return open_at(below("INTRUDER_OUTSIDE", "mark"), O_WRONLY | O_CREAT);
}

static long write_over_a_file_outside(void)
{
	return open_at(below("INTRUDER_OUTSIDE", "secret"), O_WRONLY);
}

static long cut_a_file_outside(void)
{
	return syscall(SYS_truncate, below("INTRUDER_OUTSIDE", "secret"), 3L);
}

static long write_into_tmp(void)
{
	return open_at("/tmp", O_TMPFILE | O_RDWR);
}

static long remove_outside(void)
{
	return syscall(SYS_unlinkat, AT_FDCWD,
		       below("INTRUDER_OUTSIDE", "to-remove"), 0);
}

static long move_out_of_the_cache(void)
{
	char from[4096];

	snprintf(from, sizeof(from), "%s", below("INTRUDER_CACHE", "to-move"));
	return syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD,
		       below("INTRUDER_OUTSIDE", "moved"));
}

static long link_into_the_cache(void)
{
	char from[4096];

	snprintf(from, sizeof(from), "%s", below("INTRUDER_OUTSIDE", "secret"));
	return syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD,
		       below("INTRUDER_CACHE", "linked"), 0);
}

static long change_modes_outside(void)
{
	return syscall(SYS_fchmodat, AT_FDCWD,
		       below("INTRUDER_OUTSIDE", "secret"), 0666);
}

static long make_a_device(void)
{
	return syscall(SYS_mknodat, AT_FDCWD, below("INTRUDER_CACHE", "device"),
		       S_IFCHR | 0600, makedev(1, 3));
}

static long read_the_cache(void)
{
	return open_at(below("INTRUDER_CACHE", "to-read"), O_RDONLY);
}

static long write_into_the_cache(void)
{
	return open_at(below("INTRUDER_CACHE", "mark"), O_WRONLY | O_CREAT);
}

static long remove_from_the_cache(void)
{
	return syscall(SYS_unlinkat, AT_FDCWD,
		       below("INTRUDER_CACHE", "to-remove"), 0);
}

static long link_a_name_in_the_cache(void)
{
	return syscall(SYS_symlinkat, "/etc", AT_FDCWD,
		       below("INTRUDER_CACHE", "symbolic"));
}

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
