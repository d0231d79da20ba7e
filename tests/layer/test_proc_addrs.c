/* SPDX-License-Identifier: MIT */
/* Every hook, by both proc-addr functions, in every version, with extensions on and off, above drivers that have the
 * command under either name, both or none: where one is handed out it is called, and reaches the driver by the name
 * that Vulkan's registry allows there. */
#include <stdio.h>
#include <string.h>

#include "fake_stack.h"
#include "harness.h"
#include "layer/commands.h"

#pragma GCC diagnostic ignored "-Wunused-parameter"

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof(*(array)))

/* Handles and structs that have nothing to do with Metal. */
#define SOME(type) ((type)(uintptr_t)64)

static struct stack stack;
static const char *reached; /* the name of the driver's command that was called last */

static const VkMemoryAllocateInfo allocate_info = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO};
static const VkBufferCreateInfo buffer_create_info = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO};
static const VkImageCreateInfo image_create_info = {.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO};
static const VkImageViewCreateInfo view_info = {.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO};
static const VkSemaphoreCreateInfo semaphore_info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO};
static const VkSemaphoreSignalInfo signal_info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO, .value = 1};
static const VkSemaphoreWaitInfo wait_info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO};
static const VkEventCreateInfo event_info = {.sType = VK_STRUCTURE_TYPE_EVENT_CREATE_INFO};
static const VkBufferViewCreateInfo buffer_view_info = {.sType = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO};
static VkExportMetalObjectsInfoEXT objects_info = {.sType = VK_STRUCTURE_TYPE_EXPORT_METAL_OBJECTS_INFO_EXT};
static const VkMemoryMapInfoKHR map_info = {.sType = VK_STRUCTURE_TYPE_MEMORY_MAP_INFO_KHR};
static const VkMemoryUnmapInfoKHR unmap_info = {.sType = (VkStructureType)1000271001};
static const VkMappedMemoryRange range = {.sType = VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE};
static const VkBufferMemoryRequirementsInfo2 buffer_info2 = {
	.sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_REQUIREMENTS_INFO_2};
static const VkImageMemoryRequirementsInfo2 image_info2 = {.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2};
static const VkDeviceBufferMemoryRequirements device_buffer_info = {
	.sType = VK_STRUCTURE_TYPE_DEVICE_BUFFER_MEMORY_REQUIREMENTS,
	.pCreateInfo = &buffer_create_info,
};
static const VkDeviceImageMemoryRequirements device_image_info = {
	.sType = VK_STRUCTURE_TYPE_DEVICE_IMAGE_MEMORY_REQUIREMENTS,
	.pCreateInfo = &image_create_info,
};
static const VkDeviceImageSubresourceInfoKHR subresource_info = {
	.sType = VK_STRUCTURE_TYPE_DEVICE_IMAGE_SUBRESOURCE_INFO_KHR,
	.pCreateInfo = &image_create_info,
};
static const VkBindBufferMemoryInfo bind_buffer_info = {.sType = VK_STRUCTURE_TYPE_BIND_BUFFER_MEMORY_INFO};
static const VkBindImageMemoryInfo bind_image_info = {.sType = VK_STRUCTURE_TYPE_BIND_IMAGE_MEMORY_INFO};
static const VkDebugUtilsObjectNameInfoEXT name_info = {.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT};
static const VkDebugUtilsMessengerCreateInfoEXT messenger_info = {
	.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT};
static const VkPhysicalDeviceImageFormatInfo2 format_info = {
	.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2};
static const VkPhysicalDeviceExternalBufferInfo external_buffer_info = {
	.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO};
static const VkMemoryGetMetalHandleInfoEXT handle_info = {.sType = VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT};

static union {
	VkMemoryRequirements requirements;
	VkDeviceMemory memory;
	VkBuffer buffer;
	VkImage image;
	VkImageView view;
	VkBufferView buffer_view;
	VkSemaphore semaphore;
	VkEvent event;
	VkDebugUtilsMessengerEXT messenger;
	void *pointer;
	uint32_t count;
} out;
static VkMemoryRequirements2 requirements2 = {.sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2};
static VkSubresourceLayout2KHR layout2 = {.sType = VK_STRUCTURE_TYPE_SUBRESOURCE_LAYOUT_2_EXT};
static VkImageFormatProperties2 format_properties = {.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2};
static VkExternalBufferProperties buffer_properties = {.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES};
static VkMemoryMetalHandlePropertiesEXT handle_properties = {
	.sType = VK_STRUCTURE_TYPE_MEMORY_METAL_HANDLE_PROPERTIES_EXT};

