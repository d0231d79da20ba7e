/* SPDX-License-Identifier: MIT */
/* The layer's records of the driver's objects: if it cannot record one, it destroys it; and a handle that the driver
 * reuses, even before the destroying call has returned, belongs to the new object. */
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "fake_stack.h"
#include "harness.h"

static const char *const metal[] = {VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME};

#define CALL(stack, name) ((PFN_vk##name)device_command(stack, "vk" #name))

static const VkExternalMemoryHandleTypeFlags FILE_TYPE = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT;

static void prepare(void) {
	fake_reset();
	fake.strict = true;
	fake.buffer_features = fake.image_features = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT;
	fake.features = VK_FORMAT_FEATURE_SAMPLED_IMAGE_BIT;
}

static void start_sharing(struct stack *stack) {
	static const char *const names[] = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME};
	prepare();
	start_instance(stack, VK_API_VERSION_1_3, names, 1);
	assert_vk(start_device(stack, metal, 1));
}

/* Each group: creates one object for `types` and returns the result; destroys it; returns whether the layer treats it
 * as shared as MTLBUFFER. */
static VkResult new_memory(struct stack *stack, VkExternalMemoryHandleTypeFlags types, uint64_t *object) {
	const VkExportMemoryAllocateInfo export = {
		.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO, .handleTypes = types};
	const VkMemoryAllocateInfo info = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
		.pNext = types ? &export : NULL,
		.allocationSize = 4096,
		.memoryTypeIndex = 1,
	};
	VkDeviceMemory memory = (VkDeviceMemory)(uintptr_t)1;
	VkResult result = CALL(stack, AllocateMemory)(stack->device, &info, NULL, &memory);
	*object = (uint64_t)(uintptr_t)memory;
	return result;
}

static void end_memory(struct stack *stack, uint64_t object) {
	CALL(stack, FreeMemory)(stack->device, (VkDeviceMemory)(uintptr_t)object, NULL);
}

static bool is_shared_memory(struct stack *stack, uint64_t object) {
	const VkMemoryGetMetalHandleInfoEXT get = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
		.memory = (VkDeviceMemory)(uintptr_t)object,
		.handleType = MTLBUFFER,
	};
	void *handle;
	if (CALL(stack, GetMemoryMetalHandleEXT)(stack->device, &get, &handle) != VK_SUCCESS)
		return false;
	assert_int_equal(tongs_handle_kind(handle), TONGS_KIND_BUFFER);
	return true;
}

static VkResult new_buffer(struct stack *stack, VkExternalMemoryHandleTypeFlags types, uint64_t *object) {
	const VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO, .handleTypes = types};
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = types ? &external : NULL,
		.size = 64,
		.usage = VK_BUFFER_USAGE_TRANSFER_SRC_BIT,
	};
	VkBuffer buffer = (VkBuffer)(uintptr_t)1;
	VkResult result = CALL(stack, CreateBuffer)(stack->device, &info, NULL, &buffer);
	*object = (uint64_t)(uintptr_t)buffer;
	return result;
}

static void end_buffer(struct stack *stack, uint64_t object) {
	CALL(stack, DestroyBuffer)(stack->device, (VkBuffer)(uintptr_t)object, NULL);
}

/* Of the four memory types of the fake one can be shared. */
static bool is_shared_buffer(struct stack *stack, uint64_t object) {
	VkMemoryRequirements requirements;
	CALL(stack, GetBufferMemoryRequirements)(stack->device, (VkBuffer)(uintptr_t)object, &requirements);
	return requirements.memoryTypeBits != 15;
}

static VkResult new_image(struct stack *stack, VkExternalMemoryHandleTypeFlags types, uint64_t *object) {
	const VkExternalMemoryImageCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO, .handleTypes = types};
	const VkImageCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
		.pNext = types ? &external : NULL,
		.imageType = VK_IMAGE_TYPE_2D,
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.extent = {16, 16, 1},
		.mipLevels = 1,
		.arrayLayers = 1,
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.tiling = VK_IMAGE_TILING_LINEAR,
		.usage = VK_IMAGE_USAGE_SAMPLED_BIT,
	};
	VkImage image = (VkImage)(uintptr_t)1;
	VkResult result = CALL(stack, CreateImage)(stack->device, &info, NULL, &image);
	*object = (uint64_t)(uintptr_t)image;
	return result;
}

