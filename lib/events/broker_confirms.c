#include "events/broker_confirms.h"

#include <stdio.h>
#include <string.h>

void broker_confirms_reset(struct broker_confirms *confirms)
{
	confirms->first_tag = 1;
	confirms->count = 0;
	confirms->pending = 0;
}

void broker_confirms_begin(struct broker_confirms *confirms)
{
	confirms->first_tag += confirms->count;
	confirms->count = 0;
	confirms->pending = 0;
}

int broker_confirms_add(struct broker_confirms *confirms, const char *id)
{
	size_t place = confirms->count;

	if (place == BROKER_BATCH_MAX)
		return -1;
	snprintf(confirms->messages[place].id, EVENT_ID_BYTES, "%s", id);
	confirms->messages[place].verdict = BROKER_PENDING;
	confirms->messages[place].is_pending = true;
	confirms->count++;
	confirms->pending++;
	return (int)place;
}

static void settle_one(struct broker_confirms *confirms, size_t place,
		       bool is_ack)
{
	if (!confirms->messages[place].is_pending)
		return;
	confirms->messages[place].is_pending = false;
	confirms->pending--;
	if (confirms->messages[place].verdict == BROKER_PENDING)
		confirms->messages[place].verdict =
			is_ack ? BROKER_CONFIRMED : BROKER_REFUSED;
}

int broker_confirms_settle(struct broker_confirms *confirms, uint64_t tag,
			   bool is_multiple, bool is_ack)
{
	uint64_t next_tag = confirms->first_tag + confirms->count;
	size_t place, last;

	if (is_multiple && tag == 0)
		tag = next_tag - 1;
	if (tag >= next_tag || (tag == 0 && !is_multiple))
		return -1;
	if (tag < confirms->first_tag)
		return 0;
	last = (size_t)(tag - confirms->first_tag);
	for (place = is_multiple ? 0 : last; place <= last; place++)
		settle_one(confirms, place, is_ack);
	return 0;
}

void broker_confirms_return(struct broker_confirms *confirms, const char *id)
{
	size_t place;

	for (place = 0; place < confirms->count; place++)
		if (confirms->messages[place].is_pending &&
		    strcmp(confirms->messages[place].id, id) == 0)
			confirms->messages[place].verdict = BROKER_RETURNED;
}
