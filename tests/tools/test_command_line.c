/* SPDX-License-Identifier: MIT */
/* `tongs` without Vulkan: help, versions, wrong usage, and `tongs run`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include <tongs/version.h>

#include "library_path.h"
#include "process.h"

/* TONGS, LAYER_FOLDER and this program's own path come from the environment and argv. */
static const char *tongs, *layer_folder, *self;

static const char *const commands[] = {"run", "info", "check", "demo", "bench"};
#define COMMAND_COUNT (sizeof commands / sizeof *commands)

static void help_names_every_command(void **state) {
	(void)state;
	static const char *const ways[] = {"--help", "-h", "help"};

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		struct process process = RUN(tongs, ways[i]);
		assert_int_equal(process.status, 0);
		assert_string_equal(process.err, "");
		assert_int_equal(process_count(process.out, "Usage: tongs COMMAND"), 1);
		for (size_t n = 0; n < COMMAND_COUNT; n++) {
			char line[32];
			snprintf(line, sizeof line, "\n  %s ", commands[n]);
			assert_int_equal(process_count(process.out, line), 1);
		}
		process_finish(&process);
	}
}

static void every_command_has_help(void **state) {
	(void)state;
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		char usage[64];
		snprintf(usage, sizeof usage, "Usage: tongs %s ", commands[i]);
		struct process after = RUN(tongs, commands[i], "--help"), before = RUN(tongs, "help", commands[i]);
		assert_int_equal(after.status, 0);
		assert_int_equal(before.status, 0);
		assert_string_equal(after.err, "");
		assert_memory_equal(after.out, usage, strlen(usage));
		assert_string_equal(after.out, before.out);
		assert_int_equal(process_count(after.out, "Exit code:"), 1);
		process_finish(&after);
		process_finish(&before);
	}
}

static void version_is_the_headers(void **state) {
	(void)state;
	struct process process = RUN(tongs, "--version");

	assert_int_equal(process.status, 0);
	assert_string_equal(process.out, "tongs " TONGS_VERSION "\n");
	process_finish(&process);
}

static void wrong_usage_is_reported(void **state) {
	(void)state;
	static const char *const lines[][4] = {
		{NULL},
		{"--no-such-option"},
		{"no-such-command"},
		{"help", "no-such-command"},
		{"run"},
		{"run", "--validation"},
		{"run", "--no-such-option", "true"},
		{"run", "--layer-path"},
		{"run", "--print-env", "true"},
		{"info", "--no-such-option"},
		{"info", "surplus"},
		{"info", "--device"},
		{"info", "--device", "one"},
		{"info", "--device", "-1"},
		{"info", "--device="},
		{"info", "--device", "4294967296"},
		{"info", "--metal", "--all"},
		{"info", "--metal", "--device=0"},
		{"info", "--metal", "--layer-path=."},
		{"info", "--metal=MTLDevice"},
		{"info", "--metal", "--summary"},
		{"info", "--metal", "--format=R8Unorm"},
		{"info", "--all", "--groups"},
		{"info", "--summary", "--format=R8Unorm"},
		{"info", "--summary", "--json"},
		{"info", "--format"},
		{"info", "--format=R8"},
		{"check", "--no-such-option"},
		{"check", "surplus"},
		{"check", "--device", "first"},
		{"check", "--layer-path"},
		{"demo", "--no-such-option"},
		{"demo", "surplus"},
		{"demo", "--device", "0x0"},
		{"bench", "--no-such-option"},
		{"bench", "surplus"},
		{"bench", "--device"},
		{"bench", "--device="},
		{"bench", "--plot"},
		{"bench", "--json=results", "--plot=results", "--filter=message"},
		{"bench", "--filter", "no such benchmark"},
	};

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct process process = RUN(tongs, lines[i][0], lines[i][1], lines[i][2], lines[i][3]);
		assert_int_equal(process.status, 2);
		assert_string_equal(process.out, "");
		assert_string_not_equal(process.err, "");
		process_finish(&process);
	}
}

