#include "confine/file_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buffer.h"

#define CREATE_RULESET_VERSION 1u /* flag: asks for the ABI */
#define RULE_PATH_BENEATH 1

/* Rights on files, by bit. The first 13 are of ABI 1, then one each of ABI 2, 3
 * and 5. */
#define FS_EXECUTE (1ull << 0)
#define FS_WRITE_FILE (1ull << 1)
#define FS_READ_FILE (1ull << 2)
#define FS_READ_DIR (1ull << 3)
#define FS_REMOVE_DIR (1ull << 4)
#define FS_REMOVE_FILE (1ull << 5)
#define FS_MAKE_DIR (1ull << 7)
#define FS_MAKE_REG (1ull << 8)
#define FS_MAKE_SYM (1ull << 12)
#define FS_REFER (1ull << 13)
#define FS_TRUNCATE (1ull << 14)
#define FS_IOCTL_DEV (1ull << 15)

/* Of ABI 4. */
#define NET_BIND_TCP (1ull << 0)
#define NET_CONNECT_TCP (1ull << 1)

/* Of ABI 6. */
#define SCOPE_ABSTRACT_UNIX_SOCKET (1ull << 0)
#define SCOPE_SIGNAL (1ull << 1)

/* Those that a rule on a plain file may have. */
#define FS_OF_FILES                                                            \
	(FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

#define READS (FS_READ_FILE | FS_READ_DIR)
#define WRITES                                                                 \
	(READS | FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE |              \
	 FS_MAKE_DIR | FS_MAKE_REG | FS_REFER | FS_TRUNCATE)

static const uint64_t rights_of_use[] = {
	[CONFINE_READS] = READS,
	[CONFINE_WRITES_TO] = WRITES,
	[CONFINE_PUBLISHES] = WRITES | FS_MAKE_SYM,
};

/* struct landlock_ruleset_attr of ABI 6. An older kernel takes it where what it
 * does not know is 0. */
struct ruleset_attr {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

/* struct landlock_path_beneath_attr */
struct path_beneath_attr {
	uint64_t allowed_access;
	int32_t parent_fd;
} __attribute__((packed));

static uint64_t known_fs_rights(int abi)
{
	if (abi >= 5)
		return (FS_IOCTL_DEV << 1) - 1;
	return abi >= 3 ? (FS_TRUNCATE << 1) - 1 : (FS_REFER << 1) - 1;
}

int file_rules_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
			   CREATE_RULESET_VERSION);

	return abi > 0 ? (int)abi : 0;
}

int file_rules_begin(struct file_rules *rules, int abi, bool may_connect,
		     struct error *err)
{
	struct ruleset_attr attr = {.handled_access_fs = known_fs_rights(abi)};

	if (abi >= 4)
		attr.handled_access_net =
			NET_BIND_TCP | (may_connect ? 0 : NET_CONNECT_TCP);
	if (abi >= 6)
		attr.scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL;
	rules->abi = abi;
	rules->fd = (int)syscall(SYS_landlock_create_ruleset, &attr,
				 sizeof(attr), 0);
	if (rules->fd < 0)
		return error_set(err, EX_OSERR, "landlock_create_ruleset: %s",
				 strerror(errno));
	return 0;
}

static int add_rule(struct file_rules *rules, int fd, uint64_t rights,
		    const char *path, struct error *err)
{
	struct path_beneath_attr attr = {.parent_fd = fd};
	struct stat status;

	if (fstat(fd, &status) != 0)
		return error_set(err, EX_IOERR, "cannot look at %s: %s", path,
				 strerror(errno));
	if (!S_ISDIR(status.st_mode))
		rights &= FS_OF_FILES;
	attr.allowed_access = rights & known_fs_rights(rules->abi);
	if (syscall(SYS_landlock_add_rule, rules->fd, RULE_PATH_BENEATH, &attr,
		    0) != 0)
		return error_set(err, EX_OSERR, "landlock_add_rule for %s: %s",
				 path, strerror(errno));
	return 0;
}

/* What the program itself could not open either needs no rule. */
static bool is_out_of_reach(int reason)
{
	return reason == ENOENT || reason == ENOTDIR || reason == EACCES ||
	       reason == ELOOP || reason == ENAMETOOLONG;
}

/* Opens the nearest directory above `path` that is there; -1 where there is
 * none that can be reached. */
static int open_above(const char *path, struct error *err)
{
	struct buffer above = BUFFER_EMPTY;
	const char *slash;
	int fd = -1;

	buffer_text(&above, path);
	if (buffer_check(&above, err) != 0)
		return -1;
	while (fd < 0 && above.length > 0) {
		slash = strrchr(above.data, '/');
		above.length = slash != NULL ? (size_t)(slash - above.data) : 0;
		above.data[above.length] = '\0';
		fd = open(above.length > 0 ? above.data
			  : path[0] == '/' ? "/"
					   : ".",
			  O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	buffer_free(&above);
	return fd;
}

/* So that making it fails, or not, as it does without Landlock. */
static int allow_making(struct file_rules *rules, const char *path,
			struct error *err)
{
	int fd = open_above(path, err);
	int status;

	if (fd < 0)
		return 0;
	status = add_rule(rules, fd, FS_MAKE_DIR, path, err);
	close(fd);
	return status;
}

int file_rules_allow(struct file_rules *rules, const char *path,
		     enum confine_use use, struct error *err)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	int status;

	if (fd < 0 && !is_out_of_reach(errno))
		return error_set(err, EX_IOERR, "cannot open %s: %s", path,
				 strerror(errno));
	if (fd < 0)
		return use == CONFINE_READS ? 0
					    : allow_making(rules, path, err);
	status = add_rule(rules, fd, rights_of_use[use], path, err);
	close(fd);
	return status;
}

int file_rules_enforce(struct file_rules *rules, struct error *err)
{
	if (syscall(SYS_landlock_restrict_self, rules->fd, 0) != 0)
		return error_set(err, EX_OSERR, "landlock_restrict_self: %s",
				 strerror(errno));
	return 0;
}

void file_rules_end(struct file_rules *rules)
{
	if (rules->fd >= 0)
		close(rules->fd);
	rules->fd = -1;
}
