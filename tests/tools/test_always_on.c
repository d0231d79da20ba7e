/* SPDX-License-Identifier: MIT */
/* The layer as an implicit one: off without TONGS_ENABLE=1, in every program with it, and never there twice. */
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
