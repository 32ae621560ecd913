/* For clang-tidy: the size of a pointer where that of its object is meant, and
 * a NULL that is read. */
#include <string.h>

int planted(const char *text);

int planted(const char *text)
{
	char *copy = NULL;

	if (text == NULL)
		return *text;
	return memcmp(text, text, 1) && *copy;
}