static void run_hands_arguments_and_status_on(void **state) {
	(void)state;
	struct process process = RUN(tongs, "run", self, "--as-child", "7", "--help", "-x", "", "two words");

	assert_int_equal(process.status, 7);
	assert_string_equal(process.out, "[--help][-x][][two words]\n");
	assert_string_equal(process.err, "");
	process_finish(&process);
	process = RUN(tongs, "run", "--", self, "--as-child", "0");
	assert_int_equal(process.status, 0);
	process_finish(&process);
}

static void run_reports_why_it_could_not(void **state) {
	(void)state;
	char manifest[4096];
	snprintf(manifest, sizeof manifest, "%s/VkLayer_tongs_metal_interop.json", layer_folder);
	struct process missing = RUN(tongs, "run", "no-such-program-anywhere");
	struct process no_program = RUN(tongs, "run", manifest);
	struct process no_layer = RUN(tongs, "run", "--layer-path", "/proc", self, "--as-child", "0");

	assert_int_equal(missing.status, 127);
	assert_int_equal(process_count(missing.err, "no-such-program-anywhere"), 1);
	assert_int_equal(no_program.status, 126);
	assert_int_equal(process_count(no_program.err, manifest), 1);
	assert_int_equal(no_layer.status, 125);
	assert_int_equal(process_count(no_layer.err, "  /proc\n"), 1);
	assert_string_equal(no_layer.out, "");
	process_finish(&missing);
	process_finish(&no_program);
	process_finish(&no_layer);
}

/* What `tongs run --print-env [option]` prints under `changes`; %s in `expected` stands for the layer's folder. */
static void check_environment(const char *option, const char *const *changes, const char *expected) {
	char *wanted;
	const char *arguments[] = {tongs, "run", "--print-env", option, NULL};
	struct process process = process_run(arguments, changes);

	assert_true(asprintf(&wanted, expected, layer_folder) >= 0);
	assert_int_equal(process.status, 0);
	assert_string_equal(process.out, wanted);
	free(wanted);
	process_finish(&process);
}

#define CHANGES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define OURS "VK_LAYER_TONGS_metal_interop"
#define KHRONOS "VK_LAYER_KHRONOS_validation"

static void run_puts_the_layer_first(void **state) {
	(void)state;
	check_environment(NULL, CHANGES("VK_LAYER_PATH", "VK_ADD_LAYER_PATH", "VK_INSTANCE_LAYERS"),
		"VK_ADD_LAYER_PATH=%s\nVK_INSTANCE_LAYERS=" OURS "\n");
	check_environment("--validation", CHANGES("VK_LAYER_PATH", "VK_ADD_LAYER_PATH", "VK_INSTANCE_LAYERS"),
		"VK_ADD_LAYER_PATH=%s\nVK_INSTANCE_LAYERS=" OURS ":" KHRONOS "\nTONGS_VALIDATION=1\n");
	check_environment(NULL, CHANGES("VK_LAYER_PATH", "VK_ADD_LAYER_PATH=/a:/b", "VK_INSTANCE_LAYERS=ONE:TWO"),
		"VK_ADD_LAYER_PATH=%s:/a:/b\nVK_INSTANCE_LAYERS=" OURS ":ONE:TWO\n");
	/* VK_LAYER_PATH makes the loader ignore the other one, so that one stays as it is. */
	check_environment(NULL, CHANGES("VK_LAYER_PATH=/a", "VK_ADD_LAYER_PATH=/b", "VK_INSTANCE_LAYERS="),
		"VK_ADD_LAYER_PATH=/b\nVK_LAYER_PATH=%s:/a\nVK_INSTANCE_LAYERS=" OURS "\n");
	check_environment("--validation",
		CHANGES("VK_LAYER_PATH", "VK_ADD_LAYER_PATH",
			"VK_INSTANCE_LAYERS=" KHRONOS ":" OURS "::ONE:" OURS "_2:" KHRONOS),
		"VK_ADD_LAYER_PATH=%s\nVK_INSTANCE_LAYERS=" OURS ":" KHRONOS ":ONE:" OURS "_2\nTONGS_VALIDATION=1\n");
}

