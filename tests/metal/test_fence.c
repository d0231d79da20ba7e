/* SPDX-License-Identifier: MIT */
/* Fences between two queues. What waits would run too early without one, for an event holds back what it waits for. */
#include "queue.h"

#include <string.h>
#include <unistd.h>

#include <sys/wait.h>

#include "util/alloc.h"

enum { SIZE = 4096 };

/* Of the test. */
static struct tongs_command_queue *other;
static struct tongs_fence *fence;
static struct tongs_shared_event *event;
static struct tongs_buffer *from, *to;

static int begin_test(void **state) {
	other = tongs_device_new_command_queue(device);
	fence = tongs_device_new_fence(device);
	event = tongs_device_new_shared_event(device);
	from = tongs_device_new_buffer(device, SIZE, MTLResourceStorageModeShared);
	to = tongs_device_new_buffer(device, SIZE, MTLResourceStorageModeShared);
	return !other || !fence || !event || !from || !to || setup(state);
}

static int end_test(void **state) {
	tongs_buffer_unref(from);
	tongs_buffer_unref(to);
	tongs_shared_event_unref(event);
	tongs_fence_unref(fence);
	tongs_command_queue_unref(other);
	return teardown(state);
}

static void check_filled(const struct tongs_buffer *buffer, uint8_t value) {
	const uint8_t *bytes = tongs_buffer_get_contents(buffer);
	for (size_t i = 0; i < SIZE; i++)
		if (bytes[i] != value)
			fail_msg("byte %zu is %u, not %u", i, bytes[i], value);
}

/* Commits a command buffer of `queue` that waits for the event, fills `from` and then updates the fence. */
static struct tongs_command_buffer *commit_update(uint8_t value) {
	struct tongs_command_buffer *commands = tongs_command_queue_new_command_buffer(queue);
	assert_non_null(commands);
	tongs_command_buffer_encode_wait(commands, event, 1);
	struct pass pass = {commands, tongs_command_buffer_new_blit_encoder(commands)};
	tongs_blit_fill_buffer(pass.encoder, from, 0, SIZE, value);
	tongs_blit_update_fence(pass.encoder, fence);
	return pass_commit(&pass);
}

/* Commits one of the other queue that waits for the fence and then copies `from`. */
static struct tongs_command_buffer *commit_copy(void) {
	struct pass pass = pass_begin(other);
	tongs_blit_wait_for_fence(pass.encoder, fence);
	tongs_blit_copy_buffer(pass.encoder, from, 0, to, 0, SIZE);
	return pass_commit(&pass);
}

/* Long enough for what does not wait. */
static void signal_late(void) {
	usleep(20000);
	tongs_shared_event_set_signaled_value(event, 1);
}

static void another_queue_waits(void **state) {
	(void)state;
	struct tongs_command_buffer *update = commit_update(7), *copy = commit_copy();
	signal_late();
	commands_wait(copy);
	check_filled(to, 7);
	commands_wait(update);
}

/* The clear of a render pass, and a blit. */
static void a_render_pass_updates(void **state) {
	(void)state;
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 32, 32);
	info.usage = MTLTextureUsageRenderTarget;
	info.resource_options = MTLResourceStorageModePrivate;
	struct tongs_texture *texture = tongs_device_new_texture(device, &info);
	struct tongs_command_buffer *clear = tongs_command_queue_new_command_buffer(queue);
	tongs_command_buffer_encode_wait(clear, event, 1);
	struct tongs_render_pass_info pass_info;
	tongs_render_pass_info_init(&pass_info);
	pass_info.colors[0].texture = texture;
	pass_info.colors[0].load_action = MTLLoadActionClear;
	pass_info.colors[0].clear_color = (MTLClearColor){1, 1, 1, 1};
	struct pass pass = {clear, tongs_command_buffer_new_render_encoder(clear, &pass_info)};
	assert_non_null(pass.encoder);
	tongs_render_update_fence(pass.encoder, fence, MTLRenderStageFragment);
	pass_commit(&pass);
	struct pass copy = pass_begin(other);
	tongs_blit_wait_for_fence(copy.encoder, fence);
	tongs_blit_copy_texture_to_buffer(copy.encoder, texture, 0, 0, MTLOriginMake(0, 0, 0), MTLSizeMake(32, 32, 1),
		to, 0, 128, 4096, MTLBlitOptionNone);
	pass_commit(&copy);
	signal_late();
	commands_wait(copy.commands);
	check_filled(to, 255);
	commands_wait(clear);
	tongs_texture_unref(texture);
}

