/* SPDX-License-Identifier: MIT */
/* Allocations that several users share, whoever has made them: heaps with a buffer and an image in them, imports that
 * are exported again, kinds of memory that must not be mixed up, and thousands of all in a process with few files. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <sys/resource.h>

#include "held.h"
#include "metal_side.h"

enum { SIZE = 10000, WIDTH = 48, HEIGHT = 32, TEXELS = WIDTH * HEIGHT * 4 };

static const VkBufferUsageFlags COPIES = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;

static void check_buffer(struct gpu *gpu, VkBuffer buffer, uint32_t seed) {
	char noise[SIZE], seen[SIZE];
	fill_noise(noise, SIZE, seed);
	gpu_read_buffer(gpu, buffer, 0, seen, SIZE);
	assert_memory_equal(seen, noise, SIZE);
}

static void fill_buffer(struct gpu *gpu, VkBuffer buffer, uint32_t seed) {
	char noise[SIZE];
	fill_noise(noise, SIZE, seed);
	gpu_write_buffer(gpu, buffer, 0, noise, SIZE);
}

/* A buffer in an import, which is exported as the same type unless `exported` is 0. */
struct import {
	VkBuffer buffer;
	VkDeviceMemory memory;
};

static void import_buffer(struct gpu *gpu, VkExternalMemoryHandleTypeFlagBits type, void *handle,
	VkExternalMemoryHandleTypeFlags exported, struct import *import) {
	VkMemoryRequirements requirements;
	import->buffer = make_buffer_for(gpu, type, handle, SIZE, &requirements);
	const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.handleTypes = exported,
	};
	const VkImportMemoryMetalHandleInfoEXT metal = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
		.pNext = exported ? &export : NULL,
		.handleType = type,
		.handle = handle,
	};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &metal,
		.allocationSize = requirements.size,
		.memoryTypeIndex = pick_type(gpu, requirements.memoryTypeBits, 0),
	};
	assert_vk(vkAllocateMemory(gpu->device, &info, NULL, &import->memory));
	assert_vk(vkBindBufferMemory(gpu->device, import->buffer, import->memory, 0));
}

static void finish_import(struct gpu *gpu, struct import *import) {
	vkDestroyBuffer(gpu->device, import->buffer, NULL);
	vkFreeMemory(gpu->device, import->memory, NULL);
}

static void *retain(VkExternalMemoryHandleTypeFlags type, void *handle) {
	return type == MTLHEAP ? (void *)tongs_heap_ref(handle) : (void *)tongs_buffer_ref(handle);
}

static void release(VkExternalMemoryHandleTypeFlags type, void *handle) {
	if (type == MTLHEAP)
		tongs_heap_unref(handle);
	else
		tongs_buffer_unref(handle);
}

/* The exporter's memory, device and instance go, and so do the importers', one after the other: the last has the
 * bytes. */
static void handed_on(VkExternalMemoryHandleTypeFlagBits type) {
	enum { LINKS = 3 };
	struct gpu gpus[LINKS];
	struct import imports[LINKS];
	gpu_init(&gpus[0], NULL);
	imports[0].buffer = make_buffer(&gpus[0], SIZE, COPIES, type);
	imports[0].memory = export_for_buffer(&gpus[0], imports[0].buffer, type);
	fill_buffer(&gpus[0], imports[0].buffer, 1);
	void *object = handle_of(&gpus[0], imports[0].memory, type);
	for (int i = 1; i < LINKS; i++) {
		gpu_init(&gpus[i], NULL);
		import_buffer(&gpus[i], type, handle_of(&gpus[i - 1], imports[i - 1].memory, type), type, &imports[i]);
		assert_ptr_equal(handle_of(&gpus[i], imports[i].memory, type), object);
		finish_import(&gpus[i - 1], &imports[i - 1]);
		gpu_finish(&gpus[i - 1]);
		check_buffer(&gpus[i], imports[i].buffer, (uint32_t)i);
		fill_buffer(&gpus[i], imports[i].buffer, (uint32_t)i + 1);
	}
	retain(type, object);
	finish_import(&gpus[LINKS - 1], &imports[LINKS - 1]);
	gpu_finish(&gpus[LINKS - 1]);

	/* No VkDevice has it, and the object alone is enough. */
	gpu_init(&gpus[0], NULL);
	import_buffer(&gpus[0], type, object, 0, &imports[0]);
	release(type, object);
	check_buffer(&gpus[0], imports[0].buffer, LINKS);
	finish_import(&gpus[0], &imports[0]);
	assert_int_equal(tongs_handle_kind(object), TONGS_KIND_NONE);
	gpu_finish(&gpus[0]);
}