/* Vulkan's registry: CORE(name, arguments) is of 1.0; KHR(name, version, extension) was an extension's before the
 * version; EXT(name, extension) is one's still. R returns a VkResult, V nothing, B nothing but
 * what buffers can do. */
#define CORE_COMMANDS(R, V) \
	R(AllocateMemory, \
		(VkDevice d, const VkMemoryAllocateInfo *i, const VkAllocationCallbacks *c, VkDeviceMemory *m), \
		(stack.device, &allocate_info, NULL, &out.memory)) \
	V(FreeMemory, (VkDevice d, VkDeviceMemory m, const VkAllocationCallbacks *c), \
		(stack.device, SOME(VkDeviceMemory), NULL)) \
	R(MapMemory, (VkDevice d, VkDeviceMemory m, VkDeviceSize o, VkDeviceSize s, VkMemoryMapFlags f, void **p), \
		(stack.device, SOME(VkDeviceMemory), 0, 1, 0, &out.pointer)) \
	R(FlushMappedMemoryRanges, (VkDevice d, uint32_t n, const VkMappedMemoryRange *r), (stack.device, 1, &range)) \
	R(InvalidateMappedMemoryRanges, (VkDevice d, uint32_t n, const VkMappedMemoryRange *r), \
		(stack.device, 1, &range)) \
	R(CreateBuffer, (VkDevice d, const VkBufferCreateInfo *i, const VkAllocationCallbacks *c, VkBuffer *b), \
		(stack.device, &buffer_create_info, NULL, &out.buffer)) \
	V(DestroyBuffer, (VkDevice d, VkBuffer b, const VkAllocationCallbacks *c), \
		(stack.device, SOME(VkBuffer), NULL)) \
	R(CreateImage, (VkDevice d, const VkImageCreateInfo *i, const VkAllocationCallbacks *c, VkImage *b), \
		(stack.device, &image_create_info, NULL, &out.image)) \
	V(DestroyImage, (VkDevice d, VkImage b, const VkAllocationCallbacks *c), (stack.device, SOME(VkImage), NULL)) \
	R(CreateImageView, \
		(VkDevice d, const VkImageViewCreateInfo *i, const VkAllocationCallbacks *c, VkImageView *v), \
		(stack.device, &view_info, NULL, &out.view)) \
	V(DestroyImageView, (VkDevice d, VkImageView v, const VkAllocationCallbacks *c), \
		(stack.device, SOME(VkImageView), NULL)) \
	R(CreateBufferView, \
		(VkDevice d, const VkBufferViewCreateInfo *i, const VkAllocationCallbacks *c, VkBufferView *v), \
		(stack.device, &buffer_view_info, NULL, &out.buffer_view)) \
	V(DestroyBufferView, (VkDevice d, VkBufferView v, const VkAllocationCallbacks *c), \
		(stack.device, SOME(VkBufferView), NULL)) \
	R(CreateSemaphore, \
		(VkDevice d, const VkSemaphoreCreateInfo *i, const VkAllocationCallbacks *c, VkSemaphore *s), \
		(stack.device, &semaphore_info, NULL, &out.semaphore)) \
	V(DestroySemaphore, (VkDevice d, VkSemaphore s, const VkAllocationCallbacks *c), \
		(stack.device, SOME(VkSemaphore), NULL)) \
	R(CreateEvent, (VkDevice d, const VkEventCreateInfo *i, const VkAllocationCallbacks *c, VkEvent *e), \
		(stack.device, &event_info, NULL, &out.event)) \
	V(DestroyEvent, (VkDevice d, VkEvent e, const VkAllocationCallbacks *c), (stack.device, SOME(VkEvent), NULL)) \
	R(SetEvent, (VkDevice d, VkEvent e), (stack.device, SOME(VkEvent))) \
	V(GetBufferMemoryRequirements, (VkDevice d, VkBuffer b, VkMemoryRequirements * m), \
		(stack.device, SOME(VkBuffer), &out.requirements)) \
	V(GetImageMemoryRequirements, (VkDevice d, VkImage b, VkMemoryRequirements * m), \
		(stack.device, SOME(VkImage), &out.requirements)) \
	R(BindBufferMemory, (VkDevice d, VkBuffer b, VkDeviceMemory m, VkDeviceSize o), \
		(stack.device, SOME(VkBuffer), SOME(VkDeviceMemory), 0)) \
	R(BindImageMemory, (VkDevice d, VkImage b, VkDeviceMemory m, VkDeviceSize o), \
		(stack.device, SOME(VkImage), SOME(VkDeviceMemory), 0))

