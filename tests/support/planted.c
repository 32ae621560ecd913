/*
 * planted DEFECT: commits the defect of that name and exits 0, unless a tool
 * that watches finds it. What a tool does not find here, its silence about the
 * programs is worth nothing.
 */
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What no compiler knows beforehand. */
static volatile int one = 1;
static volatile int sink;

static int heap_overflow(void)
{
	char *bytes = malloc(8);

	if (bytes == NULL)
		return 1;
	bytes[7 + one] = 'x';
	sink = bytes[7 + one];
	free(bytes);
	return 0;
}

static int use_after_free(void)
{
	char *volatile bytes = calloc(1, 8);

	free(bytes);
	sink = bytes[one];
	return 0;
}

static int leak(void)
{
	char *volatile bytes = calloc(1, 1000);

	sink = bytes != NULL;
	bytes = NULL;
	return 0;
}

static int signed_overflow(void)
{
	sink = INT_MAX;
	sink = sink + one;
	return 0;
}

static int uninitialised(void)
{
	char *volatile bytes = malloc(64);
	int status = 0;

	if (bytes == NULL)
		return 1;
	if (bytes[one] == 'x')
		status = puts("by chance") == EOF;
	free(bytes);
	return status;
}

static int shared;

static void *count_on(void *unused)
{
	int i;

	(void)unused;
	for (i = 0; i < 10000; i++)
		shared++;
	return NULL;
}

static int race(void)
{
	pthread_t other;

	if (pthread_create(&other, NULL, count_on, NULL) != 0)
		return 1;
	count_on(NULL);
	return pthread_join(other, NULL);
}

static const struct {
	const char *name;
	int (*commit)(void);
} defects[] = {
	{"heap-overflow", heap_overflow},
	{"use-after-free", use_after_free},
	{"leak", leak},
	{"signed-overflow", signed_overflow},
	{"uninitialised", uninitialised},
	{"race", race},
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < sizeof(defects) / sizeof(defects[0]); i++)
		if (argc == 2 && strcmp(argv[1], defects[i].name) == 0)
			return defects[i].commit();
	fputs("planted: which defect?\n", stderr);
	return 64;
}