static void an_import_is_exported_again(void **state) {
	(void)state;
	handed_on(MTLBUFFER);
	handed_on(MTLHEAP);
}

/* Both objects of one allocation are the same bytes. */
static void a_buffer_and_a_heap_of_one_allocation(void **state) {
	static char noise[SIZE], seen[SIZE];
	struct gpu gpu, other;
	struct import import;
	(void)state;
	gpu_init(&gpu, NULL);
	if (!can_combine(&gpu)) {
		gpu_finish(&gpu);
		skip();
	}
	gpu_init_sibling(&other, &gpu);
	VkBuffer buffer = make_buffer(&gpu, SIZE, COPIES, MTLBUFFER | MTLHEAP);
	VkDeviceMemory memory = export_for_buffer(&gpu, buffer, MTLBUFFER | MTLHEAP);
	struct tongs_buffer *metal_buffer = handle_of(&gpu, memory, MTLBUFFER);
	struct tongs_heap *heap = handle_of(&gpu, memory, MTLHEAP);
	fill_buffer(&gpu, buffer, 5);
	fill_noise(noise, SIZE, 5);
	metal_read_buffer(&gpu, metal_buffer, 0, seen, SIZE);
	assert_memory_equal(seen, noise, SIZE);
	import_buffer(&other, MTLHEAP, heap, 0, &import);
	check_buffer(&other, import.buffer, 5);
	fill_buffer(&other, import.buffer, 6);
	finish_import(&other, &import);
	check_buffer(&gpu, buffer, 6);
	import_buffer(&other, MTLBUFFER, metal_buffer, 0, &import);
	check_buffer(&other, import.buffer, 6);
	vkDestroyBuffer(gpu.device, buffer, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	check_buffer(&other, import.buffer, 6);
	finish_import(&other, &import);
	assert_int_equal(tongs_handle_kind(heap), TONGS_KIND_NONE);
	gpu_finish(&other);
	gpu_finish(&gpu);
}

/* A buffer and, behind it, an image. */
struct pair {
	VkBuffer buffer;
	VkImage image;
	VkMemoryRequirements requirements[2];
	VkDeviceSize granularity; /* bufferImageGranularity */
};

static VkDeviceSize pair_offset(const struct pair *pair) {
	VkDeviceSize alignment = pair->requirements[1].alignment;
	if (alignment < pair->granularity)
		alignment = pair->granularity;
	return (pair->requirements[0].size + alignment - 1) & ~(alignment - 1);
}

static void make_pair(struct gpu *gpu, const VkImageCreateInfo *info, struct pair *pair) {
	VkPhysicalDeviceProperties properties;
	vkGetPhysicalDeviceProperties(gpu->physical_device, &properties);
	pair->granularity = properties.limits.bufferImageGranularity;
	pair->buffer = make_buffer(gpu, SIZE, COPIES, MTLHEAP);
	pair->image = make_image(gpu, info, MTLHEAP);
	vkGetBufferMemoryRequirements(gpu->device, pair->buffer, &pair->requirements[0]);
	vkGetImageMemoryRequirements(gpu->device, pair->image, &pair->requirements[1]);
}

static void bind_pair(struct gpu *gpu, const struct pair *pair, VkDeviceMemory memory) {
	assert_vk(vkBindBufferMemory(gpu->device, pair->buffer, memory, 0));
	assert_vk(vkBindImageMemory(gpu->device, pair->image, memory, pair_offset(pair)));
}

static void finish_pair(struct gpu *gpu, struct pair *pair, VkDeviceMemory memory) {
	vkDestroyBuffer(gpu->device, pair->buffer, NULL);
	vkDestroyImage(gpu->device, pair->image, NULL);
	vkFreeMemory(gpu->device, memory, NULL);
}

/* Whether the driver gives such images memory of their own. */
static bool is_dedicated(struct gpu *gpu, VkImage image) {
	VkMemoryDedicatedRequirements dedicated = {.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_REQUIREMENTS};
	VkMemoryRequirements2 requirements = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2, .pNext = &dedicated};
	const VkImageMemoryRequirementsInfo2 info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2,
		.image = image,
	};
	vkGetImageMemoryRequirements2(gpu->device, &info, &requirements);
	return dedicated.requiresDedicatedAllocation;
}