static void end_image(struct stack *stack, uint64_t object) {
	CALL(stack, DestroyImage)(stack->device, (VkImage)(uintptr_t)object, NULL);
}

static bool is_shared_image(struct stack *stack, uint64_t object) {
	VkMemoryRequirements requirements;
	CALL(stack, GetImageMemoryRequirements)(stack->device, (VkImage)(uintptr_t)object, &requirements);
	return requirements.memoryTypeBits != 15;
}

static const struct kind {
	const char *name;
	VkObjectType type;
	VkResult (*create)(struct stack *stack, VkExternalMemoryHandleTypeFlags types, uint64_t *object);
	void (*destroy)(struct stack *stack, uint64_t object);
	bool (*is_shared)(struct stack *stack, uint64_t object);
	unsigned *live;
} kinds[] = {
	{"memory", VK_OBJECT_TYPE_DEVICE_MEMORY, new_memory, end_memory, is_shared_memory, &fake.live_memories},
	{"buffer", VK_OBJECT_TYPE_BUFFER, new_buffer, end_buffer, is_shared_buffer, &fake.live_buffers},
	{"image", VK_OBJECT_TYPE_IMAGE, new_image, end_image, is_shared_image, &fake.live_images},
};
enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

/* Each allocation of each creation fails once, on a device without records: the driver's objects created until then are
 * destroyed, and so are all Metal objects. */
static void what_cannot_be_entered_is_given_back(void **state) {
	(void)state;
	for (size_t k = 0; k < KINDS; k++) {
		unsigned failures = 0;
		for (bool done = false; !done; failures += !done) {
			struct stack stack;
			uint64_t object;
			start_sharing(&stack);
			assert_true(failures < 100);
			tongs_alloc_fail_after(failures);
			VkResult result = kinds[k].create(&stack, MTLBUFFER, &object);
			done = tongs_alloc_fail_after(UINT64_MAX) != UINT64_MAX;
			if (result == VK_SUCCESS) {
				assert_int_equal(*kinds[k].live, 1);
				assert_true(kinds[k].is_shared(&stack, object));
				kinds[k].destroy(&stack, object);
			} else {
				assert_true(result == VK_ERROR_OUT_OF_HOST_MEMORY ||
					    result == VK_ERROR_OUT_OF_DEVICE_MEMORY);
				assert_true(object == 0);
			}
			assert_int_equal(*kinds[k].live, 0);
			finish(&stack);
		}
		print_message("%s: %u allocations failed\n", kinds[k].name, failures);
		assert_true(failures >= 1);
	}
}

/* What the fake's callback does: once, it makes an object, which has the handle that was just let go of, and names it.
 */
static struct {
	struct stack *stack;
	const struct kind *kind;
	VkExternalMemoryHandleTypeFlags types;
	uint64_t object;
	const char *name; /* may be NULL */
} again;

static void name_object(struct stack *stack, VkObjectType type, uint64_t object, const char *name) {
	const VkDebugUtilsObjectNameInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT,
		.objectType = type,
		.objectHandle = object,
		.pObjectName = name,
	};
	assert_vk(CALL(stack, SetDebugUtilsObjectNameEXT)(stack->device, &info));
}

static void make_again(void) {
	fake.on_destroyed = NULL;
	assert_vk(again.kind->create(again.stack, again.types, &again.object));
	if (again.name)
		name_object(again.stack, again.kind->type, again.object, again.name);
}

static char last_message[1024];

static void on_message(enum tongs_message_severity severity, const char *message, void *user) {
	(void)severity;
	(void)user;
	strncpy(last_message, message, sizeof(last_message) - 1);
}

