/* base/settings.h: a file of settings is taken as a whole or refused with a
 * line for a person. */
#include "base/settings.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"
#include "fuzz.h"

#define MAX_BYTES 384

/* A file that is only memory. */
static const char *write_file(const uint8_t *data, size_t size)
{
	static char path[64];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("settings", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	FUZZ_CHECK(pwrite(fd, data, size, 0) == (ssize_t)size);
	FUZZ_CHECK(ftruncate(fd, (off_t)size) == 0);
	return path;
}

FUZZ_TARGET(settings, MAX_BYTES)
{
	const char *path = write_file(data, size);
	struct error err = {0};
	struct settings *settings = settings_load(path, &err);
	long long pages;
	int id;

	if (settings == NULL) {
		FUZZ_CHECK(err.code == EX_CONFIG);
		FUZZ_CHECK(strstr(err.message, path) != NULL);
		return;
	}
	FUZZ_CHECK(size == 0 || memchr(data, '\0', size) == NULL);
	for (id = 0; id < SETTING_COUNT; id++) {
		const char *text = settings_text(settings, (enum setting)id);

		FUZZ_CHECK(!text_has_control(text, strlen(text)));
	}
	pages = settings_number(settings, SETTING_MAX_PAGES);
	FUZZ_CHECK(pages >= 1 && pages <= 100000);
	settings_free(settings);
}
