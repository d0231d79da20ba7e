/* SPDX-License-Identifier: MIT */
/* Rounds of a flow, with a leak check of the process and the driver around each. */
#include "torture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory/payload.h"
#include "metal/interop.h"
#include "util/alloc.h"
#include "test_layer.h"
#include "vulkan/vk.h"
#include "held.h"
#include "interpose.h"

enum { MAX_POINTS = 4096 };

struct torture_sums torture_sums;

static const char *const way_names[WAY_COUNT] = {
	[WAY_ALLOCATION] = "allocations",
	[WAY_CALLBACK] = "VkAllocationCallbacks",
	[WAY_KERNEL] = "mmap and pthread_create",
	[WAY_HOST_MEMORY] = "out of host memory",
	[WAY_DEVICE_MEMORY] = "out of device memory",
	[WAY_OTHER] = "other errors",
};

/* Counts that a leak would raise. */
struct held {
	long objects; /* of the driver */
	long blocks;  /* of the heap that are Tongs' */
	long blocks_of_callbacks;
	long files;
	long mappings;
	long bytes; /* of the payloads of Metal objects */
};

static struct held measure(struct torture *torture) {
	return (struct held){
		.objects = test_layer_count_live(),
		.blocks = interpose_count_live(),
		.blocks_of_callbacks = (long)allocator_count_live(&torture->allocator),
		.files = (long)held_files(),
		.mappings = held_rss_counts ? (long)held_mappings() : 0,
		.bytes = (long)tongs_device_get_current_allocated_size(torture->metal),
	};
}

static bool has_grown(const struct held *before, const struct held *after) {
	return after->objects > before->objects || after->blocks > before->blocks ||
	       after->blocks_of_callbacks > before->blocks_of_callbacks || after->files > before->files ||
	       after->mappings > before->mappings || after->bytes > before->bytes;
}

static void on_message(enum tongs_message_severity severity, const char *text, void *user) {
	struct torture *torture = user;
	(void)severity;
	(void)text;
	torture->messages++;
}

/* Each shard of the registry of Metal objects allocates a table for its first object and keeps it. Makes all shards do
 * so now, so that none counts as a leak later. */
static void fill_registry(struct tongs_device *device) {
	enum { OBJECTS = 320 }; /* some ten for each shard: no table grows, or it would be freed again */
	struct tongs_payload *payload = tongs_payload_create(1);
	struct tongs_heap *heaps[OBJECTS];
	for (size_t i = 0; i < OBJECTS; i++)
		assert_non_null(heaps[i] = tongs_interop_new_heap(device, payload, 1, MTLCPUCacheModeDefaultCache));
	for (size_t i = 0; i < OBJECTS; i++)
		tongs_heap_unref(heaps[i]);
	tongs_payload_unref(payload);
}

void torture_init(struct torture *torture) {
	*torture = (struct torture){0};
	/* libtongs' own calls into the driver fail, too. */
	tongs_vk_set_loader(vkGetInstanceProcAddr);
	allocator_init(&torture->allocator);
	const struct gpu_options options = {
		.callbacks = &torture->allocator.callbacks, .without_loader = true, .with_objects = true};
	gpu_init(&torture->gpu, &options);
	/* Without the layer nothing would fail, and every flow pass. */
	assert_true(test_layer_count_live() > 0);
	VkPhysicalDeviceIDProperties id = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES};
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
		.pNext = &id,
	};
	vkGetPhysicalDeviceProperties2(torture->gpu.physical_device, &properties);
	/* The device object exists, and needs no Vulkan device of libtongs' own. */
	torture->metal = tongs_device_new_from_uuids(id.deviceUUID, id.driverUUID);
	assert_non_null(torture->metal);
	fill_registry(torture->metal);
	torture->combines = can_combine(&torture->gpu);
	VkMemoryRequirements requirements;
	VkBuffer buffer = make_buffer(&torture->gpu, 64, VK_BUFFER_USAGE_TRANSFER_DST_BIT, MTLHEAP);
	vkGetBufferMemoryRequirements(torture->gpu.device, buffer, &requirements);
	vkDestroyBuffer(torture->gpu.device, buffer, NULL);
	const uint32_t type = pick_mapped(&torture->gpu, requirements.memoryTypeBits);
	torture->heap_options = torture->combines && is_mapped(&torture->gpu, type) ? MTLResourceStorageModeShared
										    : MTLResourceStorageModePrivate;
	torture->host_pages = imports_host_pages(&torture->gpu);
	tongs_set_message_callback(on_message, torture);
	interpose_begin();
}

void torture_finish(struct torture *torture) {
	tongs_device_unref(torture->metal);
	gpu_finish(&torture->gpu);
	tongs_set_message_callback(NULL, NULL);
	assert_true(allocator_finish(&torture->allocator));
}

static void arm(struct torture *torture, enum way way, uint64_t point) {
	switch (way) {
	case WAY_ALLOCATION:
		tongs_alloc_fail_after(point);
		break;
	case WAY_CALLBACK:
		allocator_fail_after(&torture->allocator, point);
		break;
	case WAY_KERNEL:
		interpose_fail_after(point);
		break;
	case WAY_HOST_MEMORY:
		test_layer_fail_after(FAILURE_HOST_MEMORY, point);
		break;
	case WAY_DEVICE_MEMORY:
		test_layer_fail_after(FAILURE_DEVICE_MEMORY, point);
		break;
	default:
		test_layer_fail_after(FAILURE_OTHER, point);
		break;
	}
}