static void a_buffer_and_an_image_in_one_heap(void **state) {
	static char noise[TEXELS], seen[TEXELS];
	struct gpu gpu, other;
	struct pair here, there;
	VkDeviceMemory imported;
	(void)state;
	gpu_init(&gpu, NULL);
	const VkImageCreateInfo info = image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	make_pair(&gpu, &info, &here);
	const uint32_t bits = here.requirements[0].memoryTypeBits & here.requirements[1].memoryTypeBits;
	if (is_dedicated(&gpu, here.image) || !bits) {
		finish_pair(&gpu, &here, VK_NULL_HANDLE);
		gpu_finish(&gpu);
		skip();
	}
	gpu_init_sibling(&other, &gpu);
	VkDeviceMemory memory = export_memory(&gpu, pair_offset(&here) + here.requirements[1].size,
		pick_type(&gpu, bits, 0), MTLHEAP, VK_NULL_HANDLE, VK_NULL_HANDLE);
	bind_pair(&gpu, &here, memory);
	fill_buffer(&gpu, here.buffer, 7);
	fill_noise(noise, TEXELS, 8);
	gpu_write_image(&gpu, here.image, WIDTH, HEIGHT, noise, TEXELS);

	struct tongs_heap *heap = handle_of(&gpu, memory, MTLHEAP);
	make_pair(&other, &info, &there);
	assert_int_equal(pair_offset(&there), pair_offset(&here));
	assert_vk(try_import(&other, MTLHEAP, heap, tongs_heap_get_size(heap),
		pick_type(&other, handle_types(&other, MTLHEAP, heap) & bits, 0), VK_NULL_HANDLE, &imported));
	bind_pair(&other, &there, imported);
	finish_pair(&gpu, &here, memory);
	check_buffer(&other, there.buffer, 7);
	gpu_acquire_image(&other, there.image);
	gpu_read_image(&other, there.image, WIDTH, HEIGHT, seen, TEXELS);
	assert_memory_equal(seen, noise, TEXELS);
	/* One does not reach into the other. */
	fill_buffer(&other, there.buffer, 9);
	gpu_read_image(&other, there.image, WIDTH, HEIGHT, seen, TEXELS);
	assert_memory_equal(seen, noise, TEXELS);
	finish_pair(&other, &there, imported);
	gpu_finish(&other);
	gpu_finish(&gpu);
}

/* An import of the texture for an image of the other tiling, which the driver binds to another kind of memory. */
static void refuse(struct gpu *gpu, struct tongs_texture *texture, VkImageTiling tiling, const char *text) {
	const VkImageCreateInfo info = image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, tiling);
	VkMemoryRequirements requirements;
	VkDeviceMemory memory;
	VkImage image = make_image(gpu, &info, MTLTEXTURE);
	vkGetImageMemoryRequirements(gpu->device, image, &requirements);
	assert_reported(gpu, NULL);
	assert_int_equal(
		try_import(gpu, MTLTEXTURE, texture, 0, pick_type(gpu, requirements.memoryTypeBits, 0), image, &memory),
		VK_ERROR_INVALID_EXTERNAL_HANDLE);
	if (!strstr(gpu->last.text, text))
		fail_msg("`%s' was expected: %s", text, gpu->last.text);
	assert_reported(gpu, "10412");
	vkDestroyImage(gpu->device, image, NULL);
}

