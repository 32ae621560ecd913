/* See failing_malloc.h. Only libc is used, and nothing that allocates. */
#include "failing_malloc.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "failing_callers.h"
#include "failing_server.h"

/* Of brotli; up to 11. */
#define LOW_QUALITY 2

/* What is asked for while the true functions are looked up: never freed. */
#define EARLY_BYTES 65536

static struct failing_control own;
static struct failing_control *control = &own;
static uint64_t callers_room; /* of control->callers */
static const void *program_base;

static struct {
	void *(*malloc)(size_t);
	void *(*calloc)(size_t, size_t);
	void *(*realloc)(void *, size_t);
	void *(*memalign)(size_t, size_t);
	void (*free)(void *);
} real;

static _Alignas(16) char early[EARLY_BYTES];
static size_t early_used;
static bool is_looking_up;

/* A thread that tells of a failure may allocate itself. */
static _Thread_local bool is_telling;

/* ISO C knows no conversion between the two kinds of pointers. */
static void look_up(const char *name, void *function)
{
	void *found = dlsym(RTLD_NEXT, name);

	memcpy(function, &found, sizeof(found));
}

/* Whether the true functions are known. */
static bool is_ready(void)
{
	if (real.free != NULL)
		return true;
	if (is_looking_up)
		return false;
	is_looking_up = true;
	look_up("malloc", &real.malloc);
	look_up("calloc", &real.calloc);
	look_up("realloc", &real.realloc);
	look_up("memalign", &real.memalign);
	look_up("free", &real.free);
	is_looking_up = false;
	return true;
}

static void *take_early(size_t size)
{
	void *taken = early + early_used;

	size = (size + 15) & ~(size_t)15;
	if (size > sizeof(early) - early_used)
		abort();
	early_used += size;
	return taken;
}

static bool is_early(const void *block)
{
	return (const char *)block >= early &&
	       (const char *)block < early + sizeof(early);
}

/* --- Telling ---------------------------------------------------------------- */

static void tell_chain(char *text)
{
	struct callers callers;

	is_telling = true;
	find_callers(&callers);
	write_chain(text, &callers);
	is_telling = false;
}

static void trace(uint64_t number)
{
	struct callers callers;

	is_telling = true;
	find_callers(&callers);
	control->callers[number - 1] = (digest_of(&callers) & ~(uint64_t)1) |
				       is_sensitive(&callers, program_base);
	is_telling = false;
}

static bool must_fail(void)
{
	uint64_t number;

	if (!control->is_armed || is_telling)
		return false;
	number = ++control->seen;
	if (control->is_traced && number <= callers_room)
		trace(number);
	if (control->wanted == 0 || number < control->wanted ||
	    (number > control->wanted && !control->goes_on))
		return false;
	if (control->failed++ == 0)
		tell_chain(control->chain);
	errno = ENOMEM;
	return true;
}

static void *counted(void *block)
{
	if (block != NULL && control->is_armed && !is_telling)
		control->live++;
	return block;
}

/* --- What is put in their place ------------------------------------------------ */

void *malloc(size_t size)
{
	if (!is_ready())
		return take_early(size);
	return must_fail() ? NULL : counted(real.malloc(size));
}

void *calloc(size_t count, size_t size)
{
	if (!is_ready())
		return take_early(count * size);
	return must_fail() ? NULL : counted(real.calloc(count, size));
}

void *realloc(void *block, size_t size)
{
	void *grown;

	if (!is_ready() || is_early(block)) {
		grown = malloc(size);
		if (grown != NULL && block != NULL)
			memcpy(grown, block, size);
		return grown;
	}
	if (must_fail())
		return NULL;
	grown = real.realloc(block, size);
	if (block == NULL)
		counted(grown);
	else if (size == 0 && control->is_armed)
		control->live--;
	return grown;
}

void *reallocarray(void *block, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(block, bytes);
}

