#include "confine/call_list.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/count.h"
#include "confine/confine.h"
#include "confine/instrumented.h"

/* The type in the second argument of socket(2), without its flags. */
#define SOCKET_TYPE 0xf

/* --- What may be called, whatever the arguments -------------------------------- */

/* Memory, threads, time; what is open, and reading what Landlock lets open. */
static const int always[] = {
	SCMP_SYS(access),
	SCMP_SYS(brk),
	SCMP_SYS(clock_getres),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(close),
	SCMP_SYS(dup),
	SCMP_SYS(dup2),
	SCMP_SYS(dup3),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(fcntl),
	SCMP_SYS(fstat),
	SCMP_SYS(fstatfs),
	SCMP_SYS(futex),
	SCMP_SYS(getcwd),
	SCMP_SYS(getdents64),
	SCMP_SYS(getegid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getpid),
	SCMP_SYS(getppid),
	SCMP_SYS(getrandom),
	SCMP_SYS(getrusage),
	SCMP_SYS(gettid),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(getuid),
	SCMP_SYS(lseek),
	SCMP_SYS(lstat),
	SCMP_SYS(madvise),
	SCMP_SYS(mremap),
	SCMP_SYS(munmap),
	SCMP_SYS(nanosleep),
	SCMP_SYS(newfstatat),
	SCMP_SYS(open),
	SCMP_SYS(openat),
	SCMP_SYS(pipe),
	SCMP_SYS(pipe2),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(pread64),
	SCMP_SYS(pselect6),
	SCMP_SYS(read),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(readv),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rseq),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigpending),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigtimedwait),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_yield),
	SCMP_SYS(select),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(setitimer),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(stat),
	SCMP_SYS(statfs),
	SCMP_SYS(statx),
	SCMP_SYS(sysinfo),
	SCMP_SYS(time),
	SCMP_SYS(umask),
	SCMP_SYS(uname),
	SCMP_SYS(write),
	SCMP_SYS(writev),
};

/* On sockets that are there: without socket(2) there is no other. */
static const int serving[] = {
	SCMP_SYS(accept),      SCMP_SYS(accept4),    SCMP_SYS(getpeername),
	SCMP_SYS(getsockname), SCMP_SYS(getsockopt), SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),     SCMP_SYS(sendmsg),    SCMP_SYS(sendto),
	SCMP_SYS(setsockopt),  SCMP_SYS(shutdown),
};

static const int changing[] = {
	SCMP_SYS(fallocate), SCMP_SYS(fchmod),   SCMP_SYS(fchown),
	SCMP_SYS(fdatasync), SCMP_SYS(flock),    SCMP_SYS(fsync),
	SCMP_SYS(ftruncate), SCMP_SYS(link),     SCMP_SYS(linkat),
	SCMP_SYS(mkdir),     SCMP_SYS(mkdirat),  SCMP_SYS(pwrite64),
	SCMP_SYS(rename),    SCMP_SYS(renameat), SCMP_SYS(renameat2),
	SCMP_SYS(rmdir),     SCMP_SYS(symlink),  SCMP_SYS(symlinkat),
	SCMP_SYS(unlink),    SCMP_SYS(unlinkat), SCMP_SYS(utimensat),
};

/* With `serving`, but for accept. The resolver asks the kernel for addresses by
 * a netlink socket, which it binds. */
static const int connecting[] = {
	SCMP_SYS(bind),       SCMP_SYS(connect),     SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl),  SCMP_SYS(epoll_wait),  SCMP_SYS(epoll_pwait),
	SCMP_SYS(eventfd2),   SCMP_SYS(getpeername), SCMP_SYS(getsockname),
	SCMP_SYS(getsockopt), SCMP_SYS(recvfrom),    SCMP_SYS(recvmmsg),
	SCMP_SYS(recvmsg),    SCMP_SYS(sendmmsg),    SCMP_SYS(sendmsg),
	SCMP_SYS(sendto),     SCMP_SYS(setsockopt),  SCMP_SYS(shutdown),
	SCMP_SYS(socketpair),
};

static const int watching[] = {
	SCMP_SYS(inotify_add_watch), SCMP_SYS(inotify_init1),
	SCMP_SYS(inotify_rm_watch),  SCMP_SYS(signalfd4),
	SCMP_SYS(timerfd_create),    SCMP_SYS(timerfd_settime),
};

/* To a datagram socket, which is all that socket(2) then makes. */
static const int logging[] = {
	SCMP_SYS(connect),
	SCMP_SYS(sendmsg),
	SCMP_SYS(sendto),
};

static int allow_all(scmp_filter_ctx list, const int *calls, size_t count)
{
	int status = 0;
	size_t i;

	for (i = 0; i < count && status == 0; i++)
		status = seccomp_rule_add(list, SCMP_ACT_ALLOW, calls[i], 0);
	return status;
}

/* --- What may be called with some arguments ----------------------------------- */

static struct scmp_arg_cmp equals(unsigned argument, scmp_datum_t value)
{
	return (struct scmp_arg_cmp){
		.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value};
}

/* That of the bits of `mask` those of `value` are set, and no other. */
static struct scmp_arg_cmp has_bits(unsigned argument, scmp_datum_t mask,
				    scmp_datum_t value)
{
	return (struct scmp_arg_cmp){.arg = argument,
				     .op = SCMP_CMP_MASKED_EQ,
				     .datum_a = mask,
				     .datum_b = value};
}

static int allow_if(scmp_filter_ctx list, int call,
		    struct scmp_arg_cmp condition)
{
	return seccomp_rule_add_array(list, SCMP_ACT_ALLOW, call, 1,
				      &condition);
}

