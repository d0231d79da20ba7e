/* SPDX-License-Identifier: MIT */
/* Eight threads make, export, import, message, retain, release and free shared memory, on a device that half of them
 * share and on devices of their own. Every allocation carries its owner's pattern; in the end nothing is left. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../objc/libobjc.h"
#include "harness.h"
#include "metal/interop.h"
#include "memory/payload.h"

enum {
	THREADS = 8,
	SHARING = 4, /* of them use one device */
	DEVICES = 1 + THREADS - SHARING,
	SLOTS = 12,    /* allocations of a thread */
	MAILBOXES = 8, /* where threads leave handles for others */
	STRIDE = 256,  /* between the words of a pattern */
	WIDTH = 64,    /* of textures; texels are words */
	MAPPINGS_BOUND = 16,
};

/* Operations of each thread: where memory is host pages, and where it is the driver's, which is slower. A sanitizer has
 * mappings of its own, for each thread. */
#if defined(__SANITIZE_ADDRESS__)
enum { OPERATIONS = 80000, OPERATIONS_OF_DRIVERS = 8000 };
static const bool mappings_count = false;
#elif defined(__SANITIZE_THREAD__)
enum { OPERATIONS = 20000, OPERATIONS_OF_DRIVERS = 5000 };
static const bool mappings_count = false;
#else
enum { OPERATIONS = 650000, OPERATIONS_OF_DRIVERS = 20000 };
static const bool mappings_count = true;
#endif

/* An allocation: Vulkan's part, if it is not freed yet, and a reference to its Metal object. */
struct slot {
	VkDeviceMemory memory;
	VkBuffer buffer;
	VkImage image;
	VkExternalMemoryHandleTypeFlags type; /* of `object`; 0: the slot is free */
	void *object;
	uint64_t pattern;
	size_t size;
};

struct thread {
	pthread_t id;
	struct gpu *gpu;
	bool combines; /* MTLBUFFER with MTLHEAP */
	uint64_t random;
	uint64_t number; /* from 1 */
	uint64_t made;
	size_t operations;
	struct slot slots[SLOTS];
};

/* A handle with a reference, whose ownership passes to the thread that takes it. */
struct parcel {
	VkExternalMemoryHandleTypeFlags type;
	void *object;
	uint64_t pattern;
	size_t size;
};

static _Atomic(struct parcel *) mailboxes[MAILBOXES];
static _Atomic(void *) seen[MAILBOXES]; /* handles that may be stale by now */
static atomic_size_t errors;
static atomic_bool time_is_up;
static bool timed;
static size_t operations_of_each;

static void expect(bool condition, const char *what) {
	if (!condition && atomic_fetch_add(&errors, 1) < 10)
		print_error("stress: %s\n", what);
}

