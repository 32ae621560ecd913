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

#define USAGE "usage: render-template TEMPLATE DATA.json"

static const char help[] = USAGE
	"\n\nPrints the Mustache template TEMPLATE rendered with the data "
	"of DATA.json\n(-: the standard input). The partial {{> film}} is "
	"film.mustache beside it.\n\nExit status: 0 done; 64 usage; 65 bad "
	"template or data; 66 no such file; 74 cannot read\nor write.\n\n"
	"Options:\n"
	"  --help\n      print this\n"
	"  --version\n      print the version\n";

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

static int render(const char *path, const char *data_path, struct buffer *out,
		  struct error *err)
{
	struct template *page = template_read(path, err);
	struct json_object *data = NULL;
	struct template_value root;
	int status = -1;

	if (page != NULL && read_data(data_path, &data, err) == 0) {
		root = template_json_value(data);
		status = template_render(page, &root, out, err);
	}
	json_object_put(data);
	template_free(page);
	return status;
}

int main(int argc, char **argv)
{
	struct buffer out = BUFFER_EMPTY;
	struct error err = {0};
	int status = 0;

	signal(SIGPIPE, SIG_IGN);
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		buffer_text(&out, help);
	else if (argc == 2 && strcmp(argv[1], "--version") == 0)
		buffer_text(&out, "render-template " MARQUEE_VERSION "\n");
	else if (argc == 3 && strncmp(argv[1], "--", 2) != 0)
		status = render(argv[1], argv[2], &out, &err);
	else
		status = error_set(&err, EX_USAGE, "%s (or --help)", USAGE);
	if (status == 0)
		status = files_write(STDOUT_FILENO, out.data, out.length,
				     "standard output", &err);
	buffer_free(&out);
	if (status != 0)
		fprintf(stderr, "render-template: %s\n", err.message);
	return status != 0 ? err.code : EX_OK;
}
