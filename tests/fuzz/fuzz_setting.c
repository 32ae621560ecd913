/* base/setting_rules.h: a value is allowed or refused without showing its
 * password. The first byte chooses the setting. */
#include "base/setting_rules.h"
#include "base/text.h"
#include "fuzz.h"

#define MAX_BYTES 160

/* The password in a URL is never shown; blanks end it. (What is a parameter of
 * a query may stand in a password, too; nobody can tell.) */
static void check_mask(const char *password)
{
	static const char start[] = "amqp://user:", end[] = "@host/";
	static struct buffer url, shown;

	if (strchr(password, ' ') != NULL || strpbrk(password, "?&;") != NULL)
		return;
	buffer_clear(&url);
	buffer_clear(&shown);
	buffer_text(&url, start);
	buffer_text(&url, password);
	buffer_text(&url, end);
	setting_rule_mask(url.data, &shown);
	FUZZ_CHECK(strcmp(shown.data, "amqp://user:***@host/") == 0);
}

static void check_allowed(const struct setting_rule *rule, const char *value)
{
	long long number;

	FUZZ_CHECK(!text_has_control(value, strlen(value)));
	switch (rule->kind) {
	case SETTING_KIND_NUMBER:
		FUZZ_CHECK(text_number(value, strlen(value), &number) == 0);
		FUZZ_CHECK(number >= rule->least && number <= rule->most);
		break;
	case SETTING_KIND_CHOICE:
		FUZZ_CHECK(strstr(rule->allowed, value) != NULL);
		break;
	case SETTING_KIND_URL:
	case SETTING_KIND_REDIS:
		FUZZ_CHECK(strchr(value, ' ') == NULL);
		FUZZ_CHECK(value[0] == '\0' || strchr(value, ':') != NULL);
		break;
	case SETTING_KIND_URLS:
		FUZZ_CHECK(strchr(value, ':') != NULL);
		break;
	case SETTING_KIND_PATH:
	case SETTING_KIND_TEXT:
		break;
	}
}

FUZZ_TARGET(setting, MAX_BYTES)
{
	static char room[MAX_BYTES + 1];
	const struct setting_rule *rule;
	struct error err = {0};
	const char *value;

	if (size == 0)
		return;
	rule = &setting_rules[data[0] % SETTING_COUNT];
	value = fuzz_text(room, sizeof(room), data + 1, size - 1);
	if (setting_rule_check(rule, value, &err) == 0) {
		check_allowed(rule, value);
	} else {
		FUZZ_CHECK(err.code == EX_CONFIG);
		FUZZ_CHECK(strncmp(err.message, rule->name,
				   strlen(rule->name)) == 0);
		FUZZ_CHECK(!text_has_control(err.message, strlen(err.message)));
		FUZZ_CHECK(text_is_utf8(err.message, strlen(err.message)));
	}
	if (fuzz_seed(data, size) % 4 == 0)
		check_mask(value);
}