/* Each queue copies what the other wrote, and adds its own. */
static void to_and_fro(void **state) {
	enum { ROUNDS = 200 };
	(void)state;
	struct tongs_fence *fences[2] = {tongs_device_new_fence(device), tongs_device_new_fence(device)};
	struct tongs_buffer *buffers[2] = {from, to};
	struct tongs_command_buffer *last[2] = {0};
	for (unsigned i = 0; i < ROUNDS; i++) {
		const unsigned side = i % 2;
		struct pass pass = pass_begin(side ? other : queue);
		tongs_blit_wait_for_fence(pass.encoder, fences[!side]);
		tongs_blit_copy_buffer(pass.encoder, buffers[!side], 0, buffers[side], 0, SIZE);
		tongs_blit_fill_buffer(pass.encoder, buffers[side], i, 1, (uint8_t)(i + 1));
		tongs_blit_update_fence(pass.encoder, fences[side]);
		tongs_blit_update_fence(pass.encoder, fences[side]);
		tongs_command_buffer_unref(last[side]);
		last[side] = pass_commit(&pass);
	}
	commands_wait(last[0]);
	commands_wait(last[1]);
	const uint8_t *bytes = tongs_buffer_get_contents(buffers[(ROUNDS - 1) % 2]);
	for (unsigned i = 0; i < ROUNDS; i++)
		assert_int_equal(bytes[i], i + 1);
	tongs_fence_unref(fences[0]);
	tongs_fence_unref(fences[1]);
}

/* Two queues update a fence; who waits, waits for both. */
static void every_update_counts(void **state) {
	(void)state;
	struct tongs_command_queue *third = tongs_device_new_command_queue(device);
	struct tongs_command_buffer *late = commit_update(3);
	struct pass soon = pass_begin(third);
	tongs_blit_update_fence(soon.encoder, fence);
	pass_commit(&soon);
	struct tongs_command_buffer *copy = commit_copy();
	commands_wait(soon.commands);
	signal_late();
	commands_wait(copy);
	check_filled(to, 3);
	commands_wait(late);
	tongs_command_queue_unref(third);
}

/* What was enqueued first and waits for what runs behind it in its queue would wait for ever; nor does anything wait
 * for an update that is committed later, or for its own. */
static void nothing_waits_for_itself(void **state) {
	(void)state;
	struct pass first = pass_begin(queue), second = pass_begin(queue), own = pass_begin(other);
	tongs_command_buffer_enqueue(first.commands);
	tongs_command_buffer_enqueue(second.commands);
	tongs_blit_wait_for_fence(first.encoder, fence);
	tongs_blit_update_fence(second.encoder, fence);
	tongs_blit_update_fence(own.encoder, fence);
	tongs_blit_wait_for_fence(own.encoder, fence);
	pass_commit(&own);
	commands_wait(own.commands);
	pass_commit(&second);
	pass_commit(&first);
	commands_wait(first.commands);
	commands_wait(second.commands);
}

/* The first was enqueued before what the others wait for: it would wait for itself. */
static void no_circle_arises(void **state) {
	(void)state;
	struct tongs_fence *fences[2] = {tongs_device_new_fence(device), tongs_device_new_fence(device)};
	struct pass first = pass_begin(queue), second = pass_begin(queue), third = pass_begin(other);
	tongs_command_buffer_enqueue(first.commands);
	tongs_blit_update_fence(second.encoder, fences[0]);
	pass_commit(&second);
	tongs_blit_wait_for_fence(third.encoder, fences[0]);
	tongs_blit_update_fence(third.encoder, fences[1]);
	pass_commit(&third);
	tongs_blit_wait_for_fence(first.encoder, fences[1]);
	pass_commit(&first);
	commands_wait(first.commands);
	commands_wait(second.commands);
	commands_wait(third.commands);
	tongs_fence_unref(fences[0]);
	tongs_fence_unref(fences[1]);
}

