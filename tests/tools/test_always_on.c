/* SPDX-License-Identifier: MIT */
/* The layer as an implicit one: off without TONGS_ENABLE=1, in every program with it, and never there twice. */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/share.h"
#include "process.h"

static const char *tongs, *layer_folder, *self;
static char folder[] = "/tmp/tongs-always-XXXXXX"; /* XDG_DATA_HOME, with the implicit manifest alone */
static char data_home[sizeof folder + 32];

/* What a program sees that knows nothing of Tongs: whether the first device has the extension, and shares a buffer. */
static int be_a_program(void) {
	const struct tongs_share share = {.type = VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT};
	struct tongs_context_buffer buffer = {0};
	struct tongs_context context = {0};
	struct tongs_vulkan vulkan;

	if (!tongs_vulkan_init(&vulkan))
		return 1;
	if (!tongs_vulkan_has_extension(vulkan.devices[0], VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME))
		puts("absent");
	else if (tongs_context_init(&context, vulkan.devices[0], NULL) &&
		 tongs_share_create_buffer(&context, &share, 4096, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, &buffer) &&
		 tongs_context_export(&context, buffer.memory, share.type))
		puts("shares");
	tongs_context_destroy_buffer(&context, &buffer);
	tongs_context_finish(&context);
	tongs_vulkan_finish(&vulkan);
	return 0;
}