/* splitmix64 */
static uint64_t next_random(struct thread *thread) {
	uint64_t z = thread->random += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void write_pattern(void *bytes, size_t size, uint64_t pattern) {
	for (size_t offset = 0; offset + 8 <= size; offset += STRIDE)
		memcpy((char *)bytes + offset, &pattern, 8);
}

static bool has_pattern(const void *bytes, size_t size, uint64_t pattern) {
	for (size_t offset = 0; offset + 8 <= size; offset += STRIDE)
		if (memcmp((const char *)bytes + offset, &pattern, 8) != 0)
			return false;
	return true;
}

static void *send(void *receiver, const char *name) {
	SEL selector = sel_registerName(name);
	return ((void *(*)(id, SEL))(void (*)(void))objc_msg_lookup((id)receiver, selector))((id)receiver, selector);
}

static void retain(void *object, VkExternalMemoryHandleTypeFlags type) {
	if (type == MTLBUFFER)
		tongs_buffer_ref(object);
	else if (type == MTLHEAP)
		tongs_heap_ref(object);
	else
		send(object, "retain");
}

static void release(void *object, VkExternalMemoryHandleTypeFlags type) {
	if (type == MTLBUFFER)
		tongs_buffer_unref(object);
	else if (type == MTLHEAP)
		send(object, "release");
	else
		tongs_texture_unref(object);
}

static size_t height_of(size_t size) {
	return size / (WIDTH * 4);
}

static struct tongs_backing get_backing(const void *object, VkExternalMemoryHandleTypeFlags type) {
	struct tongs_backing backing;
	tongs_interop_get_backing(object,
		type == MTLBUFFER ? TONGS_KIND_BUFFER
		: type == MTLHEAP ? TONGS_KIND_HEAP
				  : TONGS_KIND_TEXTURE,
		&backing);
	return backing;
}

/* Whether Metal itself reaches the bytes: those of a heap only in host pages. */
static bool is_readable(const struct tongs_backing *backing, VkExternalMemoryHandleTypeFlags type) {
	return backing->storage_mode != MTLStorageModePrivate &&
	       (type != MTLHEAP || tongs_payload_get_contents(backing->payload));
}

/* Reads through the object alone, as far as it can be read. */
static bool object_has_pattern(void *object, VkExternalMemoryHandleTypeFlags type, size_t size, uint64_t pattern) {
	const struct tongs_backing backing = get_backing(object, type);
	if (!is_readable(&backing, type))
		return true;
	if (type == MTLBUFFER)
		return has_pattern(send(object, "contents"), size, pattern);
	if (type == MTLHEAP)
		return has_pattern((char *)tongs_payload_get_contents(backing.payload) + backing.offset, size, pattern);
	uint8_t *texels = malloc(size);
	bool good = texels &&
		    tongs_texture_get_bytes(
			    object, texels, WIDTH * 4, size, MTLRegionMake2D(0, 0, WIDTH, height_of(size)), 0, 0) &&
		    has_pattern(texels, size, pattern);
	free(texels);
	return good;
}

static void check_slot(struct thread *thread, struct slot *slot) {
	expect(object_has_pattern(slot->object, slot->type, slot->size, slot->pattern), "an object lost its bytes");
	if (!slot->memory)
		return;
	expect(handle_of(thread->gpu, slot->memory, slot->type) == slot->object, "the handle changed");
	if (slot->image || get_backing(slot->object, slot->type).storage_mode == MTLStorageModePrivate)
		return;
	void *mapped;
	expect(vkMapMemory(thread->gpu->device, slot->memory, 0, VK_WHOLE_SIZE, 0, &mapped) == VK_SUCCESS, "map");
	expect(has_pattern(mapped, slot->size, slot->pattern), "a mapping lost its bytes");
	vkUnmapMemory(thread->gpu->device, slot->memory);
}

static void free_vulkan(struct thread *thread, struct slot *slot) {
	vkDestroyBuffer(thread->gpu->device, slot->buffer, NULL);
	vkDestroyImage(thread->gpu->device, slot->image, NULL);
	vkFreeMemory(thread->gpu->device, slot->memory, NULL);
	slot->buffer = VK_NULL_HANDLE;
	slot->image = VK_NULL_HANDLE;
	slot->memory = VK_NULL_HANDLE;
}

static void clear_slot(struct thread *thread, struct slot *slot) {
	if (!slot->type)
		return;
	check_slot(thread, slot);
	if (next_random(thread) % 2) {
		free_vulkan(thread, slot);
		expect(object_has_pattern(slot->object, slot->type, slot->size, slot->pattern),
			"a retained object lost its bytes");
		release(slot->object, slot->type);
	} else {
		release(slot->object, slot->type);
		free_vulkan(thread, slot);
	}
	*slot = (struct slot){0};
}

static size_t random_size(struct thread *thread) {
	static const size_t sizes[] = {4096, 4096, 8192, 16384, 65536, 300 << 10};
	return sizes[next_random(thread) % (sizeof(sizes) / sizeof(*sizes))];
}

static VkImageCreateInfo texture_image(size_t size) {
	return image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, (uint32_t)height_of(size), VK_IMAGE_TILING_OPTIMAL);
}