/* An early place in its own queue does not hide what another queue runs. */
static void an_enqueued_one_waits(void **state) {
	(void)state;
	struct pass copy = pass_begin(other);
	tongs_command_buffer_enqueue(copy.commands);
	struct tongs_command_buffer *update = commit_update(9);
	tongs_blit_wait_for_fence(copy.encoder, fence);
	tongs_blit_copy_buffer(copy.encoder, from, 0, to, 0, SIZE);
	pass_commit(&copy);
	signal_late();
	commands_wait(copy.commands);
	check_filled(to, 9);
	commands_wait(update);
}

/* A fence that goes while command buffers use it, and one that nobody keeps. */
static void fences_go_early(void **state) {
	(void)state;
	struct tongs_command_buffer *update = commit_update(5), *copy = commit_copy();
	struct pass never = pass_begin(other);
	tongs_blit_update_fence(never.encoder, fence);
	tongs_blit_wait_for_fence(never.encoder, fence);
	tongs_encoder_end(never.encoder);
	tongs_encoder_unref(never.encoder);
	tongs_command_buffer_unref(never.commands);
	tongs_fence_unref(fence);
	fence = NULL;
	signal_late();
	commands_wait(copy);
	check_filled(to, 5);
	commands_wait(update);
}

/* The command buffers of its parent do not run in it. */
static void a_child_does_not_wait_for_its_parent(void **state) {
	(void)state;
	struct tongs_command_buffer *update = commit_update(5);
	int status = 0;
	struct pass waiting = pass_begin(other);
	tongs_blit_wait_for_fence(waiting.encoder, fence);
	const pid_t child = fork();
	if (child == 0) {
		alarm(10);
		pass_commit(&waiting);
		tongs_command_buffer_wait_until_completed(waiting.commands);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	tongs_shared_event_set_signaled_value(event, 1);
	pass_commit(&waiting);
	commands_wait(waiting.commands);
	commands_wait(update);
}

/* Each allocation fails once: a command buffer has failed, or the copy came after the fill. */
static void failing_allocations(void **state) {
	(void)state;
	bool done = false;
	unsigned failed = 0;
	for (uint64_t countdown = 0; !done; countdown++) {
		struct tongs_fence *own = tongs_device_new_fence(device);
		struct tongs_shared_event *go = tongs_device_new_shared_event(device);
		struct pass update = {.commands = tongs_command_queue_new_command_buffer(queue)};
		struct pass copy = pass_begin(other);
		tongs_command_buffer_encode_wait(update.commands, go, 1);
		update.encoder = tongs_command_buffer_new_blit_encoder(update.commands);
		tongs_blit_fill_buffer(update.encoder, from, 0, SIZE, (uint8_t)countdown);
		tongs_blit_copy_buffer(copy.encoder, from, 0, to, 0, SIZE);
		tongs_alloc_fail_after(countdown);
		tongs_blit_update_fence(update.encoder, own);
		tongs_blit_wait_for_fence(copy.encoder, own);
		pass_commit(&update);
		pass_commit(&copy);
		done = tongs_alloc_fail_after(UINT64_MAX) != UINT64_MAX;
		tongs_shared_event_set_signaled_value(go, 1);
		tongs_command_buffer_wait_until_completed(copy.commands);
		tongs_command_buffer_wait_until_completed(update.commands);
		const bool ran = tongs_command_buffer_get_status(copy.commands) == MTLCommandBufferStatusCompleted &&
				 tongs_command_buffer_get_status(update.commands) == MTLCommandBufferStatusCompleted;
		if (ran)
			check_filled(to, (uint8_t)countdown);
		failed += !ran;
		tongs_command_buffer_unref(copy.commands);
		tongs_command_buffer_unref(update.commands);
		tongs_shared_event_unref(go);
		tongs_fence_unref(own);
		assert_true(done ? ran : countdown < 100);
	}
	assert_true(failed > 3);
	messages_take();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(another_queue_waits),
		TEST(a_render_pass_updates),
		TEST(to_and_fro),
		TEST(every_update_counts),
		TEST(nothing_waits_for_itself),
		TEST(no_circle_arises),
		TEST(an_enqueued_one_waits),
		TEST(fences_go_early),
		TEST(a_child_does_not_wait_for_its_parent),
		TEST(failing_allocations),
	};
	return cmocka_run_group_tests_name("metal: fences", tests, open_queue, close_queue);
}
