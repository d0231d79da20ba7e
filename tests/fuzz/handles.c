/* SPDX-License-Identifier: MIT */
/* Invalid handles at import and in the properties query, while objects are created and destroyed: a model tracks which
 * addresses are live objects, and of which kind; all others must be refused. */
#include "fuzz_stack.h"

#include <sys/mman.h>

#include "metal/interop.h"
#include "memory/payload.h"

enum { OBJECTS = 16, DEAD = 16 };

struct object {
	void *handle;
	enum tongs_kind kind;
	bool foreign;          /* of another device */
	VkDeviceMemory memory; /* VK_NULL_HANDLE: a reference of the fuzzer's */
};

struct model {
	struct object live[OBJECTS];
	unsigned live_count;
	void *dead[DEAD];
	unsigned dead_count;
	struct tongs_device *device, *other;
	void *unreadable; /* a page */
};

static const VkExternalMemoryHandleTypeFlagBits metal_types[] = {MTLBUFFER, MTLTEXTURE, MTLHEAP};

static enum tongs_kind kind_of(VkExternalMemoryHandleTypeFlags type) {
	return type == MTLBUFFER    ? TONGS_KIND_BUFFER
	       : type == MTLTEXTURE ? TONGS_KIND_TEXTURE
	       : type == MTLHEAP    ? TONGS_KIND_HEAP
				    : TONGS_KIND_NONE;
}

static struct tongs_device *make_device(const uint8_t uuid[VK_UUID_SIZE]) {
	const VkPhysicalDeviceProperties properties = {.deviceName = "fuzzed", .apiVersion = VK_API_VERSION_1_3};
	const VkPhysicalDeviceMemoryProperties memory = {
		.memoryTypeCount = 1,
		.memoryTypes = {{VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT, 0}},
		.memoryHeapCount = 1,
		.memoryHeaps = {{(VkDeviceSize)1 << 30, 0}},
	};
	struct tongs_vk_id id = {0};
	memcpy(id.device, uuid, VK_UUID_SIZE);
	memcpy(id.driver, fake.driver_uuid, VK_UUID_SIZE);
	struct tongs_device *device =
		tongs_interop_new_device(&id, &properties, &memory, &(const struct tongs_import_roles){0});
	REQUIRE(device);
	return device;
}

static void add(struct model *model, void *handle, enum tongs_kind kind, bool foreign, VkDeviceMemory memory) {
	REQUIRE(handle && model->live_count < OBJECTS);
	model->live[model->live_count++] = (struct object){handle, kind, foreign, memory};
}

static bool has_room(const struct model *model, unsigned count) {
	return model->live_count + count <= OBJECTS;
}

static void export_memory(struct input *input, const struct stack *stack, struct model *model) {
	const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
		.handleTypes = MTLBUFFER | MTLHEAP,
	};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &export,
		.allocationSize = 1 + take(input, 2),
		.memoryTypeIndex = 1,
	};
	VkMemoryGetMetalHandleInfoEXT get = {.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT};
	if (!has_room(model, 2))
		return;
	REQUIRE(tongs_AllocateMemory(stack->device, &info, NULL, &get.memory) == VK_SUCCESS);
	for (unsigned i = 0; i < 3; i += 2) {
		void *handle;
		get.handleType = metal_types[i];
		REQUIRE(tongs_GetMemoryMetalHandleEXT(stack->device, &get, &handle) == VK_SUCCESS);
		add(model, handle, kind_of(get.handleType), false, get.memory);
	}
	get.handleType = (VkExternalMemoryHandleTypeFlagBits)take(input, 4);
	if (get.handleType != MTLBUFFER && get.handleType != MTLHEAP) {
		void *handle = model;
		REQUIRE(tongs_GetMemoryMetalHandleEXT(stack->device, &get, &handle) == VK_ERROR_VALIDATION_FAILED_EXT);
		REQUIRE(!handle);
	}
}

