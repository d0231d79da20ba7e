/* SPDX-License-Identifier: MIT */
/* Many programs that share at once, and one in a place that lacks what others have. What they share is their own: no
 * file, mapping or lock is another's, and nothing is left behind. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/close_range.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "child.h"
#include "place.h"

enum {
	MANY = 200,
	NEED = 40 << 20, /* bytes of a process with a software driver, with room */
	PATIENCE = 240,  /* seconds, for all of a crowd; a machine that does nothing else needs ten */
	LISTINGS = 4,
};

static const char *entry_failure; /* why this process has no mounts of its own; NULL: it has */
static char home[PATH_MAX], runtime[PATH_MAX];

/* A file or a mapping that a process has, or a lock. */
struct thing {
	dev_t device;
	ino_t inode;
	size_t owner; /* the index of the process */
	char what[96];
};

struct crowd {
	size_t count;
	pid_t processes[MANY];
	int to, from;     /* the processes' stdin and stdout, which all have */
	size_t holding;   /* that said so */
	size_t wrong;     /* that ended, or ended otherwise than they should */
	size_t in_common; /* files and mappings that two processes have */
	size_t locks;
	char *before[LISTINGS], *after[LISTINGS];
	struct thing *things;
	size_t thing_count;
};

static struct crowd many;

/* Of the places that are this program's alone. */
static size_t list_places(char *lists[LISTINGS]) {
	const char *const places[LISTINGS] = {home, runtime, "/tmp", "/dev/shm"};
	const size_t count = entry_failure ? 2 : LISTINGS;

	for (size_t i = 0; i < count; i++) {
		lists[i] = place_list(places[i]);
		assert_non_null(lists[i]);
	}
	return count;
}

static void set_aside(const char *name, char path[PATH_MAX]) {
	snprintf(path, PATH_MAX, "/tmp/tongs-many-%s-XXXXXX", name);
	assert_non_null(mkdtemp(path));
}

/* Starts the processes; `file`: the argument behind the seed, or NULL. */
static void start(struct crowd *crowd, size_t count, char *file) {
	posix_spawn_file_actions_t actions;
	int to[2], from[2];
	char seed[16];
	char *const arguments[] = {(char *)"share", seed, file, NULL};

	*crowd = (struct crowd){.count = count};
	assert_int_equal(pipe2(to, O_CLOEXEC), 0);
	assert_int_equal(pipe2(from, O_CLOEXEC), 0);
	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	assert_int_equal(posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO), 0);
	assert_int_equal(posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO), 0);
	for (size_t i = 0; i < count; i++) {
		snprintf(seed, sizeof seed, "%zu", i);
		assert_int_equal(
			posix_spawn(&crowd->processes[i], SHARE_PROGRAM, &actions, NULL, arguments, environ), 0);
	}
	posix_spawn_file_actions_destroy(&actions);
	close(to[0]);
	close(from[1]);
	crowd->to = to[1];
	crowd->from = from[0];
}

static time_t now(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

/* Until all hold what they share, or one has ended. */
static void wait_until_holding(struct crowd *crowd, time_t deadline) {
	struct pollfd ready = {.fd = crowd->from, .events = POLLIN};
	char text[4096];

	while (crowd->holding < crowd->count && now() < deadline) {
		if (poll(&ready, 1, 100) == 1) {
			const ssize_t length = read(crowd->from, text, sizeof text);
			if (length <= 0)
				break;
			for (ssize_t i = 0; i < length; i++)
				crowd->holding += text[i] == '\n';
		}
		siginfo_t ended = {0};
		if (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid)
			break;
	}
}

static void add(struct crowd *crowd, size_t owner, dev_t device, ino_t inode, const char *kind, const char *name) {
	struct thing *things = realloc(crowd->things, (crowd->thing_count + 1) * sizeof *things);
	assert_non_null(things);
	crowd->things = things;
	things[crowd->thing_count] = (struct thing){.device = device, .inode = inode, .owner = owner};
	snprintf(things[crowd->thing_count++].what, sizeof things->what, "%s %s", kind, name);
}

/* The locks of an open file are lines of its description. */
static size_t count_locks(pid_t process, int number) {
	char path[64], line[256];
	size_t count = 0;

	snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", (int)process, number);
	FILE *info = fopen(path, "re");
	while (info && fgets(line, sizeof line, info))
		count += strncmp(line, "lock:", 5) == 0;
	if (info)
		fclose(info);
	return count;
}

/* Files, sockets and pipes; not devices, nor what has no inode of its own, as an eventfd. */
static void look_at_files(struct crowd *crowd, size_t i) {
	char path[PATH_MAX], name[64] = "";
	struct stat file;

	snprintf(path, sizeof path, "/proc/%d/fd", (int)crowd->processes[i]);
	DIR *folder = opendir(path);
	assert_non_null(folder);
	for (const struct dirent *entry; (entry = readdir(folder));) {
		const int number = (int)strtol(entry->d_name, NULL, 10); /* 0 for . and .. */
		if (number <= STDERR_FILENO)
			continue;
		snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)crowd->processes[i], number);
		const ssize_t length = readlink(path, name, sizeof name - 1);
		name[length > 0 ? length : 0] = '\0';
		crowd->locks += count_locks(crowd->processes[i], number);
		if (stat(path, &file) == 0 &&
			(S_ISREG(file.st_mode) || S_ISSOCK(file.st_mode) || S_ISFIFO(file.st_mode)))
			add(crowd, i, file.st_dev, file.st_ino, "file", name);
	}
	closedir(folder);
}