#define KHR_COMMANDS(R, V, B) \
	R(GetPhysicalDeviceImageFormatProperties2, 1_1, "VK_KHR_get_physical_device_properties2", \
		(VkPhysicalDevice d, const VkPhysicalDeviceImageFormatInfo2 *i, VkImageFormatProperties2 *p), \
		(fake_physical_device(), &format_info, &format_properties)) \
	B(GetPhysicalDeviceExternalBufferProperties, 1_1, "VK_KHR_external_memory_capabilities", \
		(VkPhysicalDevice d, const VkPhysicalDeviceExternalBufferInfo *i, VkExternalBufferProperties *p), \
		(fake_physical_device(), &external_buffer_info, &buffer_properties)) \
	R(MapMemory2, 1_4, "VK_KHR_map_memory2", (VkDevice d, const VkMemoryMapInfoKHR *i, void **p), \
		(stack.device, &map_info, &out.pointer)) \
	R(UnmapMemory2, 1_4, "VK_KHR_map_memory2", (VkDevice d, const VkMemoryUnmapInfoKHR *i), \
		(stack.device, &unmap_info)) \
	R(SignalSemaphore, 1_2, "VK_KHR_timeline_semaphore", (VkDevice d, const VkSemaphoreSignalInfo *i), \
		(stack.device, &signal_info)) \
	R(WaitSemaphores, 1_2, "VK_KHR_timeline_semaphore", (VkDevice d, const VkSemaphoreWaitInfo *i, uint64_t t), \
		(stack.device, &wait_info, 0)) \
	V(GetBufferMemoryRequirements2, 1_1, "VK_KHR_get_memory_requirements2", \
		(VkDevice d, const VkBufferMemoryRequirementsInfo2 *i, VkMemoryRequirements2 *m), \
		(stack.device, &buffer_info2, &requirements2)) \
	V(GetImageMemoryRequirements2, 1_1, "VK_KHR_get_memory_requirements2", \
		(VkDevice d, const VkImageMemoryRequirementsInfo2 *i, VkMemoryRequirements2 *m), \
		(stack.device, &image_info2, &requirements2)) \
	V(GetDeviceBufferMemoryRequirements, 1_3, "VK_KHR_maintenance4", \
		(VkDevice d, const VkDeviceBufferMemoryRequirements *i, VkMemoryRequirements2 *m), \
		(stack.device, &device_buffer_info, &requirements2)) \
	V(GetDeviceImageMemoryRequirements, 1_3, "VK_KHR_maintenance4", \
		(VkDevice d, const VkDeviceImageMemoryRequirements *i, VkMemoryRequirements2 *m), \
		(stack.device, &device_image_info, &requirements2)) \
	V(GetDeviceImageSparseMemoryRequirements, 1_3, "VK_KHR_maintenance4", \
		(VkDevice d, const VkDeviceImageMemoryRequirements *i, uint32_t *n, \
			VkSparseImageMemoryRequirements2 *m), \
		(stack.device, &device_image_info, &out.count, NULL)) \
	V(GetDeviceImageSubresourceLayout, 1_4, "VK_KHR_maintenance5", \
		(VkDevice d, const VkDeviceImageSubresourceInfoKHR *i, VkSubresourceLayout2KHR *l), \
		(stack.device, &subresource_info, &layout2)) \
	R(BindBufferMemory2, 1_1, "VK_KHR_bind_memory2", (VkDevice d, uint32_t n, const VkBindBufferMemoryInfo *i), \
		(stack.device, 1, &bind_buffer_info)) \
	R(BindImageMemory2, 1_1, "VK_KHR_bind_memory2", (VkDevice d, uint32_t n, const VkBindImageMemoryInfo *i), \
		(stack.device, 1, &bind_image_info))

