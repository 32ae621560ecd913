#include "web/status_chart.h"

#include "web/status_parts.h"

/* The picture's height, and that of the highest bar: one that stands for nothing
 * is to be seen, too. */
#define HEIGHT 100
#define BAR_HEIGHT 95

static long long largest_of(const long long *values)
{
	long long largest = -1;
	int i;

	for (i = 0; i < DAY_SLOTS; i++)
		if (values[i] > largest)
			largest = values[i];
	return largest;
}

static void write_bars(const long long *values, long long largest,
		       struct buffer *out)
{
	double share;
	int i;

	for (i = 0; i < DAY_SLOTS; i++) {
		if (values[i] < 0)
			continue;
		share = largest > 0 ? (double)values[i] / (double)largest : 0;
		buffer_format(out, "M%d %dV%dh1V%dz", i, HEIGHT,
			      HEIGHT - 1 - (int)(share * BAR_HEIGHT), HEIGHT);
	}
}

static void write_largest(enum status_unit unit, long long largest,
			  struct buffer *out)
{
	switch (unit) {
	case STATUS_COUNT:
		buffer_format(out, "%lld", largest);
		break;
	case STATUS_SECONDS:
		status_seconds_write(largest, out);
		break;
	case STATUS_MS:
		buffer_format(out, "%lld.%03lld s", largest / 1000,
			      largest % 1000);
		break;
	}
}

void status_chart_write(const struct status_chart *chart, struct buffer *out)
{
	long long largest = largest_of(chart->values);

	buffer_format(out, "<figure>\n<figcaption><b>%s</b> <small>",
		      chart->title);
	if (largest < 0) {
		buffer_format(out, "%s</small></figcaption>\n</figure>\n",
			      chart->missing);
		return;
	}
	buffer_text(out, "Each bar is ten minutes; the highest is ");
	write_largest(chart->unit, largest, out);
	buffer_format(out,
		      "</small></figcaption>\n"
		      "<svg role=\"img\" aria-label=\"%s over the last 24 "
		      "hours\" viewBox=\"0 0 %d %d\" "
		      "preserveAspectRatio=\"none\" width=\"100%%\" "
		      "height=\"80\"><path fill=\"currentColor\" d=\"",
		      chart->title, DAY_SLOTS, HEIGHT);
	write_bars(chart->values, largest, out);
	buffer_text(out, "\"/></svg>\n"
			 "<p class=\"axis\"><small>24 hours ago</small> "
			 "<small>now</small></p>\n</figure>\n");
}
