/* render-template: what a template makes of some data, for designers. */
#include <fcntl.h>
#include <json-c/json_object.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "template/template.h"
#include "template/template_json.h"

static const char help[] =
	"usage: render-template TEMPLATE DATA.json\n"
	"\n"
	"Prints the Mustache template TEMPLATE rendered with DATA.json (-: "
	"the\n"
	"standard input). The partial {{> film}} is film.mustache beside it.\n"
	"\n"
	"  --help     this text\n"
	"  --version  the version\n"
	"\n"
	"Exit status: 0 done, 64 usage, 65 bad template or data, 66 no such\n"
	"file, 74 cannot read or write.\n";

static int print(const char *text, size_t length, struct error *err)
{
	return files_write(STDOUT_FILENO, text, length, "standard output", err);
}

static int read_data(const char *path, struct json_object **data,
		     struct error *err)
{
	struct buffer text = BUFFER_EMPTY;
	int status;

	if (strcmp(path, "-") == 0)
		status = files_read_all(STDIN_FILENO, "standard input",
					TEMPLATE_JSON_MAX_BYTES, &text, err);
	else
		status = files_read(AT_FDCWD, path, TEMPLATE_JSON_MAX_BYTES,
				    &text, err);
	if (status == 0)
		status = template_json_parse(path, text.data, text.length, data,
					     err);
	buffer_free(&text);
	return status;
}

static int run(const char *path, const char *data_path, struct error *err)
{
	struct template *page = template_read(path, err);
	struct buffer out = BUFFER_EMPTY;
	struct json_object *data = NULL;
	struct template_value root;
	int status = -1;

	if (page == NULL || read_data(data_path, &data, err) != 0)
		goto out;
	root = template_json_value(data);
	if (template_render(page, &root, &out, err) == 0)
		status = print(out.data, out.length, err);
out:
	template_free(page);
	json_object_put(data);
	buffer_free(&out);
	return status;
}

int main(int argc, char **argv)
{
	static const char version[] = "render-template " MARQUEE_VERSION "\n";
	struct error err = {0};
	int status;

	signal(SIGPIPE, SIG_IGN);
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		status = print(help, sizeof(help) - 1, &err);
	else if (argc == 2 && strcmp(argv[1], "--version") == 0)
		status = print(version, sizeof(version) - 1, &err);
	else if (argc == 3 && strncmp(argv[1], "--", 2) != 0)
		status = run(argv[1], argv[2], &err);
	else
		status = error_set(&err, EX_USAGE,
				   "TEMPLATE and DATA.json are wanted, see "
				   "render-template --help");
	if (status != 0)
		fprintf(stderr, "render-template: %s\n", err.message);
	return status != 0 ? err.code : EX_OK;
}