static void export_slot(struct thread *thread, struct slot *slot) {
	static const VkExternalMemoryHandleTypeFlags types[] = {MTLBUFFER, MTLHEAP, MTLBUFFER | MTLHEAP, MTLTEXTURE};
	VkExternalMemoryHandleTypeFlags all = types[next_random(thread) % 4];
	if (!thread->combines)
		all &= ~(all & MTLHEAP ? MTLBUFFER : 0);
	struct gpu *gpu = thread->gpu;
	slot->type = all == (MTLBUFFER | MTLHEAP) ? MTLHEAP : all;
	slot->size = random_size(thread);
	slot->pattern = ++thread->made << 8 | thread->number;
	if (all == MTLTEXTURE) {
		VkImageCreateInfo create = texture_image(slot->size);
		slot->image = make_image(gpu, &create, MTLTEXTURE);
		slot->memory = export_for_image(gpu, slot->image, MTLTEXTURE);
	} else {
		slot->buffer = make_buffer(gpu, slot->size, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, all);
		slot->memory = export_for_buffer(gpu, slot->buffer, all);
	}
	slot->object = handle_of(gpu, slot->memory, slot->type);
	retain(slot->object, slot->type);
	const struct tongs_backing backing = get_backing(slot->object, slot->type);
	const bool is_private = backing.storage_mode == MTLStorageModePrivate;
	/* Vulkan leaves the first contents of the driver's memory undefined. */
	expect(backing.payload->import.kind->allocated_by_device ||
			object_has_pattern(slot->object, slot->type, slot->size, 0),
		"new memory is not zero");
	if (!is_private && all == MTLTEXTURE) {
		uint8_t *texels = calloc(1, slot->size);
		write_pattern(texels, slot->size, slot->pattern);
		expect(tongs_texture_replace_region(slot->object, MTLRegionMake2D(0, 0, WIDTH, height_of(slot->size)),
			       0, 0, texels, WIDTH * 4, slot->size),
			"replaceRegion");
		free(texels);
	} else if (!is_private) {
		void *mapped;
		expect(vkMapMemory(gpu->device, slot->memory, 0, VK_WHOLE_SIZE, 0, &mapped) == VK_SUCCESS, "map");
		write_pattern(mapped, slot->size, slot->pattern);
		vkUnmapMemory(gpu->device, slot->memory);
	}
	seen[next_random(thread) % MAILBOXES] = slot->object;
}

/* Imports an object that another thread created; its reference becomes the slot's. */
static void import_parcel(struct thread *thread, struct slot *slot, const struct parcel *parcel) {
	struct gpu *gpu = thread->gpu;
	if (parcel->type == MTLTEXTURE) {
		VkImageCreateInfo create = texture_image(parcel->size);
		slot->image = make_image(gpu, &create, MTLTEXTURE);
	}
	slot->type = parcel->type;
	slot->object = parcel->object;
	slot->size = parcel->size;
	slot->pattern = parcel->pattern;
	const VkImportMemoryMetalHandleInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
		.handleType = (VkExternalMemoryHandleTypeFlagBits)parcel->type,
		.handle = parcel->object,
	};
	const VkMemoryDedicatedAllocateInfo dedicated = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.pNext = &import,
		.image = slot->image,
	};
	const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.pNext = slot->image ? (const void *)&dedicated : &import,
		.handleTypes = parcel->type,
	};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &export,
		.allocationSize = slot->image ? 0 : parcel->size,
		.memoryTypeIndex = pick_type(gpu, handle_types(gpu, parcel->type, parcel->object), 0),
	};
	expect(vkAllocateMemory(gpu->device, &info, NULL, &slot->memory) == VK_SUCCESS, "import");
}

static void give_away(struct thread *thread, struct slot *slot) {
	struct parcel *parcel = malloc(sizeof(*parcel));
	*parcel = (struct parcel){slot->type, slot->object, slot->pattern, slot->size};
	retain(slot->object, slot->type);
	parcel = atomic_exchange(&mailboxes[next_random(thread) % MAILBOXES], parcel);
	if (parcel) {
		expect(object_has_pattern(parcel->object, parcel->type, parcel->size, parcel->pattern),
			"what nobody took lost its bytes");
		release(parcel->object, parcel->type);
		free(parcel);
	}
}

static void take(struct thread *thread, struct slot *slot) {
	struct parcel *parcel = atomic_exchange(&mailboxes[next_random(thread) % MAILBOXES], NULL);
	if (!parcel)
		return;
	clear_slot(thread, slot);
	import_parcel(thread, slot, parcel);
	free(parcel);
	check_slot(thread, slot);
}