static void kinds_of_memory_are_not_mixed_up(void **state) {
	struct gpu gpu;
	(void)state;
	gpu_init(&gpu, NULL);
	if (has_unified_memory(&gpu) || !imports_host_pages(&gpu)) {
		gpu_finish(&gpu);
		skip(); /* there is one kind */
	}
	struct tongs_device *device = tongs_device_new_default();
	struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, WIDTH, HEIGHT);
	const NSUInteger alignment =
		tongs_device_get_minimum_linear_texture_alignment(device, MTLPixelFormatRGBA8Unorm);
	const NSUInteger pitch = (WIDTH * 4 + alignment - 1) & ~(alignment - 1);
	struct tongs_buffer *buffer = tongs_device_new_buffer(device, 1 << 20, MTLResourceStorageModeShared);
	info.resource_options = MTLResourceStorageModeShared;
	struct tongs_texture *linear = tongs_buffer_new_texture(buffer, &info, 0, pitch);
	assert_non_null(linear);
	refuse(&gpu, linear, VK_IMAGE_TILING_OPTIMAL, "create the image with VK_IMAGE_TILING_LINEAR");
	tongs_texture_unref(linear);
	tongs_buffer_unref(buffer);

	const VkImageCreateInfo create = image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	VkImage image = make_image(&gpu, &create, MTLTEXTURE);
	VkDeviceMemory memory = export_for_image(&gpu, image, MTLTEXTURE);
	refuse(&gpu, handle_of(&gpu, memory, MTLTEXTURE), VK_IMAGE_TILING_LINEAR,
		"create the image with VK_IMAGE_TILING_OPTIMAL");
	vkDestroyImage(gpu.device, image, NULL);
	vkFreeMemory(gpu.device, memory, NULL);
	tongs_device_unref(device);
	gpu_finish(&gpu);
}

/* Fewer than the specification's least number of allocations; a device may hold some for itself. */
enum { MANY = 4096, MOST = 4000 };

struct many {
	struct gpu gpu, other;
	uint32_t type;
	size_t count;
	VkDeviceMemory exported[MANY], imported[MANY];
	struct tongs_heap *heaps[MANY];
};

static uint32_t count_allocations(struct gpu *gpu) {
	VkPhysicalDeviceProperties properties;
	vkGetPhysicalDeviceProperties(gpu->physical_device, &properties);
	return properties.limits.maxMemoryAllocationCount;
}

static void free_all(struct gpu *gpu, VkDeviceMemory *memories, size_t count) {
	for (size_t i = 0; i < count; i++)
		vkFreeMemory(gpu->device, memories[i], NULL);
}

static VkResult try_export(struct gpu *gpu, uint32_t type, VkDeviceMemory *memory) {
	const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.handleTypes = MTLHEAP,
	};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &export,
		.allocationSize = 4096,
		.memoryTypeIndex = type,
	};
	return vkAllocateMemory(gpu->device, &info, NULL, memory);
}

static VkResult import_one(struct many *many, size_t i) {
	return try_import(&many->other, MTLHEAP, many->heaps[i], 4096, many->type, VK_NULL_HANDLE, &many->imported[i]);
}

/* What the driver itself reports of files is passed on. */
static void check_out_of_memory(VkResult result) {
	if (result != VK_ERROR_TOO_MANY_OBJECTS && result != VK_ERROR_OUT_OF_DEVICE_MEMORY)
		assert_int_equal(result, VK_ERROR_OUT_OF_HOST_MEMORY);
}

/* Of drivers that hold no file for an allocation, all succeed. Of others, as many as there are files, and then memory
 * runs out. Nothing is left open. */
static void thousands_in_a_process_with_few_files(void **state) {
	static struct many many;
	struct rlimit before, limit;
	(void)state;
	gpu_init(&many.gpu, NULL);
	gpu_init_sibling(&many.other, &many.gpu);
	many.type = shared_type_as(&many.gpu, MTLHEAP);
	const bool limited = count_allocations(&many.gpu) < 2 * MANY + 100;
	const size_t most = limited ? MOST : MANY;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	limit.rlim_cur = 1024;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);

	/* What libtongs holds from the first on. */
	assert_vk(try_export(&many.gpu, many.type, &many.exported[0]));
	vkFreeMemory(many.gpu.device, many.exported[0], NULL);
	const size_t files = held_files();
	VkResult result = VK_SUCCESS;
	for (many.count = 0; many.count < most; many.count++) {
		result = try_export(&many.gpu, many.type, &many.exported[many.count]);
		if (result != VK_SUCCESS)
			break;
		many.heaps[many.count] = handle_of(&many.gpu, many.exported[many.count], MTLHEAP);
	}
	const bool holds = result != VK_SUCCESS;
	if (holds)
		check_out_of_memory(result);
	else
		assert_true(held_files() <= files); /* fewer if libtongs' own device went away */
	assert_true(many.count > 500);
	/* Some room for what imports hold. */
	for (size_t i = 0; holds && i < 300; i++)
		vkFreeMemory(many.gpu.device, many.exported[--many.count], NULL);

	/* With exports alive, where both fit. */
	const size_t most_imports = limited && many.count > 90 ? 90 : many.count;
	size_t imports = 0;
	for (; imports < most_imports; imports++) {
		result = import_one(&many, imports);
		if (result != VK_SUCCESS)
			break;
	}
	if (holds && imports < most_imports)
		check_out_of_memory(result);
	else
		assert_int_equal(imports, most_imports);
	assert_true(imports >= 90);
	free_all(&many.other, many.imported, imports);
	free_all(&many.gpu, many.exported, many.count);
	assert_true(held_files() <= files);

	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	gpu_finish(&many.other);
	gpu_finish(&many.gpu);
}

