#include "template/template.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"

#define SUFFIX ".mustache"

/* A name that leads nowhere but into the directory. */
static bool is_file_name(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_";

	return name[0] != '\0' && name[strspn(name, allowed)] == '\0';
}

int template_directory_load(void *path, const char *name, struct buffer *text,
			    struct error *err)
{
	const char *directory = path;
	struct buffer file = BUFFER_EMPTY;
	int result = 1;

	if (!is_file_name(name))
		return 1;
	buffer_format(&file, "%s/%s" SUFFIX, directory, name);
	if (buffer_check(&file, err) != 0)
		result = -1;
	else if (faccessat(AT_FDCWD, file.data, F_OK, 0) == 0)
		result = files_read(AT_FDCWD, file.data, TEMPLATE_MAX_BYTES,
				    text, err);
	buffer_free(&file);
	return result;
}

struct template *template_read(const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	struct template_partials partials = {template_directory_load, NULL};
	struct buffer text = BUFFER_EMPTY;
	struct template *tmpl = NULL;
	char *directory;

	/* The slash stays, so that "/page.mustache" is in "/". */
	directory = slash == NULL ? strdup(".")
				  : strndup(path, (size_t)(slash - path) + 1);
	partials.context = directory;
	if (directory == NULL)
		error_no_memory(err);
	else if (files_read(AT_FDCWD, path, TEMPLATE_MAX_BYTES, &text, err) ==
		 0)
		tmpl = template_parse(path, text.data, text.length, &partials,
				      err);
	buffer_free(&text);
	free(directory);
	return tmpl;
}

struct template *template_open(const char *directory, const char *name,
			       struct error *err)
{
	struct buffer path = BUFFER_EMPTY;
	struct template *tmpl = NULL;

	buffer_format(&path, "%s/%s" SUFFIX, directory, name);
	if (buffer_check(&path, err) == 0)
		tmpl = template_read(path.data, err);
	buffer_free(&path);
	return tmpl;
}