/* The handle may be stale or reused: any result is right, except a crash, or memory types for a refused one. */
static void query_known_handles(struct thread *thread) {
	void *handle = seen[next_random(thread) % MAILBOXES];
	VkMemoryMetalHandlePropertiesEXT properties = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_METAL_HANDLE_PROPERTIES_EXT,
		.memoryTypeBits = 0xabcdef,
	};
	VkResult result = thread->gpu->get_properties(
		thread->gpu->device, VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT, handle, &properties);
	expect(result == VK_SUCCESS ? properties.memoryTypeBits != 0
				    : result == VK_ERROR_INVALID_EXTERNAL_HANDLE && properties.memoryTypeBits == 0,
		"properties");
	expect(tongs_handle_kind(handle) <= TONGS_KIND_TEXTURE, "kind");
}

static void message(struct slot *slot, uint64_t random) {
	if (slot->type != MTLHEAP)
		tongs_resource_set_label(slot->object, random % 2 ? "a label" : NULL);
	expect(send(slot->object, "device") != NULL, "device");
	retain(slot->object, slot->type);
	release(slot->object, slot->type);
}

static void operate(struct thread *thread) {
	struct slot *slot = &thread->slots[next_random(thread) % SLOTS];
	const uint64_t random = next_random(thread) % 16;
	if (random < 2)
		take(thread, slot);
	else if (random < 4)
		query_known_handles(thread);
	else if (!slot->type)
		export_slot(thread, slot);
	else if (random < 7)
		check_slot(thread, slot);
	else if (random < 9)
		message(slot, next_random(thread));
	else if (random < 11)
		give_away(thread, slot);
	else if (random < 13 && slot->memory)
		free_vulkan(thread, slot);
	else
		clear_slot(thread, slot);
	thread->operations++;
}

static void *run(void *user) {
	struct thread *thread = user;
	while (timed ? !time_is_up : thread->operations < operations_of_each)
		operate(thread);
	for (size_t i = 0; i < SLOTS; i++)
		clear_slot(thread, &thread->slots[i]);
	return NULL;
}

static void empty_mailboxes(void) {
	for (size_t i = 0; i < MAILBOXES; i++) {
		struct parcel *parcel = atomic_exchange(&mailboxes[i], NULL);
		if (!parcel)
			continue;
		expect(object_has_pattern(parcel->object, parcel->type, parcel->size, parcel->pattern),
			"the last parcel");
		release(parcel->object, parcel->type);
		free(parcel);
	}
}

static size_t count_mappings(void) {
	size_t count = 0;
	FILE *maps = fopen("/proc/self/maps", "r");
	assert_non_null(maps);
	for (int c = fgetc(maps); c != EOF; c = fgetc(maps))
		count += c == '\n';
	fclose(maps);
	return count;
}

static size_t run_threads(struct gpu *gpus, uint64_t seed) {
	static struct thread threads[THREADS];
	size_t operations = 0;
	memset(threads, 0, sizeof(threads));
	for (size_t i = 0; i < THREADS; i++) {
		threads[i].gpu = &gpus[i < SHARING ? 0 : i - SHARING + 1];
		threads[i].combines = can_combine(threads[i].gpu);
		threads[i].random = seed + i;
		threads[i].number = i + 1;
		assert_int_equal(pthread_create(&threads[i].id, NULL, run, &threads[i]), 0);
	}
	if (timed) {
		nanosleep(&(struct timespec){.tv_sec = atol(getenv("TONGS_TEST_STRESS_SECONDS"))}, NULL);
		time_is_up = true;
	}
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(threads[i].id, NULL);
		operations += threads[i].operations;
	}
	empty_mailboxes();
	return operations;
}

