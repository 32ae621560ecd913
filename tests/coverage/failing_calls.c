/*
 * A library to preload: each call that our own code makes fails once, on each
 * way that leads to it.
 *
 *     FAILING_CALLS=table LD_PRELOAD=failing_calls.so unit/test_buffer
 *
 * A way is the chain of return addresses through our own code (on x86-64, with
 * the frame pointers of -O0). What failed already stands in `table`, a file that
 * all runs share: run the same program again and again, and each run comes
 * further, until one adds nothing. FAILING_COUNT=path gets a byte for each
 * failure, FAILING_CRASHES=path a line for each crash of our own code.
 * FAILING_OUTER=n looks at the n outermost of a chain alone, so that a program
 * that ends at each failure needs fewer runs. With FAILING_ALONE what
 * cleans up after a failure does not fail too; with FAILING_ONLY="word word" only
 * calls whose name begins with one of them do. Only programs of the coverage
 * build have the marks that say which code is ours; any other runs as if this
 * were not here.
 *
 * A call fails before it does anything, or (AFTER) when it has done all, or
 * (SHORT) does a part: three bytes at most, in its third argument. A clock is an
 * hour LATE, once. PASS is no failure: the same way has its turn again.
 */
#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#else
#include <amqp.h>
#endif
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <json-c/json_types.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>

#define SLOTS ((size_t)1 << 18)
#define DEEPEST 40
#define LARGEST_FRAME (1 << 20)
#define SHORT_BYTES 3
#define LEAST_DESCRIPTOR 200
#define EXPORTED __attribute__((visibility("default")))

typedef long (*any_function)(long, long, long, long, long, long, long, long,
			     long, long, long, long, long, long);

enum manner { BEFORE, AFTER, SHORT, REPLY, LATE, PASS, NUMBER };

/* One way of a call to fail. */
struct failure {
	long result;
	int reason; /* errno */
	enum manner manner;
};

static _Atomic uint64_t *table;
static uintptr_t code_begin, code_end, base;
static int counter = -1, crashes = -1;
static void (*(*real_signal)(int, void (*)(int)))(int);
static void (*handler_of_test)(int);
static size_t outermost = DEEPEST;
static const char *only; /* beginnings of names; NULL: all */
static bool is_alone;
static _Thread_local uintptr_t failed_in;
static const char *last_name = "call";
static uintptr_t last_place;

extern ssize_t __real_write(int fd, const void *bytes,
			    size_t length) __asm__("__write");
extern int close(int fd);
extern int dprintf(int fd, const char *format, ...);
extern char *secure_getenv(const char *name);
extern unsigned long strtoul(const char *text, char **end, int radix);

static bool is_ours(uintptr_t address)
{
	return address > code_begin && address < code_end;
}

/* Whether the innermost frame of the program itself is of our own code. */
static bool is_our_crash(void *const *chain, int depth)
{
	Dl_info place;

	for (int i = 0; i < depth; i++)
		if (dladdr(chain[i], &place) != 0 &&
		    (uintptr_t)place.dli_fbase == base)
			return is_ours((uintptr_t)chain[i]);
	return false;
}

/* A test that a failed call leaves with a NULL may crash: that is cmocka's. What
 * is ours is written down: what failed last, and the chain, for addr2line. */
static void explain_crash(int signal_number)
{
	void *chain[DEEPEST];
	int depth = backtrace(chain, DEEPEST);

	if (crashes >= 0 && is_our_crash(chain, depth)) {
		dprintf(crashes, "a failed %s at %#lx:", last_name,
			(unsigned long)(last_place - base));
		for (int i = 0; i < depth; i++)
			if (is_ours((uintptr_t)chain[i]))
				dprintf(crashes, " %#lx",
					(unsigned long)((uintptr_t)chain[i] -
							base));
		dprintf(crashes, "\n");
	}
	if (handler_of_test != NULL)
		handler_of_test(signal_number);
	real_signal(signal_number, SIG_DFL);
	raise(signal_number);
}

/* cmocka's handler comes after ours. */
EXPORTED void (*stands_in_for_signal(int number, void (*handler)(int)))(
	int) __asm__("signal");