/* An object created by Metal calls, on this device or another. */
static void make_object(struct input *input, const struct stack *stack, struct model *model) {
	(void)stack;
	bool foreign = choose(input, 3) == 0;
	struct tongs_device *device = foreign ? model->other : model->device;
	struct tongs_heap_info info;
	tongs_heap_info_init(&info);
	info.size = 1 + take(input, 2);
	info.type = MTLHeapTypePlacement;
	info.resource_options = MTLResourceStorageModeShared;
	if (!has_room(model, 2))
		return;
	if (choose(input, 2)) {
		add(model, tongs_device_new_buffer(device, info.size, 0), TONGS_KIND_BUFFER, foreign, VK_NULL_HANDLE);
		return;
	}
	struct tongs_heap *heap = tongs_device_new_heap(device, &info);
	add(model, heap, TONGS_KIND_HEAP, foreign, VK_NULL_HANDLE);
}

static void make_texture(struct input *input, const struct stack *stack, struct model *model) {
	(void)stack;
	const struct tongs_image_shape shape = {
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.type = VK_IMAGE_TYPE_2D,
		.extent = {8, 8, 1},
		.levels = 1,
		.layers = 1,
		.samples = VK_SAMPLE_COUNT_1_BIT,
	};
	/* As the driver has it. */
	const uint64_t row = (uint64_t)9 * 32, plane = 9 * row;
	const struct tongs_texture_layout layout = {
		.linear = true,
		.level_count = 1,
		.levels = {{0, 2 * plane, row, 2 * plane, plane}},
	};
	bool foreign = choose(input, 3) == 0;
	const struct tongs_texture_info info = tongs_texture_info_2d(MTLPixelFormatRGBA8Unorm, 8, 8);
	if (!has_room(model, 1))
		return;
	struct tongs_payload *payload = tongs_payload_create(8192);
	REQUIRE(payload);
	struct tongs_device *device = foreign ? model->other : model->device;
	add(model, tongs_interop_new_texture_at(device, payload, 0, 8192, &info, &shape, &layout), TONGS_KIND_TEXTURE,
		foreign, VK_NULL_HANDLE);
	tongs_payload_unref(payload);
}

static void bury(struct model *model, unsigned i) {
	model->dead[model->dead_count++ % DEAD] = model->live[i].handle;
	model->live[i] = model->live[--model->live_count];
}

/* Exported memory releases all of its objects. */
static void let_go(const struct stack *stack, struct model *model, unsigned i) {
	VkDeviceMemory memory = model->live[i].memory;
	if (!memory) {
		tongs_interop_release(model->live[i].handle);
		bury(model, i);
		return;
	}
	tongs_FreeMemory(stack->device, memory, NULL);
	for (unsigned k = model->live_count; k-- > 0;)
		if (model->live[k].memory == memory)
			bury(model, k);
}

static void let_one_go(struct input *input, const struct stack *stack, struct model *model) {
	if (model->live_count)
		let_go(stack, model, choose(input, model->live_count));
}

static const void *choose_handle(struct input *input, const struct model *model) {
	char *live = model->live_count ? model->live[choose(input, model->live_count)].handle : NULL;
	switch (choose(input, 8)) {
	case 0:
		return (void *)(uintptr_t)take(input, 1 + choose(input, 8));
	case 1:
		return model->dead[choose(input, DEAD)];
	case 2:
		return live ? live + 1 + choose(input, 64) : NULL;
	case 3:
		return (char *)model->unreadable + (size_t)choose(input, 256) * 16;
	case 4:
		return choose(input, 2) ? (const void *)model : (const void *)model->device;
	default:
		return live;
	}
}

static const struct object *find(const struct model *model, const void *handle, enum tongs_kind kind) {
	for (unsigned i = 0; i < model->live_count; i++)
		if (model->live[i].handle == handle && model->live[i].kind == kind && !model->live[i].foreign)
			return &model->live[i];
	return NULL;
}

static VkExternalMemoryHandleTypeFlagBits choose_type(struct input *input) {
	return choose(input, 4) ? CHOOSE_FROM(input, metal_types)
				: (VkExternalMemoryHandleTypeFlagBits)choose_types(input);
}