void *memalign(size_t alignment, size_t size)
{
	if (!is_ready() || must_fail())
		return NULL;
	return counted(real.memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
	void *taken = memalign(alignment, size);

	if (taken == NULL)
		return ENOMEM;
	*block = taken;
	return 0;
}

void free(void *block)
{
	if (block == NULL || is_early(block) || !is_ready())
		return;
	if (control->is_armed && !is_telling)
		control->live--;
	real.free(block);
}

/* A sanitizer's own would not come through malloc. */
char *strdup(const char *text)
{
	size_t bytes = strlen(text) + 1;
	char *copy = malloc(bytes);

	return copy != NULL ? memcpy(copy, text, bytes) : NULL;
}

char *strndup(const char *text, size_t most)
{
	size_t length = strnlen(text, most);
	char *copy = malloc(length + 1);

	if (copy == NULL)
		return NULL;
	copy[length] = '\0';
	return memcpy(copy, text, length);
}

/* --- Haste ------------------------------------------------------------------- */

/* brotli at its best takes nineteen twentieths of a publisher's time: it is told
 * to make less effort, which changes nothing of who calls whom. Its header need
 * not be there: <brotli/encode.h>. */
int BrotliEncoderCompress(int quality, int window, int mode, size_t length,
			  const unsigned char *bytes, size_t *encoded_length,
			  unsigned char *encoded);

int BrotliEncoderCompress(int quality, int window, int mode, size_t length,
			  const unsigned char *bytes, size_t *encoded_length,
			  unsigned char *encoded)
{
	int (*compress)(int, int, int, size_t, const unsigned char *, size_t *,
			unsigned char *);

	look_up("BrotliEncoderCompress", &compress);
	return compress(quality < LOW_QUALITY ? quality : LOW_QUALITY, window,
			mode, length, bytes, encoded_length, encoded);
}

/* --- A program's end ------------------------------------------------------------- */

/* Where it is called, nothing of the program can be trusted any more. */
static void tell_crash(int number)
{
	control->is_armed = 0;
	control->signal = (uint64_t)number;
	tell_chain(control->crash);
	signal(number, SIG_DFL);
	raise(number);
}

static void watch_crashes(void)
{
	static const int fatal[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
	static char place[65536];
	stack_t stack = {.ss_sp = place, .ss_size = sizeof(place)};
	struct sigaction action = {.sa_handler = tell_crash,
				   .sa_flags = SA_ONSTACK | SA_NODEFER};
	size_t i;

	sigaltstack(&stack, NULL);
	for (i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		sigaction(fatal[i], &action, NULL);
}

/* --- From inside ------------------------------------------------------------------ */

void failing_malloc_arm(uint64_t wanted, int goes_on)
{
	control->is_armed = 0;
	control->wanted = wanted;
	control->goes_on = goes_on != 0;
	control->seen = control->failed = control->signal = 0;
	control->live = 0;
	control->chain[0] = control->crash[0] = '\0';
	control->is_armed = 1;
}

const struct failing_control *failing_malloc_disarm(void)
{
	control->is_armed = 0;
	return control;
}

__attribute__((constructor)) static void start(void)
{
	const char *path = getenv("FAILING_MALLOC");
	struct callers callers;
	struct stat file;
	void *mapped;
	int fd;

	find_callers(&callers); /* its first use allocates */
	if (path == NULL)
		return;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &file) != 0 ||
	    (size_t)file.st_size < sizeof(*control))
		_exit(FAILING_BROKEN);
	mapped = mmap(NULL, (size_t)file.st_size, PROT_READ | PROT_WRITE,
		      MAP_SHARED, fd, 0);
	if (mapped == MAP_FAILED)
		_exit(FAILING_BROKEN);
	close(fd);
	control = mapped;
	callers_room = ((size_t)file.st_size - sizeof(*control)) /
		       sizeof(control->callers[0]);
	/* What the program starts is not to starve. */
	unsetenv("LD_PRELOAD");
	unsetenv("FAILING_MALLOC");
	watch_crashes();
}

/* --- A program's beginning ------------------------------------------------------ */

typedef int program_main(int argc, char **argv, char **environment);

static program_main *true_main;

static int wait_before_main(int argc, char **argv, char **environment)
{
	const char *server = getenv("FAILING_MALLOC_SERVER");
	int in, out;

	if (server != NULL && sscanf(server, "%d,%d", &in, &out) == 2) {
		unsetenv("FAILING_MALLOC_SERVER");
		wait_to_be_child(in, out);
		control->is_armed = 1;
	}
	return true_main(argc, argv, environment);
}

/* What a program's first instructions call, with its main. */
int __libc_start_main(program_main *program, int argc, char **argv,
		      void (*init)(void), void (*fini)(void),
		      void (*rtld_fini)(void), void *stack_end);

int __libc_start_main(program_main *program, int argc, char **argv,
		      void (*init)(void), void (*fini)(void),
		      void (*rtld_fini)(void), void *stack_end)
{
	int (*begin)(program_main *, int, char **, void (*)(void),
		     void (*)(void), void (*)(void), void *);
	void *address;

	look_up("__libc_start_main", &begin);
	true_main = program;
	memcpy(&address, &program, sizeof(address));
	program_base = module_of(address);
	return begin(wait_before_main, argc, argv, init, fini, rtld_fini,
		     stack_end);
}