/* Bytes that their exporter may have freed; the reference is whose who takes them. */
struct parcel {
	struct tongs_heap *heap;
	uint32_t seed;
};

enum { THREADS = 4, ROUNDS = 60 };

static struct parcel parcels[THREADS * ROUNDS];
static _Atomic(struct parcel *) mailbox;

/* A thread and its device. */
struct worker {
	pthread_t thread;
	struct gpu gpu;
	uint32_t number;
	atomic_uint taken;
};

static void take(struct worker *worker, struct parcel *parcel) {
	struct import import;
	if (!parcel)
		return;
	import_buffer(&worker->gpu, MTLHEAP, parcel->heap, 0, &import);
	if (parcel->seed % 3 == 0)
		tongs_heap_unref(parcel->heap);
	check_buffer(&worker->gpu, import.buffer, parcel->seed);
	if (parcel->seed % 3 != 0)
		tongs_heap_unref(parcel->heap);
	finish_import(&worker->gpu, &import);
	worker->taken++;
}

/* The exporter frees while another thread imports. */
static void *exchange_parcels(void *user) {
	struct worker *worker = user;
	struct gpu *gpu = &worker->gpu;
	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct parcel *parcel = &parcels[worker->number * ROUNDS + i];
		VkBuffer buffer = make_buffer(gpu, SIZE, COPIES, MTLHEAP);
		VkDeviceMemory memory = export_for_buffer(gpu, buffer, MTLHEAP);
		parcel->heap = tongs_heap_ref(handle_of(gpu, memory, MTLHEAP));
		parcel->seed = worker->number * ROUNDS + i;
		fill_buffer(gpu, buffer, parcel->seed);
		struct parcel *other = atomic_exchange(&mailbox, parcel);
		if (i % 2)
			take(worker, other);
		vkDestroyBuffer(gpu->device, buffer, NULL);
		vkFreeMemory(gpu->device, memory, NULL);
		if (!(i % 2))
			take(worker, other);
	}
	return NULL;
}

static void threads_exchange_allocations(void **state) {
	static struct worker workers[THREADS];
	unsigned taken = 0;
	(void)state;
	for (uint32_t i = 0; i < THREADS; i++) {
		gpu_init(&workers[i].gpu, NULL);
		workers[i].number = i;
	}
	for (uint32_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&workers[i].thread, NULL, exchange_parcels, &workers[i]), 0);
	for (uint32_t i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	take(&workers[0], atomic_exchange(&mailbox, NULL));
	for (uint32_t i = 0; i < THREADS; i++) {
		taken += workers[i].taken;
		gpu_finish(&workers[i].gpu);
	}
	assert_int_equal(taken, THREADS * ROUNDS);
	for (size_t i = 0; i < THREADS * ROUNDS; i++)
		assert_int_equal(tongs_handle_kind(parcels[i].heap), TONGS_KIND_NONE);
}