static void threads_on_shared_and_separate_devices(void **state) {
	static const struct gpu_options options = {.without_messenger = true};
	const size_t objects = tongs_interop_count_objects();
	struct gpu gpus[DEVICES];
	(void)state;
	gpu_init(&gpus[0], &options);
	for (size_t i = 1; i < DEVICES; i++)
		gpu_init_sibling(&gpus[i], &gpus[0]);
	VkDeviceMemory memory = export_memory(
		&gpus[0], 4096, shared_type_as(&gpus[0], MTLHEAP), MTLHEAP, VK_NULL_HANDLE, VK_NULL_HANDLE);
	struct tongs_device *device = tongs_device_ref(tongs_heap_get_device(handle_of(&gpus[0], memory, MTLHEAP)));
	vkFreeMemory(gpus[0].device, memory, NULL);

	/* The first threads fill pools and caches, which are bounded. */
	const char *seconds = getenv("TONGS_TEST_STRESS_SECONDS");
	const size_t most = has_unified_memory(&gpus[0]) ? OPERATIONS : OPERATIONS_OF_DRIVERS;
	operations_of_each = most / 20;
	size_t operations = run_threads(gpus, 1000);
	const size_t mappings = count_mappings();
	operations_of_each = most;
	timed = seconds && *seconds;
	operations += run_threads(gpus, 1);
	printf("tally: stress operations %zu\ntally: stress errors %zu\n", operations, errors);
	assert_int_equal(errors, 0);
	assert_int_equal(tongs_device_get_current_allocated_size(device), 0);
	if (mappings_count)
		assert_true(count_mappings() <= mappings + MAPPINGS_BOUND);
	assert_int_equal(tongs_interop_count_objects(), objects + 1);
	tongs_device_unref(device);
	for (size_t i = DEVICES; i-- > 0;)
		gpu_finish(&gpus[i]);
	assert_int_equal(tongs_interop_count_objects(), objects);
}

enum { MAKERS = 6, MAKER_ROUNDS = 40, MAKER_ROUNDS_OF_DRIVERS = 10 };

static pthread_barrier_t together;
static struct gpu parent;
static size_t maker_rounds;

/* Devices are created and destroyed at the same moment; in between, each has its own memory. */
static void *make_device_and_memory(void *user) {
	const size_t number = (size_t)(uintptr_t)user;
	uintptr_t wrong = 0;
	for (size_t round = 0; round < maker_rounds; round++) {
		const VkDeviceSize size = 4096 * (1 + number + round % 3);
		struct gpu gpu;
		pthread_barrier_wait(&together);
		gpu_init_sibling(&gpu, &parent);
		VkBuffer buffer = make_buffer(&gpu, size, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, MTLBUFFER);
		VkDeviceMemory memory = export_for_buffer(&gpu, buffer, MTLBUFFER);
		struct tongs_buffer *exported = handle_of(&gpu, memory, MTLBUFFER);
		void *mapped = NULL;
		wrong += !exported || tongs_buffer_get_length(exported) != size;
		wrong += vkMapMemory(gpu.device, memory, 0, VK_WHOLE_SIZE, 0, &mapped) != VK_SUCCESS;
		if (mapped)
			memset(mapped, (int)number, size);
		/* Every other round, all are destroyed at the same moment. */
		if (round % 2)
			pthread_barrier_wait(&together);
		if (mapped)
			wrong += ((unsigned char *)mapped)[size - 1] != number;
		vkDestroyBuffer(gpu.device, buffer, NULL);
		vkFreeMemory(gpu.device, memory, NULL);
		gpu_finish(&gpu);
	}
	return (void *)wrong;
}

static void devices_made_by_threads_at_once(void **state) {
	static const struct gpu_options options = {.without_messenger = true};
	pthread_t threads[MAKERS];
	uintptr_t wrong = 0;
	(void)state;
	const size_t objects = tongs_interop_count_objects();
	gpu_init(&parent, &options);
	maker_rounds = has_unified_memory(&parent) ? MAKER_ROUNDS : MAKER_ROUNDS_OF_DRIVERS;
	pthread_barrier_init(&together, NULL, MAKERS);
	for (size_t i = 0; i < MAKERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, make_device_and_memory, (void *)i), 0);
	for (size_t i = 0; i < MAKERS; i++) {
		void *result;
		pthread_join(threads[i], &result);
		wrong += (uintptr_t)result;
	}
	pthread_barrier_destroy(&together);
	assert_int_equal(wrong, 0);
	/* The parent's device, which was the first, is as it was. */
	VkDeviceMemory memory =
		export_memory(&parent, 4096, shared_type_as(&parent, MTLHEAP), MTLHEAP, VK_NULL_HANDLE, VK_NULL_HANDLE);
	assert_int_equal(tongs_heap_get_size(handle_of(&parent, memory, MTLHEAP)), 4096);
	vkFreeMemory(parent.device, memory, NULL);
	gpu_finish(&parent);
	assert_int_equal(tongs_interop_count_objects(), objects);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_on_shared_and_separate_devices),
		cmocka_unit_test(devices_made_by_threads_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
