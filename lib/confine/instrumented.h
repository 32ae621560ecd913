/*
 * What sanitizers and gcov add to a program and must be let do: they look at the
 * process in /proc, read the program's own debug information, start a tracer at
 * its end to look for leaks, write figures beside the objects. Such a build is
 * confined all the same, by wider lists, so that its tests find what a program
 * needs and has not said. The room's own; all that differs is here.
 *
 * CONFINE_GCOV_DIR, a string: the directory that gcov's figures are written to.
 */
#ifndef MARQUEE_CONFINE_INSTRUMENTED_H
#define MARQUEE_CONFINE_INSTRUMENTED_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||     \
	__has_feature(memory_sanitizer)
#define IS_INSTRUMENTED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||           \
	defined(CONFINE_GCOV_DIR)
#undef IS_INSTRUMENTED
#define IS_INSTRUMENTED 1
#endif
#ifndef IS_INSTRUMENTED
#define IS_INSTRUMENTED 0
#endif

#ifndef CONFINE_GCOV_DIR
#define CONFINE_GCOV_DIR ""
#endif

#define INSTRUMENTS_READ "/proc", "/sys/devices/system/cpu", "/usr"

#define INSTRUMENTS_CALL                                                       \
	SCMP_SYS(clone), SCMP_SYS(ftruncate), SCMP_SYS(getdents),              \
		SCMP_SYS(kill), SCMP_SYS(mkdir), SCMP_SYS(personality),        \
		SCMP_SYS(prctl), SCMP_SYS(ptrace), SCMP_SYS(wait4),            \
		SCMP_SYS(waitid)

#endif