/* Programs do not get the RPATH by which `tongs` finds libtongs, here in the folder above the layer's. */
static void run_says_where_libtongs_is(void **state) {
	static const struct {
		const char *before; /* each %s is that folder */
		const char *after;  /* NULL: it is not changed */
	} rows[] = {
		{"LD_LIBRARY_PATH", "%s"},
		{"LD_LIBRARY_PATH=", "%s"}, /* an empty entry would be the working directory */
		{"LD_LIBRARY_PATH=/a", "/a:%s"},
		{"LD_LIBRARY_PATH=%s_2:/a%s", "%s_2:/a%s:%s"},
		{"LD_LIBRARY_PATH=%s", NULL},
		{"LD_LIBRARY_PATH=/a;%s:/b", NULL},
	};
	char *folder = realpath(getenv("LD_LIBRARY_PATH"), NULL);

	(void)state;
	assert_non_null(folder);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *before, *after;
		const char *wanted = rows[i].after ? rows[i].after : "";
		assert_true(asprintf(&before, rows[i].before, folder, folder) >= 0);
		assert_true(asprintf(&after, wanted, folder, folder, folder) >= 0);
		const char *arguments[] = {tongs, "run", "--print-env", NULL};
		struct process process = process_run(arguments, CHANGES(before));
		const char *line = strstr(process.out, "LD_LIBRARY_PATH=");
		assert_int_equal(process.status, 0);
		assert_int_equal(line != NULL, rows[i].after != NULL);
		if (line) {
			line += strlen("LD_LIBRARY_PATH=");
			assert_int_equal(strcspn(line, "\n"), strlen(after));
			assert_memory_equal(line, after, strlen(after));
		}
		process_finish(&process);
		free(before);
		free(after);
	}
	free(folder);
}

static void the_linkers_cache_is_read(void **state) {
	static const char bytes[] =
		"glibc-ld.so.cache1.1\0libtongs.so.0\0/opt/lib/libtongs.so.0\0/usr/lib/libtongs.so.0.1";
	char name[] = "/tmp/tongs-cache-XXXXXX";
	int file = mkstemp(name);

	(void)state;
	assert_true(file >= 0);
	assert_false(tongs_library_path_is_cached(name, "/opt/lib/libtongs.so.0")); /* it is empty */
	assert_int_equal(write(file, bytes, sizeof bytes), sizeof bytes);
	close(file);
	assert_true(tongs_library_path_is_cached(name, "/opt/lib/libtongs.so.0"));
	assert_true(tongs_library_path_is_cached(name, "/usr/lib/libtongs.so.0.1"));
	assert_false(tongs_library_path_is_cached(name, "/usr/lib/libtongs.so.0"));
	assert_false(tongs_library_path_is_cached(name, "/lib/libtongs.so.0"));
	unlink(name);
	assert_false(tongs_library_path_is_cached(name, "/opt/lib/libtongs.so.0"));
}

static void run_switches_settings_on(void **state) {
	static const char *const none[] = {
		"VK_LAYER_PATH", "VK_ADD_LAYER_PATH", "VK_INSTANCE_LAYERS", "TONGS_LEAKS", "TONGS_ZOMBIES", NULL};
	(void)state;
	check_environment("--leaks", none, "VK_ADD_LAYER_PATH=%s\nVK_INSTANCE_LAYERS=" OURS "\nTONGS_LEAKS=1\n");
	check_environment("--zombies", none, "VK_ADD_LAYER_PATH=%s\nVK_INSTANCE_LAYERS=" OURS "\nTONGS_ZOMBIES=1\n");
	const char *arguments[] = {tongs, "run", "--leaks", "--zombies", "env", NULL};
	struct process process = process_run(arguments, none);
	assert_int_equal(process.status, 0);
	assert_int_equal(process_count(process.out, "TONGS_LEAKS=1\n"), 1);
	assert_int_equal(process_count(process.out, "TONGS_ZOMBIES=1\n"), 1);
	process_finish(&process);
}