/* More objects outlive their memory than are kept as files: their bytes are all there. */
static void hundreds_outlive_their_memory(void **state) {
	enum { COUNT = 300 };
	static VkBuffer buffers[COUNT];
	static VkDeviceMemory memories[COUNT];
	static struct tongs_heap *heaps[COUNT];
	struct gpu gpu, other;
	struct import import;
	(void)state;
	gpu_init(&gpu, NULL);
	gpu_init_sibling(&other, &gpu);
	for (size_t i = 0; i < COUNT; i++) {
		buffers[i] = make_buffer(&gpu, SIZE, COPIES, MTLHEAP);
		memories[i] = export_for_buffer(&gpu, buffers[i], MTLHEAP);
		heaps[i] = tongs_heap_ref(handle_of(&gpu, memories[i], MTLHEAP));
		fill_buffer(&gpu, buffers[i], (uint32_t)i);
	}
	const size_t files = held_files();
	for (size_t i = 0; i < COUNT; i++) {
		vkDestroyBuffer(gpu.device, buffers[i], NULL);
		vkFreeMemory(gpu.device, memories[i], NULL);
	}
	/* One each, and a device of libtongs' own. */
	assert_true(held_files() <= files + COUNT + 64);
	for (size_t i = 0; i < COUNT; i++) {
		import_buffer(&other, MTLHEAP, heaps[i], 0, &import);
		check_buffer(&other, import.buffer, (uint32_t)i);
		finish_import(&other, &import);
		tongs_heap_unref(heaps[i]);
		assert_int_equal(tongs_handle_kind(heaps[i]), TONGS_KIND_NONE);
	}
	gpu_finish(&other);
	gpu_finish(&gpu);
}

/* `last`: drops the caller's reference while the import has the texture. */
static void check_texture(
	struct gpu *gpu, struct tongs_texture *texture, const VkImageCreateInfo *info, uint32_t seed, bool last) {
	static char noise[TEXELS], seen[TEXELS];
	VkDeviceMemory memory;
	VkImage image = make_image(gpu, info, MTLTEXTURE);
	assert_vk(try_import(gpu, MTLTEXTURE, texture, 0, pick_type(gpu, handle_types(gpu, MTLTEXTURE, texture), 0),
		image, &memory));
	assert_vk(vkBindImageMemory(gpu->device, image, memory, 0));
	if (last)
		tongs_texture_unref(texture);
	gpu_acquire_image(gpu, image);
	gpu_read_image(gpu, image, WIDTH, HEIGHT, seen, TEXELS);
	fill_noise(noise, TEXELS, seed);
	assert_memory_equal(seen, noise, TEXELS);
	vkDestroyImage(gpu->device, image, NULL);
	vkFreeMemory(gpu->device, memory, NULL);
}

/* The same for textures, which some drivers give memory of their own. */
static void dedicated_images_outlive_their_memory(void **state) {
	enum { COUNT = 200 };
	static char noise[TEXELS];
	static struct tongs_texture *textures[COUNT];
	struct gpu gpu, other;
	(void)state;
	gpu_init(&gpu, NULL);
	gpu_init_sibling(&other, &gpu);
	const VkImageCreateInfo info = image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	for (size_t i = 0; i < COUNT; i++) {
		VkImage image = make_image(&gpu, &info, MTLTEXTURE);
		VkDeviceMemory memory = export_for_image(&gpu, image, MTLTEXTURE);
		textures[i] = tongs_texture_ref(handle_of(&gpu, memory, MTLTEXTURE));
		fill_noise(noise, TEXELS, (uint32_t)i);
		gpu_write_image(&gpu, image, WIDTH, HEIGHT, noise, TEXELS);
		vkDestroyImage(gpu.device, image, NULL);
		vkFreeMemory(gpu.device, memory, NULL);
	}
	for (size_t i = 0; i < COUNT; i++) {
		check_texture(&other, textures[i], &info, (uint32_t)i, true);
		assert_int_equal(tongs_handle_kind(textures[i]), TONGS_KIND_NONE);
	}
	gpu_finish(&other);
	gpu_finish(&gpu);
}

/* An image and the memory that is dedicated to it end in either order. Between the ends the texture still has its
 * bytes; freed memory that nothing uses is gone. */
