/*
 * wrong_publisher in-place|careless GENERATION SITE
 *
 * Publishes the finished generation in the directory GENERATION once more, into
 * the site's directory SITE (which is there), and does it wrong: what the sweeps
 * of tests/prove must find, or they could not fail.
 *
 * in-place: makes it live first and writes its files then.
 * careless: does all in the right order, and looks at no result of a write.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"

#define MAX_FILE_BYTES ((size_t)1 << 24)

static int write_file(int to, const char *name, const struct buffer *bytes,
		      bool is_careless, struct error *err)
{
	int fd, status;

	if (!is_careless)
		return files_create(to, name, bytes->data, bytes->length, err);
	fd = openat(to, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	status = (int)write(fd, bytes->data, bytes->length);
	status = fsync(fd);
	close(fd);
	(void)status;
	return 0;
}

/* Every file of the directory `from`, which it closes. */
static int copy(int from, int to, bool is_careless, struct error *err)
{
	DIR *entries = fdopendir(from);
	const struct dirent *entry;
	struct buffer bytes = BUFFER_EMPTY;
	int status = 0;

	if (entries == NULL)
		return error_set(err, EX_NOINPUT, "no generation to publish");
	while (status == 0 && (entry = readdir(entries)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		buffer_clear(&bytes);
		status = files_read(from, entry->d_name, MAX_FILE_BYTES, &bytes,
				    err);
		if (status == 0)
			status = write_file(to, entry->d_name, &bytes,
					    is_careless, err);
	}
	buffer_free(&bytes);
	closedir(entries);
	return status;
}

static int make_live(int site, const char *name, struct error *err)
{
	struct buffer target = BUFFER_EMPTY;
	int status = -1;

	buffer_format(&target, "generations/%s", name);
	unlinkat(site, "current.new", 0);
	if (buffer_check(&target, err) == 0 &&
	    symlinkat(target.data, site, "current.new") == 0 &&
	    renameat(site, "current.new", site, "current") == 0)
		status = files_sync(site, "the site", err);
	else
		error_set(err, EX_CANTCREAT, "cannot make it live");
	buffer_free(&target);
	return status;
}

static int publish(const char *from, int site, bool is_careless,
		   struct error *err)
{
	const char *name = strrchr(from, '/') + 1;
	int source = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int generations = files_make_dir(site, "generations", err);
	int to = -1, status = -1;

	if (generations < 0 || files_remove_tree(generations, name, err) != 0 ||
	    (to = files_make_dir(generations, name, err)) < 0)
		goto out;
	if (!is_careless && make_live(site, name, err) != 0)
		goto out;
	status = copy(source, to, is_careless, err);
	source = -1;
	if (status == 0 && is_careless)
		status = make_live(site, name, err);
out:
	if (source >= 0)
		close(source);
	if (to >= 0)
		close(to);
	if (generations >= 0)
		close(generations);
	return status;
}

int main(int argc, char **argv)
{
	struct error err = {0};
	int site, status;

	if (argc != 4 || strchr(argv[2], '/') == NULL)
		return EX_USAGE;
	site = open(argv[3], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (site < 0)
		return EX_NOINPUT;
	status = publish(argv[2], site, strcmp(argv[1], "careless") == 0, &err);
	close(site);
	if (status != 0)
		fprintf(stderr, "wrong_publisher: %s\n", err.message);
	return status != 0 ? err.code : EX_OK;
}
