/* For the compilers: a sign that is lost, and a format that does not fit. */
#include <stdio.h>

unsigned planted(long number);

unsigned planted(long number)
{
	printf("%s\n", (int)number);
	return number;
}