static void images_end_before_or_after_their_memory(void **state) {
	static char noise[TEXELS];
	struct gpu gpu, other;
	size_t files = 0;
	(void)state;
	gpu_init(&gpu, NULL);
	gpu_init_sibling(&other, &gpu);
	const VkImageCreateInfo info = image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	for (uint32_t round = 0; round < 4; round++) {
		VkImage image = make_image(&gpu, &info, MTLTEXTURE);
		VkDeviceMemory memory = export_for_image(&gpu, image, MTLTEXTURE);
		struct tongs_texture *texture = handle_of(&gpu, memory, MTLTEXTURE);
		fill_noise(noise, TEXELS, round);
		gpu_write_image(&gpu, image, WIDTH, HEIGHT, noise, TEXELS);
		if (round % 2) {
			check_texture(&other, texture, &info, round, false);
			vkFreeMemory(gpu.device, memory, NULL);
			assert_int_equal(tongs_handle_kind(texture), TONGS_KIND_NONE);
			if (round > 1)
				assert_int_equal(held_files(), files);
			vkDestroyImage(gpu.device, image, NULL);
		} else {
			vkDestroyImage(gpu.device, image, NULL);
			check_texture(&other, texture, &info, round, false);
			check_texture(&other, texture, &info, round, false);
			vkFreeMemory(gpu.device, memory, NULL);
			assert_int_equal(tongs_handle_kind(texture), TONGS_KIND_NONE);
		}
		/* The first rounds leave what drivers and libtongs keep. */
		if (round == 1)
			files = held_files();
		else if (round > 1)
			assert_int_equal(held_files(), files);
	}
	gpu_finish(&other);
	gpu_finish(&gpu);
}

static void *VKAPI_CALL allocate_host(void *user, size_t size, size_t alignment, VkSystemAllocationScope scope) {
	(void)user;
	(void)scope;
	return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

static void *VKAPI_CALL reallocate_host(
	void *user, void *old, size_t size, size_t alignment, VkSystemAllocationScope scope) {
	(void)user;
	(void)alignment;
	(void)scope;
	return realloc(old, size);
}

static void VKAPI_CALL free_host(void *user, void *block) {
	(void)user;
	free(block);
}

/* Images end first, and then their memory: in between no file stands for what nobody asks for, and imports are right.
 * Images with callbacks cannot outlive vkDestroyImage, so their memory's bytes are in a file. */
static void all_images_end_before_all_memory(void **state) {
	enum { COUNT = 300, WITH_CALLBACKS = 8 };
	static const VkAllocationCallbacks callbacks = {
		.pfnAllocation = allocate_host, .pfnReallocation = reallocate_host, .pfnFree = free_host};
	static char noise[TEXELS];
	static VkImage images[COUNT];
	static VkDeviceMemory memories[COUNT];
	struct gpu gpu, other;
	(void)state;
	gpu_init(&gpu, NULL);
	gpu_init_sibling(&other, &gpu);
	const VkImageCreateInfo info = image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO, .handleTypes = MTLTEXTURE};
	VkImageCreateInfo shared = info;
	shared.pNext = &external;
	for (uint32_t i = 0; i < COUNT; i++) {
		images[i] = make_image(&gpu, &info, MTLTEXTURE);
		if (i < WITH_CALLBACKS) {
			vkDestroyImage(gpu.device, images[i], NULL);
			assert_vk(vkCreateImage(gpu.device, &shared, &callbacks, &images[i]));
		}
		memories[i] = export_for_image(&gpu, images[i], MTLTEXTURE);
		fill_noise(noise, TEXELS, i);
		gpu_write_image(&gpu, images[i], WIDTH, HEIGHT, noise, TEXELS);
	}
	const size_t files = held_files();
	for (uint32_t i = 0; i < COUNT; i++)
		vkDestroyImage(gpu.device, images[i], i < WITH_CALLBACKS ? &callbacks : NULL);
	assert_true(held_files() <= files + WITH_CALLBACKS);
	for (uint32_t i = 0; i < COUNT; i += i < WITH_CALLBACKS ? 1 : 40)
		check_texture(&other, handle_of(&gpu, memories[i], MTLTEXTURE), &info, i, false);
	for (uint32_t i = 0; i < COUNT; i++)
		vkFreeMemory(gpu.device, memories[i], NULL);
	assert_true(held_files() <= files + 1); /* what drivers keep from an import on */
	gpu_finish(&other);
	gpu_finish(&gpu);
}

