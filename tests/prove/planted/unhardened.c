/* For hardening-check: built with nothing on. */
#include <string.h>

int main(int argc, char **argv)
{
	char name[64];

	strcpy(name, argv[0]);
	return argc == 0 ? name[0] : 0;
}