/* Mappings through which one could see what another writes. */
static void look_at_mappings(struct crowd *crowd, size_t i) {
	char path[64], line[PATH_MAX + 128], permissions[5], name[64];
	unsigned major_number, minor_number;
	unsigned long long inode;

	snprintf(path, sizeof path, "/proc/%d/maps", (int)crowd->processes[i]);
	FILE *maps = fopen(path, "re");
	assert_non_null(maps);
	while (fgets(line, sizeof line, maps)) {
		name[0] = '\0';
		if (sscanf(line, "%*s %4s %*s %x:%x %llu %63s", permissions, &major_number, &minor_number, &inode,
			    name) >= 4 &&
			inode && permissions[3] == 's')
			add(crowd, i, makedev(major_number, minor_number), (ino_t)inode, "mapping", name);
	}
	fclose(maps);
}

static int compare_things(const void *a, const void *b) {
	const struct thing *x = a, *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	return x->device != y->device ? (x->device < y->device ? -1 : 1)
				      : (x->owner > y->owner) - (x->owner < y->owner);
}

static void look(struct crowd *crowd) {
	for (size_t i = 0; i < crowd->count; i++) {
		look_at_files(crowd, i);
		look_at_mappings(crowd, i);
	}
	if (crowd->thing_count)
		qsort(crowd->things, crowd->thing_count, sizeof *crowd->things, compare_things);
	for (size_t i = 1; i < crowd->thing_count; i++) {
		const struct thing *one = &crowd->things[i - 1], *other = one + 1;
		if (one->inode != other->inode || one->device != other->device || one->owner == other->owner)
			continue;
		if (!crowd->in_common++)
			print_message(
				"processes %zu and %zu have in common: %s\n", one->owner, other->owner, other->what);
	}
}

/* Ends those that have not ended by then. */
static void end(struct crowd *crowd, time_t deadline) {
	close(crowd->to);
	for (size_t i = 0; i < crowd->count; i++) {
		int status;
		pid_t ended;
		while ((ended = waitpid(crowd->processes[i], &status, WNOHANG)) == 0 && now() < deadline)
			usleep(1000);
		if (ended == 0) {
			kill(crowd->processes[i], SIGKILL);
			waitpid(crowd->processes[i], &status, 0);
		}
		crowd->wrong += status != 0;
	}
	close(crowd->from);
}

static void run(struct crowd *crowd, size_t count, char *file) {
	char *before[LISTINGS] = {NULL};
	const size_t listings = list_places(before);
	const time_t deadline = now() + PATIENCE;

	start(crowd, count, file);
	wait_until_holding(crowd, deadline);
	if (crowd->holding == count)
		look(crowd);
	end(crowd, deadline);
	memcpy(crowd->before, before, sizeof before);
	assert_int_equal(list_places(crowd->after), listings);
}

static void forget(struct crowd *crowd) {
	for (size_t i = 0; i < LISTINGS; i++) {
		free(crowd->before[i]);
		free(crowd->after[i]);
	}
	free(crowd->things);
}

static void share_at_once(void **state) {
	(void)state;
	assert_int_equal(many.holding, many.count);
	assert_int_equal(many.wrong, 0);
}

static void have_nothing_in_common(void **state) {
	(void)state;
	assert_int_equal(many.holding, many.count);
	/* Otherwise this looked at nothing. */
	assert_true(many.thing_count >= many.count);
	assert_int_equal(many.in_common, 0);
	assert_int_equal(many.locks, 0);
}

static void leave_nothing_in_their_folders(void **state) {
	(void)state;
	for (size_t i = 0; i < 2; i++)
		assert_string_equal(many.before[i], many.after[i]);
}

static void leave_nothing_anywhere(void **state) {
	(void)state;
	if (entry_failure) {
		print_message("others write there, too, and a /tmp of one's own is refused: %s\n", entry_failure);
		skip();
	}
	for (size_t i = 2; i < LISTINGS; i++)
		assert_string_equal(many.before[i], many.after[i]);
}