#define EXT_COMMANDS(R, V) \
	R(CreateDebugUtilsMessengerEXT, "VK_EXT_debug_utils", \
		(VkInstance d, const VkDebugUtilsMessengerCreateInfoEXT *i, const VkAllocationCallbacks *c, \
			VkDebugUtilsMessengerEXT *m), \
		(stack.instance, &messenger_info, NULL, &out.messenger)) \
	V(DestroyDebugUtilsMessengerEXT, "VK_EXT_debug_utils", \
		(VkInstance d, VkDebugUtilsMessengerEXT m, const VkAllocationCallbacks *c), \
		(stack.instance, SOME(VkDebugUtilsMessengerEXT), NULL)) \
	R(SetDebugUtilsObjectNameEXT, "VK_EXT_debug_utils", (VkDevice d, const VkDebugUtilsObjectNameInfoEXT *i), \
		(stack.device, &name_info)) \
	R(GetMemoryMetalHandleEXT, "VK_EXT_external_memory_metal", \
		(VkDevice d, const VkMemoryGetMetalHandleInfoEXT *i, void **p), \
		(stack.device, &handle_info, &out.pointer)) \
	R(GetMemoryMetalHandlePropertiesEXT, "VK_EXT_external_memory_metal", \
		(VkDevice d, VkExternalMemoryHandleTypeFlagBits t, const void *p, \
			VkMemoryMetalHandlePropertiesEXT *m), \
		(stack.device, MTLHEAP, NULL, &handle_properties)) \
	V(ExportMetalObjectsEXT, "VK_EXT_metal_objects", (VkDevice d, VkExportMetalObjectsInfoEXT * i), \
		(stack.device, &objects_info))

/* The driver's command under `full`, which writes down its name. */
#define R_NAMED(name, full, parameters) \
	static VkResult VKAPI_CALL driver_##full parameters { \
		reached = "vk" #full; \
		return VK_SUCCESS; \
	}
#define V_NAMED(name, full, parameters) \
	static void VKAPI_CALL driver_##full parameters { \
		reached = "vk" #full; \
	}
/* Takes host pages. */
#define B_NAMED(name, full, parameters) \
	static void VKAPI_CALL driver_##full parameters { \
		reached = "vk" #full; \
		p->externalMemoryProperties.externalMemoryFeatures = VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT; \
	}
#define CALL(ret, name, parameters, arguments) \
	static void call_##name(PFN_vkVoidFunction function) { \
		((ret(VKAPI_PTR *) parameters)function) arguments; \
	}

#define R_CORE(name, parameters, arguments) \
	R_NAMED(name, name, parameters) \
	CALL(VkResult, name, parameters, arguments)
#define V_CORE(name, parameters, arguments) \
	V_NAMED(name, name, parameters) \
	CALL(void, name, parameters, arguments)
