/* SPDX-License-Identifier: MIT */
/* MTLSharedEvents of timeline semaphores and VkEvents whose other half is in a second process, which is this program,
 * executed again: it has no Vulkan device of its own. */
#include <sys/socket.h>
#include <unistd.h>

#include "child.h"
#include "peer.h"
#include "semaphores.h"

enum { TURNS = 100 };

/* Answers each value with the next one. */
static void peer_answers(int socket) {
	struct tongs_shared_event *event = tongs_handle_receive(socket, NULL);
	CHECK(event);
	for (uint64_t value = 1; value < TURNS; value += 2) {
		CHECK(tongs_shared_event_wait(event, value, PATIENCE_MS));
		tongs_shared_event_set_signaled_value(event, value + 1);
	}
	tongs_shared_event_unref(event);
}

/* An event of its own, which it signals when it is asked to. */
static void peer_signals(int socket) {
	struct tongs_device *device = tongs_device_new_default();
	struct tongs_shared_event *event = tongs_device_new_shared_event(device);
	tongs_shared_event_set_signaled_value(event, 5);
	CHECK(tongs_handle_send(socket, event));
	for (uint64_t value = 6; peer_hear(socket, 's'); value++) {
		tongs_shared_event_set_signaled_value(event, value);
		CHECK(peer_say(socket, 'd'));
	}
	tongs_shared_event_unref(event);
	tongs_device_unref(device);
}

static void peer_sets(int socket) {
	struct tongs_shared_event *event = tongs_handle_receive(socket, NULL);
	CHECK(event && tongs_shared_event_get_signaled_value(event) == 0);
	tongs_shared_event_set_signaled_value(event, 1);
	tongs_shared_event_unref(event);
}

static const struct peer_task peers[] = {
	{"answers", peer_answers},
	{"signals", peer_signals},
	{"sets", peer_sets},
};

/* Nobody here looks at the event: Vulkan alone waits, on the CPU and on the GPU. */
static void vulkan_takes_turns_with_another_process(void **state) {
	const VkFenceCreateInfo fence_info = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
	(void)state;
	for (int on_gpu = 0; on_gpu < 2; on_gpu++) {
		struct gpu gpu;
		VkFence fence;
		init_with_timelines(&gpu);
		VkSemaphore semaphore = make_semaphore(&gpu, 0);
		assert_vk(vkCreateFence(gpu.device, &fence_info, NULL, &fence));
		struct peer peer = peer_start("answers", SOCK_STREAM);
		assert_true(tongs_handle_send(peer.socket, event_object(&gpu, semaphore, VK_NULL_HANDLE)));
		if (on_gpu)
			submit_values(&gpu, semaphore, 0, 1, VK_NULL_HANDLE);
		else
			signal_vulkan(&gpu, semaphore, 1);
		for (uint64_t value = 2; value < TURNS; value += 2) {
			if (on_gpu) {
				submit_values(&gpu, semaphore, value, value + 1, fence);
				assert_vk(vkWaitForFences(
					gpu.device, 1, &fence, VK_TRUE, PATIENCE_MS * UINT64_C(1000000)));
				assert_vk(vkResetFences(gpu.device, 1, &fence));
			} else {
				assert_vk(wait_vulkan(&gpu, semaphore, value));
				assert_int_equal(counter(&gpu, semaphore), value);
				signal_vulkan(&gpu, semaphore, value + 1);
			}
		}
		assert_vk(wait_vulkan(&gpu, semaphore, TURNS));
		assert_int_equal(counter(&gpu, semaphore), TURNS);
		peer_finish(&peer);
		vkDestroyFence(gpu.device, fence, NULL);
		vkDestroySemaphore(gpu.device, semaphore, NULL);
		gpu_finish(&gpu);
	}
}

static bool have_signaled(const struct peer *peer) {
	return peer_say(peer->socket, 's') && peer_hear(peer->socket, 'd');
}

/* A semaphore that is made of a received event, and one that is made of it later. */
static void received_events_become_semaphores(void **state) {
	struct gpu gpu;
	(void)state;
	init_with_timelines(&gpu);
	struct peer peer = peer_start("signals", SOCK_STREAM);
	struct tongs_shared_event *event = tongs_handle_receive(peer.socket, device_object(&gpu));
	assert_non_null(event);
	for (uint64_t value = 5; value < 50; value += 3) {
		VkSemaphore semaphore = import_semaphore(&gpu, event, 0);
		assert_int_equal(counter(&gpu, semaphore), value);
		assert_true(have_signaled(&peer));
		assert_vk(wait_vulkan(&gpu, semaphore, value + 1));
		VkSemaphore second = import_semaphore(&gpu, event, 0);
		assert_int_equal(counter(&gpu, second), value + 1);
		assert_true(have_signaled(&peer));
		assert_vk(wait_vulkan(&gpu, second, value + 2));
		assert_vk(wait_vulkan(&gpu, semaphore, value + 2));
		vkDestroySemaphore(gpu.device, semaphore, NULL);
		vkDestroySemaphore(gpu.device, second, NULL);
		/* None is there to see it. */
		assert_true(have_signaled(&peer));
	}
	tongs_shared_event_unref(event);
	shutdown(peer.socket, SHUT_WR);
	peer_finish(&peer);
	gpu_finish(&gpu);
}

static void vulkan_events_are_set(void **state) {
	const VkExportMetalObjectCreateInfoEXT object = object_info(EXPORT(SHARED_EVENT), NULL);
	const VkEventCreateInfo info = {.sType = VK_STRUCTURE_TYPE_EVENT_CREATE_INFO, .pNext = &object};
	struct gpu gpu;
	VkEvent event;
	(void)state;
	init_with_timelines(&gpu);
	assert_vk(vkCreateEvent(gpu.device, &info, NULL, &event));
	struct peer peer = peer_start("sets", SOCK_STREAM);
	assert_true(tongs_handle_send(peer.socket, event_object(&gpu, VK_NULL_HANDLE, event)));
	peer_finish(&peer);
	for (int i = 0; i < PATIENCE_MS && vkGetEventStatus(gpu.device, event) != VK_EVENT_SET; i++)
		usleep(1000);
	assert_int_equal(vkGetEventStatus(gpu.device, event), VK_EVENT_SET);
	vkDestroyEvent(gpu.device, event, NULL);
	gpu_finish(&gpu);
}

int main(int argc, char **argv) {
	const char *name;
	int socket;
	if (peer_is_this(argc, argv, &name, &socket))
		return peer_run(peers, sizeof(peers) / sizeof(peers[0]), name, socket);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vulkan_takes_turns_with_another_process),
		cmocka_unit_test(received_events_become_semaphores),
		cmocka_unit_test(vulkan_events_are_set),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
