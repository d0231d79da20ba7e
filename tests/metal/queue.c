/* SPDX-License-Identifier: MIT */
#include "queue.h"

#include <string.h>
#include <unistd.h>

#include "../tools/process.h"
#include "metal/interop.h"
#include "vulkan/vk.h"

struct tongs_command_queue *queue;
static bool validated;

int open_queue(void **state) {
	int result = open_default_device(state);
	if (result)
		return result;
	queue = tongs_device_new_command_queue(device);
	return !queue;
}

/* A lane releases its command buffer soon after that has completed. */
int close_queue(void **state) {
	tongs_command_queue_unref(queue);
	for (int i = 0; i < 10000 && tongs_interop_count_objects() > 1; i++)
		usleep(1000);
	return close_device(state);
}

static void calls_are_valid(void **state) {
	static const char *const arguments[] = {"/proc/self/exe", "validated", NULL};
	static const char *const changes[] = {"VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation", "VK_LOADER_DEBUG=layer",
		"VK_LAYER_ENABLES=VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT", NULL};
	(void)state;
	struct process process = process_run(arguments, changes);
	const char *error = strstr(process.out, "Validation Error");
	if (error || process.status != 0)
		fail_msg("status %d: %.1500s", process.status, error ? error : process.out);
	assert_non_null(strstr(process.err, "Inserted device layer \"VK_LAYER_KHRONOS_validation\""));
	process_finish(&process);
}

int run_validated(int argc, const char *group, const struct CMUnitTest *tests, size_t count) {
	const struct CMUnitTest validity[] = {
		cmocka_unit_test(calls_are_valid),
	};
	validated = argc > 1;
	if (validated)
		tongs_vk_set_loader(load_vulkan());
	const int failed = _cmocka_run_group_tests(group, tests, count, open_queue, close_queue);
	return validated ? failed : failed + cmocka_run_group_tests_name("metal: validity", validity, NULL, NULL);
}

struct pass pass_begin(struct tongs_command_queue *its_queue) {
	struct pass pass = {.commands = tongs_command_queue_new_command_buffer(its_queue)};
	assert_non_null(pass.commands);
	pass.encoder = tongs_command_buffer_new_blit_encoder(pass.commands);
	assert_non_null(pass.encoder);
	return pass;
}

struct tongs_command_buffer *pass_commit(struct pass *pass) {
	tongs_encoder_end(pass->encoder);
	tongs_encoder_unref(pass->encoder);
	assert_true(tongs_command_buffer_commit(pass->commands));
	return pass->commands;
}

void pass_finish(struct pass *pass) {
	commands_wait(pass_commit(pass));
}

void commands_finish(struct tongs_command_buffer *commands) {
	assert_true(tongs_command_buffer_commit(commands));
	commands_wait(commands);
}

void commands_wait(struct tongs_command_buffer *commands) {
	tongs_command_buffer_wait_until_completed(commands);
	assert_int_equal(tongs_command_buffer_get_status(commands), MTLCommandBufferStatusCompleted);
	tongs_command_buffer_unref(commands);
}

bool is_known(const struct tongs_format *format) {
	return !validated || tongs_format_get_core_version(format) <= VK_API_VERSION_1_3;
}