/* Runs this program as one of `words`' own, under `changes`; asserts what it sees. */
static void check(const char *const *words, const char *const *changes, const char *seen) {
	const char *arguments[8], *all[8] = {data_home, "VK_LOADER_DEBUG=layer", "VK_ADD_LAYER_PATH", "VK_LAYER_PATH"};
	size_t count = 0, changed = 4;

	for (; words[count]; count++)
		arguments[count] = words[count];
	arguments[count++] = self;
	arguments[count++] = "--as-program";
	arguments[count] = NULL;
	for (; changes[changed - 4]; changed++)
		all[changed] = changes[changed - 4];
	all[changed] = NULL;
	struct process process = process_run(arguments, all);
	assert_int_equal(process.status, 0);
	assert_string_equal(process.out, seen);
	assert_int_equal(process_count(process.err, "Inserted device layer \"VK_LAYER_TONGS_metal_interop\""),
		!strcmp(seen, "shares\n"));
	process_finish(&process);
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
static const char *const alone[] = {NULL};

static void it_is_off_without_a_variable(void **state) {
	(void)state;
	check(alone, LIST("TONGS_ENABLE", "TONGS_DISABLE"), "absent\n");
	check(alone, LIST("TONGS_ENABLE=0", "TONGS_DISABLE"), "absent\n");
}

static void a_variable_switches_it_on(void **state) {
	(void)state;
	check(alone, LIST("TONGS_ENABLE=1", "TONGS_DISABLE"), "shares\n");
	check(alone, LIST("VK_LOADER_LAYERS_ENABLE=VK_LAYER_TONGS_*", "TONGS_ENABLE", "TONGS_DISABLE"), "shares\n");
}

static void another_variable_wins(void **state) {
	(void)state;
	check(alone, LIST("TONGS_ENABLE=1", "TONGS_DISABLE=1"), "absent\n");
	check(alone, LIST("TONGS_ENABLE=1", "TONGS_DISABLE", "VK_LOADER_LAYERS_DISABLE=VK_LAYER_TONGS_*"), "absent\n");
}

/* The explicit layer is the same one, whether the implicit one is on or not. */
static void run_adds_it_once(void **state) {
	(void)state;
	check(LIST(tongs, "run"), LIST("TONGS_ENABLE", "TONGS_DISABLE"), "shares\n");
	check(LIST(tongs, "run"), LIST("TONGS_ENABLE=1", "TONGS_DISABLE"), "shares\n");
	check(LIST(tongs, "run"), LIST("TONGS_ENABLE=1", "TONGS_DISABLE=1"), "shares\n");
}

/* Loaders add the extensions of an implicit layer's manifest to all devices. */
static void a_device_that_cannot_share_has_no_extension(void **state) {
	(void)state;
	setenv("VK_DRIVER_FILES", MOCK_MANIFEST, 1);
	setenv("VK_ICD_FILENAMES", MOCK_MANIFEST, 1);
	setenv("TONGS_MOCK_PROFILE", "coarse", 1);
	struct process process = process_run(
		LIST(self, "--as-program"), LIST(data_home, "TONGS_ENABLE=1", "TONGS_DISABLE", "VK_LOADER_DEBUG"));
	assert_int_equal(process.status, 0);
	assert_string_equal(process.out, "absent\n");
	process_finish(&process);
	unsetenv("VK_DRIVER_FILES");
	unsetenv("VK_ICD_FILENAMES");
	unsetenv("TONGS_MOCK_PROFILE");
}

/* Those that load the layer all the same. */
static bool is_loader_new(void) {
	PFN_vkEnumerateInstanceVersion get;
	void *loader = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
	uint32_t version = 0;

	assert_non_null(loader);
	*(void **)&get = dlsym(loader, "vkEnumerateInstanceVersion");
	assert_non_null(get);
	assert_int_equal(get(&version), VK_SUCCESS);
	dlclose(loader);
	return version >= VK_MAKE_API_VERSION(0, 1, 4, 0);
}

/* Runs this program by `tongs run` between `words`, and asserts that the extension is there exactly if there is no
 * warning; with `warning`, that it is that one. */
static void check_agreement(const char *const *words, const char *const *changes, const char *warning) {
	const char *arguments[40], *all[8] = {data_home, "VK_LAYER_PATH", "VK_ADD_LAYER_PATH"};
	size_t count = 0, changed = 3;

	for (; words[count]; count++)
		arguments[count] = words[count];
	arguments[count++] = self;
	arguments[count++] = "--as-program";
	arguments[count] = NULL;
	for (; changes[changed - 3]; changed++)
		all[changed] = changes[changed - 3];
	all[changed] = NULL;
	struct process process = process_run(arguments, all);
	assert_int_equal(process.status, 0);
	const bool depends = strstr(process.err, "older Vulkan loaders") && is_loader_new();
	if (strcmp(process.out, warning && !depends ? "absent\n" : "shares\n") != 0)
		fail_msg("%s, %s: %s, and on stderr: %s", words[2] ? words[2] : "tongs run", changes[0], process.out,
			process.err);
	assert_int_equal(process_count(process.err, "tongs: run: "), warning != NULL);
	if (warning && !strstr(process.err, warning))
		fail_msg("'%s' is not in: %s", warning, process.err);
	process_finish(&process);
}

/* What `tongs run` says of the loader's variables, and what the loader does. */
static void run_warns_of_variables(void **state) {
	static const struct {
		const char *disable, *enable;
		bool is_off;
	} rows[] = {
		{"VK_LOADER_LAYERS_DISABLE=VK_LAYER_TONGS_*", NULL, true},
		{"VK_LOADER_LAYERS_DISABLE=VK_LAYER_OTHER,*tongs*", NULL, true},
		{"VK_LOADER_LAYERS_DISABLE=~all~", NULL, true},
		{"VK_LOADER_LAYERS_DISABLE=~explicit~", NULL, true},
		{"VK_LOADER_LAYERS_DISABLE=~implicit~", NULL, false},
		{"VK_LOADER_LAYERS_DISABLE=VK_LAYER_KHRONOS_*,VK_LAYER_TONGS", NULL, false},
		{"VK_LOADER_LAYERS_DISABLE=*", "VK_LOADER_LAYERS_ENABLE=VK_LAYER_TONGS_metal_interop", false},
		{"VK_LOADER_LAYERS_DISABLE=", NULL, false},
		{"TONGS_DISABLE=1", NULL, false}, /* that is for the implicit layer */
		{"VK_LAYER_PATH=/nowhere", NULL, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_agreement(LIST(tongs, "run"), LIST(rows[i].disable, rows[i].enable),
			rows[i].is_off ? "VK_LOADER_LAYERS_DISABLE is '" : NULL);
}

static void write_override(const char *members) {
	char path[sizeof folder + 64];

	snprintf(path, sizeof path, "%s/override/vulkan/implicit_layer.d/VkLayer_override.json", folder);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file,
		"{\"file_format_version\": \"1.1.2\", \"layer\": {\"name\": \"VK_LAYER_LUNARG_override\", \"type\": "
		"\"GLOBAL\", \"api_version\": \"1.3.250\", \"implementation_version\": \"1\", \"description\": \"\", "
		"%s \"component_layers\": [], \"disable_environment\": {\"DISABLE_THE_OVERRIDE\": \"1\"}}}",
		members);
	assert_int_equal(fclose(file), 0);
}

/* The Vulkan configurator's manifest. */
static void run_warns_of_the_override_layer(void **state) {
	char home[sizeof folder + 64], path[sizeof folder + 64];

	(void)state;
	for (const char *const *part = LIST("", "/vulkan", "/vulkan/implicit_layer.d"); *part; part++) {
		snprintf(path, sizeof path, "%s/override%s", folder, *part);
		assert_int_equal(mkdir(path, 0755), 0);
	}
	snprintf(home, sizeof home, "XDG_CONFIG_HOME=%s/override", folder);
	write_override("");
	check_agreement(LIST(tongs, "run"), LIST(home), NULL);
	write_override("\"override_paths\": [\"/nowhere\"],");
	check_agreement(
		LIST(tongs, "run"), LIST(home), "replaces the folders in which older Vulkan loaders look for layers");
	check_agreement(LIST(tongs, "run"), LIST(home), "set DISABLE_THE_OVERRIDE=1");
	check_agreement(LIST(tongs, "run"), LIST(home, "DISABLE_THE_OVERRIDE=1"), NULL);
	write_override("\"override_paths\": [\"/nowhere\"], \"app_keys\": [\"/bin/other\"],");
	check_agreement(LIST(tongs, "run"), LIST(home), NULL);
	write_override("\"blacklisted_layers\": [\"VK_LAYER_TONGS_metal_interop\"],");
	check_agreement(LIST(tongs, "run"), LIST(home), "VkLayer_override.json, of the Vulkan configurator, blocks");
	/* What is no manifest. */
	write_override("\"override_paths\": 7, \"app_keys\": {\"a\": null}, \"blacklisted_layers\": [[], 1],");
	struct process process = process_run(LIST(tongs, "run", "true"), LIST(home));
	assert_int_equal(process.status, 0);
	assert_string_equal(process.err, "");
	process_finish(&process);
	snprintf(path, sizeof path, "%s/override", folder);
	process = RUN("rm", "-r", path);
	process_finish(&process);
}

/* A libtongs that the layer does not expect. */
static void run_warns_of_another_library(void **state) {
	char path[sizeof folder + 64], variable[3 * 4096];

	(void)state;
	snprintf(path, sizeof path, "%s/other", folder);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof path, "%s/other/libtongs.so.0", folder);
	fclose(fopen(path, "w"));
	/* `true` does not load it; tongs itself has it by its own path. */
	snprintf(variable, sizeof variable, "LD_LIBRARY_PATH=/nowhere:%s/..:%s/other", layer_folder, folder);
	struct process process = process_run(LIST(tongs, "run", "true"), LIST(variable, "LD_PRELOAD"));
	assert_int_equal(process.status, 0);
	assert_string_equal(process.err, "");
	process_finish(&process);
	snprintf(variable, sizeof variable, "LD_LIBRARY_PATH=/nowhere:%s/other:%s/..", folder, layer_folder);
	process =
		process_run(LIST("sh", "-c", "exec \"$@\"", "sh", tongs, "run", "true"), LIST(variable, "LD_PRELOAD"));
	if (process.status == 0) {
		assert_int_equal(process_count(process.err, "LD_LIBRARY_PATH has another libtongs"), 1);
	} else {
		/* The dynamic linker looks there before tongs' own folder, and that file is no library. */
		assert_int_equal(process_count(process.err, "libtongs.so.0"), 1);
	}
	process_finish(&process);
}

/* The layer's folder as one that a sandbox may lack: a copy of the manifest that names the library by its path. */
static char copied_folder[sizeof folder + 32], from_copy[sizeof folder + 64];

static void copy_manifest(void) {
	snprintf(copied_folder, sizeof copied_folder, "%s/layer", folder);
	if (mkdir(copied_folder, 0755))
		return; /* an earlier test did */
	struct process process =
		process_run(LIST("sh", "-c",
				    "sed \"s|\\./lib|$1/lib|\" \"$1/VkLayer_tongs_metal_interop.json\" "
				    ">\"$2/VkLayer_tongs_metal_interop.json\"",
				    "sh", layer_folder, copied_folder),
			NULL);
	assert_int_equal(process.status, 0);
	process_finish(&process);
	snprintf(from_copy, sizeof from_copy, "--layer-path=%s", copied_folder);
}

/* Writes the top folder of the build tree, whose programs and libraries are in a sandbox in any case; skips where the
 * copied manifest would be, too. */
static void get_top(char top[4096]) {
	snprintf(top, 4096, "%s", layer_folder);
	char *slash = strchr(top + 1, '/');
	if (slash)
		*slash = '\0';
	if (!strcmp(top, "/tmp")) {
		print_message("the build tree is in /tmp, too\n");
		skip();
	}
}

static void run_says_how_to_pass_bubblewrap(void **state) {
	char top[4096];

	(void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	skip(); /* a sanitizer does not find its own files there */
#endif
	struct process process = RUN("sh", "-c", "bwrap --ro-bind / / true");
	if (process.status) {
		print_message("bubblewrap does not work here: %s", process.err);
		process_finish(&process);
		skip();
	}
	process_finish(&process);
	copy_manifest();
	get_top(top);
#define SANDBOX \
	"bwrap", "--ro-bind", "/usr", "/usr", "--ro-bind", "/etc", "/etc", "--symlink", "usr/lib", "/lib", \
		"--symlink", "usr/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev", "--ro-bind", top, top
	check_agreement(LIST(tongs, "run", from_copy, SANDBOX), LIST("VK_LOADER_DEBUG"), "'bwrap' starts its program");
	check_agreement(LIST(tongs, "run", from_copy, SANDBOX, "--ro-bind", copied_folder, copied_folder),
		LIST("VK_LOADER_DEBUG"), NULL);
	check_agreement(LIST(tongs, "run", from_copy, SANDBOX, "--ro-bind", copied_folder, copied_folder, "--clearenv"),
		LIST("VK_LOADER_DEBUG"), "--setenv VK_INSTANCE_LAYERS");
	check_agreement(LIST(tongs, "run", from_copy, SANDBOX, "--ro-bind", copied_folder, copied_folder, "--clearenv",
				"--setenv", "VK_ADD_LAYER_PATH", copied_folder),
		LIST("VK_LOADER_DEBUG"), "--setenv VK_INSTANCE_LAYERS");
	check_agreement(LIST(tongs, "run", from_copy, SANDBOX, "--ro-bind", copied_folder, copied_folder, "--clearenv",
				"--setenv", "VK_ADD_LAYER_PATH", copied_folder, "--setenv", "VK_INSTANCE_LAYERS",
				"VK_LAYER_TONGS_metal_interop"),
		LIST("VK_LOADER_DEBUG"), NULL);
#undef SANDBOX
}

static void run_says_how_to_pass_chroot(void **state) {
	static const char script[] = "set -e; root=$1 top=$2; shift 2\n"
				     "mkdir -p $root/usr $root/etc $root/proc $root/dev $root$top $root/tmp\n"
				     "ln -sfn usr/lib $root/lib; ln -sfn usr/lib64 $root/lib64\n"
				     "for d in /usr /etc /proc /dev $top; do mount --rbind $d $root$d; done\n"
				     "[ -z \"$BIND\" ] || { mkdir -p $root$BIND; mount --bind $BIND $root$BIND; }\n"
				     "exec \"$@\"\n";
	char root[sizeof folder + 32], top[4096], bind[sizeof folder + 64];

	(void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	skip(); /* a sanitizer does not find its own files there */
#endif
	snprintf(root, sizeof root, "%s/root", folder);
	assert_int_equal(mkdir(root, 0755), 0);
	struct process process = RUN("unshare", "--mount", "sh", "-c", "mount --bind /usr \"$0\"", root);
	if (process.status) {
		print_message("no mounts can be made here: %s", process.err);
		process_finish(&process);
		skip();
	}
	process_finish(&process);
	copy_manifest();
	get_top(top);
	snprintf(bind, sizeof bind, "BIND=%s", copied_folder);
	check_agreement(LIST("unshare", "--mount", "sh", "-c", script, "sh", root, top, tongs, "run", from_copy,
				"chroot", root),
		LIST("BIND"), "bind-mount there, at the same paths, ");
	check_agreement(LIST("unshare", "--mount", "sh", "-c", script, "sh", root, top, tongs, "run", from_copy,
				"chroot", root),
		LIST(bind), NULL);
}

static int make_data_home(void **state) {
	char link[sizeof data_home + 32], target[4096];

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(data_home, sizeof data_home, "XDG_DATA_HOME=%s", folder);
	snprintf(link, sizeof link, "%s/vulkan", folder);
	if (mkdir(link, 0755))
		return -1;
	snprintf(link, sizeof link, "%s/vulkan/implicit_layer.d", folder);
	snprintf(target, sizeof target, "%s/implicit", layer_folder);
	return symlink(target, link);
}

static int remove_data_home(void **state) {
	struct process process = RUN("rm", "-r", folder);

	(void)state;
	process_finish(&process);
	return 0;
}

int main(int argc, char **argv) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_off_without_a_variable),
		cmocka_unit_test(a_variable_switches_it_on),
		cmocka_unit_test(another_variable_wins),
		cmocka_unit_test(run_adds_it_once),
		cmocka_unit_test(a_device_that_cannot_share_has_no_extension),
		cmocka_unit_test(run_warns_of_variables),
		cmocka_unit_test(run_warns_of_the_override_layer),
		cmocka_unit_test(run_warns_of_another_library),
		cmocka_unit_test(run_says_how_to_pass_bubblewrap),
		cmocka_unit_test(run_says_how_to_pass_chroot),
	};
	self = argv[0];
	if (argc > 1 && !strcmp(argv[1], "--as-program"))
		return be_a_program();
	tongs = getenv("TONGS");
	layer_folder = getenv("LAYER_FOLDER");
	if (!tongs || !layer_folder) {
		fputs("TONGS must name the program, and LAYER_FOLDER the layer's\n", stderr);
		return 1;
	}
	return cmocka_run_group_tests(tests, make_data_home, remove_data_home);
}
