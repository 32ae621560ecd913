/*
 * starved_planted unchecked|large|loser
 *
 * Prints a few words, each by way of memory of its own, and is wrong on purpose:
 * `unchecked` uses what it was not given; so does `large`, which asks for
 * megabytes; `loser` leaves out the words that it has no memory for and says that
 * all went well. A sweep over it must find each.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGE_BYTES ((size_t)8 << 20)

int main(int argc, char **argv)
{
	static const char *const words[] = {"my", "neighbour", "totoro"};
	bool is_checked = argc > 1 && strcmp(argv[1], "loser") == 0;
	bool is_large = argc > 1 && strcmp(argv[1], "large") == 0;
	size_t i, bytes;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		char *copy;

		bytes = strlen(words[i]) + 1;
		copy = malloc(is_large ? LARGE_BYTES : bytes);
		if (copy == NULL && is_checked)
			continue;
		memcpy(copy, words[i], bytes);
		puts(copy);
		free(copy);
	}
	return 0;
}