/* Here the loader searches one folder, which lacks it. */
static void run_refuses_without_the_validation_layer(void **state) {
	static const char *const changes[] = {"VK_LAYER_PATH=/proc", "VK_INSTANCE_LAYERS", NULL};
	const char *arguments[] = {tongs, "run", "--validation", self, "--as-child", "0", NULL};
	struct process process = process_run(arguments, changes);

	(void)state;
	assert_int_equal(process.status, 125);
	assert_string_equal(process.out, "");
	assert_int_equal(process_count(process.err, "vulkan-validationlayers"), 1);
	process_finish(&process);
}

/* A shell takes all variables over, whatever is in them. */
static void the_environment_is_for_a_shell(void **state) {
	static const char *const changes[] = {
		"VK_LAYER_PATH=/it's a \"folder\" $HOME;/a", "VK_ADD_LAYER_PATH", "VK_INSTANCE_LAYERS=ONE", NULL};
	static const char script[] =
		"text=$(\"$0\" run --leaks --print-env) && unset VK_LAYER_PATH VK_INSTANCE_LAYERS && "
		"set -a && eval \"$text\" && exec env";
	char *path;
	(void)state;
#ifdef __SANITIZE_THREAD__
	skip(); /* a shell does not survive it */
#endif
	struct process process = process_run((const char *const[]){"sh", "-c", script, tongs, NULL}, changes);

	assert_true(asprintf(&path, "VK_LAYER_PATH=%s:/it's a \"folder\" $HOME;/a\n", layer_folder) >= 0);
	assert_int_equal(process.status, 0);
	assert_int_equal(process_count(process.out, path), 1);
	assert_int_equal(process_count(process.out, "VK_INSTANCE_LAYERS=" OURS ":ONE\n"), 1);
	assert_int_equal(process_count(process.out, "TONGS_LEAKS=1\n"), 1);
	free(path);
	process_finish(&process);
}

static void run_twice_is_run_once(void **state) {
	(void)state;
	static const char *const changes[] = {"VK_LAYER_PATH", "VK_ADD_LAYER_PATH=/a", "VK_INSTANCE_LAYERS=ONE", NULL};
	const char *once[] = {tongs, "run", "--print-env", NULL};
	const char *twice[] = {tongs, "run", tongs, "run", "--print-env", NULL};
	struct process first = process_run(once, changes), second = process_run(twice, changes);

	assert_int_equal(second.status, 0);
	assert_string_equal(first.out, second.out);
	process_finish(&first);
	process_finish(&second);
}

/* A copy of `true`, run by `tongs run` as somebody without privileges; what that wrote on stderr. */
static char *run_copy(const char *copy, unsigned owner, mode_t mode, bool capabilities) {
	/* Revision 2 of the attribute, CAP_NET_RAW permitted. */
	static const uint32_t attribute[] = {0x02000000, 1 << 13, 0, 0, 0};
	struct process process = RUN("cp", "/bin/true", copy);

	assert_int_equal(process.status, 0);
	process_finish(&process);
	assert_int_equal(chown(copy, owner, owner), 0);
	assert_int_equal(chmod(copy, mode), 0);
	if (capabilities && setxattr(copy, "security.capability", attribute, sizeof attribute, 0))
		return NULL;
	process = RUN("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", tongs, "run", copy);
	assert_int_equal(process.status, 0);
	char *text = strdup(process.err);
	process_finish(&process);
	return text;
}