/* Whether the layer, in a message about the object, calls it by the name. */
static bool is_called(struct stack *stack, const struct kind *kind, uint64_t object, const char *name) {
	last_message[0] = '\0';
	if (kind->type == VK_OBJECT_TYPE_DEVICE_MEMORY) {
		const VkMemoryGetMetalHandleInfoEXT get = {
			.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT,
			.memory = (VkDeviceMemory)(uintptr_t)object,
			.handleType = MTLTEXTURE,
		};
		void *handle;
		assert_true(CALL(stack, GetMemoryMetalHandleEXT)(stack->device, &get, &handle) != VK_SUCCESS);
	} else {
		/* Memory dedicated to it, of a type that it cannot have. */
		const bool is_buffer = kind->type == VK_OBJECT_TYPE_BUFFER;
		const VkMemoryDedicatedAllocateInfo dedicated = {
			.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
			.buffer = is_buffer ? (VkBuffer)(uintptr_t)object : VK_NULL_HANDLE,
			.image = is_buffer ? VK_NULL_HANDLE : (VkImage)(uintptr_t)object,
		};
		const VkExportMemoryAllocateInfo export = {
			.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
			.pNext = &dedicated,
			.handleTypes = MTLTEXTURE,
		};
		const VkMemoryAllocateInfo info = {
			.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
			.pNext = &export,
			.allocationSize = 16384,
			.memoryTypeIndex = 1,
		};
		VkDeviceMemory memory;
		assert_true(CALL(stack, AllocateMemory)(stack->device, &info, NULL, &memory) != VK_SUCCESS);
	}
	if (!last_message[0])
		fail_msg("no message about the %s", kind->name);
	return strstr(last_message, name) != NULL;
}

/* A handle that is reused while its old object is still being destroyed, as can happen in another thread, belongs to
 * the new object, with its sharing and its name, also after the call has returned. */
static void handles_that_come_again_are_new(void **state) {
	static const VkExternalMemoryHandleTypeFlags types[] = {MTLBUFFER, 0, FILE_TYPE};
	(void)state;
	tongs_set_message_callback(on_message, NULL);
	for (size_t k = 0; k < KINDS; k++) {
		struct stack stack;
		start_sharing(&stack);
		for (size_t i = 0; i < 9; i++) {
			const VkExternalMemoryHandleTypeFlags before = types[i / 3], after = types[i % 3];
			uint64_t object;
			assert_vk(kinds[k].create(&stack, before, &object));
			name_object(&stack, kinds[k].type, object, "the old one");
			again.stack = &stack;
			again.kind = &kinds[k];
			again.types = after;
			again.name = "the new one";
			fake.on_destroyed = make_again;
			kinds[k].destroy(&stack, object);
			assert_null(fake.on_destroyed);
			assert_true(again.object == object);
			assert_int_equal(*kinds[k].live, 1);
			assert_int_equal(kinds[k].is_shared(&stack, object), after == MTLBUFFER);
			/* The layer knows what it shares, and mentions other objects only by name. */
			if (after == MTLBUFFER)
				assert_true(is_called(&stack, &kinds[k], object, "the new one"));
			kinds[k].destroy(&stack, object);
			assert_int_equal(*kinds[k].live, 0);
			/* An object that was not named has no name. */
			if (after == MTLBUFFER) {
				assert_vk(kinds[k].create(&stack, after, &object));
				assert_false(is_called(&stack, &kinds[k], object, "one\""));
				kinds[k].destroy(&stack, object);
			}
		}
		finish(&stack);
	}
	tongs_set_message_callback(NULL, NULL);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_entered_is_given_back),
		cmocka_unit_test(handles_that_come_again_are_new),
	};
	setenv("TONGS_VALIDATION", "1", 1);
	setenv("TONGS_DUPLICATE_MESSAGE_LIMIT", "0", 1);
	return cmocka_run_group_tests_name("layer: books", tests, NULL, NULL);
}
