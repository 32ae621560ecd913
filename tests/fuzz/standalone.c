/*
 * fuzz_corpus DIRECTORY [TARGET…]: gives each file of DIRECTORY/<target>/ to
 * the target of that name, and prints a line a target: its name and how many
 * files there were. What does not hold ends it by a signal, with the target and
 * the file before it on stderr.
 */
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/files.h"
#include "base/log.h"
#include "fuzz.h"

#define INPUT_MAX_BYTES ((size_t)1 << 20)

#define X(name) int fuzz_target_##name(const uint8_t *data, size_t size);
#include "targets.h"
#undef X

static const struct target {
	const char *name;
	int (*try)(const uint8_t *data, size_t size);
} targets[] = {
#define X(name) {#name, fuzz_target_##name},
#include "targets.h"
#undef X
};

#define TARGETS (sizeof(targets) / sizeof(targets[0]))

static void try_file(const struct target *target, int dir, const char *name)
{
	struct buffer input = BUFFER_EMPTY;
	struct error failure = {0};

	if (files_read(dir, name, INPUT_MAX_BYTES, &input, &failure) != 0)
		errx(failure.code, "%s", failure.message);
	fprintf(stderr, "%s/%s\n", target->name, name);
	target->try((const uint8_t *)input.data, input.length);
	buffer_free(&input);
}

/* Returns the number of files; 0 where there is no such directory. */
static unsigned try_directory(const struct target *target, int corpus)
{
	int fd = openat(corpus, target->name, O_RDONLY | O_DIRECTORY);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	unsigned count = 0;

	if (dir == NULL)
		return 0;
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		try_file(target, fd, entry->d_name);
		count++;
	}
	closedir(dir);
	return count;
}

static bool is_asked_for(const char *name, char *const *asked)
{
	if (*asked == NULL)
		return true;
	while (*asked != NULL && strcmp(*asked, name) != 0)
		asked++;
	return *asked != NULL;
}

int main(int argc, char *argv[])
{
	int corpus;
	size_t i;

	if (argc < 2)
		errx(EX_USAGE, "usage: fuzz_corpus DIRECTORY [TARGET...]");
	corpus = open(argv[1], O_RDONLY | O_DIRECTORY);
	if (corpus < 0)
		err(EX_NOINPUT, "%s", argv[1]);
	for (i = 0; i < TARGETS; i++)
		if (is_asked_for(targets[i].name, argv + 2))
			printf("%s %u\n", targets[i].name,
			       try_directory(&targets[i], corpus));
	close(corpus);
	return 0;
}