/* Threads, and no processes. What clone3 is asked for stands in memory, where no
 * list can look: without it the C library takes clone. */
static int allow_threads(scmp_filter_ctx list)
{
	int status = seccomp_rule_add(list, SCMP_ACT_ERRNO(ENOSYS),
				      SCMP_SYS(clone3), 0);

	return status != 0 ? status
			   : allow_if(list, SCMP_SYS(clone),
				      has_bits(0, CLONE_THREAD, CLONE_THREAD));
}

/* Signals and limits, of this process only. */
static int allow_self(scmp_filter_ctx list)
{
	scmp_datum_t self = (scmp_datum_t)getpid();
	const struct {
		int call;
		struct scmp_arg_cmp condition;
	} calls[] = {
		{SCMP_SYS(kill), equals(0, self)},
		{SCMP_SYS(tgkill), equals(0, self)},
		{SCMP_SYS(prlimit64), equals(0, 0)},
		{SCMP_SYS(ioctl), equals(1, FIONBIO)},
		{SCMP_SYS(ioctl), equals(1, FIONREAD)},
	};
	int status = 0;
	size_t i;

	for (i = 0; i < COUNT(calls) && status == 0; i++)
		status = allow_if(list, calls[i].call, calls[i].condition);
	return status;
}

/* New code comes from the C library's modules only, which a program that asks
 * for the addresses of hosts must load. */
static int allow_memory(scmp_filter_ctx list, unsigned needs)
{
	bool loads = (needs & CONFINE_CONNECTS) != 0 || IS_INSTRUMENTED;
	scmp_datum_t refused = loads ? 0 : PROT_EXEC;
	int status = allow_if(list, SCMP_SYS(mmap), has_bits(2, refused, 0));

	return status != 0 ? status
			   : allow_if(list, SCMP_SYS(mprotect),
				      has_bits(2, refused, 0));
}

static int allow_datagrams(scmp_filter_ctx list)
{
	const struct scmp_arg_cmp conditions[] = {
		equals(0, AF_UNIX), has_bits(1, SOCKET_TYPE, SOCK_DGRAM)};
	int status = allow_all(list, logging, COUNT(logging));

	return status != 0
		       ? status
		       : seccomp_rule_add_array(list, SCMP_ACT_ALLOW,
						SCMP_SYS(socket),
						COUNT(conditions), conditions);
}

/* With neither need there is none to be had. */
static int allow_sockets(scmp_filter_ctx list, unsigned needs)
{
	static const int families[] = {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK};
	int status = 0;
	size_t i;

	if ((needs & CONFINE_CONNECTS) == 0)
		return (needs & CONFINE_LOGS) != 0 ? allow_datagrams(list) : 0;
	for (i = 0; i < COUNT(families) && status == 0; i++)
		status = allow_if(list, SCMP_SYS(socket),
				  equals(0, (scmp_datum_t)families[i]));
	return status;
}

/* --- The list ------------------------------------------------------------------- */

static int allow_needs(scmp_filter_ctx list, unsigned needs)
{
	static const struct {
		unsigned need;
		const int *calls;
		size_t count;
	} groups[] = {
		{CONFINE_SERVES, serving, COUNT(serving)},
		{CONFINE_CHANGES, changing, COUNT(changing)},
		{CONFINE_CONNECTS, connecting, COUNT(connecting)},
		{CONFINE_WATCHES, watching, COUNT(watching)},
	};
	int status = allow_all(list, always, COUNT(always));
	size_t i;

	for (i = 0; i < COUNT(groups) && status == 0; i++)
		if ((needs & groups[i].need) != 0)
			status = allow_all(list, groups[i].calls,
					   groups[i].count);
	return status;
}

static int fill(scmp_filter_ctx list, unsigned needs)
{
	static const int instruments[] = {INSTRUMENTS_CALL};
	int status;

	/* A sorted list is searched by halves. */
	status = seccomp_attr_set(list, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (status == 0) /* the kernel's own errors */
		status = seccomp_attr_set(list, SCMP_FLTATR_API_SYSRAWRC, 1);
	if (status == 0) /* those of another architecture */
		status = seccomp_attr_set(list, SCMP_FLTATR_ACT_BADARCH,
					  SCMP_ACT_KILL_PROCESS);
	if (status == 0)
		status = allow_needs(list, needs);
	if (status == 0)
		status = allow_threads(list);
	if (status == 0)
		status = allow_self(list);
	if (status == 0)
		status = allow_memory(list, needs);
	if (status == 0)
		status = allow_sockets(list, needs);
	if (status == 0)
		status = allow_all(list, instruments,
				   IS_INSTRUMENTED ? COUNT(instruments) : 0);
	return status;
}

/* What a kernel without such lists, or without seccomp, says, and libseccomp of
 * one that knows too little. */
static bool is_not_offered(int status)
{
	return status == -EINVAL || status == -ENOSYS || status == -EOPNOTSUPP;
}

int call_list_enforce(unsigned needs, struct error *err)
{
	scmp_filter_ctx list = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int status;

	if (list == NULL)
		return error_no_memory(err);
	status = fill(list, needs);
	if (status == 0)
		status = seccomp_load(list);
	seccomp_release(list);
	/* Where memory is short the library can load a list without entries, and
	 * then nothing can be called any more, neither a way to say so nor one to
	 * exit. */
	if (status == 0 && getppid() < 0)
		__builtin_trap();
	if (status == 0)
		return 0;
	error_set(err, EX_OSERR, "seccomp: %s", strerror(-status));
	return is_not_offered(status) ? CALL_LIST_NOT_OFFERED : -1;
}