/* The image is in the first; the second is dedicated to it, too, and then to nothing. Both stay what they are. */
static void two_allocations_are_dedicated_to_one_image(void **state) {
	static char noise[TEXELS];
	struct gpu gpu, other;
	VkMemoryRequirements requirements;
	(void)state;
	gpu_init(&gpu, NULL);
	gpu_init_sibling(&other, &gpu);
	const VkImageCreateInfo info = image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	VkImage image = make_image(&gpu, &info, MTLTEXTURE);
	VkDeviceMemory bound = export_for_image(&gpu, image, MTLTEXTURE);
	vkGetImageMemoryRequirements(gpu.device, image, &requirements);
	VkDeviceMemory second = export_memory(&gpu, requirements.size, pick_type(&gpu, requirements.memoryTypeBits, 0),
		MTLTEXTURE, image, VK_NULL_HANDLE);
	fill_noise(noise, TEXELS, 7);
	gpu_write_image(&gpu, image, WIDTH, HEIGHT, noise, TEXELS);
	vkDestroyImage(gpu.device, image, NULL);
	check_texture(&other, handle_of(&gpu, bound, MTLTEXTURE), &info, 7, false);
	assert_int_not_equal(handle_types(&other, MTLTEXTURE, handle_of(&gpu, second, MTLTEXTURE)), 0);
	vkFreeMemory(gpu.device, bound, NULL);
	vkFreeMemory(gpu.device, second, NULL);
	gpu_finish(&other);
	gpu_finish(&gpu);
}

struct ending {
	struct gpu *gpu;
	VkImage image;
	pthread_barrier_t both;
};

static void *end_image(void *user) {
	struct ending *ending = user;
	pthread_barrier_wait(&ending->both);
	vkDestroyImage(ending->gpu->device, ending->image, NULL);
	return NULL;
}

/* One thread destroys the image while another frees the memory. */
static void image_and_memory_end_at_once(void **state) {
	enum { ENDINGS = 200 };
	static char noise[TEXELS];
	struct gpu gpu, other;
	struct ending ending = {.gpu = &gpu};
	(void)state;
	gpu_init(&gpu, NULL);
	gpu_init_sibling(&other, &gpu);
	const VkImageCreateInfo info = image_info(VK_FORMAT_R8G8B8A8_UNORM, WIDTH, HEIGHT, VK_IMAGE_TILING_OPTIMAL);
	assert_int_equal(pthread_barrier_init(&ending.both, NULL, 2), 0);
	for (uint32_t round = 0; round < ENDINGS; round++) {
		pthread_t thread;
		ending.image = make_image(&gpu, &info, MTLTEXTURE);
		VkDeviceMemory memory = export_for_image(&gpu, ending.image, MTLTEXTURE);
		struct tongs_texture *texture = handle_of(&gpu, memory, MTLTEXTURE);
		const bool retained = round % 2;
		if (retained)
			tongs_texture_ref(texture);
		fill_noise(noise, TEXELS, round);
		gpu_write_image(&gpu, ending.image, WIDTH, HEIGHT, noise, TEXELS);
		assert_int_equal(pthread_create(&thread, NULL, end_image, &ending), 0);
		pthread_barrier_wait(&ending.both);
		vkFreeMemory(gpu.device, memory, NULL);
		pthread_join(thread, NULL);
		if (retained)
			check_texture(&other, texture, &info, round, true);
		assert_int_equal(tongs_handle_kind(texture), TONGS_KIND_NONE);
	}
	pthread_barrier_destroy(&ending.both);
	gpu_finish(&other);
	gpu_finish(&gpu);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_import_is_exported_again),
		cmocka_unit_test(a_buffer_and_a_heap_of_one_allocation),
		cmocka_unit_test(a_buffer_and_an_image_in_one_heap),
		cmocka_unit_test(kinds_of_memory_are_not_mixed_up),
		cmocka_unit_test(thousands_in_a_process_with_few_files),
		cmocka_unit_test(hundreds_outlive_their_memory),
		cmocka_unit_test(dedicated_images_outlive_their_memory),
		cmocka_unit_test(images_end_before_or_after_their_memory),
		cmocka_unit_test(all_images_end_before_all_memory),
		cmocka_unit_test(two_allocations_are_dedicated_to_one_image),
		cmocka_unit_test(image_and_memory_end_at_once),
		cmocka_unit_test(threads_exchange_allocations),
	};
	return cmocka_run_group_tests_name("layer: allocations", tests, NULL, NULL);
}