/* The loader ignores the layer's folder in a program that gets privileges. */
static void run_warns_of_privileges(void **state) {
	static const struct {
		unsigned owner;
		mode_t mode;
		bool capabilities;
		const char *reason;
	} rows[] = {
		{0, 0755, false, NULL},
		{0, 04755, false, "is setuid"},
		{0, 02755, false, "is setgid"},
		{0, 02745, false, NULL},     /* the bit has no such meaning without the right to execute */
		{65534, 06755, false, NULL}, /* set-user-ID to the user who starts it */
		{0, 0755, true, "has file capabilities"},
	};
	char folder[] = "/tmp/tongs-run-XXXXXX", copy[sizeof folder + 8];

	(void)state;
	if (getuid() != 0) {
		print_message("only root can make such programs\n");
		skip();
	}
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chmod(folder, 0755), 0);
	snprintf(copy, sizeof copy, "%s/copy", folder);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *text = run_copy(copy, rows[i].owner, rows[i].mode, rows[i].capabilities);
		if (!text)
			print_message("this file system has no capabilities\n");
		else if (!rows[i].reason)
			assert_int_equal(process_count(text, "VK_ADD_LAYER_PATH"), 0);
		else
			for (const char *const *part = (const char *const[]){rows[i].reason, "VK_ADD_LAYER_PATH",
				     "make install", NULL};
				*part; part++)
				assert_int_equal(process_count(text, *part), 1);
		free(text);
	}
	struct process process = RUN("rm", "-r", folder);
	assert_int_equal(process.status, 0);
	process_finish(&process);
}

static void run_leaves_other_variables_alone(void **state) {
	(void)state;
	const char *with[] = {tongs, "run", self, "--as-environment", NULL};
	const char *without[] = {self, "--as-environment", NULL};
	static const char *const changes[] = {"VK_LAYER_PATH", "VK_ADD_LAYER_PATH", "VK_INSTANCE_LAYERS", NULL};
	struct process plain = process_run(without, changes), layered = process_run(with, changes);
	char *added;

	/* The two variables come last; all that stands before them is as it was. */
	assert_true(asprintf(&added, "VK_ADD_LAYER_PATH=%s\nVK_INSTANCE_LAYERS=" OURS "\n", layer_folder) >= 0);
	assert_memory_equal(layered.out, plain.out, strlen(plain.out));
	assert_string_equal(layered.out + strlen(plain.out), added);
	free(added);
	process_finish(&plain);
	process_finish(&layered);
}

/* This program as the child of `tongs run`: prints its arguments and ends with the status asked for. */
static int be_child(int argc, char **argv) {
	for (int i = 3; i < argc; i++)
		printf("[%s]", argv[i]);
	putchar('\n');
	return atoi(argv[2]);
}

static int be_environment(void) {
	for (char **variable = environ; *variable; variable++)
		puts(*variable);
	return 0;
}

int main(int argc, char **argv) {
	if (argc > 2 && !strcmp(argv[1], "--as-child"))
		return be_child(argc, argv);
	if (argc > 1 && !strcmp(argv[1], "--as-environment"))
		return be_environment();

	const struct CMUnitTest tests[] = {
		cmocka_unit_test(help_names_every_command),
		cmocka_unit_test(every_command_has_help),
		cmocka_unit_test(version_is_the_headers),
		cmocka_unit_test(wrong_usage_is_reported),
		cmocka_unit_test(run_hands_arguments_and_status_on),
		cmocka_unit_test(run_reports_why_it_could_not),
		cmocka_unit_test(run_puts_the_layer_first),
		cmocka_unit_test(run_says_where_libtongs_is),
		cmocka_unit_test(the_linkers_cache_is_read),
		cmocka_unit_test(run_switches_settings_on),
		cmocka_unit_test(run_refuses_without_the_validation_layer),
		cmocka_unit_test(the_environment_is_for_a_shell),
		cmocka_unit_test(run_twice_is_run_once),
		cmocka_unit_test(run_leaves_other_variables_alone),
		cmocka_unit_test(run_warns_of_privileges),
	};
	self = argv[0];
	unsetenv("COLUMNS"); /* output of full width */
	tongs = getenv("TONGS");
	layer_folder = getenv("LAYER_FOLDER");
	if (!tongs || !layer_folder) {
		fputs("TONGS and LAYER_FOLDER must name the program and the layer's folder\n", stderr);
		return 1;
	}
	/* Where libtongs is: most tests look at the other variables. */
	char *folder = realpath(layer_folder, NULL);
	if (!folder || !strrchr(folder, '/'))
		return 1;
	*strrchr(folder, '/') = '\0';
	if (setenv("LD_LIBRARY_PATH", folder, 1))
		return 1;
	free(folder);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