static void ask(struct input *input, const struct stack *stack, struct model *model) {
	VkMemoryMetalHandlePropertiesEXT caps = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_METAL_HANDLE_PROPERTIES_EXT,
		.memoryTypeBits = 0xcccccccc,
	};
	const void *handle = choose_handle(input, model);
	VkExternalMemoryHandleTypeFlagBits type = choose_type(input);
	bool good = kind_of(type) != TONGS_KIND_NONE && find(model, handle, kind_of(type));
	VkResult result = tongs_GetMemoryMetalHandlePropertiesEXT(stack->device, type, handle, &caps);
	REQUIRE(result == (good ? VK_SUCCESS : VK_ERROR_INVALID_EXTERNAL_HANDLE));
	REQUIRE(caps.memoryTypeBits == (good ? SHARED_TYPES : 0));
}

static VkImage create_image(const struct stack *stack) {
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
		.handleTypes = MTLTEXTURE,
	};
	const VkImageCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
		.pNext = &external,
		.imageType = VK_IMAGE_TYPE_2D,
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.extent = {8, 8, 1},
		.mipLevels = 1,
		.arrayLayers = 1,
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.tiling = VK_IMAGE_TILING_LINEAR,
		.usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
	};
	VkImage image;
	REQUIRE(tongs_CreateImage(stack->device, &info, NULL, &image) == VK_SUCCESS);
	return image;
}

static void import(struct input *input, const struct stack *stack, struct model *model) {
	const void *handle = choose_handle(input, model);
	VkImage image = create_image(stack);
	const VkMemoryDedicatedAllocateInfo dedicated = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
		.image = image,
	};
	const VkImportMemoryMetalHandleInfoEXT named = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT,
		.pNext = choose(input, 2) ? &dedicated : NULL,
		.handleType = choose_type(input),
		.handle = (void *)handle,
	};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = &named,
		.allocationSize = choose(input, 2) ? take(input, 2) : 0,
		.memoryTypeIndex = choose(input, 8) ? 1 + choose(input, 2) : (uint32_t)take(input, 4),
	};
	VkDeviceMemory memory = (VkDeviceMemory)(uintptr_t)model;
	VkResult result = VK_ERROR_INVALID_EXTERNAL_HANDLE;
	if (named.handleType) {
		result = tongs_AllocateMemory(stack->device, &info, NULL, &memory);
		REQUIRE((memory != VK_NULL_HANDLE) == (result == VK_SUCCESS));
	}
	enum tongs_kind kind = kind_of(named.handleType);
	if (result == VK_SUCCESS) {
		REQUIRE(kind != TONGS_KIND_NONE && find(model, handle, kind));
		REQUIRE(kind != TONGS_KIND_TEXTURE || named.pNext);
		tongs_FreeMemory(stack->device, memory, NULL);
	} else {
		/* The image that the memory is dedicated to has rules of its own. */
		REQUIRE(result == VK_ERROR_INVALID_EXTERNAL_HANDLE ||
			(named.pNext && result == VK_ERROR_VALIDATION_FAILED_EXT));
	}
	tongs_DestroyImage(stack->device, image, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
	static void (*const steps[])(struct input *, const struct stack *, struct model *) = {
		export_memory, make_object, make_texture, let_one_go, ask, ask, import, import};
	static void *unreadable;
	struct input input = {bytes, size};
	struct stack stack;
	fuzz_start(&stack, false);
	if (!unreadable)
		unreadable = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct model model = {
		.device = make_device(fake.device_uuid),
		.other = make_device((const uint8_t[VK_UUID_SIZE]){1}),
		.unreadable = unreadable,
	};
	while (input.left)
		CHOOSE_FROM(&input, steps)(&input, &stack, &model);
	while (model.live_count)
		let_go(&stack, &model, 0);
	tongs_device_unref(model.device);
	tongs_device_unref(model.other);
	fuzz_finish(&stack);
	return 0;
}