EXPORTED void (*stands_in_for_signal(int number, void (*handler)(int)))(int)
{
	void (*before)(int) = handler_of_test;

	if (real_signal == NULL)
		*(void **)&real_signal = dlsym(RTLD_NEXT, "signal");
	if (number != SIGSEGV || table == NULL)
		return real_signal(number, handler);
	handler_of_test = handler == SIG_DFL ? NULL : handler;
	return before == NULL ? SIG_DFL : before;
}

/* Where a program that was started without stdin does not take it for that. */
static int open_high(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);
	int high = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, LEAST_DESCRIPTOR);

	if (fd >= 0)
		close(fd);
	return high;
}

__attribute__((constructor)) static void open_the_table(void)
{
	const char *path = secure_getenv("FAILING_CALLS");
	const char *count = secure_getenv("FAILING_COUNT");
	const char *outer = secure_getenv("FAILING_OUTER");
	const char *said = secure_getenv("FAILING_CRASHES");
	void *end = dlsym(RTLD_DEFAULT, "__wrap__exit");
	void *begin = dlsym(RTLD_DEFAULT, "coverage_begin");
	Dl_info program;
	void *map;
	int fd;

	if (outer != NULL)
		outermost = strtoul(outer, NULL, 10);
	only = secure_getenv("FAILING_ONLY");
	is_alone = secure_getenv("FAILING_ALONE") != NULL;
	if (path == NULL || begin == NULL || end == NULL ||
	    !dladdr(begin, &program))
		return;
	fd = open_high(path, O_RDWR);
	if (fd < 0)
		return;
	map = mmap(NULL, SLOTS * sizeof(*table), PROT_READ | PROT_WRITE,
		   MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return;
	if (count != NULL)
		counter = open_high(count, O_WRONLY | O_APPEND);
	if (said != NULL)
		crashes = open_high(said, O_WRONLY | O_APPEND);
	code_begin = (uintptr_t)begin;
	code_end = (uintptr_t)end;
	base = (uintptr_t)program.dli_fbase;
	table = map;
	*(void **)&real_signal = dlsym(RTLD_NEXT, "signal");
	real_signal(SIGSEGV, explain_crash);
}

/* Whether nobody came that way before; now somebody has. */
static bool is_new(uint64_t way)
{
	for (size_t i = way % SLOTS;; i = (i + 1) % SLOTS) {
		uint64_t seen = 0;

		if (atomic_compare_exchange_strong(&table[i], &seen, way))
			return true;
		if (seen == way)
			return false;
	}
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * 0x9E3779B97F4A7C15u + (hash >> 29);
}

/* The chain of frames that leads to a call; 0: not ours. `outer` is set to the
 * outermost of ours: of two calls with the same one, the second follows the
 * first in what the test or main() called. */
static uint64_t way_of(uintptr_t *frame, uintptr_t *outer)
{
	uintptr_t chain[DEEPEST];
	size_t depth = 0;
	uint64_t hash = 1;

	while (depth < DEEPEST && is_ours(frame[1])) {
		uintptr_t *next = (uintptr_t *)frame[0];

		chain[depth++] = frame[1] - base;
		*outer = (uintptr_t)frame ^ frame[1];
		if (next <= frame ||
		    (uintptr_t)next - (uintptr_t)frame > LARGEST_FRAME)
			break;
		frame = next;
	}
	if (depth == 0)
		return 0;
	for (size_t i = depth > outermost ? depth - outermost : 0; i < depth;
	     i++)
		hash = mix(hash, chain[i]);
	return hash;
}

/* Whether the name begins with one of the words of `only`. */
static bool is_among(const char *name)
{
	const char *word = only;
	size_t i;

	while (word != NULL && *word != '\0') {
		for (i = 0; word[i] != '\0' && word[i] == name[i];)
			i++;
		if (word[i] == '\0' || word[i] == ' ')
			return true;
		while (*word != '\0' && *word++ != ' ')
			;
	}
	return word == NULL;
}

/* The next way for the call to fail that was not tried here; NULL: none. */
static const struct failure *choose(const char *name,
				    const struct failure *failures,
				    size_t count, uintptr_t *frame)
{
	uintptr_t outer = 0;
	uint64_t way = table == NULL ? 0 : way_of(frame, &outer);

	if (way == 0 || !is_among(name) || (is_alone && outer == failed_in))
		return NULL;
	for (const char *letter = name; *letter != '\0'; letter++)
		way = mix(way, (unsigned char)*letter);
	for (size_t i = 0; i < count; i++)
		if (is_new(mix(way, i + 1) | 1)) {
			if (counter >= 0)
				(void)!__real_write(counter, "x", 1);
			if (failures[i].manner == PASS)
				return NULL;
			if (failures[i].manner == LATE)
				return &failures[i];
			failed_in = outer;
			last_name = name;
			last_place = frame[1];
			return &failures[i];
		}
	return NULL;
}

/* Of json-c: a string has its text, that of a number is made when it is asked. */
static bool is_text(long json)
{
	static int (*is_type)(long, int);

	if (is_type == NULL)
		*(void **)&is_type = dlsym(RTLD_DEFAULT, "json_object_is_type");
	return is_type(json, json_type_string) != 0;
}

/* Of clock_gettime(): deadlines are over, and what is done now and then is due. */
static long an_hour_later(long result, long place)
{
	((struct timespec *)place)->tv_sec += 3600;
	return result;
}

/* What librabbitmq returns in a structure of the caller's. */
static amqp_rpc_reply_t *lost_connection(long place)
{
	amqp_rpc_reply_t *reply = (amqp_rpc_reply_t *)place;

	*reply = (amqp_rpc_reply_t){.reply_type =
					    AMQP_RESPONSE_LIBRARY_EXCEPTION,
				    .library_error = AMQP_STATUS_SOCKET_ERROR};
	return reply;
}

#define ARGUMENTS a, b, c, d, e, f, g, h, i, j, k, l, m, n
#define PARAMETERS                                                             \
	long a, long b, long c, long d, long e, long f, long g, long h,        \
		long i, long j, long k, long l, long m, long n

/*
 * Everything here is called with at most fourteen words and returns at most one, so
 * one kind of function stands for all; what is beyond a call's own arguments is
 * passed on unread.
 */
#define STAND_IN(name, find, ...)                                              \
	long stands_in_for_##name(PARAMETERS) __asm__(#name);                  \
	EXPORTED long stands_in_for_##name(PARAMETERS)                         \
	{                                                                      \
		static const struct failure failures[] = {__VA_ARGS__};        \
		const struct failure *failure =                                \
			choose(#name, failures,                                \
			       sizeof(failures) / sizeof(failures[0]),         \
			       __builtin_frame_address(0));                    \
		static any_function real;                                      \
                                                                               \
		if (real == NULL)                                              \
			real = find;                                           \
		if (failure == NULL)                                           \
			return real(ARGUMENTS);                                \
		if (failure->manner == SHORT)                                  \
			return real(a, b, c > SHORT_BYTES ? SHORT_BYTES : c,   \
				    d, e, f, g, h, i, j, k, l, m, n);          \
		if (failure->manner == AFTER)                                  \
			real(ARGUMENTS);                                       \
		if (failure->manner == NUMBER && is_text(a))                   \
			return real(ARGUMENTS);                                \
		if (failure->manner == LATE)                                   \
			return an_hour_later(real(ARGUMENTS), b);              \
		if (failure->manner == REPLY)                                  \
			return (long)lost_connection(a);                       \
		errno = failure->reason;                                       \
		return failure->result;                                        \
	}

#define FAIL(name, ...)                                                        \
	STAND_IN(name, (any_function)dlsym(RTLD_NEXT, #name), __VA_ARGS__)

/* dlsym() itself allocates. */
#define FAIL_ALLOCATION(name)                                                  \
	extern long libc_##name(PARAMETERS) __asm__("__libc_" #name);          \
	STAND_IN(name, libc_##name, {0, ENOMEM, BEFORE})

#define NONE(reason)                                                           \
	{                                                                      \
		0, reason, BEFORE                                              \
	}
#define MINUS(reason)                                                          \
	{                                                                      \
		-1, reason, BEFORE                                             \
	}
#define DONE(reason)                                                           \
	{                                                                      \
		-1, reason, AFTER                                              \
	}
#define CODE(code)                                                             \
	{                                                                      \
		code, 0, BEFORE                                                \
	}
#define PART                                                                   \
	{                                                                      \
		0, 0, SHORT                                                    \
	}
#define LOST                                                                   \
	{                                                                      \
		0, 0, REPLY                                                    \
	}
#define WELL                                                                   \
	{                                                                      \
		0, 0, PASS                                                     \
	}
#define HOUR                                                                   \
	{                                                                      \
		0, 0, LATE                                                     \
	}

#include "failing_calls.h"