/* That the above can fail. */
static void faults_are_seen(void **state) {
	(void)state;
	struct crowd two;
	char file[PATH_MAX + 16];

	snprintf(file, sizeof file, "%s/common", home);
	run(&two, 2, file);
	assert_int_equal(two.wrong, 0);
	/* As a file, as a mapping, and the second's file is the first's mapping. */
	assert_true(two.in_common >= 1);
	assert_int_equal(two.locks, 2);
	assert_string_not_equal(two.before[0], two.after[0]);
	unlink(file);
	forget(&two);

	setenv("VK_INSTANCE_LAYERS", "", 1);
	run(&two, 2, NULL);
	setenv("VK_INSTANCE_LAYERS", LAYERS, 1);
	assert_int_equal(two.holding, 0);
	assert_int_equal(two.wrong, 2);
	forget(&two);
}

/* A place without /proc and /sys, where nothing can be written into `home`. */
struct bare_place {
	const char *home;
	bool by_tongs; /* it is `tongs run` that enables the layer */
};

enum { PLACE_REFUSED = CHILD_FAILED + 1 };

/* In the child. */
static void run_in_bare_place(void *user) {
	const struct bare_place *place = user;
	char *const arguments[] = {
		(char *)TONGS_PROGRAM, (char *)"run", (char *)"--", (char *)SHARE_PROGRAM, (char *)"7", NULL};
	char *const *command = place->by_tongs ? arguments : arguments + 3;
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	CHECK(null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0);
	CHECK(setenv("HOME", place->home, 1) == 0 && unsetenv("XDG_RUNTIME_DIR") == 0);
	/* Without /proc the dynamic linker finds no library beside the program. */
	CHECK(setenv("LD_LIBRARY_PATH", LIBRARY_FOLDER, 1) == 0);
	CHECK(!place->by_tongs || (unsetenv("VK_ADD_LAYER_PATH") == 0 && unsetenv("VK_INSTANCE_LAYERS") == 0));
	if (!place_enter() || (access(place->home, F_OK) == 0 && !place_cover(place->home, true, NULL)) ||
		!place_cover("/sys", true, NULL) || !place_cover("/proc", true, NULL))
		_exit(PLACE_REFUSED);
	CHECK(access("/proc/self", F_OK) != 0 && access("/sys/devices", F_OK) != 0 && mkdir(place->home, 0700) != 0);
	execv(command[0], command);
	CHECK(!"the program can be executed");
}

static void run_bare(struct bare_place place) {
	const int status = child_run(run_in_bare_place, &place);

	if (WIFEXITED(status) && WEXITSTATUS(status) == PLACE_REFUSED) {
		print_message("mounts of one's own are refused\n");
		skip();
	}
	assert_int_equal(status, 0);
}

static void needs_no_proc_sys_or_home(void **state) {
	(void)state;
	run_bare((struct bare_place){"/nowhere/home", false});
}

static void needs_no_writable_home(void **state) {
	(void)state;
	run_bare((struct bare_place){home, false});
}

static void tongs_run_needs_no_proc(void **state) {
	(void)state;
	run_bare((struct bare_place){"/nowhere/home", true});
}

/* Bytes that processes can still have; 0 if unknown. */
static size_t get_available_memory(void) {
	FILE *info = fopen("/proc/meminfo", "re");
	char line[128];
	size_t kib = 0;

	while (info && !kib && fgets(line, sizeof line, info))
		sscanf(line, "MemAvailable: %zu", &kib);
	if (info)
		fclose(info);
	return kib * 1024;
}

static int set_up(void **state) {
	(void)state;
	const size_t fitting = get_available_memory() / NEED;

	/* What this program was started with is not for the others. */
	assert_int_equal(close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC), 0);
	if (!place_enter() || !place_cover("/tmp", false, BUILD_FOLDER) ||
		!place_cover("/dev/shm", false, BUILD_FOLDER))
		entry_failure = strerror(errno);
	set_aside("home", home);
	set_aside("runtime", runtime);
	setenv("HOME", home, 1);
	setenv("XDG_RUNTIME_DIR", runtime, 1);
	/* What the driver would write, and its threads. */
	setenv("MESA_SHADER_CACHE_DISABLE", "true", 1);
	setenv("LP_NUM_THREADS", "0", 1);
	setenv("VK_INSTANCE_LAYERS", LAYERS, 1);
	setenv("VK_ADD_LAYER_PATH", LAYER_FOLDER, 1);
	/* Memory that could be sent to another process is a file. */
	setenv("TONGS_SHARE_PROCESSES", "1", 1);
	run(&many, fitting < MANY ? fitting : MANY, NULL);
	print_message("%zu processes at once, with %zu files and mappings\n", many.count, many.thing_count);
	return many.count == 0;
}

static int tear_down(void **state) {
	(void)state;
	forget(&many);
	rmdir(home);
	rmdir(runtime);
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(share_at_once),
		cmocka_unit_test(have_nothing_in_common),
		cmocka_unit_test(leave_nothing_in_their_folders),
		cmocka_unit_test(leave_nothing_anywhere),
		cmocka_unit_test(faults_are_seen),
		cmocka_unit_test(needs_no_proc_sys_or_home),
		cmocka_unit_test(needs_no_writable_home),
		cmocka_unit_test(tongs_run_needs_no_proc),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
