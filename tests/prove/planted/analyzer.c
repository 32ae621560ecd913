/* For gcc's -fanalyzer and cppcheck: freed twice on one of the two ways. */
#include <stdlib.h>

int planted(char *bytes, int is_early);

int planted(char *bytes, int is_early)
{
	if (is_early)
		free(bytes);
	free(bytes);
	return 0;
}