#define R_KHR(name, since, extension, parameters, arguments) \
	R_NAMED(name, name##KHR, parameters) \
	R_CORE(name, parameters, arguments)
#define V_KHR(name, since, extension, parameters, arguments) \
	V_NAMED(name, name##KHR, parameters) \
	V_CORE(name, parameters, arguments)
#define B_KHR(name, since, extension, parameters, arguments) \
	B_NAMED(name, name##KHR, parameters) \
	B_NAMED(name, name, parameters) \
	CALL(void, name, parameters, arguments)
#define R_EXT(name, extension, parameters, arguments) R_CORE(name, parameters, arguments)
#define V_EXT(name, extension, parameters, arguments) V_CORE(name, parameters, arguments)
CORE_COMMANDS(R_CORE, V_CORE)
KHR_COMMANDS(R_KHR, V_KHR, B_KHR)
EXT_COMMANDS(R_EXT, V_EXT)

/* A name of a command. */
static const struct name {
	const char *name;
	uint32_t since;        /* as a core name; UINT32_MAX: not one */
	const char *extension; /* whose name it is, or NULL */
	PFN_vkVoidFunction driver;
	void (*call)(PFN_vkVoidFunction function);
	const char *other; /* the command's other name, or NULL */
} names[] = {
#define ROW_CORE(name, parameters, arguments) \
	{"vk" #name, VK_API_VERSION_1_0, NULL, (PFN_vkVoidFunction)driver_##name, call_##name, NULL},
#define ROW_KHR(name, since, extension, parameters, arguments) \
	{"vk" #name, VK_API_VERSION_##since, NULL, (PFN_vkVoidFunction)driver_##name, call_##name, "vk" #name "KHR"}, \
		{"vk" #name "KHR", UINT32_MAX, extension, (PFN_vkVoidFunction)driver_##name##KHR, call_##name, \
			"vk" #name},
#define ROW_EXT(name, extension, parameters, arguments) \
	{"vk" #name, UINT32_MAX, extension, (PFN_vkVoidFunction)driver_##name, call_##name, NULL},
	CORE_COMMANDS(ROW_CORE, ROW_CORE) KHR_COMMANDS(ROW_KHR, ROW_KHR, ROW_KHR) EXT_COMMANDS(ROW_EXT, ROW_EXT)};

static const struct name *find_name(const char *name) {
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		if (strcmp(names[i].name, name) == 0)
			return &names[i];
	return NULL;
}

/* What the driver has on the instance and on the device: names of the core, names of extensions. */
enum { HAS_CORE = 1, HAS_EXTENSIONS = 2 };
static unsigned has[2];

static bool driver_has(bool is_device, const struct name *name) {
	return name->since == VK_API_VERSION_1_0 || (has[is_device] & (name->extension ? HAS_EXTENSIONS : HAS_CORE));
}

/* The extensions' own commands, which no driver has. */
static bool is_provided(const char *name) {
	return strstr(name, "Metal") != NULL;
}

/* Hooked for VK_EXT_metal_objects alone. */
static bool is_for_objects(const char *name) {
	static const char *const all[] = {"vkDestroyImageView", "vkCreateBufferView", "vkDestroyBufferView",
		"vkCreateSemaphore", "vkDestroySemaphore", "vkSignalSemaphore", "vkSignalSemaphoreKHR",
		"vkWaitSemaphores", "vkWaitSemaphoresKHR", "vkCreateEvent", "vkDestroyEvent", "vkSetEvent",
		"vkExportMetalObjectsEXT"};
	for (size_t i = 0; i < ARRAY_LENGTH(all); i++)
		if (strcmp(name, all[i]) == 0)
			return true;
	return false;
}

static bool caps(bool is_device, const char *name, PFN_vkVoidFunction *command) {
	const struct name *row = find_name(name);
	if (!row || is_provided(name))
		return false;
	*command = driver_has(is_device, row) ? row->driver : NULL;
	return true;
}

/* One combination of the walk. */
struct world {
	uint32_t version;
	bool extensions; /* are enabled, on the instance and on the device; but for those for Metal */
	bool metal;      /* the device enables VK_EXT_external_memory_metal */
	bool objects;    /* and VK_EXT_metal_objects */
};

static const char *const instance_extensions[] = {
	"VK_KHR_get_physical_device_properties2",
	"VK_KHR_external_memory_capabilities",
	"VK_EXT_debug_utils",
};

static const char *const device_extensions[] = {
	"VK_EXT_external_memory_metal",
	"VK_KHR_map_memory2",
	"VK_KHR_get_memory_requirements2",
	"VK_KHR_bind_memory2",
	"VK_KHR_timeline_semaphore",
	"VK_KHR_maintenance4",
	"VK_KHR_maintenance5",
};

/* What the registry says. */
static bool is_valid(const struct world *world, const struct name *name) {
	return world->version >= name->since || (name->extension && world->extensions);
}

/* The layer's queries are valid: on 1.0 it enables what they need. */
static bool can_share(const struct world *world) {
	return (world->version >= VK_API_VERSION_1_1 && (has[0] & HAS_CORE)) ||
	       ((world->version < VK_API_VERSION_1_1 || world->extensions) && (has[0] & HAS_EXTENSIONS));
}

static void start_world(const struct world *world) {
	fake_reset();
	fake.override = caps;
	fake.api_version = world->version;
	start_instance(&stack, world->version, instance_extensions, world->extensions ? 3 : 0);
	const uint32_t others = world->extensions ? ARRAY_LENGTH(device_extensions) - 1 : 0;
	const char *enabled[ARRAY_LENGTH(device_extensions) + 1];
	uint32_t count = 0;
	if (world->metal)
		enabled[count++] = device_extensions[0];
	if (world->objects)
		enabled[count++] = VK_EXT_METAL_OBJECTS_EXTENSION_NAME;
	if (count && !can_share(world)) {
		assert_int_equal(start_device(&stack, enabled, count), VK_ERROR_EXTENSION_NOT_PRESENT);
		count = 0;
	}
	for (uint32_t i = 0; i < others; i++)
		enabled[count++] = device_extensions[1 + i];
	assert_vk(start_device(&stack, enabled, count));
}

static void describe(const struct world *world, bool by_device, const struct name *name) {
	fprintf(stderr,
		"%s by %s, 1.%u, extensions %d, Metal %d, objects %d, the driver's instance has %u, its device %u; "
		"reached %s\n",
		name->name, by_device ? "vkGetDeviceProcAddr" : "vkGetInstanceProcAddr",
		VK_API_VERSION_MINOR(world->version), world->extensions, world->metal, world->objects, has[0], has[1],
		reached ? reached : "nothing");
}

static bool is_instance_level(const struct name *name) {
	return strstr(name->name, "PhysicalDevice") || strstr(name->name, "Messenger");
}

/* Whether the call of a hook under `name` went where it should. */
static bool reached_right(const struct world *world, const struct name *name) {
	bool is_device = !is_instance_level(name);
	const struct name *other = name->other ? find_name(name->other) : NULL;
	const struct name *both[] = {name, other};
	bool valid = false, any = false, is_valid_one = false, is_one = false;
	for (size_t i = 0; i < 2; i++) {
		if (!both[i] || !driver_has(is_device, both[i]))
			continue;
		bool is_this = reached && strcmp(reached, both[i]->name) == 0;
		/* On 1.0 the layer enables two extensions of the instance. */
		bool allowed =
			is_valid(world, both[i]) || (strstr(both[i]->name, "PhysicalDevice") &&
							    world->version == VK_API_VERSION_1_0 && both[i]->extension);
		any = true;
		is_one |= is_this;
		valid |= allowed;
		is_valid_one |= allowed && is_this;
	}
	return valid ? is_valid_one : any ? is_one : !reached;
}

static unsigned calls;

static bool walk_name(const struct world *world, bool by_device, const struct name *name) {
	const bool is_metal = is_provided(name->name), for_objects = is_for_objects(name->name);
	const bool shares =
		can_share(world) && (for_objects ? world->objects : world->metal || (world->objects && !is_metal));
	PFN_vkVoidFunction got = by_device ? device_command(&stack, name->name) : instance_command(&stack, name->name);
	PFN_vkVoidFunction driver = !is_metal && driver_has(by_device, name) ? name->driver : NULL;
	reached = NULL;
	if (is_metal) {
		if ((got != NULL) != (!by_device || shares))
			return false;
	} else if ((by_device && (is_instance_level(name) || !shares)) ||
		   (strstr(name->name, "DebugUtils") && !world->extensions)) {
		return got == driver;
	} else if (!driver) {
		return got == NULL;
	} else if (!got || got == driver) {
		return false;
	}
	if (!got)
		return true;
	calls++;
	name->call(got);
	return is_metal ? !reached : reached_right(world, name);
}

static void walk(const struct world *world) {
	start_world(world);
	bool right = true;
	for (int by_device = 0; by_device < 2; by_device++)
		for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
			if (!walk_name(world, by_device, &names[i])) {
				describe(world, by_device, &names[i]);
				right = false;
			}
	finish(&stack);
	assert_true(right);
}

static void every_hook_in_every_world(void **state) {
	(void)state;
	calls = 0;
	for (uint32_t minor = 0; minor <= 4; minor++)
		for (unsigned flags = 0; flags < 128; flags++) {
			const struct world world = {
				.version = VK_MAKE_API_VERSION(0, 1, minor, 0),
				.extensions = flags & 1,
				.metal = (flags & 2) != 0,
				.objects = (flags & 64) != 0,
			};
			has[0] = flags >> 2 & 3;
			has[1] = flags >> 4 & 3;
			walk(&world);
		}
	assert_true(calls > 5000);
	printf("tally: hook-calls %u\n", calls);
}

/* The walk knows every hook, but for those that start and stop it. */
static void no_hook_is_left_out(void **state) {
	static const char *const elsewhere[] = {"vkGetInstanceProcAddr", "vkCreateInstance",
		"vkEnumerateInstanceLayerProperties", "vkEnumerateInstanceExtensionProperties", "vkDestroyInstance",
		"vkEnumerateDeviceLayerProperties", "vkEnumerateDeviceExtensionProperties", "vkCreateDevice",
		"vkGetDeviceProcAddr", "vkDestroyDevice"};
	(void)state;
#define IS_WALKED(level, origin, name, function) \
	{ \
		bool found = find_name("vk" #name) != NULL; \
		for (size_t i = 0; i < ARRAY_LENGTH(elsewhere); i++) \
			found |= strcmp(elsewhere[i], "vk" #name) == 0; \
		if (!found) \
			fail_msg("vk" #name " is not walked"); \
	}
	TONGS_HOOKED_COMMANDS(IS_WALKED)
#undef IS_WALKED
}

/* Layers in the wild ask the next one for vkCreateDevice, and more, without an instance: MangoHud, vkBasalt, RenderDoc,
 * Mesa's and the timeline semaphore layer among them. What every instance or device has is answered. */
static void commands_without_an_instance(void **state) {
	static const char *const always[] = {"vkCreateDevice", "vkDestroyInstance", "vkGetDeviceProcAddr",
		"vkDestroyDevice", "vkEnumerateDeviceExtensionProperties", "vkEnumerateDeviceLayerProperties"};
	static void *table = &table, *unseen = &table;
	const struct world world = {.version = VK_API_VERSION_1_3};
	(void)state;
	has[0] = has[1] = HAS_CORE;
	start_world(&world);
	for (size_t i = 0; i < ARRAY_LENGTH(always); i++) {
		PFN_vkVoidFunction hook = stack.layer.pfnGetInstanceProcAddr(NULL, always[i]);
		assert_non_null(hook);
		assert_ptr_equal(hook, instance_command(&stack, always[i]));
		assert_ptr_equal(hook, stack.layer.pfnGetInstanceProcAddr((VkInstance)&unseen, always[i]));
	}
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		bool is_core = names[i].since == VK_API_VERSION_1_0;
		assert_int_equal(stack.layer.pfnGetInstanceProcAddr(NULL, names[i].name) != NULL, is_core);
		assert_int_equal(stack.layer.pfnGetDeviceProcAddr(NULL, names[i].name) != NULL, is_core);
		assert_int_equal(stack.layer.pfnGetDeviceProcAddr((VkDevice)&unseen, names[i].name) != NULL, is_core);
	}
	/* No next layer is known that could be queried for what is not hooked. */
	assert_null(stack.layer.pfnGetInstanceProcAddr(NULL, "vkCreateFence"));
	assert_null(stack.layer.pfnGetDeviceProcAddr(NULL, "vkCreateFence"));
	assert_null(stack.layer.pfnGetDeviceProcAddr(NULL, "vkCreateDevice"));
	finish(&stack);

	/* A device made with what was got so. */
	start(&stack);
	const PFN_vkGetInstanceProcAddr get = stack.layer.pfnGetInstanceProcAddr;
	VkLayerDeviceLink link = {
		.pfnNextGetInstanceProcAddr = fake_get_instance_proc_addr,
		.pfnNextGetDeviceProcAddr = fake_get_device_proc_addr,
	};
	const VkLayerDeviceCreateInfo chain = {
		.sType = VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO,
		.function = VK_LAYER_LINK_INFO,
		.u.pLayerInfo = &link,
	};
	const VkDeviceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
		.pNext = &chain,
		.enabledExtensionCount = 1,
		.ppEnabledExtensionNames = device_extensions,
	};
	fake.override = NULL;
	assert_vk(
		((PFN_vkCreateDevice)get(NULL, "vkCreateDevice"))(fake_physical_device(), &info, NULL, &stack.device));
	assert_non_null(device_command(&stack, "vkGetMemoryMetalHandleEXT"));
	finish(&stack);
}

/* One pointer for devices that have the extension by the layer and devices that have it without. */
static void handles_got_by_the_instance_go_to_the_device(void **state) {
	const struct world world = {.version = VK_API_VERSION_1_3, .metal = true};
	(void)state;
	has[0] = has[1] = HAS_CORE;
	start_world(&world);
	PFN_vkGetMemoryMetalHandleEXT get =
		(PFN_vkGetMemoryMetalHandleEXT)instance_command(&stack, "vkGetMemoryMetalHandleEXT");
	assert_int_equal(get(stack.device, &handle_info, &out.pointer), VK_ERROR_VALIDATION_FAILED_EXT);
	PFN_vkGetMemoryMetalHandlePropertiesEXT get_properties =
		(PFN_vkGetMemoryMetalHandlePropertiesEXT)instance_command(
			&stack, "vkGetMemoryMetalHandlePropertiesEXT");
	assert_int_equal(
		get_properties(stack.device, MTLHEAP, NULL, &handle_properties), VK_ERROR_INVALID_EXTERNAL_HANDLE);
	finish(&stack);

	start_world(&(const struct world){.version = VK_API_VERSION_1_3});
	get = (PFN_vkGetMemoryMetalHandleEXT)instance_command(&stack, "vkGetMemoryMetalHandleEXT");
	assert_int_equal(get(stack.device, &handle_info, &out.pointer), VK_ERROR_EXTENSION_NOT_PRESENT);
	assert_null(out.pointer);
	get_properties = (PFN_vkGetMemoryMetalHandlePropertiesEXT)instance_command(
		&stack, "vkGetMemoryMetalHandlePropertiesEXT");
	handle_properties.memoryTypeBits = 3;
	assert_int_equal(
		get_properties(stack.device, MTLHEAP, NULL, &handle_properties), VK_ERROR_EXTENSION_NOT_PRESENT);
	assert_int_equal(handle_properties.memoryTypeBits, 0);
	finish(&stack);
}

static VkResult VKAPI_CALL cannot_list(VkInstance instance, uint32_t *count, VkPhysicalDevice *devices) {
	return VK_ERROR_OUT_OF_HOST_MEMORY;
}

static bool return_nonsense(bool is_device, const char *name, PFN_vkVoidFunction *command) {
	if (strcmp(name, "vkEnumeratePhysicalDevices") == 0)
		*command = (PFN_vkVoidFunction)cannot_list;
	else if (strcmp(name, "vkGetMemoryHostPointerPropertiesEXT") == 0)
		*command = NULL;
	else
		return false;
	return true;
}

/* A driver that lists an extension and lacks its command; and one that cannot be queried for whether it has the
 * extension. */
static void drivers_that_lie(void **state) {
	(void)state;
	fake_reset();
	fake.override = return_nonsense;
	start(&stack);
	assert_int_equal(start_device(&stack, device_extensions, 1), VK_ERROR_INITIALIZATION_FAILED);
	stack.device = VK_NULL_HANDLE;
	finish(&stack);

	fake.extensions[1] = VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME;
	fake.extension_count = 2;
	start(&stack);
	PFN_vkVoidFunction get = instance_command(&stack, "vkGetMemoryMetalHandleEXT");
	assert_non_null(get);
	assert_ptr_not_equal(get, fake_get_metal_handle);
	/* It is passed to the driver nevertheless. */
	assert_vk(start_device(&stack, device_extensions, 1));
	assert_vk(((PFN_vkGetMemoryMetalHandleEXT)get)(stack.device, &handle_info, &out.pointer));
	assert_ptr_equal(out.pointer, &fake);
	finish(&stack);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_hook_in_every_world),
		cmocka_unit_test(no_hook_is_left_out),
		cmocka_unit_test(commands_without_an_instance),
		cmocka_unit_test(handles_got_by_the_instance_go_to_the_device),
		cmocka_unit_test(drivers_that_lie),
	};
	return cmocka_run_group_tests_name("layer: proc addrs", tests, NULL, NULL);
}