/* Whether something failed. */
static bool disarm(struct torture *torture, enum way way) {
	switch (way) {
	case WAY_ALLOCATION:
		return tongs_alloc_fail_after(UINT64_MAX) == UINT64_MAX;
	case WAY_CALLBACK:
		return allocator_stop(&torture->allocator);
	case WAY_KERNEL:
		return interpose_stop();
	default:
		return test_layer_stop_failing() != NULL;
	}
}

static void run_unharmed(struct torture *torture, const struct flow *flow) {
	torture->messages = 0;
	if (!flow->run(torture, flow))
		fail_msg("%s, %s: point %llu is in the way of the next", flow->name, way_names[torture->way],
			(unsigned long long)torture->point);
}

/* The flow checks its own results; this checks the rest. */
static bool run_harmed(struct torture *torture, const struct flow *flow, bool *came_through) {
	torture->messages = 0;
	arm(torture, torture->way, torture->point);
	*came_through = flow->run(torture, flow);
	bool failed = disarm(torture, torture->way);
	if (!failed && !*came_through)
		fail_msg("%s, %s: fails where nothing is made to, after %llu points", flow->name,
			way_names[torture->way], (unsigned long long)torture->point);
	return failed;
}

/* Tables grow occasionally, and a driver's threads allocate late: only growth in every round is a leak. */
enum { MOST_REPETITIONS = 3 };

static void check_held(
	struct torture *torture, const struct flow *flow, const struct held *first, const struct held *second) {
	struct held before = *first, after = *second;
	bool came_through;
	for (int repeated = 0; has_grown(&before, &after); repeated++) {
		if (repeated == MOST_REPETITIONS)
			fail_msg("%s, %s: after point %llu there are more: driver's objects %ld, blocks %ld, blocks of "
				 "callbacks %ld, files %ld, mappings %ld, bytes %ld",
				flow->name, way_names[torture->way], (unsigned long long)torture->point,
				after.objects - before.objects, after.blocks - before.blocks,
				after.blocks_of_callbacks - before.blocks_of_callbacks, after.files - before.files,
				after.mappings - before.mappings, after.bytes - before.bytes);
		before = measure(torture);
		run_harmed(torture, flow, &came_through);
		run_unharmed(torture, flow);
		after = measure(torture);
	}
}

bool torture_run_point(struct torture *torture, const struct flow *flow, enum way way, uint64_t point) {
	bool came_through;
	torture->flow = flow;
	torture->way = way;
	torture->point = point;
	/* With the driver's errors, every other way is without callbacks. */
	torture->callbacks = way == WAY_CALLBACK || way == WAY_HOST_MEMORY ? &torture->allocator.callbacks : NULL;
	struct held before = measure(torture);
	bool failed = run_harmed(torture, flow, &came_through);
	torture_sums.injected += failed;
	run_unharmed(torture, flow);
	struct held after = measure(torture);
	check_held(torture, flow, &before, &after);
	assert_int_equal(torture->allocator.faults, 0);
	torture_sums.passed += failed;
	torture_sums.survived += failed && came_through;
	return failed;
}

/* Under a sanitizer, which is slow, the many points of a long flow are skipped through. */
static uint64_t next(uint64_t point) {
	return held_rss_counts || point < 32 ? 1 : 8;
}

/* Not every device has memory that is both MTLBUFFER and MTLHEAP. */
static bool can_share(struct torture *torture, const struct flow *flow) {
	if (flow->types != (MTLBUFFER | MTLHEAP))
		return true;
	const VkImageCreateInfo info = image_info(flow->format, 40, 24, flow->tiling);
	return torture->combines && (!flow->format || can_combine_images(&torture->gpu, &info));
}

void torture_run(struct torture *torture, const struct flow *flow) {
	if (flow->invalid && is_validated())
		return;
	if (!can_share(torture, flow)) {
		print_message(
			"left out, for the device has no memory that is both MTLBUFFER and MTLHEAP: %s\n", flow->name);
		assert_false(has_unified_memory(&torture->gpu));
		return;
	}
	for (enum way way = 0; way < WAY_COUNT; way++) {
		uint64_t point = 0;
		while (torture_run_point(torture, flow, way, point))
			assert_true((point += next(point)) < MAX_POINTS);
	}
}

static unsigned class_of(VkResult result) {
	switch (result) {
	case VK_ERROR_OUT_OF_HOST_MEMORY:
	case VK_ERROR_OUT_OF_DEVICE_MEMORY:
		return MEMORY;
	case VK_ERROR_INITIALIZATION_FAILED:
		return INITIALIZATION_FAILED;
	case VK_ERROR_INVALID_EXTERNAL_HANDLE:
		return INVALID_EXTERNAL_HANDLE;
	case VK_ERROR_MEMORY_MAP_FAILED:
		return MEMORY_MAP_FAILED;
	default:
		return 0;
	}
}

bool went(struct torture *torture, VkResult result, unsigned listed) {
	if (result == VK_SUCCESS)
		return true;
	if (!(class_of(result) & listed))
		fail_msg("%s, %s: VkResult %d of point %llu", torture->flow->name, way_names[torture->way], result,
			(unsigned long long)torture->point);
	return false;
}

bool made(struct torture *torture, bool success) {
	if (!success && torture->messages == 0)
		fail_msg("%s, %s: nothing logged of point %llu", torture->flow->name, way_names[torture->way],
			(unsigned long long)torture->point);
	return success;
}
